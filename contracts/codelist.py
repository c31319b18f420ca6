"""
Code lists of the national format, looked up as of a date.

Lists lie in `codelists/`: one CSV per list taken from a standard, `conventions.csv` for the lists
of this project (project convention), `sources.csv` with what was read of each and how sure we are.
A code may have several rows with different validity; rows never overlap.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True, slots=True)
class Code:
    """One row. `valid_from` and `valid_to` are inclusive; None: no known limit."""

    code: str
    name_zh: str
    name_en: str
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


@dataclass(frozen=True, slots=True)
class CodeList:
    """
    A list by name. `kind` is "code" for coded values and "enum" for closed sets of the protocol.
    """

    name: str
    kind: Literal["code", "enum"]
    rows: Mapping[str, tuple[Code, ...]]

    def get(self, code: str, as_of: date) -> Code | None:
        """The row of `code` in force on a date; None for an unknown or ended one."""
        return next((row for row in self.rows.get(code, ()) if row.valid_on(as_of)), None)

    def latest(self, code: str) -> Code | None:
        """The last row of `code` whatever its validity; tells an ended code from an unknown one."""
        rows = self.rows.get(code)
        return rows[-1] if rows else None

    def label(self, code: str) -> str:
        """Chinese name, also of an ended code; the code itself when it is unknown."""
        row = self.latest(code)
        return row.name_zh if row else code

    def __contains__(self, code: object) -> bool:
        return code in self.rows

    def __iter__(self) -> Iterator[Code]:
        return (row for rows in self.rows.values() for row in rows)


def code_list(name: str) -> CodeList:
    """
    Raises:
        KeyError: no list of that name.
    """
    return _lists()[name]


def code_list_names() -> tuple[str, ...]:
    return tuple(sorted(_lists()))


@cache
def _lists() -> Mapping[str, CodeList]:
    found: dict[str, CodeList] = {}
    folder = files("contracts") / "codelists"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".csv") or file.name == "sources.csv":
            continue
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        if file.name == "conventions.csv":
            for name in dict.fromkeys(row["list"] for row in rows):
                own = [row for row in rows if row["list"] == name]
                found[name] = _build(name, own, enum=own[0]["kind"] == "enum")
        else:
            name = file.name.removesuffix(".csv")
            found[name] = _build(name, rows, enum=False)
    return found


def _build(name: str, rows: list[dict[str, str]], *, enum: bool) -> CodeList:
    by_code: dict[str, list[Code]] = {}
    for row in rows:
        code = Code(
            code=row["code"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
        )
        by_code.setdefault(code.code, []).append(code)
    ordered = {
        code: tuple(sorted(found, key=lambda row: row.valid_from or date.min))
        for code, found in by_code.items()
    }
    return CodeList(name=name, kind="enum" if enum else "code", rows=ordered)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


__all__ = ["Code", "CodeList", "code_list", "code_list_names"]
