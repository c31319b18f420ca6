"""
Working days: Monday to Friday, days off and worked weekends of the State Council, regional rows.

A period in working days starts on the day after the triggering day (民法典 201 [C]). A year whose
calendar is not announced is counted Monday to Friday and called provisional, never refused. Some
regions have holidays of their own; where the rows of a year are not loaded, their dates are
provisional too.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from contracts.places import province_of

REVISION = "2026.1"
"""Last announced year and a count; raised with every change of the files in `calendars/`."""

OWN_HOLIDAYS: Mapping[str, str] = {
    "450000": "B",  # 广西三月三
    "540000": "C",  # Tibet
    "640000": "C",  # Ningxia
    "650000": "C",  # Xinjiang
}
"""Regions with holidays of their own, and how sure we are."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueDate:
    """`version` names the calendar the date was computed with."""

    date: date
    provisional: bool
    version: str


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working days of one province. `years` are those whose days are all announced."""

    region: str
    days_off: frozenset[date]
    working_weekends: frozenset[date]
    years: frozenset[int]

    @property
    def version(self) -> str:
        """Region and revision as clocks carry them: `530000@2026.1`."""
        return f"{self.region}@{REVISION}"

    def is_working_day(self, day: date) -> bool:
        if day.weekday() < 5:
            return day not in self.days_off
        return day in self.working_weekends

    def add(self, start: date, days: int, *, skip: frozenset[date] = frozenset()) -> DueDate:
        """
        The last day of a period of `days` working days that was triggered on `start`.

        Days in `skip` do not count (the clock stood still). Zero days end on `start` itself.

        Raises:
            ValueError: a negative number of days.
        """
        if days < 0:
            raise ValueError("a period cannot have fewer than zero working days")
        day = start
        provisional = False
        while days:
            day += _DAY
            provisional = provisional or day.year not in self.years
            if day not in skip and self.is_working_day(day):
                days -= 1
        return DueDate(day, provisional, self.version)

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is earlier."""
        if end < start:
            return -self.between(end, start)
        return sum(
            self.is_working_day(start + _DAY * step) for step in range(1, (end - start).days + 1)
        )


@cache
def calendar(region: str) -> WorkingCalendar:
    """The calendar of a province; `region` is any place code in it."""
    province = province_of(region)
    national = _rows("national.csv")
    regional = [row for row in _rows("regional.csv") if row["region"] == province]
    kinds: dict[date, str] = {}
    for row in (*national, *regional):
        kinds[date.fromisoformat(row["date"])] = row["kind"]
    years = {date.fromisoformat(row["date"]).year for row in national}
    if province in OWN_HOLIDAYS:
        years &= {date.fromisoformat(row["date"]).year for row in regional}
    return WorkingCalendar(
        region=province,
        days_off=frozenset(day for day, kind in kinds.items() if kind == "day_off"),
        working_weekends=frozenset(d for d, kind in kinds.items() if kind == "working_weekend"),
        years=frozenset(years),
    )


def add_working_days(start: date, days: int, region: str) -> DueDate:
    """Due date of a period of working days in a region; see `WorkingCalendar.add`."""
    return calendar(region).add(start, days)


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("contracts") / "calendars" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


__all__ = [
    "OWN_HOLIDAYS",
    "REVISION",
    "DueDate",
    "WorkingCalendar",
    "add_working_days",
    "calendar",
]
