"""
What the clocks of a case ask for on a day: warnings, once each, and counting anew.

A clock warns when a fifth of its limit is left (at least one day), on its last day, and once that
day has passed (project convention). Days before the last one are working days of its owner's
region. A special procedure has no clock of its own: while it holds one up, its own last day warns.
What was warned stands in the clock, so a warning that was recorded never comes again; another due
date brings other warnings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from contracts.calendar import Calendars
from gateway.core.case import Case, Clock
from gateway.core.clocks import due_date, still_days
from gateway.core.rules import Arrived
from gateway.core.times import local_day, national_time

CAUSES = ("DUE_SOON", "DUE_TODAY", "MISSED")
RECOUNTED = "RECOUNTED"
_SHARE = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that is due about a running clock, and the day it speaks of."""

    clock: Clock
    cause: str
    due_on: date


def due_warnings(case: Case, *, today: date, calendars: Calendars) -> tuple[Warned, ...]:
    """The last stage each clock has reached and not yet warned of; earlier ones it passes over."""
    found = []
    for clock in case.clocks:
        reached = [cause for cause, day in stages(clock, calendars) if day <= today]
        if reached and (due := due_day(clock)):
            found.append(Warned(clock, reached[-1], due))
    return tuple(found)


def next_look(case: Case, calendars: Calendars) -> date | None:
    """The next day on which a clock of the case will have to warn; None: nothing to wait for."""
    days = (day for clock in case.clocks for _, day in stages(clock, calendars))
    return min(days, default=None)


def stages(clock: Clock, calendars: Calendars) -> Iterator[tuple[str, date]]:
    """(cause, first day) of the warnings that a clock has still to give, in order."""
    due = due_day(clock)
    if due is None:
        return
    first = CAUSES.index(clock.warned) + 1 if clock.warned in CAUSES else 0
    days = (_soon(clock, due, calendars), due, due + _DAY)
    for cause, day in list(zip(CAUSES, days, strict=True))[first:]:
        if day is not None:
            yield cause, day


def due_day(clock: Clock) -> date | None:
    """Until when somebody has to act: of a paused clock, the last day of a special procedure."""
    if clock.state == "RUNNING":
        return clock.due_on
    if clock.state == "PAUSED":
        open_pauses = (one.due_on for one in clock.pauses if one.to_at is None)
        return min((day for day in open_pauses if day is not None), default=None)
    return None


def _soon(clock: Clock, due: date, calendars: Calendars) -> date | None:
    lead = max(1, clock.limit // _SHARE)
    if clock.unit == "WORKING_DAY":
        day = calendars.of(clock.region).back(due, lead)
    elif clock.unit == "CALENDAR_DAY":
        day = due - _DAY * lead
    else:
        day = due - _DAY * (7 if clock.unit == "MONTH" else 1)
    # On the day a clock starts nobody needs to hear of it.
    return day if day > local_day(clock.started_at) else None


# --- counting anew --------------------------------------------------------------------------


def recounted(case: Case, calendars: Calendars) -> tuple[Clock, ...]:
    """
    The provisional clocks of a case as the calendars of now count them, where that differs.

    A day that a message named itself is not provisional and stays.
    """
    return tuple(
        anew
        for clock in case.clocks
        if clock.running and clock.provisional
        for anew in [_count(clock, calendars)]
        if (anew.due_on, anew.provisional) != (clock.due_on, clock.provisional)
    )


def _count(clock: Clock, calendars: Calendars) -> Clock:
    when = due_date(
        local_day(clock.started_at),
        clock.limit,
        clock.unit,
        clock.region,
        skip=still_days(clock.pauses),
        calendars=calendars,
    )
    return replace(
        clock,
        due_on=when.date,
        provisional=when.provisional,
        calendar=when.version,
        warned=clock.warned if when.date == clock.due_on else None,
    )


# --- what a reminder of the gateway leaves in the case ---------------------------------------


def reminded(case: Case, arrived: Arrived) -> Case:
    """
    The case after a reminder of the gateway: the clocks it names are warned of, or stand as it
    counted them. Needs no calendar, so that a replay cannot come out differently.
    """
    body: Any = arrived.message.body
    told = {
        _name(one.kind, one.part_id, one.started_at, one.material_id): one
        for one in body.clocks or ()
    }
    clocks = tuple(
        _reminded(clock, told.get(_named(clock)), body.cause) if clock.running else clock
        for clock in case.clocks
    )
    return replace(case, clocks=clocks)


def _reminded(clock: Clock, told: Any, cause: str) -> Clock:
    if told is None:
        return clock
    if cause != RECOUNTED:
        return replace(clock, warned=cause)
    due = date.fromisoformat(told.due_on)
    return replace(
        clock,
        due_on=due,
        provisional=told.provisional,
        calendar=told.calendar,
        warned=clock.warned if due == clock.due_on else None,
    )


def _named(clock: Clock) -> tuple[str | None, ...]:
    part = None if clock.part_id == "main" else clock.part_id or None
    return _name(clock.kind, part, national_time(clock.started_at), clock.material_id)


def _name(
    kind: str, part_id: str | None, started_at: str, material_id: str | None
) -> tuple[str | None, ...]:
    return kind, part_id, started_at, material_id


__all__ = [
    "CAUSES",
    "RECOUNTED",
    "Warned",
    "due_day",
    "due_warnings",
    "next_look",
    "recounted",
    "reminded",
    "stages",
]
