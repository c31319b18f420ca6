"""
Clocks of a case: who has until when, started, paused, resumed and ended by the lifecycle table.

A period in working days begins on the day after the day that starts it (民法典 201 [C]) and is
counted in the calendar of its owner's region. A pause takes out the days after the one it began
on, up to the day it ended (project convention, as at the start). A year without an announced
calendar is provisional. PUSH, NOTIFY and ANSWER belong to the whole case, the others to a part.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from contracts.calendar import SHIPPED, Calendars, DueDate
from gateway.core.case import ENDED, MAIN, Case, Clock, Part, Pause
from gateway.core.rules import Arrived, ClockRule, ClockRules, Rules
from gateway.core.times import local_day as _local
from gateway.core.times import national_time as _time

_WHOLE = ("PUSH", "NOTIFY", "ANSWER")
_NOT_PUSHED = frozenset({"COLLECTED", "PRE_REVIEW"})
_REASONS = {
    "correction_request": "CORRECTION",
    "special_procedure": "SPECIAL_PROCEDURE",
    "fee": "FEE",
}
_DAY = timedelta(days=1)


def due_date(
    start: date,
    limit: int,
    unit: str,
    region: str,
    *,
    skip: frozenset[date] = frozenset(),
    calendars: Calendars = SHIPPED,
) -> DueDate:
    """
    When a period that is triggered on `start` falls due, in the calendar of `region`.

    Days in `skip` do not count. Hours are rounded up to whole days; a last day that is a day of
    rest is not moved.
    """
    days = calendars.of(region)
    if unit == "WORKING_DAY":
        return days.add(start, limit, skip=skip)
    if unit == "MONTH":
        month = start.month - 1 + limit
        year, month = start.year + month // 12, month % 12 + 1
        last = (date(year + month // 12, month % 12 + 1, 1) - _DAY).day
        day = date(year, month, min(start.day, last))
    else:
        day = start + timedelta(days=limit if unit == "CALENDAR_DAY" else -(-limit // 24))
    still = sum(start < one <= day for one in skip)
    return DueDate(day + timedelta(days=still), False, days.version)


def move_clocks(
    case: Case, actions: tuple[str, ...], *, part: Part, arrived: Arrived, rules: Rules
) -> Case:
    """
    Do what a row of the table says for a part: `start X`, `anew X`, `end X`, `pause X`, `resume X`,
    `cancel X`; X is a kind of clock or `all` of the part. Clocks an item does not have stay away.
    """
    for action in actions:
        verb, kind = action.split()
        for scope in _scopes(case, kind, part):
            if verb in ("start", "anew"):
                case = _start(
                    case, kind, scope, anew=verb == "anew", part=part, arrived=arrived, rules=rules
                )
            elif not (verb == "end" and kind == "PUSH" and _to_push(case)):
                case = _change(case, kind, scope, verb, arrived=arrived, rules=rules)
    return case


def deciders(case: Case, part: Part) -> tuple[Part, ...]:
    """The deciding parts that a part works for: itself, or those that wait for it."""
    if part.decides:
        return (part,)
    return tuple(one for one in case.parts if one.decides and _waits_for(case, one, part))


def _waits_for(case: Case, later: Part, earlier: Part) -> bool:
    if earlier.part_id in later.after:
        return True
    ahead = [case.part(name) for name in later.after]
    return any(_waits_for(case, one, earlier) for one in ahead if one is not None)


def _scopes(case: Case, kind: str, part: Part) -> tuple[str, ...]:
    if kind in _WHOLE:
        return ("",)
    if kind == "DECIDE":
        return tuple(one.part_id for one in deciders(case, part))
    if kind == "all":
        return (part.part_id, "") if case.finished else (part.part_id,)
    return (part.part_id,)


def _to_push(case: Case) -> bool:
    return any(one.status in _NOT_PUSHED or one.asked_by == "RECEIVING" for one in case.parts)


# --- start ----------------------------------------------------------------------------------


def _start(
    case: Case,
    kind: str,
    scope: str,
    *,
    anew: bool,
    part: Part,
    arrived: Arrived,
    rules: Rules,
) -> Case:
    owned = case.part(scope) or part
    rule = rules.clock(kind, owned.role)
    running = any(one.kind == kind and one.part_id == scope and one.running for one in case.clocks)
    started = _started(kind, arrived)
    if rule is None or started is None or not _due_to_start(case, kind, owned, part, rule):
        return case
    mine = owned.part_id == part.part_id
    if anew != running and (running or not mine):
        return case  # anew restarts what runs; start leaves it alone
    clock = _clock(case, kind, scope, owned, rule, started, arrived)
    # A clock that starts anew replaces the one before it: that one ended with what restarted it.
    kept = tuple(
        _ended(old, "CANCELLED", arrived.at)
        if old.kind == kind and old.part_id == scope and old.running
        else old
        for old in case.clocks
    )
    return replace(case, clocks=(*kept, clock))


def _due_to_start(case: Case, kind: str, owned: Part, part: Part, rule: ClockRule) -> bool:
    if kind == "NOTIFY":
        return case.finished  # told once, when all is decided
    if kind == "PART":
        return not owned.decides
    if kind == "ACCEPT":
        return owned.status in ("PUSHED", "CORRECTED")  # not where collecting already was accepting
    if kind == "DECIDE" and owned.status in ENDED:
        return False  # nothing is left to decide
    return owned.part_id == part.part_id or not rule.waits


def _started(kind: str, arrived: Arrived) -> datetime | None:
    if kind != "PUSH":
        return arrived.at
    body: Any = arrived.message.body
    if arrived.message.kind == "correction":
        return datetime.fromisoformat(body.completed_at) if body.completed_at else arrived.at
    completed = body.dates.completed_at  # until materials are complete nothing runs
    return datetime.fromisoformat(completed) if completed else None


def _clock(
    case: Case,
    kind: str,
    scope: str,
    owned: Part,
    rule: ClockRule,
    started: datetime,
    arrived: Arrived,
) -> Clock:
    owner = "HANDLING" if kind == "NOTIFY" and case.mode == "ONLINE" else rule.owner
    place = (owned.place or case.handling_place) if owner == "HANDLING" else case.receiving_place
    when = due_date(_local(started), rule.limit, rule.unit, place, calendars=arrived.calendars)
    named = getattr(arrived.message.body, "due_on", None) if kind == "CORRECTION" else None
    return Clock(
        kind=kind,
        owner=owner,
        part_id=scope,
        region=f"{place[:2]}0000",
        calendar=when.version,
        limit=rule.limit,
        unit=rule.unit,
        started_at=started,
        due_on=date.fromisoformat(named) if named else when.date,
        provisional=when.provisional and not named,
        legal_basis=rule.legal_basis,
    )


# --- pause, resume, end ---------------------------------------------------------------------


def _change(
    case: Case, kind: str, scope: str, verb: str, *, arrived: Arrived, rules: Rules
) -> Case:
    meant = [
        clock
        for clock in case.clocks
        if clock.running and kind in ("all", clock.kind) and clock.part_id == scope
    ]
    if not meant:
        return case
    clocks = tuple(
        _changed(clock, verb, case=case, arrived=arrived, rules=rules) if clock in meant else clock
        for clock in case.clocks
    )
    return replace(case, clocks=clocks)


def _changed(clock: Clock, verb: str, *, case: Case, arrived: Arrived, rules: Rules) -> Clock:
    if verb == "cancel":
        return _ended(clock, "CANCELLED", arrived.at)
    if verb == "end":
        ran_until = min(
            (one.from_at for one in clock.pauses if one.to_at is None), default=arrived.at
        )
        late = _local(ran_until) > clock.due_on
        return _ended(clock, "MISSED" if late else "MET", arrived.at)
    reason = _REASONS.get(arrived.message.kind, "OTHER")
    if verb == "resume":
        return _resumed(clock, reason, arrived)
    part = case.part(clock.part_id)
    rule = rules.clock(clock.kind, part.role if part else None)
    stops = rule is None or rule.pauses is None or reason in rule.pauses
    if not stops or any(one.reason == reason and one.to_at is None for one in clock.pauses):
        return clock
    pause = Pause(
        reason=reason,
        from_at=_said(arrived, "started_at"),
        message_id=arrived.message.message_id,
        due_on=_procedure_ends(clock, arrived, rules),
    )
    return replace(clock, state="PAUSED", pauses=(*clock.pauses, pause))


def procedure_limit(clock: Clock, stated: int | None, arrived: Arrived, rules: Rules) -> int:
    """
    The longest a special procedure may take, in the unit of the clock it holds up: what is stated,
    at most what the item says of its type, else half the limit it holds up (requirement A5).
    """
    body: Any = arrived.message.body
    kind = getattr(body.type, "code", None)
    longest = rules.special_limits.get((kind or "", clock.unit), max(1, clock.limit // 2))
    return longest if stated is None else min(stated, longest)


def _procedure_ends(clock: Clock, arrived: Arrived, rules: Rules) -> date | None:
    if arrived.message.kind != "special_procedure":
        return None
    body: Any = arrived.message.body
    stated = body.limit if body.unit in (None, clock.unit) else None
    started = _local(_said(arrived, "started_at"))
    limit = procedure_limit(clock, stated, arrived, rules)
    return due_date(started, limit, clock.unit, clock.region, calendars=arrived.calendars).date


def _resumed(clock: Clock, reason: str, arrived: Arrived) -> Clock:
    end = _said(arrived, "ended_at")
    pauses = tuple(
        replace(one, to_at=max(end, one.from_at))
        if one.reason == reason and one.to_at is None
        else one
        for one in clock.pauses
    )
    if any(one.to_at is None for one in pauses):
        return replace(clock, pauses=pauses)
    when = due_date(
        _local(clock.started_at),
        clock.limit,
        clock.unit,
        clock.region,
        skip=still_days(pauses),
        calendars=arrived.calendars,
    )
    return replace(
        clock,
        state="RUNNING",
        pauses=pauses,
        due_on=when.date,
        provisional=when.provisional,
        calendar=when.version,
        warned=None,  # another date, other warnings
    )


def _ended(clock: Clock, state: str, at: datetime) -> Clock:
    at = max(at, clock.started_at)  # what came early may end what it did not yet find running
    pauses = tuple(
        one if one.to_at else replace(one, to_at=max(at, one.from_at)) for one in clock.pauses
    )
    return replace(clock, state=state, ended_at=at, pauses=pauses)


def _said(arrived: Arrived, name: str) -> datetime:
    """The time a special procedure names for its own beginning or end, else that of the message."""
    named = None
    if arrived.message.kind == "special_procedure":
        named = getattr(arrived.message.body, name, None)
    return datetime.fromisoformat(named or arrived.message.occurred_at)


def still_days(pauses: tuple[Pause, ...]) -> frozenset[date]:
    """The days on which a clock stood still: after the day a pause began, up to its last day."""
    days: set[date] = set()
    for pause in pauses:
        day = _local(pause.from_at)
        while pause.to_at is not None and day < _local(pause.to_at):
            day += _DAY
            days.add(day)
    return frozenset(days)


# --- words of the national format -----------------------------------------------------------


def snapshot(clock: Clock) -> dict[str, Any]:
    """A clock in the words of the national format (`clocks` of a message)."""
    taken: dict[str, Any] = {
        "kind": clock.kind,
        "owner": clock.owner,
        "part_id": None if clock.part_id == MAIN else clock.part_id or None,
        "material_id": clock.material_id,
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


__all__ = [
    "ClockRule",
    "ClockRules",
    "deciders",
    "due_date",
    "move_clocks",
    "procedure_limit",
    "snapshot",
    "still_days",
]
