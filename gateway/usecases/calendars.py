"""
Working calendars: showing them, loading a year that was announced, counting open cases anew.

A load is a recorded act of a named person. Every version is stored whole and has its name in each
message that was counted with it, so that a case can be folded again as it was. What was provisional
is counted anew in each open case by a message of the gateway: an event of the case like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from contracts.calendar import NATIONAL, OWN_HOLIDAYS, REVISION, SHIPPED, Calendars
from contracts.calendar_file import (
    Difference,
    calendars_from_text,
    calendars_to_text,
    differences,
    read_calendar,
)
from contracts.errors import InvalidDocument, TransitionNotAllowed
from contracts.places import province_of
from gateway.core.audit.leaf import Leaf
from gateway.core.clocks import snapshot
from gateway.core.watch import RECOUNTED, recounted
from gateway.ports import (
    Almanac,
    CalendarRow,
    CaseFilter,
    Change,
    Gateway,
    RevisionConflictError,
    Store,
)
from gateway.usecases.answers import label
from gateway.usecases.caller import Caller
from gateway.usecases.speak import Said, name, speak
from gateway.usecases.stand import Standing
from gateway.usecases.times import local_date, stamp

PAGE = 200
PRODUCT = "product"
"""Who brought the calendars that a version of the product ships."""


async def read_almanac(store: Store) -> Almanac:
    """
    Every version there was and the one in force: the newest loaded, and under it what the product
    ships. Years that a newer product ships itself count as shipped.
    """
    almanac = Almanac()
    latest: CalendarRow | None = None
    for row in await store.calendars():
        held = calendars_from_text(row.content, revision=row.version)
        almanac.versions[row.version] = held
        latest = latest if row.client == PRODUCT else row
    if latest is None:
        return almanac
    held = almanac.versions[latest.version]
    if latest.base == REVISION:
        almanac.enact(held)
    elif held.announced - SHIPPED.announced:
        more = held.announced - SHIPPED.announced
        days = [one for one in held.days if (one.date.year, one.region) in more]
        almanac.enact(SHIPPED.with_years(days, more, revision=f"{REVISION}/{latest.version}"))
    return almanac


def show_calendar(*, year: int | None, region: str | None, gw: Gateway) -> dict[str, Any]:
    """A year as it counts in a region: days off, worked weekends, whether it is announced."""
    calendars = gw.almanac.current
    province = province_of(region) if region else NATIONAL
    wanted = year or local_date(gw.clock.now()).year
    own = calendars.of(province or "000000")
    days = sorted(
        one
        for one in calendars.days
        if one.date.year == wanted and one.region in (NATIONAL, province)
    )
    return {
        "version": calendars.revision,
        "year": wanted,
        "region": province or None,
        "announced": wanted in own.years,
        "own_holidays": province in OWN_HOLIDAYS,
        "announced_years": sorted(own.years),
        "items": [
            {"date": one.date.isoformat(), "kind": one.kind, "region": one.region or None}
            for one in days
        ],
    }


async def load_calendar(
    text: str,
    *,
    declared: Sequence[int],
    based_on: str | None,
    dry_run: bool,
    caller: Caller,
    gw: Gateway,
) -> dict[str, Any]:
    """
    Load years from a file; with `dry_run` only say what would change.

    `based_on` is the version the caller compared with: another one in force since refuses. Loading
    what is in force already changes nothing and leaves nothing.

    Raises:
        InvalidDocument: with everything wrong in the file.
        TransitionNotAllowed: somebody else loaded one meanwhile.
    """
    loaded, findings = read_calendar(text, declared=declared)
    if findings:
        raise InvalidDocument(findings=findings)
    before = gw.almanac.current
    if based_on is not None and based_on != before.revision:
        raise _moved_on(before.revision)
    rows = await gw.store.calendars()
    loads = [row for row in rows if row.base == REVISION and row.client != PRODUCT]
    version = f"{REVISION}+{len(loads) + 1}"
    after = before.with_years(loaded.days, loaded.announced, revision=version)
    changed = differences(before, after)
    news = after.announced - before.announced
    told = {
        "version": before.revision,
        "becomes": version if changed or news else before.revision,
        "announced": [{"year": year, "region": region or None} for year, region in sorted(news)],
        "differences": [_difference(one) for one in changed],
        "written": False,
        "recounted": 0,
    }
    if dry_run or not (changed or news):
        return told
    row = _row(after, client=caller.client_id, gw=gw)
    leaf = Leaf(
        event="config.changed",
        at=stamp(row.loaded_at),
        actor=caller.actor,
        environment=gw.environment,
        purpose="calendar.load",
        policy=version,
        reason=row.digest,
        trace_id=caller.trace_id,
    )
    try:
        await gw.store.commit(Change(calendars=(row,), leaves=(leaf,)))
    except RevisionConflictError:
        raise _moved_on(gw.almanac.current.revision) from None
    gw.almanac.enact(after)
    return {**told, "written": True, "recounted": await recount_cases(gw=gw)}


async def recount_cases(*, gw: Gateway) -> int:
    """
    Count the provisional clocks of all open cases anew, if the calendar in force still waits for
    that; how many cases changed. May be stopped and started again at any moment. What the product
    ships is in force from its first start and is kept like what was loaded.
    """
    current = gw.almanac.current
    rows = {row.version: row for row in await gw.store.calendars()}
    row = rows.get(current.revision) or _row(current, client=PRODUCT, gw=gw)
    if row.recounted_at is not None:
        return 0
    numbers = await _open_cases(gw=gw)
    changed = 0
    for number in numbers:
        changed += await recount_case(number, gw=gw)
    await gw.store.commit(Change(calendars=(replace(row, recounted_at=gw.clock.now()),)))
    return changed


async def recount_case(number: str, *, gw: Gateway) -> bool:
    """Count the provisional clocks of a case anew; whether any changed. One message per owner."""
    changed = False
    while await speak(number, lambda standing: _recount(standing, gw=gw), gw=gw):
        changed = True
    return changed


def _recount(standing: Standing, *, gw: Gateway) -> Said | None:
    anew = recounted(standing.case, gw.almanac.current)
    if not anew:
        return None
    owner = anew[0].owner
    mine = [clock for clock in anew if clock.owner == owner]
    version = gw.almanac.current.revision
    said = ";".join(f"{label('clock_kind', one.kind)} {one.due_on}" for one in mine)
    return Said(
        kind="reminder",
        message_id=name("recount", version, standing.case.arrivals, owner),
        body={
            "to": owner,
            "count": 1,
            "cause": RECOUNTED,
            "clocks": [snapshot(clock) for clock in mine],
            "text": f"放假安排已公布,到期日重算:{said}"[:500],
        },
    )


async def _open_cases(*, gw: Gateway) -> list[str]:
    """Cases with a clock; read before anything moves, since moving a date moves the page."""
    found: list[str] = []
    where = CaseFilter(limit=PAGE)
    while rows := await gw.store.cases(where):
        found += [row.number for row in rows if row.turn is not None or row.due_on is not None]
        where = replace(where, after=rows[-1].number)
    return found


def _row(calendars: Calendars, *, client: str, gw: Gateway) -> CalendarRow:
    content = calendars_to_text(calendars)
    return CalendarRow(
        version=calendars.revision,
        base=REVISION,
        loaded_at=gw.clock.now(),
        client=client,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        content=content,
    )


def _difference(one: Difference) -> Mapping[str, Any]:
    return {
        "date": one.date.isoformat(),
        "region": one.region or None,
        "before": one.before,
        "after": one.after,
    }


def _moved_on(version: str) -> TransitionNotAllowed:
    return TransitionNotAllowed(
        f"日历已更新为 {version},请重新比对后再加载",
        f"the calendar became {version} meanwhile; compare again, then load",
    )


__all__ = ["load_calendar", "read_almanac", "recount_case", "recount_cases", "show_calendar"]
