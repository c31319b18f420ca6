"""
A province's folder as data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.codes import CodeTable, ItemTable
from mappings.nodes import KindPlan
from mappings.rules import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A folder as data: what is compiled, linted and pinned. `digest` is SHA-256 hex."""

    code: str
    digest: str
    document: Document
    plans: Mapping[str, KindPlan]
    tables: Mapping[str, CodeTable]
    items: ItemTable | None

    @property
    def name(self) -> str:
        return f"{self.code}@{self.document.version}"
