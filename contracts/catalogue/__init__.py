"""
The national catalogue: which items there are, what each needs, who has how long, until when.

One YAML file per version of an item in `items/`; a version is looked up by date, never by age.
"""

from contracts.catalogue.find import Found, find_item, item, items
from contracts.catalogue.model import (
    CatalogueItem,
    ClockLimit,
    Duty,
    ItemMaterial,
    ItemParts,
    ItemRemedy,
)

__all__ = [
    "CatalogueItem",
    "ClockLimit",
    "Duty",
    "Found",
    "ItemMaterial",
    "ItemParts",
    "ItemRemedy",
    "find_item",
    "item",
    "items",
]
