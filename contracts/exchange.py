"""
The national exchange tables as data: which columns each has, of what type, and what must be there.

From one public table script, compared with two entity classes [B]; the value lists of coded columns
are not known.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True, slots=True)
class ExchangeColumn:
    """`length` is in characters for varchar and in digits for int; None for datetime."""

    table: str
    name: str
    label_zh: str
    type: Literal["varchar", "int", "datetime"]
    length: int | None
    not_null: bool

    @property
    def full_name(self) -> str:
        return f"{self.table}.{self.name}"


@cache
def exchange_tables() -> Mapping[str, tuple[ExchangeColumn, ...]]:
    """Table -> its columns in their order."""
    text = (files("contracts") / "exchange_tables.csv").read_text(encoding="utf-8")
    found: dict[str, list[ExchangeColumn]] = {}
    for row in csv.DictReader(text.splitlines()):
        found.setdefault(row["table"], []).append(
            ExchangeColumn(
                table=row["table"],
                name=row["field"],
                label_zh=row["label_zh"],
                type=row["type"],  # type: ignore[arg-type]
                length=int(row["length"]) if row["length"] else None,
                not_null=row["not_null"] == "yes",
            )
        )
    return {table: tuple(columns) for table, columns in found.items()}


__all__ = ["ExchangeColumn", "exchange_tables"]
