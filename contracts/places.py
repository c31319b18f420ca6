"""
Places: counties (6 digits, GB/T 2260) and places below them (12 digits), looked up as of a date.

Two tables in `regions/`: names with first and last year up to 2020, and the state of 2023-06-30
(National Bureau of Statistics; its zones 71 to 79 are not in GB/T 2260). Years are whole: a code is
known from the first day of its first year to the last day of its last. A code that left between the
two tables has no exact year; it counts as known until 2021, the first year its successor may have.
Hong Kong, Macao and Taiwan are not in the tables. Unknown regions warn, they are never refused.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from contracts.errors import Finding

RESIDENCE_PERMITS = frozenset({"810000", "820000", "830000"})
"""Prefixes of residence permits for people of Hong Kong, Macao and Taiwan [B]."""

_HISTORY_ENDS = 2020
_LEFT_SINCE = 2021
_SUFFIXES = ("自治县", "县", "区", "市")
_GENERIC = frozenset(
    {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖县级行政单位"}
)


@dataclass(frozen=True, slots=True)
class Region:
    """A code with one name; `first` and `last` are years, None where the record has no limit."""

    code: str
    name: str
    first: int | None
    last: int | None

    def known_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day.year) and (
            self.last is None or day.year <= self.last
        )


def county_of(place: str) -> str:
    """The county of a place code of 6 to 12 digits."""
    return place[:6]


def province_of(place: str) -> str:
    """The province code of six digits: `530303990000` → `530000`."""
    return f"{place[:2]}0000"


def pad(place: str) -> str:
    """A place code as 12 digits: a county is padded with zeros."""
    return place.ljust(12, "0")


def known(county: str, on: date) -> bool:
    """Whether the code stands in the tables for that date."""
    return any(row.known_on(on) for row in _regions().get(county, ()))


def ever_known(county: str) -> bool:
    """Whether the code ever stood in the tables; identity numbers keep the code of their issue."""
    return county in _regions() or county in RESIDENCE_PERMITS


def current_county(county: str, on: date) -> str | None:
    """
    The code in force on a date for a county that may be named by an old one.

    An old code leads to the one county of the same province that bears the same name (县, 区, 市
    and 自治县 aside), is in force on that date and began when the old one ended or later:
    530328 沾益县 → 530303 沾益区. None when there is none or more than one. [C: by name, not from
    an official concordance]
    """
    if known(county, on):
        return county
    ended = [row for row in _regions().get(county, ()) if row.last is not None]
    if not ended:
        return None
    old = max(ended, key=lambda row: row.last or 0)
    bearers = {
        row.code: row
        for row in _by_stem().get((county[:2], _stem(old.name)), ())
        if row.known_on(on)
    }
    if len(bearers) != 1:
        return None
    ((code, row),) = bearers.items()
    return code if (row.first or 0) >= (old.last or 0) else None


def place_name(code: str, *, on: date | None = None) -> str | None:
    """
    Full Chinese name of a county, as far as the tables know it: `云南省曲靖市沾益区`.

    A 12-digit place gives the name of its county. Without a date the latest name.
    """
    county = county_of(code)
    rows = _regions().get(county)
    if not rows:
        return None
    parts = dict.fromkeys((province_of(county), f"{county[:4]}00", county))
    names = [name for part in parts if (name := _name(part, on))]
    return "".join(name for name in names if name not in _GENERIC) or names[-1]


def check_county(county: str, on: date, *, path: str | None) -> tuple[Finding, ...]:
    """Warn about a county code that is unknown, or was replaced by another one."""
    if known(county, on):
        return ()
    current = current_county(county, on)
    if current is None:
        return (
            Finding(
                rule="region.unknown",
                level="warn",
                path=path,
                message="行政区划代码不在区划表中,已按原样收下;请核对",
                message_en="The region code is not in the tables; kept as sent, please check",
            ),
        )
    return (
        Finding(
            rule="region.old_code",
            level="warn",
            path=path,
            message=f"行政区划代码已停用,现行代码为 {current};已收下并保留原代码",
            message_en=f"The region code has ended, now {current}; the original is kept",
        ),
    )


def _name(code: str, on: date | None) -> str | None:
    rows = _regions().get(code, ())
    if on is not None:
        rows = tuple(row for row in rows if row.known_on(on)) or rows
    return rows[-1].name if rows else None


def _stem(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name.removesuffix(suffix)
    return name


@cache
def _regions() -> Mapping[str, tuple[Region, ...]]:
    rows: dict[str, list[Region]] = {}
    for line in _read("regions_history.csv"):
        gone = line["code_in_regions_2023"] == "no"
        last = int(line["end_year"]) if line["end_year"] else (_LEFT_SINCE if gone else None)
        first = int(line["start_year"]) if line["start_year"] else None
        rows.setdefault(line["code"], []).append(Region(line["code"], line["name"], first, last))
    for line in _read("regions_2023.csv"):
        held = rows.setdefault(line["code"], [])
        if not any(row.last is None for row in held):
            new = line["level"] == "county"
            first = _HISTORY_ENDS + 1 if new else None
            held.append(Region(line["code"], line["name"], first, None))
    return {
        code: tuple(sorted(found, key=lambda row: row.first or 0)) for code, found in rows.items()
    }


@cache
def _by_stem() -> Mapping[tuple[str, str], tuple[Region, ...]]:
    stems: dict[tuple[str, str], list[Region]] = {}
    for code, rows in _regions().items():
        if not code.endswith("00"):
            for row in rows:
                stems.setdefault((code[:2], _stem(row.name)), []).append(row)
    return {stem: tuple(rows) for stem, rows in stems.items()}


def _read(name: str) -> list[dict[str, str]]:
    text = (files("contracts") / "regions" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


__all__ = [
    "RESIDENCE_PERMITS",
    "Region",
    "check_county",
    "county_of",
    "current_county",
    "ever_known",
    "known",
    "pad",
    "place_name",
    "province_of",
]
