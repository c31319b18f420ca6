"""
One attempt at a delivery in rows: the intent before, the end after, the leaf of either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.adapter import (
    Delivered,
    Exchange,
    Outcome,
    Prepared,
    Rejected,
    Unavailable,
    Unknown,
)
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.core.frame import frame, unframe
from gateway.core.retry import DeadLetter, Decision, Park, Query, RetryAt, Return, Settle
from gateway.ports import (
    AttemptRow,
    CaseKey,
    DeliveryRow,
    DeliveryState,
    DeliveryUpdate,
    StepRow,
    System,
)
from gateway.usecases.times import stamp


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed delivery with everything needed to act on it."""

    row: DeliveryRow
    system: System
    key: CaseKey
    steps: tuple[StepRow, ...]
    message_id: str | None = None
    """of the message that is delivered, if it is at hand"""


def move(
    row: DeliveryRow,
    was: tuple[DeliveryState, ...],
    state: DeliveryState,
    *,
    step: int,
    attempt: int,
    at: datetime,
    reason: str | None = None,
    settled_at: datetime | None = None,
) -> DeliveryUpdate:
    return DeliveryUpdate(
        serial=row.serial,
        fence=row.fence,
        was=was,
        state=state,
        next_at=at,
        attempt=attempt,
        step=step,
        reason=reason,
        settled_at=settled_at,
    )


def target(decision: Decision, now: datetime) -> tuple[DeliveryState, datetime, str | None]:
    """The state a delivery is in after a decision, when it is due again, and why."""
    match decision:
        case Settle():
            return "delivered", now, None
        case Return(reason):
            return "rejected", now, reason
        case RetryAt(at, reason):
            return "pending", at, reason
        case Query(at, reason):
            return "asking", at, reason
        case Park(reason):
            return "parked", now, reason
        case DeadLetter(reason):
            return "dead", now, reason


def open_attempt(
    work: Work,
    prepared: Prepared | Unavailable | None,
    *,
    attempt: int,
    step: int,
    at: datetime,
) -> AttemptRow:
    digest, sealed = None, None
    if isinstance(prepared, Prepared):
        place = f"attempt:{work.row.serial}:{attempt}"
        digest = prepared.wire_digest
        sealed = work.key.seal(frame(prepared.wire_salt, b""), place)
    return AttemptRow(
        serial=work.row.serial,
        number=attempt,
        purpose="send",
        step=step,
        fence=work.row.fence,
        started_at=at,
        wire_digest=digest,
        sealed=sealed,
    )


def end_attempt(
    intent: AttemptRow,
    outcome: Outcome,
    *,
    work: Work,
    prepared: Prepared | Unavailable | None,
    at: datetime,
) -> AttemptRow:
    exchange: Exchange = outcome.exchange
    sealed = intent.sealed
    if exchange.answer:
        place = f"attempt:{intent.serial}:{intent.number}"
        salt = prepared.wire_salt if isinstance(prepared, Prepared) else b""
        if not salt and intent.sealed is not None:
            salt = unframe(work.key.open(intent.sealed, place))[0]
        sealed = work.key.seal(frame(salt, exchange.answer), place)
    return replace(
        intent,
        ended_at=at,
        outcome=type(outcome).__name__.lower(),
        status=exchange.status,
        reason=_reason(outcome),
        sealed=sealed,
    )


def _reason(outcome: Outcome) -> str | None:
    """A code or a cause of ours; the other side's words may be personal and stay sealed."""
    match outcome:
        case Rejected(code):
            return code
        case Unavailable(reason) | Unknown(reason):
            return reason
        case Delivered():
            return None


def attempt_leaf(
    event: str, work: Work, attempt: AttemptRow, *, at: datetime, reason: str | None = None
) -> Leaf:
    row = work.row
    return Leaf(
        event=event,
        at=stamp(at),
        actor=GATEWAY,
        environment=row.environment,
        case_number=row.case_number,
        kind=row.kind,
        peer=row.destination,
        serial=row.serial,
        step=attempt.step,
        attempt=attempt.number,
        outcome=attempt.outcome,
        status=attempt.status,
        reason=reason or attempt.reason,
        wire_digest=attempt.wire_digest,
        mapping=row.package,
        trace_id=row.trace_id,
    )


__all__ = ["Work", "attempt_leaf", "end_attempt", "move", "open_attempt", "target"]
