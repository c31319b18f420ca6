"""
A calendar as a file that an operator loads: `date,kind[,region]`, checked, compared, kept.

A file replaces the rows of whole years of a region (none: the whole country); what else is known
stays. A year is taken as announced when the fixed holidays of the national regulation are in it
(全国年节及纪念日放假办法: 1 January, 1 and 2 May, 1 to 3 October), or when the operator
declares it; rows of a region are always declared, since nobody publishes them in one place
(project convention).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.calendar import NATIONAL, CalendarDay, Calendars
from contracts.errors import Finding
from contracts.places import province_of

_FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_HEADS = (["date", "kind"], ["date", "kind", "region"])
_KINDS = ("day_off", "working_weekend")
FEWEST = 12
"""Rows below which a national year cannot be whole: every year since 2020 has at least 23."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file says: its rows, and the years and regions they stand for."""

    days: frozenset[CalendarDay]
    announced: frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A day that counts otherwise than before; None: by its weekday."""

    date: date
    region: str
    before: str | None
    after: str | None


def read_calendar(text: str, *, declared: Iterable[int] = ()) -> tuple[Loaded, tuple[Finding, ...]]:
    """
    Read a file; with any finding nothing of it may be used. Paths are line numbers: `/3/date`.
    """
    rows = list(csv.reader(text.removeprefix("\ufeff").splitlines()))
    heads = [cell.strip() for cell in rows[0]] if rows else []
    if heads not in _HEADS:
        return Loaded(frozenset(), frozenset()), (
            _finding(
                "calendar.header", "/1", "首行应为 date,kind 或 date,kind,region", "a wrong header"
            ),
        )
    findings: list[Finding] = []
    days: dict[tuple[date, str], CalendarDay] = {}
    for line, cells in enumerate(rows[1:], start=2):
        day = _read_row([cell.strip() for cell in cells], line, width=len(heads), out=findings)
        if day is None:
            continue
        if (day.date, day.region) in days:
            findings.append(
                _finding(
                    "calendar.duplicate",
                    f"/{line}/date",
                    f"{day.date} 在文件中出现多次,请只保留一行",
                    f"{day.date} stands twice",
                )
            )
        days[day.date, day.region] = day
    announced = {(day.date.year, day.region) for day in days.values()}
    findings += _incomplete(days.values(), announced, declared=frozenset(declared))
    return Loaded(frozenset(days.values()), frozenset(announced)), tuple(findings)


def differences(before: Calendars, after: Calendars) -> tuple[Difference, ...]:
    """Every day the two say otherwise, by date."""
    old = {(one.date, one.region): one.kind for one in before.days}
    new = {(one.date, one.region): one.kind for one in after.days}
    return tuple(
        Difference(day, region, old.get((day, region)), new.get((day, region)))
        for day, region in sorted(old.keys() | new.keys())
        if old.get((day, region)) != new.get((day, region))
    )


def calendars_to_text(calendars: Calendars) -> str:
    """Canonical JSON of everything but the revision; the same calendars give the same text."""
    return json.dumps(
        {
            "days": [
                [one.date.isoformat(), one.kind, one.region] for one in sorted(calendars.days)
            ],
            "announced": sorted(calendars.announced),
        },
        separators=(",", ":"),
    )


def calendars_from_text(text: str, *, revision: str) -> Calendars:
    """
    Raises:
        ValueError, KeyError: not what `calendars_to_text` gave.
    """
    held = json.loads(text)
    return Calendars(
        revision,
        frozenset(
            CalendarDay(date.fromisoformat(day), kind, region) for day, kind, region in held["days"]
        ),
        frozenset((year, region) for year, region in held["announced"]),
    )


# --- one row, one year ----------------------------------------------------------------------


def _read_row(cells: list[str], line: int, *, width: int, out: list[Finding]) -> CalendarDay | None:
    if len(cells) != width:
        out.append(_finding("calendar.row", f"/{line}", "列数与首行不符", "columns as the header"))
        return None
    try:
        day = date.fromisoformat(cells[0])
    except ValueError:
        out.append(
            _finding("calendar.date", f"/{line}/date", "日期应为 2027-01-01 的形式", "no date")
        )
        return None
    kind, region = cells[1], cells[2] if width == 3 else NATIONAL
    if kind not in _KINDS:
        out.append(
            _finding(
                "calendar.kind",
                f"/{line}/kind",
                "kind 应为 day_off(放假)或 working_weekend(调休上班)",
                "day_off or working_weekend",
            )
        )
        return None
    if region and not _is_province(region):
        out.append(
            _finding(
                "calendar.region",
                f"/{line}/region",
                "region 应为省级行政区划代码(6 位,后四位为 0),全国留空",
                "a province's six digits, or empty for the whole country",
            )
        )
        return None
    if (day.weekday() >= 5) is (kind == "day_off"):
        zh, en = (
            ("周末本就放假,不应标 day_off", "a weekend is off anyway")
            if kind == "day_off"
            else ("工作日不应标 working_weekend", "not a weekend")
        )
        out.append(_finding("calendar.weekday", f"/{line}/kind", f"{day}:{zh}", en))
        return None
    return CalendarDay(day, kind, region)  # type: ignore[arg-type]


def _is_province(region: str) -> bool:
    return len(region) == 6 and region.isdigit() and region == province_of(region)


def _incomplete(
    days: Iterable[CalendarDay], announced: set[tuple[int, str]], *, declared: frozenset[int]
) -> list[Finding]:
    national: dict[int, set[date]] = {}
    for one in days:
        if one.region == NATIONAL:
            national.setdefault(one.date.year, set()).add(one.date)
    found = []
    for year, region in sorted(announced):
        if year in declared:
            continue
        held = national.get(year, set())
        fixed = {date(year, month, day) for month, day in _FIXED}
        lacking = {day for day in fixed if day.weekday() < 5} - held
        if region == NATIONAL and (lacking or len(held) < FEWEST):
            named = "、".join(str(day) for day in sorted(lacking)) or f"仅 {len(held)} 行"
            found.append(
                _finding(
                    "calendar.incomplete",
                    "/",
                    f"{year} 年不完整(缺 {named});确为全年安排请用 --complete {year} 声明",
                    f"{year} is not whole; declare it with --complete {year} if it is",
                )
            )
        elif region != NATIONAL:
            found.append(
                _finding(
                    "calendar.undeclared",
                    "/",
                    f"{region} 的 {year} 年自有节假日须用 --complete {year} 声明为全部",
                    f"declare with --complete {year} that these are all days of {region}",
                )
            )
    return found


def _finding(rule: str, path: str, message: str, english: str) -> Finding:
    return Finding(rule=rule, level="reject", path=path, message=message, message_en=english)


__all__ = [
    "Difference",
    "Loaded",
    "calendars_from_text",
    "calendars_to_text",
    "differences",
    "read_calendar",
]
