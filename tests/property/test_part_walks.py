"""
Stateful walks over all kinds and several bodies: messages come in any order, twice, late or never.

Whatever comes: no illegal state, every open part has exactly one owner whose turn it is, no clock
runs backwards, and the same arrival order gives the identical case.
"""

from __future__ import annotations

import json
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.errors import TransitionNotAllowed
from contracts.vocabulary import MessageKind
from gateway.core.case import ENDED, case_to_json
from gateway.core.rules import Arrived
from tests.property.test_case_walks import STEPS, check
from tests.story import BOTH, CHAIN, EXAMPLES, JOINT_PARTIES, LICENCE, Story, coded

BODIES = {
    "chain": (CHAIN, {"township": "t", "federation": "f", "civil": "150000"}),
    "joint": (BOTH, {"east": "t", "west": "f"}),
    "one": (None, {}),
}
CHANGES = ("RECERTIFIED", "STOPPED", "RESUMED", "CHANGED", "RECOVERY")
REASONS = ("DEATH", "NO_PROOF_OF_LIFE", "ERROR")


def from_example(name: str) -> dict[str, Any]:
    document = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return {key: value for key, value in document["body"].items() if key != "clocks"}


ALL_STEPS: list[tuple[str, dict[str, Any]]] = [
    *STEPS,
    *(
        (
            "entitlement_change",
            {
                "change": coded("entitlement_change_kind", change),
                "reason_code": coded("entitlement_reason", reason),
            },
        )
        for change in CHANGES
        for reason in REASONS
    ),
    ("entitlement_change", {"by": "SERVICE", "system": "another-window"}),
    ("delivery_of_result", {}),
    ("reminder", {"by": "RECEIVING"}),
    *(
        (kind, {"by": "RECEIVING", **from_example(name)})
        for kind, name in (
            ("inquiry", "inquiry"),
            ("complaint", "complaint"),
            ("finding", "finding"),
            ("supervision", "supervision"),
            ("handover", "handover"),
            ("verification", "verification_answer"),
        )
    ),
]
_PAST_COLLECTING = [
    step for step in ALL_STEPS if step[0] in ("acknowledgement", "progress", "decision")
]
ORDINARY = st.sampled_from([*ALL_STEPS, *_PAST_COLLECTING, *_PAST_COLLECTING])


class Walk(RuleBasedStateMachine):
    """One case; `held` are messages that were sent and have not arrived yet."""

    story: Story
    held: list[Arrived]

    @initialize(
        shape=st.sampled_from(sorted(BODIES)),
        mode=st.sampled_from(["PROXY", "ONLINE", "JOINT"]),
    )
    def open(self, shape: str, mode: str) -> None:
        parts, systems = BODIES[shape]
        self.story = Story(
            code=LICENCE, mode=mode, parts=parts, systems=systems, parties=JOINT_PARTIES
        )
        self.held = []

    @rule(step=ORDINARY, at=st.integers(0, 2), named=st.booleans(), lost=st.integers(0, 5))
    def send(self, step: tuple[str, dict[str, Any]], at: int, named: bool, lost: int) -> None:
        """A body or the window says something; one in six is held up on its way."""
        kind, says = step[0], dict(step[1])
        part = self.story.case.parts[at % len(self.story.case.parts)]
        if "system" not in says and "by" not in says:
            says["system"] = part.system or "150000"
            if kind in ("correction", "withdrawal", "notification", "pre_review", "evaluation"):
                del says["system"]
        if kind == "decision":
            says["decision_id"] = f"d-{at}"
        arrived = self.story.make(kind, part_id=part.part_id if named else None, **says)
        if lost == 0:
            self.held.append(arrived)
        else:
            self._arrive(arrived)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 9))
    def come_late(self, which: int) -> None:
        self._arrive(self.held.pop(which % len(self.held)))

    @precondition(lambda self: self.held)
    @rule()
    def get_lost(self) -> None:
        self.held.pop()

    @rule(which=st.integers(0, 99))
    def say_again(self, which: int) -> None:
        """The same content in another message, as a system that forgot that it had said it."""
        said = list(self.story.sent.values())[1:]
        if said:
            self._arrive(said[which % len(said)])

    def _arrive(self, arrived: Arrived) -> None:
        arrival = len(self.story.sent) + 1
        message = arrived.message.model_copy(update={"message_id": f"m-{arrival}"})
        self.story.at = max(self.story.at, arrived.at)
        now = Arrived(
            message=message,
            role=arrived.role,
            system=arrived.system,
            arrival=arrival,
            at=self.story.at,
        )
        before = case_to_json(self.story.case)
        try:
            self.story.fold(now)
        except TransitionNotAllowed:
            assert case_to_json(self.story.case) == before, "a refused step leaves nothing behind"

    @invariant()
    def stands(self) -> None:
        story = getattr(self, "story", None)
        if story is None:
            return
        check(story)
        case = story.case
        for part in case.parts:
            if part.status not in ENDED and not case.blocked(part):
                assert part.turn in ("RECEIVING", "HANDLING", "APPLICANT"), part
            if part.entitlement is not None:
                assert part.result == "APPROVED" or part.status == "APPROVED"
            assert (part.stopped_for is not None) == (part.entitlement == "STOPPED")
            held = [one for one in case.holders if one.part_id == part.part_id]
            assert sum(one.to_at is None for one in held) <= 1, "two hold one part"
            assert all(one.to_at is None or one.to_at >= one.from_at for one in held)
        for clock in case.clocks:
            assert clock.ended_at is None or clock.ended_at >= clock.started_at
            assert all(one.to_at is None or one.to_at >= one.from_at for one in clock.pauses)

    def teardown(self) -> None:
        if hasattr(self, "story"):
            assert self.story.replay() == self.story.case
            assert case_to_json(self.story.replay(through_json=True)) == case_to_json(
                self.story.case
            )


TestWalks = Walk.TestCase
TestWalks.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_the_walks_know_every_kind() -> None:
    """A kind that nobody walks is a kind nobody tried out of order."""
    assert {kind for kind, _ in ALL_STEPS} | {"application"} == set(get_args(MessageKind))
