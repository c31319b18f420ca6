"""
Working days: Monday to Friday, days off and worked weekends of the State Council, regional rows.

A period in working days starts on the day after the triggering day (民法典 201 [C]). A year whose
calendar is not announced is counted Monday to Friday and called provisional, never refused. Some
regions have holidays of their own; where the rows of a year are not loaded, their dates are
provisional too. All calendars of one moment are a value, `Calendars`; `SHIPPED` is what comes with
the product, and an operator may load more (`contracts.calendar_file`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.resources import files
from typing import Literal

from contracts.places import province_of

REVISION = "2026.1"
"""Last announced year and a count; raised with every change of the files in `calendars/`."""

NATIONAL = ""
"""The region of rows that hold in the whole country."""

OWN_HOLIDAYS: Mapping[str, str] = {
    "450000": "B",  # 广西三月三
    "540000": "C",  # Tibet
    "640000": "C",  # Ningxia
    "650000": "C",  # Xinjiang
}
"""Regions with holidays of their own, and how sure we are."""

DayKind = Literal["day_off", "working_weekend"]

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
    revision: str = REVISION

    @property
    def version(self) -> str:
        """Region and revision as clocks carry them: `530000@2026.1`."""
        return f"{self.region}@{self.revision}"

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

    def back(self, end: date, days: int) -> date:
        """The latest day after which `days` working days are left, `end` included."""
        day = end
        while days:
            days -= self.is_working_day(day)
            day -= _DAY
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is earlier."""
        if end < start:
            return -self.between(end, start)
        return sum(
            self.is_working_day(start + _DAY * step) for step in range(1, (end - start).days + 1)
        )


@dataclass(frozen=True, slots=True, order=True)
class CalendarDay:
    """A day that is not what its weekday says, in a province or, with `NATIONAL`, everywhere."""

    date: date
    kind: DayKind
    region: str = NATIONAL


@dataclass(frozen=True, slots=True)
class Calendars:
    """
    Every working calendar known at one moment. Constant: a load makes a new value with another
    `revision`. `announced` holds (year, region) whose rows are all there.
    """

    revision: str
    days: frozenset[CalendarDay]
    announced: frozenset[tuple[int, str]]
    _made: dict[str, WorkingCalendar] = field(default_factory=dict, compare=False, repr=False)

    def of(self, region: str) -> WorkingCalendar:
        """The calendar of a province; `region` is any place code in it."""
        made = self._made.get(region)
        if made is None:
            made = self._made[region] = self._make(province_of(region))
        return made

    def _make(self, province: str) -> WorkingCalendar:
        kinds = {one.date: one.kind for one in self.days if one.region == NATIONAL}
        kinds |= {one.date: one.kind for one in self.days if one.region == province}
        years = {year for year, region in self.announced if region == NATIONAL}
        if province in OWN_HOLIDAYS:
            years &= {year for year, region in self.announced if region == province}
        return WorkingCalendar(
            region=province,
            days_off=frozenset(day for day, kind in kinds.items() if kind == "day_off"),
            working_weekends=frozenset(d for d, kind in kinds.items() if kind == "working_weekend"),
            years=frozenset(years),
            revision=self.revision,
        )

    def with_years(
        self,
        days: Iterable[CalendarDay],
        announced: frozenset[tuple[int, str]],
        *,
        revision: str,
    ) -> Calendars:
        """The same with the rows of the years and regions in `announced` replaced by `days`."""
        kept = (one for one in self.days if (one.date.year, one.region) not in announced)
        return Calendars(revision, frozenset((*kept, *days)), self.announced | announced)


def _shipped() -> Calendars:
    days = frozenset(
        CalendarDay(date.fromisoformat(row["date"]), row["kind"], row.get("region") or NATIONAL)  # type: ignore[arg-type]
        for name in ("national.csv", "regional.csv")
        for row in _rows(name)
    )
    return Calendars(REVISION, days, frozenset((one.date.year, one.region) for one in days))


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("contracts") / "calendars" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


SHIPPED = _shipped()
"""The calendars that come with the product."""


def calendar(region: str) -> WorkingCalendar:
    """The shipped calendar of a province; `region` is any place code in it."""
    return SHIPPED.of(region)


def add_working_days(start: date, days: int, region: str) -> DueDate:
    """Due date of a period of working days in a region; see `WorkingCalendar.add`."""
    return calendar(region).add(start, days)


__all__ = [
    "NATIONAL",
    "OWN_HOLIDAYS",
    "REVISION",
    "SHIPPED",
    "CalendarDay",
    "Calendars",
    "DayKind",
    "DueDate",
    "WorkingCalendar",
    "add_working_days",
    "calendar",
]
