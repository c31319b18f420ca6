"""
Random walks: whatever arrives in whatever order, a case stays whole and replays to itself.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import TransitionNotAllowed
from contracts.vocabulary import ClockState, PartStatus
from gateway.core.case import case_from_json, case_to_json
from gateway.core.sentences import case_sentence
from tests.story import BOTH, CHAIN, LICENCE, SECOND_START, START, Story, coded

RESULTS = ["APPROVED", "PARTLY_APPROVED", "REFUSED", "LAPSED", "TERMINATED", "VOID", "WITHDRAWN"]
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("acknowledgement", {}),
    ("acknowledgement", {"by": "NATIONAL"}),
    ("acknowledgement", {"status": "REJECTED"}),
    ("acknowledgement", {"by": "RECEIVING", "status": "APPLIED"}),
    ("pre_review", {}),
    (
        "pre_review",
        {"by": "HANDLING", "phase": "ANSWER", "result": coded("pre_review_result", "PASSED")},
    ),
    ("acceptance", {}),
    ("acceptance", {"result": coded("acceptance_result", "NOT_ACCEPTED")}),
    ("correction_request", {}),
    ("correction_request", {"by": "RECEIVING"}),
    ("correction", {}),
    ("progress", {}),
    ("progress", {"part_outcome": coded("part_outcome", "PASSED")}),
    ("progress", {"part_outcome": coded("part_outcome", "NOT_PASSED")}),
    ("special_procedure", {}),
    ("special_procedure", {"phase": "END", "ended_at": "2026-03-05T09:00:00+08:00"}),
    *(("decision", {"result": coded("decision_result", result)}) for result in RESULTS),
    ("decision", {"supersedes": "d-1"}),
    ("transfer", {}),
    ("transfer", {"transfer_kind": coded("transfer_kind", "RETURN")}),
    ("transfer", {"by": "RECEIVING"}),
    ("withdrawal", {}),
    ("notification", {}),
    ("notification", {"by": "HANDLING"}),
    ("notification", {"succeeded": False}),
    ("fee", {}),
    ("fee", {"fee": {"order_no": "f", "amount_fen": 1, "state": coded("fee_state", "PAID")}}),
    ("benefit_payment", {}),
    ("evaluation", {}),
    ("objection", {"by": "RECEIVING"}),
    ("withdrawal", {"by": "HANDLING"}),
]
ENDED = {"phase": "END", "ended_at": "2026-03-05T09:00:00+08:00"}
PASSED, NOT_PASSED = (
    {"part_outcome": coded("part_outcome", code)} for code in ("PASSED", "NOT_PASSED")
)
REFUSED = {"result": coded("decision_result", "REFUSED")}
USUAL: list[list[tuple[str, dict[str, Any]]]] = [
    [("acknowledgement", {}), ("acceptance", {})],
    [("correction_request", {}), ("correction", {})],
    [("special_procedure", {}), ("special_procedure", ENDED)],
    [("progress", PASSED)],
    [("progress", NOT_PASSED)],
    [("decision", {})],
    [("decision", REFUSED)],
    [("notification", {})],
]


def draw(choose: Random) -> tuple[str, Any, list[Any]]:
    """A mode, the parts, and messages about them: mostly sensible ones, in no sensible order."""
    mode = choose.choice(["PROXY", "ONLINE", "JOINT"])
    parts = choose.choice([None, CHAIN, BOTH])
    names = [None, "main"] if parts is None else [None, *(one["part_id"] for one in parts)] * 2
    steps: list[Any] = [(("acknowledgement", {}), None)] if choose.random() < 0.7 else []
    for _ in range(choose.randint(1, 14)):
        name = choose.choice([*names, *names, "nowhere"])
        stretch = choose.choice([*USUAL, *USUAL, *USUAL, *([step] for step in STEPS)])
        steps += [(step, name) for step in stretch]
    return mode, parts, steps


def walk(mode, parts, steps, start=START) -> tuple[Story, Counter[str]]:
    story, seen = Story(code=LICENCE, mode=mode, parts=parts, start=start), Counter[str]()
    for number, ((name, says), part_id) in enumerate(steps):
        own = dict(says)
        if name == "decision":
            own["decision_id"] = "d-1" if number % 3 else f"d-{number}"
        arrived = story.make(name, part_id=part_id, **own)
        before = case_to_json(story.case)
        try:
            advanced = story.fold(arrived)
        except TransitionNotAllowed:
            seen["refused"] += 1
            assert case_to_json(story.case) == before, "a refused step leaves nothing behind"
            continue
        seen["applied" if advanced.applied else "not applied"] += 1
        seen["retried"] += len(advanced.retried)
        seen.update({part.status for part in story.case.parts})
        check(story)
    return story, seen


def check(story: Story) -> None:
    case = story.case
    for part in case.parts:
        assert part.status in get_args(PartStatus)
        assert (part.request is not None) == (part.asked_by is not None)
        if part.status in ("WITHDRAWN", "NOTIFIED", "PASSED", "NOT_PASSED"):
            assert part.turn is None
        if part.status == "CORRECTION_REQUESTED":
            assert part.request is not None
    running = Counter((one.kind, one.part_id) for one in case.clocks if one.running)
    assert all(count == 1 for count in running.values()), running
    for clock in case.clocks:
        assert clock.state in get_args(ClockState)
        assert clock.running == (clock.ended_at is None)
        assert (clock.state == "PAUSED") == any(one.to_at is None for one in clock.pauses)
        assert clock.due_on >= clock.started_at.date()
        assert clock.ended_at is None or clock.ended_at >= clock.started_at
    assert len(set(case.pending)) == len(case.pending)
    assert case.arrivals == len(story.sent)
    if case.finished:
        assert not any(one.running for one in case.clocks if one.kind in ("DECIDE", "PUSH", "PART"))
    assert case_sentence(case, today=story.at.date()).endswith("。")


@given(st.randoms(use_true_random=False), st.sampled_from([START, SECOND_START]))
@settings(max_examples=120, deadline=None)
def test_a_case_stays_whole_and_replays_to_itself(choose, start):
    story, _ = walk(*draw(choose), start)

    assert story.replay() == story.case
    assert case_to_json(story.replay(through_json=True)) == case_to_json(story.case)
    assert case_from_json(case_to_json(story.case)) == story.case


@given(
    st.permutations(
        [
            "acknowledgement",
            "correction_request",
            "correction",
            "acceptance",
            "progress",
            "special",
            "special end",
            "decision",
            "notification",
        ]
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_order_of_arrival_the_applicant_is_told(order):
    story = Story()
    says = {
        "special": ("special_procedure", {}),
        "special end": (
            "special_procedure",
            {"phase": "END", "ended_at": "2026-03-05T09:00:00+08:00"},
        ),
    }
    for name in order:
        kind, given_ = says.get(name, (name, {}))
        story.send(kind, **given_)

    assert story.status == "NOTIFIED"
    assert story.case.parts[0].result == "APPROVED"


def test_the_walks_reach_every_outcome():
    """The generator is worth something only if all of it happens."""
    seen: Counter[str] = Counter()
    choose = Random(2026)
    for _ in range(150):
        seen.update(walk(*draw(choose))[1])

    assert min(seen[name] for name in ("refused", "applied", "not applied", "retried")) > 20, seen
    assert set(get_args(PartStatus)) <= set(seen)
