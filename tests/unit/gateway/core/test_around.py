"""
What is said around a case comes early, late and twice; a parcel that came back is somebody's work.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contracts.errors import TransitionNotAllowed
from gateway.core.sentences import case_sentence
from tests.story import Story, coded


def pushed() -> Story:
    story = Story()
    story.send("acknowledgement")
    return story


def decided() -> Story:
    story = pushed()
    story.send("acceptance")
    story.send("decision")
    return story


def told() -> Story:
    story = decided()
    story.send("notification")
    return story


def delivery(state: str) -> dict[str, Any]:
    return {
        "delivery": {
            "method": coded("delivery_method", "POST"),
            "state": coded("delivery_state", state),
        }
    }


CHANGE = {
    "change": coded("entitlement_change_kind", "STOPPED"),
    "effective_month": "2026-07",
}
EARLY = {
    "benefit_payment": {},
    "delivery_of_result": delivery("SENT"),
}


@pytest.mark.parametrize("kind", EARLY)
def test_what_comes_before_the_decision_waits_for_it_and_then_applies(kind):
    story = pushed()
    story.send("acceptance")

    early = story.send(kind, **EARLY[kind])
    assert not early.applied

    assert story.send("decision").retried == (early.case.pending[0],)
    assert story.case.pending == ()
    assert story.replay() == story.case


def test_a_visit_that_ends_before_it_began_waits_for_its_beginning():
    story = pushed()
    end = story.send(
        "special_procedure",
        phase="END",
        ended_at="2026-03-05T09:00:00+08:00",
    )
    assert not end.applied

    story.send("special_procedure")
    assert (story.status, story.case.pending) == ("PUSHED", ())
    assert story.replay() == story.case


def test_a_visit_that_begins_after_the_decision_never_applies():
    story = decided()

    assert not story.send("special_procedure").applied
    assert story.status == "APPROVED"


def test_a_fee_after_a_refusal_is_late_and_moves_nothing():
    story = pushed()
    story.send("decision", result=coded("decision_result", "REFUSED"), reason="模拟:不符合条件")

    assert not story.send("fee").applied
    assert story.status == "REFUSED"


ANYWHERE = [
    ("evaluation", "RECEIVING", {}),
    ("objection", "RECEIVING", {}),
    ("reminder", "RECEIVING", {}),
]


@pytest.mark.parametrize(("kind", "by", "says"), ANYWHERE)
def test_said_twice_it_applies_twice_and_moves_nothing(kind, by, says):
    story = pushed()
    parts = story.case.parts

    assert [story.send(kind, by=by, **says).applied for _ in range(2)] == [True, True]
    assert story.case.parts == parts
    assert story.replay(through_json=True) == story.case


def test_pre_review_goes_back_to_where_it_was_asked_with_a_clock_of_its_own():
    story = pushed()

    story.send("pre_review")
    assert (story.status, story.turn) == ("PRE_REVIEW", "HANDLING")
    assert story.clock("PRE_REVIEW").state == "RUNNING"

    passed = coded("pre_review_result", "PASSED")
    story.send("pre_review", by="HANDLING", phase="ANSWER", result=passed)
    assert (story.status, story.turn) == ("PUSHED", "HANDLING")
    assert story.clock("PRE_REVIEW").state == "MET"


def test_an_acknowledgement_during_pre_review_waits_and_then_pushes():
    story = Story()
    story.send("pre_review")

    assert not story.send("acknowledgement").applied

    passed = coded("pre_review_result", "PASSED")
    story.send("pre_review", by="HANDLING", phase="ANSWER", result=passed)
    assert (story.status, story.case.pending) == ("PUSHED", ())


def test_what_pre_review_misses_is_handed_in_by_a_correction_that_answers_it():
    story = pushed()
    story.send("pre_review")
    answer = story.send(
        "pre_review",
        by="HANDLING",
        phase="ANSWER",
        result=coded("pre_review_result", "TO_COMPLETE"),
    )
    assert (story.status, story.turn) == ("PUSHED", "RECEIVING")

    assert story.send("correction", in_reply_to=f"m-{answer.case.arrivals}").applied
    assert (story.status, story.turn) == ("PUSHED", "HANDLING")


def test_an_answer_to_a_pre_review_nobody_asked_for_waits():
    story = pushed()
    passed = coded("pre_review_result", "PASSED")

    answer = story.send("pre_review", by="HANDLING", phase="ANSWER", result=passed)
    assert not answer.applied

    story.send("pre_review")
    assert (story.status, story.case.pending) == ("PUSHED", ())


def test_a_parcel_that_came_back_is_work_until_it_is_on_its_way_again():
    story = told()
    assert story.turn is None

    story.send("delivery_of_result", **delivery("SENT"))
    assert story.turn is None
    story.send("delivery_of_result", **delivery("RETURNED"))
    assert (story.status, story.turn) == ("NOTIFIED", "RECEIVING")
    assert "重新送达被退回的结果" in case_sentence(story.case, today=date(2026, 3, 10))

    story.send("delivery_of_result", by="RECEIVING", **delivery("SIGNED"))
    assert (story.status, story.turn) == ("NOTIFIED", None)


def test_an_objection_runs_a_clock_until_it_is_answered():
    story = decided()

    story.send("objection", by="RECEIVING")
    assert story.clock("ANSWER").state == "RUNNING"
    story.send(
        "objection", phase="ANSWER", result=coded("objection_result", "UPHELD"), answer="模拟"
    )
    assert story.clock("ANSWER").state == "MET"


def test_a_question_that_is_answered_leaves_the_clock_of_the_other_running():
    story = decided()
    objection = story.make("objection", by="RECEIVING", message_id="o-1")
    story.fold(objection)
    story.fold(story.make("objection", by="RECEIVING", message_id="o-2"))
    upheld = {"result": coded("objection_result", "UPHELD"), "answer": "模拟"}

    story.send("objection", phase="ANSWER", in_reply_to="o-1", **upheld)
    assert story.clock("ANSWER").state == "RUNNING"
    assert story.case.questions == ("o-2",)

    story.send("objection", phase="ANSWER", in_reply_to="o-2", **upheld)
    assert story.clock("ANSWER").state == "MET"
    assert story.replay(through_json=True) == story.case


def test_a_window_does_not_stop_a_benefit():
    with pytest.raises(TransitionNotAllowed):
        told().send("special_procedure", by="RECEIVING")
