"""
The national catalogue: which items there are, what each needs, who has how long, until when.

One YAML file per version of an item in `items/`; a version is looked up by date, never by age.
Alliances of regions stand in `alliances.yaml`; `compare` holds a lower list to the upper one.
"""

from contracts.catalogue.alliances import Alliance, Pair, alliances, alliances_on, refuse_outside
from contracts.catalogue.compare import LocalOffer, compare
from contracts.catalogue.find import (
    MATERIAL_LISTS,
    Found,
    find_item,
    item,
    item_version,
    items,
    material_name,
)
from contracts.catalogue.model import CatalogueItem, lacks
from contracts.catalogue.parts import (
    ClockLimit,
    CommitmentText,
    Duty,
    ItemMaterial,
    ItemParts,
    ItemProcedure,
    ItemRemedy,
    ItemStep,
)

__all__ = [
    "MATERIAL_LISTS",
    "Alliance",
    "CatalogueItem",
    "ClockLimit",
    "CommitmentText",
    "Duty",
    "Found",
    "ItemMaterial",
    "ItemParts",
    "ItemProcedure",
    "ItemRemedy",
    "ItemStep",
    "LocalOffer",
    "Pair",
    "alliances",
    "alliances_on",
    "compare",
    "find_item",
    "item",
    "item_version",
    "items",
    "lacks",
    "material_name",
    "refuse_outside",
]
