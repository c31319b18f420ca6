"""
What one case contributes to a report: whole numbers only, each 0 or more, no personal data.

The numbers are named and defined in `measures`; here they are taken from a folded case and its
messages. All definitions are project convention (P-Z9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.calendar import Calendars
from gateway.core.case import Case, Clock
from gateway.core.clocks import still_days
from gateway.core.report.period import Period
from gateway.core.times import local_day

ONLINE_CHANNELS = frozenset({"2", "3"})
"""Of GB/T 39046-2020, handling channel: online by computer, online by telephone."""
SPARED = frozenset({"E_LICENCE", "DATA_CHECK", "COMMITMENT", "CARRIED_OVER"})
"""Ways of having a material without asking the applicant for it; owed is not spared."""
BAD = frozenset({"4", "5"})
"""Of GB/T 39046-2020, satisfaction: dissatisfied, very dissatisfied; 1 is best."""
OUTCOMES = ("APPROVED", "REFUSED", "NOT_ACCEPTED", "WITHDRAWN")


@dataclass(frozen=True, slots=True)
class Told:
    """One message of a case as a report reads it."""

    kind: str
    applied: bool
    received_at: datetime
    document: Mapping[str, Any]

    @property
    def body(self) -> Mapping[str, Any]:
        body: Mapping[str, Any] = self.document.get("body", {})
        return body


@dataclass(frozen=True, slots=True)
class Facts:
    """A case under the places and the item it counts for."""

    receiving_county: str
    handling_county: str
    item: str
    counts: Mapping[str, int]


def facts_of(
    case: Case, messages: Sequence[Told], period: Period, *, today: date, calendars: Calendars
) -> Facts | None:
    """
    What a case adds to the report of a period; None when it has no part in it.

    A case counts as received when it was taken in within the period, as closed when the message
    that closed it came within the period, and as open when it came before the period's end and is
    not closed on the day of the report.
    """
    endings = _endings(case, messages)
    closing = endings[-1] if endings else None
    received = period.holds(case.opened_at)
    closed = closing is not None and period.holds(closing.received_at)
    is_open = closing is None and not period.ended_before(case.opened_at)
    if not (received or closed or is_open):
        return None
    counts: dict[str, int] = {"received": int(received), "open": int(is_open)}
    if is_open:
        counts["open_overdue"] = int(any(_overdue(one, today) for one in case.clocks))
    if closing is not None and closed:
        counts |= _of_closed(case, messages, endings, today=today, calendars=calendars)
    return Facts(case.receiving_place[:6], case.handling_place[:6], case.catalogue_code, counts)


def _endings(case: Case, messages: Iterable[Told]) -> list[Told]:
    """
    The messages that ended the parts of a case that is finished; the last one closed it.

    A later superseding decision does not move the closing.
    """
    if not case.finished:
        return []
    return [
        one
        for one in messages
        if one.applied and _result(one) is not None and not one.body.get("supersedes")
    ]


def _result(told: Told) -> str | None:
    """What a message that ends a part says; None for any other."""
    if told.kind == "withdrawal":
        return "WITHDRAWN"
    code = _code(told.body.get("result"))
    if told.kind == "acceptance":
        return code if code == "NOT_ACCEPTED" else None
    if told.kind == "decision":
        return "APPROVED" if code == "PARTLY_APPROVED" else code
    return _code(told.body.get("part_outcome")) if told.kind == "progress" else None


def _of_closed(
    case: Case,
    messages: Sequence[Told],
    endings: Sequence[Told],
    *,
    today: date,
    calendars: Calendars,
) -> dict[str, int]:
    missed = {one.owner for one in case.clocks if one.state == "MISSED" or _overdue(one, today)}
    asked = sum(one.applied and one.kind == "correction_request" for one in messages)
    results = [_result(one) for one in endings]
    # As the case's own status: one body that refuses is enough, and one that approves the next.
    result = next((one for one in ("REFUSED", "APPROVED") if one in results), results[-1])
    late = {owner: int(owner in missed) for owner in ("RECEIVING", "HANDLING", "APPLICANT")}
    return {
        "closed": 1,
        "on_time": int(not missed & {"RECEIVING", "HANDLING"}),
        "late_receiving": late["RECEIVING"],
        "late_handling": late["HANDLING"],
        "late_applicant": late["APPLICANT"],
        **{f"closed_{name.lower()}": int(result == name) for name in OUTCOMES},
        "closed_other": int(result not in OUTCOMES),
        "returned": int(any(one.applied and one.kind == "transfer" for one in messages)),
        "corrected": int(asked > 0),
        "corrected_twice": int(asked > 1),
        **_days(case, endings[-1], calendars),
        **_intake(case, messages),
        **_reviews(messages),
    }


def _days(case: Case, closing: Told, calendars: Calendars) -> dict[str, int]:
    """
    Working days of the last deciding clock of the main body: after its start, without pauses, up to
    the day it ended; and working days from the application date to the closing.
    """
    ended = local_day(closing.received_at)
    whole = calendars.of(case.handling_place).between(case.application_date, ended)
    counts = {"total_days": max(whole, 0), "limited": 0, "limit_days": 0, "used_days": 0}
    clocks = [one for one in case.clocks if one.kind == "DECIDE" and one.state in ("MET", "MISSED")]
    if clocks and clocks[-1].unit == "WORKING_DAY" and clocks[-1].ended_at is not None:
        clock = clocks[-1]
        counts |= {"limited": 1, "limit_days": clock.limit, "used_days": _used(clock, calendars)}
    return counts


def _used(clock: Clock, calendars: Calendars) -> int:
    if clock.ended_at is None:
        return 0
    days = calendars.of(clock.region)
    start, end = local_day(clock.started_at), local_day(clock.ended_at)
    still = [day for day in still_days(clock.pauses) if start < day <= end]
    return max(days.between(start, end) - sum(days.is_working_day(day) for day in still), 0)


def _intake(case: Case, messages: Sequence[Told]) -> dict[str, int]:
    application = next((one for one in messages if one.kind == "application"), None)
    document = application.document if application else {}
    channel = _code(document.get("channel"))
    ways = [_code(one.get("acquisition")) for one in document.get("body", {}).get("materials", ())]
    return {
        "online": int(channel in ONLINE_CHANNELS or case.mode == "ONLINE"),
        "wholly_online": int(case.mode == "ONLINE"),
        "materials": len(ways),
        "materials_spared": sum(way in SPARED for way in ways),
    }


def _reviews(messages: Sequence[Told]) -> dict[str, int]:
    told = [one.body for one in messages if one.kind == "evaluation"]
    marks = [_code(one.get("satisfaction")) for one in told if one.get("phase") == "REVIEW"]
    bad = any(mark in BAD for mark in marks)
    answered = any(one.get("phase") in ("HANDLING", "REPLY") for one in told)
    return {
        "reviewed": int(bool(marks)),
        "badly_reviewed": int(bad),
        "followed_up": int(bad and answered),
    }


def _overdue(clock: Clock, today: date) -> bool:
    return clock.state == "RUNNING" and clock.due_on < today


def _code(coded: Any) -> str | None:
    return coded.get("code") if isinstance(coded, Mapping) else None


__all__ = ["BAD", "ONLINE_CHANNELS", "OUTCOMES", "SPARED", "Facts", "Told", "facts_of"]
