"""What becomes of a delivery: every outcome, every quadrant, every limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.adapter import (
    Absent,
    Capabilities,
    Delivered,
    Found,
    ProvinceReceipt,
    Rejected,
    Unanswered,
    Unavailable,
    Unknown,
)
from gateway.core.retry import (
    DeadLetter,
    Decision,
    Park,
    Query,
    RetryAt,
    Return,
    Settle,
    after_query,
    backoff,
    decide,
)
from gateway.ports import RetryPolicy

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = RetryPolicy(first=10, factor=2, cap=640, attempts=8, hours=24)
SETTLE = timedelta(seconds=30)
ASKABLE = Capabilities(idempotent=False, query=True, settle_time=SETTLE)
REPEATABLE = Capabilities(idempotent=True, query=False)
BOTH = Capabilities(idempotent=True, query=True, settle_time=SETTLE)
NEITHER = Capabilities(idempotent=False, query=False)


def after(
    outcome: object,
    *,
    can: Capabilities = ASKABLE,
    attempt: int = 1,
    jitter: float = 1.0,
    started: datetime = NOON,
) -> Decision:
    return decide(
        outcome,  # type: ignore[arg-type]
        attempt=attempt,
        started=started,
        now=NOON,
        policy=POLICY,
        can=can,
        jitter=jitter,
    )


def answered(answer: object, *, since: datetime = NOON - SETTLE, attempt: int = 2) -> Decision:
    return after_query(
        answer,  # type: ignore[arg-type]
        attempt=attempt,
        since=since,
        started=NOON,
        now=NOON,
        policy=POLICY,
        can=ASKABLE,
        jitter=1.0,
    )


def test_delivered_settles_and_a_business_no_returns() -> None:
    receipt = ProvinceReceipt(number="1")

    assert after(Delivered(receipt)) == Settle(receipt)
    assert after(Rejected("E101", "text")) == Return("E101")


@pytest.mark.parametrize(
    ("can", "decision"),
    [
        (BOTH, Query(NOON + SETTLE, "lost")),
        (ASKABLE, Query(NOON + SETTLE, "lost")),
        (REPEATABLE, RetryAt(NOON + timedelta(seconds=10), "lost")),
        (NEITHER, Park("lost")),
    ],
    ids=["both", "askable", "repeatable", "neither"],
)
def test_an_unknown_follows_what_the_counterpart_can_do(
    can: Capabilities, decision: Decision
) -> None:
    assert after(Unknown("lost"), can=can) == decision


@given(attempt=st.integers(1, 100), jitter=st.floats(0, 1, exclude_max=True))
def test_an_unknown_is_never_sent_again_where_a_repeat_could_count_twice(
    attempt: int, jitter: float
) -> None:
    for can in (ASKABLE, NEITHER):
        decision = after(Unknown("lost"), can=can, attempt=attempt, jitter=jitter)
        assert not isinstance(decision, RetryAt)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 10), (4, 80), (7, 640)])
def test_the_wait_doubles_after_each_failure(attempt: int, seconds: int) -> None:
    decision = after(Unavailable("HTTP 503"), attempt=attempt)

    assert decision == RetryAt(NOON + timedelta(seconds=seconds), "HTTP 503")


def test_retry_after_is_honoured_and_capped() -> None:
    asked = after(Unavailable("HTTP 503", timedelta(minutes=7)))
    absurd = after(Unavailable("HTTP 503", timedelta(days=400)))

    assert asked == RetryAt(NOON + timedelta(minutes=7), "HTTP 503")
    assert absurd == RetryAt(NOON + timedelta(days=1), "HTTP 503")


def test_attempts_and_time_end_in_a_dead_letter() -> None:
    many = after(Unavailable("refused"), attempt=8)
    long = after(Unavailable("refused"), started=NOON - timedelta(hours=24))

    assert many == DeadLetter("gave up after 8 attempts: refused")
    assert isinstance(long, DeadLetter)


def test_found_settles() -> None:
    receipt = ProvinceReceipt(number="1", serial="s")

    assert answered(Found(receipt)) == Settle(receipt)


def test_not_found_is_believed_only_after_the_settle_time() -> None:
    early = answered(Absent(), since=NOON - timedelta(seconds=10))

    assert isinstance(early, Query)
    assert early.at == NOON + timedelta(seconds=20)
    assert answered(Absent()) == RetryAt(NOON, "the other side does not hold it")


def test_a_failed_question_is_asked_again_and_in_the_end_a_person_decides() -> None:
    again = answered(Unanswered("HTTP 500"))

    assert again == Query(NOON + timedelta(seconds=20), "HTTP 500")
    assert isinstance(answered(Unanswered("HTTP 500"), attempt=8), Park)


@given(attempt=st.integers(1, 60), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_stays_between_a_tenth_and_the_whole_wait(attempt: int, jitter: float) -> None:
    whole = backoff(attempt, policy=POLICY, jitter=1.0)
    wait = backoff(attempt, policy=POLICY, jitter=jitter)

    assert whole * 0.0999 <= wait <= whole
    assert whole <= timedelta(seconds=POLICY.cap)


def test_a_place_that_loses_every_request_is_asked_ever_less_and_then_given_up() -> None:
    waits = [answered(Absent(), attempt=attempt) for attempt in (2, 4, 6)]

    assert [one.at - NOON for one in waits if isinstance(one, RetryAt)] == [
        timedelta(0),
        timedelta(seconds=10),
        timedelta(seconds=20),
    ]
    assert isinstance(answered(Absent(), attempt=8), DeadLetter)
