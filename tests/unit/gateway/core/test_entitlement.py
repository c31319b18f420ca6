"""After approval: paid, certified again every year, stopped, resumed, recovered; and death."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import TransitionNotAllowed
from gateway.core.entitlement import recertify_by
from tests.story import CHAIN, JOINT_PARTIES, Story, coded, part, statuses


def change(kind: str, reason: str | None = None, **more: Any) -> dict[str, Any]:
    says: dict[str, Any] = {"change": coded("entitlement_change_kind", kind), **more}
    if reason is not None:
        says["reason_code"] = coded("entitlement_reason", reason)
    return says


def paid() -> Story:
    """An approved benefit of which the applicant was told, paid since March."""
    story = Story()
    story.send("acknowledgement")
    story.send("decision")
    story.send("notification")
    story.send("benefit_payment")
    return story


def benefit(story: Story) -> tuple[str | None, str | None]:
    only = story.case.parts[0]
    return only.entitlement, recertify_by(only)


def test_a_paid_benefit_is_certified_again_within_a_year_at_any_window() -> None:
    story = paid()
    assert benefit(story) == ("PAYING", "2027-03")

    done = story.send(
        "entitlement_change",
        by="SERVICE",
        system="another-window",
        **change("RECERTIFIED", effective_month="2026-11"),
    )
    assert done.applied
    assert benefit(story) == ("PAYING", "2027-11")
    assert story.status == "NOTIFIED"  # what was decided stands


@pytest.mark.parametrize("kind", ["STOPPED", "RESUMED", "CHANGED", "RECOVERY"])
@pytest.mark.parametrize("role", ["SERVICE", "RECEIVING"])
def test_only_the_body_that_pays_says_more_than_a_certification(kind: str, role: str) -> None:
    with pytest.raises(TransitionNotAllowed):
        paid().send("entitlement_change", by=role, system="530303-window", **change(kind))


def test_a_stop_for_want_of_a_certification_is_lifted_when_it_came() -> None:
    story = paid()
    story.send("entitlement_change", **change("STOPPED", "NO_PROOF_OF_LIFE"))
    assert benefit(story) == ("STOPPED", None)
    assert not story.send("entitlement_change", **change("CHANGED")).applied

    story.send("entitlement_change", by="RECEIVING", **change("RECERTIFIED"))
    assert benefit(story)[0] == "STOPPED"  # the body that pays resumes, nobody else

    story.send("entitlement_change", **change("RESUMED", "CONFIRMED"))
    assert benefit(story)[0] == "PAYING"


def test_a_resumption_that_came_before_its_stop_waits_for_it() -> None:
    story = paid()
    early = story.send("entitlement_change", **change("RESUMED", "CONFIRMED"))
    assert not early.applied
    stop = story.send("entitlement_change", **change("STOPPED", "MOVED"))
    assert stop.retried == (len(story.sent) - 1,)


def test_death_stops_for_good_unless_it_was_a_mistake() -> None:
    story = paid()
    story.send("entitlement_change", **change("STOPPED", "DEATH"))
    certified = story.send("entitlement_change", by="SERVICE", **change("RECERTIFIED"))
    assert not certified.applied  # somebody certified a dead person: a person looks

    assert not story.send("entitlement_change", **change("RESUMED", "CONFIRMED")).applied
    story.send("entitlement_change", **change("RESUMED", "ERROR"))
    assert benefit(story)[0] == "PAYING"


def test_what_was_paid_after_death_is_recovered_and_added_up() -> None:
    story = paid()
    story.send("entitlement_change", **change("STOPPED", "DEATH"))
    for amount in (10000, 5000):
        story.send("entitlement_change", **change("RECOVERY", "DEATH", recover_fen=amount))
    assert story.case.parts[0].to_recover_fen == 15000


def test_a_refusal_leaves_nothing_to_change() -> None:
    story = Story()
    story.send("acknowledgement")
    story.send("decision", result=coded("decision_result", "REFUSED"))
    story.send("notification")
    assert not story.send("entitlement_change", **change("STOPPED")).applied
    assert story.case.parts[0].entitlement is None


@pytest.mark.parametrize("so_far", [0, 1, 2])
def test_death_in_mid_case_ends_every_part_wherever_the_case_stands(so_far: int) -> None:
    """The body that decides ends it, also what has not begun; the family is told."""
    systems = {"township": "t", "federation": "f", "civil": "150000"}
    story = Story(parts=CHAIN, parties=JOINT_PARTIES, systems=systems)
    story.send("acknowledgement", system="t")
    for name in ("township", "federation")[:so_far]:
        passed = coded("part_outcome", "PASSED")
        story.send("progress", system=systems[name], part_id=name, part_outcome=passed)

    story.send(
        "decision", system="150000", result=coded("decision_result", "TERMINATED"), reason="死亡"
    )

    ended = ["PASSED"] * so_far + ["TERMINATED"] * (3 - so_far)
    assert list(statuses(story.case).values()) == ended
    assert (story.status, story.turn) == ("TERMINATED", "RECEIVING")
    assert not any(one.running for one in story.case.clocks if one.kind != "NOTIFY")
    assert story.send("notification").applied
    assert story.case.turn is None


def test_a_body_that_does_not_decide_does_not_end_the_case() -> None:
    story = Story(parts=CHAIN, parties=JOINT_PARTIES, systems={"township": "t"})
    story.send("acknowledgement", system="t")
    with pytest.raises(TransitionNotAllowed):
        story.send("decision", system="t", result=coded("decision_result", "TERMINATED"))


def test_one_place_of_two_that_decide_may_end_its_own_part_alone() -> None:
    both = [part("east", "DECISION"), part("west", "DECISION")]
    story = Story(parts=both, parties=JOINT_PARTIES, systems={"east": "t", "west": "f"})
    story.send("acknowledgement", system="t")
    story.send("acknowledgement", system="f")
    void = coded("decision_result", "VOID")
    story.send("decision", system="t", part_id="east", result=void)
    assert statuses(story.case) == {"east": "VOID", "west": "PUSHED"}
