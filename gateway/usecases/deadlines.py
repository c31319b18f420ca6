"""
Who has to do what until when: the running clocks of the cases a caller may see, due first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from contracts.places import place_name
from gateway.core.case import Case, Clock
from gateway.core.sentences import remaining
from gateway.ports import CaseFilter, Gateway
from gateway.usecases.answers import label
from gateway.usecases.caller import Caller
from gateway.usecases.stand import open_case_row
from gateway.usecases.times import local_date

MOST = 2000
"""Cases that one answer looks at; more are told by `more`."""
PAGE = 200


async def list_deadlines(
    *, days: int, province: str | None, caller: Caller, gw: Gateway
) -> dict[str, Any]:
    """
    Clocks due within `days` days from today, and all that are late; the soonest first.

    `province` (two or six digits) keeps those whose owner's side stands there. Partners see the
    cases they are a party of.
    """
    today = local_date(gw.clock.now())
    until = today + timedelta(days=days)
    where = CaseFilter(due_before=until + timedelta(days=1), order="due", limit=PAGE)
    if not caller.sees_all:
        where = replace(where, system=caller.system or "")
    found: list[tuple[date, str, dict[str, Any]]] = []
    looked = 0
    while rows := await gw.store.cases(where):
        looked += len(rows)
        for row in rows:
            case = open_case_row(row, gw=gw).case
            for clock in case.clocks:
                here = province is None or clock.region[:2] == province[:2]
                if clock.state == "RUNNING" and clock.due_on <= until and here:
                    line = _line(clock, case=case, today=today, gw=gw)
                    found.append((clock.due_on, case.number, line))
        if len(rows) < PAGE or looked >= MOST:
            break
        where = replace(where, after=rows[-1].number)
    found.sort(key=lambda one: one[:2])
    return {
        "today": today.isoformat(),
        "calendar_version": gw.almanac.current.revision,
        "items": [line for _, _, line in found],
        "more": looked >= MOST,
    }


def _line(clock: Clock, *, case: Case, today: date, gw: Gateway) -> dict[str, Any]:
    calendar = gw.almanac.current.of(clock.region)
    if clock.unit == "WORKING_DAY":
        left = calendar.between(today, clock.due_on)
    else:
        left = (clock.due_on - today).days
    place = case.receiving_place
    if clock.owner == "HANDLING":
        part = case.part(clock.part_id)
        place = (part.place if part else None) or case.handling_place
    return {
        "case_number": case.number,
        "kind": clock.kind,
        "kind_zh": label("clock_kind", clock.kind),
        "owner": clock.owner,
        "owner_zh": label("actor", clock.owner),
        "place": place_name(place),
        "part_id": clock.part_id or None,
        "due_on": clock.due_on.isoformat(),
        "left": max(left, 0),
        "late": max(-left, 0) if clock.due_on < today else 0,
        "unit": "WORKING_DAY" if clock.unit == "WORKING_DAY" else "CALENDAR_DAY",
        "remaining": remaining(clock, today, gw.almanac.current),
        "overdue": clock.due_on < today,
        "provisional": clock.provisional,
        "warned": clock.warned,
        "item": case.catalogue_code,
    }


__all__ = ["list_deadlines"]
