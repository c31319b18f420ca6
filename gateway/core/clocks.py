"""
Clocks of a case: who has until when, started, paused, resumed and ended by the lifecycle table.

A period in working days begins on the day after the day that starts it (民法典 201 [C]) and is
counted in the calendar of its owner's region. A year without an announced calendar is provisional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from contracts.calendar import DueDate, add_working_days, calendar
from gateway.core.case import Case, Clock, Pause

if TYPE_CHECKING:
    from gateway.core.lifecycle import Arrived

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A limit of an item: `unit` as in the national format (WORKING_DAY …)."""

    owner: str
    limit: int
    unit: str
    legal_basis: str | None = None


ClockRules = Mapping[str, ClockRule]


def due_date(start: date, limit: int, unit: str, region: str) -> DueDate:
    """When a period that starts with `start` falls due, in the calendar of `region`."""
    if unit == "WORKING_DAY":
        return add_working_days(start, limit, region)
    if unit == "MONTH":
        month = start.month - 1 + limit
        year, month = start.year + month // 12, month % 12 + 1
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        day = date(year, month, min(start.day, last))
    else:
        day = start + timedelta(days=limit if unit == "CALENDAR_DAY" else -(-limit // 24))
    return replace(add_working_days(start, 0, region), date=day, provisional=False)


def move_clocks(
    case: Case,
    actions: tuple[str, ...],
    *,
    part_id: str,
    arrived: Arrived,
    rules: ClockRules,
) -> Case:
    """Do what a row of the table says: `start X`, `end X`, `pause X`, `resume X`, `cancel X`."""
    for action in actions:
        verb, kind = action.split()
        if verb == "start":
            case = _start(case, kind, part_id=part_id, arrived=arrived, rules=rules)
            continue
        clocks = tuple(
            _moved(clock, verb, arrived=arrived)
            if clock.running and kind in ("all", clock.kind) and part_id in ("", clock.part_id)
            else clock
            for clock in case.clocks
        )
        case = replace(case, clocks=clocks)
    return case


def _start(case: Case, kind: str, *, part_id: str, arrived: Arrived, rules: ClockRules) -> Case:
    rule = rules.get(kind)
    if rule is None:
        return case
    started = _started(kind, arrived)
    if started is None:
        return case  # PUSH runs only from the moment the materials are complete
    place = case.receiving_place if rule.owner != "HANDLING" else case.handling_place
    region = place[:2] + "0000"
    when = due_date(started.astimezone(CHINA).date(), rule.limit, rule.unit, region)
    clock = Clock(
        kind=kind,
        owner=rule.owner,
        part_id=part_id,
        region=region,
        calendar=when.version,
        limit=rule.limit,
        unit=rule.unit,
        started_at=started,
        due_on=when.date,
        provisional=when.provisional,
        legal_basis=rule.legal_basis,
    )
    # A clock that starts anew replaces the one before it: that one ended with what restarted it.
    kept = tuple(
        replace(old, state="CANCELLED", ended_at=arrived.at, pauses=_closed(old, arrived))
        if old.kind == kind and old.part_id == part_id and old.running
        else old
        for old in case.clocks
    )
    return replace(case, clocks=(*kept, clock))


def _started(kind: str, arrived: Arrived) -> datetime | None:
    if kind != "PUSH":
        return arrived.at
    body: Any = arrived.message.body
    completed = getattr(body, "completed_at", None) or getattr(
        getattr(body, "dates", None), "completed_at", None
    )
    return datetime.fromisoformat(completed) if completed else None


def _moved(clock: Clock, verb: str, *, arrived: Arrived) -> Clock:
    if verb == "pause":
        if clock.state == "PAUSED":
            return clock
        reason = (
            "CORRECTION" if arrived.message.kind == "correction_request" else ("SPECIAL_PROCEDURE")
        )
        pause = Pause(reason=reason, from_at=arrived.at, message_id=arrived.message.message_id)
        return replace(clock, state="PAUSED", pauses=(*clock.pauses, pause))
    if verb == "resume":
        if clock.state != "PAUSED":
            return clock
        pauses = _closed(clock, arrived)
        start = clock.started_at.astimezone(CHINA).date()
        when = calendar(clock.region).add(start, clock.limit, skip=_still(pauses, arrived.at))
        return replace(
            clock,
            state="RUNNING",
            pauses=pauses,
            due_on=when.date,
            provisional=when.provisional,
        )
    if verb == "cancel":
        return replace(
            clock, state="CANCELLED", ended_at=arrived.at, pauses=_closed(clock, arrived)
        )
    late = arrived.at.astimezone(CHINA).date() > clock.due_on
    return replace(
        clock,
        state="MISSED" if late else "MET",
        ended_at=arrived.at,
        pauses=_closed(clock, arrived),
    )


def _closed(clock: Clock, arrived: Arrived) -> tuple[Pause, ...]:
    return tuple(
        pause if pause.to_at else replace(pause, to_at=arrived.at) for pause in clock.pauses
    )


def _still(pauses: tuple[Pause, ...], now: datetime) -> frozenset[date]:
    """The days on which a clock stood still: after the day a pause began, up to its last day."""
    days: set[date] = set()
    for pause in pauses:
        day = pause.from_at.astimezone(CHINA).date()
        end = (pause.to_at or now).astimezone(CHINA).date()
        while day < end:
            day += timedelta(days=1)
            days.add(day)
    return frozenset(days)


def snapshot(clock: Clock) -> dict[str, Any]:
    """A clock in the words of the national format (`clocks` of a message)."""
    taken: dict[str, Any] = {
        "kind": clock.kind,
        "owner": clock.owner,
        "part_id": clock.part_id,
        "calendar": clock.calendar,
        "limit": clock.limit,
        "unit": clock.unit,
        "started_at": _time(clock.started_at),
        "pauses": [
            {
                "reason": pause.reason,
                "from_at": _time(pause.from_at),
                **({"to_at": _time(pause.to_at)} if pause.to_at else {}),
                "message_id": pause.message_id,
            }
            for pause in clock.pauses
        ],
        "due_on": clock.due_on.isoformat(),
        "provisional": clock.provisional,
        "promised_on": clock.promised_on.isoformat() if clock.promised_on else None,
        "ended_at": _time(clock.ended_at) if clock.ended_at else None,
        "state": clock.state,
        "legal_basis": clock.legal_basis,
    }
    return {name: value for name, value in taken.items() if value not in (None, [])}


def _time(at: datetime) -> str:
    return at.astimezone(CHINA).isoformat(timespec="seconds")


__all__ = ["ClockRule", "ClockRules", "due_date", "move_clocks", "snapshot"]
