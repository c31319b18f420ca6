"""
A row of an implementation list (items.csv) as the offer it makes; read alike for a folder and for a
list a province announces.

Cells: materials, steps, form_fields and conditions are codes joined by `|`; procedures are
`code:days:legal basis`, joined by `|`, days left empty where the list has none.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.catalogue import LocalOffer


def read_offer(cells: Mapping[str, str]) -> LocalOffer:
    """
    A column that is missing or empty says nothing, except materials: none are asked for.

    Raises:
        ValueError: a number that is none, a procedure of another form; the text names the column.
    """
    return LocalOffer(
        catalogue_code=cells["catalogue_code"],
        materials=split_cell(cells.get("materials", "")),
        decide_days=_whole(cells, "decide_days"),
        fee_fen=_whole(cells, "fee_fen"),
        steps=split_cell(cells.get("steps", "")) or None,
        form_fields=split_cell(cells.get("form_fields", "")) or None,
        requirements=split_cell(cells.get("conditions", "")) or None,
        procedures=tuple(_procedure(one) for one in split_cell(cells.get("procedures", ""))),
    )


def split_cell(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in (cell or "").split("|") if part.strip())


def _whole(cells: Mapping[str, str], column: str) -> int | None:
    text = (cells.get(column) or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{column} is no whole number")
    return int(text)


def _procedure(text: str) -> tuple[str, str, int | None]:
    code, days, basis = (*text.split(":", 2), "", "")[:3]
    if not code or not (days == "" or (days.isascii() and days.isdigit())):
        raise ValueError("procedures is code:days:legal basis")
    return code, basis, int(days) if days else None


__all__ = ["read_offer", "split_cell"]
