"""
What becomes of a delivery after an attempt, and after a question.

The words are tenacity's (exponential wait with a cap, stop after attempts or a delay), but nothing
sleeps here: the answer is a moment that is stored, so the schedule survives a restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_exponential

from contracts.adapter import (
    Absent,
    Capabilities,
    Delivered,
    Found,
    Outcome,
    ProvinceReceipt,
    QueryAnswer,
    Rejected,
    Unanswered,
    Unavailable,
    Unknown,
)


class Policy(Protocol):
    """The stored schedule of one counterpart, in seconds and hours."""

    @property
    def first(self) -> float: ...
    @property
    def factor(self) -> float: ...
    @property
    def cap(self) -> float: ...
    @property
    def attempts(self) -> int: ...
    @property
    def hours(self) -> float: ...
    @property
    def retry_after_cap(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Settle:
    """It is done."""

    receipt: ProvinceReceipt


@dataclass(frozen=True, slots=True)
class Return:
    """A business no: it goes back to the sender as a message."""

    reason: str


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Send the same stored payload again, not before `at`."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Query:
    """Ask whether the other side holds the serial, not before `at`."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """Nobody can be asked and a repeat could have a second effect: a person decides."""

    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Given up; nothing is lost, a person looks."""

    reason: str


_NOT_HELD = "the other side does not hold it"

Decision = Settle | Return | RetryAt | Query | Park | DeadLetter


def decide(
    outcome: Outcome,
    *,
    attempt: int,
    started: datetime,
    now: datetime,
    policy: Policy,
    can: Capabilities,
    jitter: float,
) -> Decision:
    """
    Say what becomes of a delivery after its *attempt*-th try; `jitter` is in [0, 1).

    An Unknown is never sent again before the other side was asked, unless it deduplicates.
    """
    match outcome:
        case Delivered(receipt):
            return Settle(receipt)
        case Rejected(code):
            return Return(code)
        case Unknown(reason) if can.query:
            return Query(now + can.settle_time, reason)
        case Unknown(reason) if not can.idempotent:
            return Park(reason)
        case Unavailable(reason) | Unknown(reason) if exhausted(
            attempt, started=started, now=now, policy=policy
        ):
            return DeadLetter(f"gave up after {attempt} attempts: {reason}")
        case Unavailable(reason, timedelta() as wait):
            capped = min(wait, timedelta(seconds=policy.retry_after_cap))
            return RetryAt(now + max(capped, timedelta()), reason)
        case Unavailable(reason) | Unknown(reason):
            return RetryAt(now + backoff(attempt, policy=policy, jitter=jitter), reason)
        case _:
            assert_never(outcome)


def after_query(
    answer: QueryAnswer,
    *,
    attempt: int,
    since: datetime,
    started: datetime,
    now: datetime,
    policy: Policy,
    can: Capabilities,
    jitter: float,
) -> Decision:
    """
    Say what follows from the answer to "do you hold this serial?".

    "Not found" is believed only when the other side had its settle time after the attempt in doubt
    (`since`): before that the first request may still be on its way.
    """
    match answer:
        case Found(receipt):
            return Settle(receipt)
        case Absent() if now < since + can.settle_time:
            return Query(since + can.settle_time, "not found, but too early to believe it")
        case Absent() if exhausted(attempt, started=started, now=now, policy=policy):
            return DeadLetter(f"gave up after {attempt} attempts: {_NOT_HELD}")
        case Absent():
            return RetryAt(now + _pause(attempt, policy=policy, jitter=jitter), _NOT_HELD)
        case Unanswered(reason, wait):
            if exhausted(attempt, started=started, now=now, policy=policy):
                return Park(f"could not be asked in {attempt} attempts: {reason}")
            pause = wait or backoff(attempt, policy=policy, jitter=jitter)
            capped = min(pause, timedelta(seconds=policy.retry_after_cap))
            return Query(now + max(capped, timedelta()), reason)
        case _:
            assert_never(answer)


def _pause(attempt: int, *, policy: Policy, jitter: float) -> timedelta:
    """Send again at once the first time; a place that loses every request is asked ever less."""
    rounds = attempt // 2  # one send and one question each
    return timedelta() if rounds <= 1 else backoff(rounds - 1, policy=policy, jitter=jitter)


def exhausted(attempt: int, *, started: datetime, now: datetime, policy: Policy) -> bool:
    return attempt >= policy.attempts or now - started >= timedelta(hours=policy.hours)


def backoff(attempt: int, *, policy: Policy, jitter: float) -> timedelta:
    """
    Capped exponential wait with full jitter, never under a tenth of the whole wait.

    The floor is a project convention: full jitter alone may wait 0 s and repeat at once.
    """
    wait = wait_exponential(multiplier=policy.first, exp_base=policy.factor, max=policy.cap)
    state = RetryCallState(Retrying(), fn=None, args=(), kwargs={})
    state.attempt_number = attempt
    whole = wait(state)
    return timedelta(seconds=whole * (0.1 + 0.9 * jitter))


__all__ = [
    "DeadLetter",
    "Decision",
    "Park",
    "Policy",
    "Query",
    "RetryAt",
    "Return",
    "Settle",
    "after_query",
    "backoff",
    "decide",
    "exhausted",
]
