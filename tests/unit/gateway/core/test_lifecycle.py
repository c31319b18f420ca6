from datetime import timedelta

import pytest

from contracts.errors import InvalidDocument, TransitionNotAllowed
from gateway.core.case import Party, case_from_json, case_to_json
from gateway.core.lifecycle import rehome
from tests.story import (
    BOTH,
    CHAIN,
    HANDLER,
    PARTIES,
    WINDOW,
    Story,
    coded,
    gaps,
    part,
    place,
    statuses,
)

EAST = Party(system="east", role="HANDLING", province="150000")
WEST = Party(system="west", role="HANDLING", province="340000")
JOINT = (PARTIES[0], EAST, WEST)
REFUSED = coded("decision_result", "REFUSED")


def pushed(**given) -> Story:
    story = Story(**given)
    story.send("acknowledgement")
    return story


def test_a_case_goes_from_window_to_window():
    story = Story()
    seen = [(story.status, story.turn)]
    for kind in ("acknowledgement", "acceptance", "progress", "decision", "notification"):
        assert story.send(kind).applied
        seen.append((story.status, story.turn))

    assert seen == [
        ("COLLECTED", "RECEIVING"),
        ("PUSHED", "HANDLING"),
        ("ACCEPTED", "HANDLING"),
        ("ACCEPTED", "HANDLING"),
        ("APPROVED", "RECEIVING"),
        ("NOTIFIED", None),
    ]


def test_a_correction_goes_round_and_its_second_round_is_flagged():
    story = pushed()
    assert story.send("correction_request", gaps=gaps("g-1", "g-2")).findings == ()
    assert story.case.open_request == "m-3"

    found = story.send("correction").findings
    assert [one.rule for one in found] == ["correction.open_gaps"]
    assert (story.status, story.case.open_request) == ("CORRECTED", None)

    found = story.send("correction_request").findings
    assert [one.rule for one in found] == ["correction.second_round"]
    assert story.case.corrections == 2
    assert story.send("correction").findings == ()


def test_a_correction_answers_the_request_it_names():
    story = pushed()
    story.send("correction_request")
    story.send("correction")
    story.send("correction_request")

    repeated = story.send("correction", in_reply_to="m-3")
    assert not repeated.applied
    assert story.send("correction", in_reply_to="m-5").applied


def test_a_correction_may_name_the_request_in_the_other_sides_words():
    story = pushed()
    story.send("correction_request")

    assert story.send("correction", in_reply_to="BZ-2026-0001").applied


def test_the_receiving_place_asks_before_pushing_and_gets_the_case_back():
    story = Story()
    story.send("correction_request", by="RECEIVING")

    story.send("correction")
    assert (story.status, story.turn) == ("COLLECTED", "RECEIVING")


def test_collecting_may_be_accepting():
    story = Story()
    story.send("acceptance", by="RECEIVING", at_collection=True)
    assert (story.status, story.case.accepted_at_collection) == ("COLLECTED", True)

    story.send("acknowledgement")
    assert story.status == "ACCEPTED"
    assert not story.send("acceptance").applied


def test_collecting_is_not_accepting_where_the_item_does_not_say_so():
    with pytest.raises(TransitionNotAllowed):
        Story(code="002099998000").send("acceptance", by="RECEIVING", at_collection=True)
    with pytest.raises(TransitionNotAllowed):
        Story().send("acceptance", by="RECEIVING")


def test_early_messages_wait_and_apply_in_order_of_arrival():
    story = Story()
    assert not story.send("decision").applied
    assert not story.send("notification").applied
    assert not story.send("benefit_payment").applied
    assert story.case.pending == (2, 3, 4)

    advanced = story.send("acknowledgement")
    assert advanced.retried == (2, 3, 4)
    assert (story.status, story.case.pending) == ("NOTIFIED", ())


def test_a_late_step_never_moves_the_case_back():
    story = pushed()
    story.send("decision")

    for late in ("acceptance", "correction_request", "decision"):
        assert not story.send(late).applied
    assert story.status == "APPROVED"


def test_a_second_application_is_refused():
    story = Story()

    with pytest.raises(TransitionNotAllowed):
        story.fold(story.sent[1])


def test_a_message_about_an_unknown_part_is_refused():
    with pytest.raises(TransitionNotAllowed):
        Story().send("progress", part_id="nowhere")


def test_another_systems_part_is_not_ours_to_move():
    story = Story(parts=BOTH, parties=JOINT, systems={"east": "east", "west": "west"})

    with pytest.raises(TransitionNotAllowed):
        story.send("decision", system="east", part_id="west")


def test_withdrawal_after_the_decision_is_kept_but_not_applied():
    story = pushed()
    story.send("decision")

    assert not story.send("withdrawal").applied
    assert story.status == "APPROVED"


def test_withdrawal_ends_every_part_and_every_clock():
    story = Story(parts=CHAIN)
    story.send("acknowledgement")
    story.send("withdrawal")

    assert set(statuses(story.case).values()) == {"WITHDRAWN"}
    assert (story.status, story.turn) == ("WITHDRAWN", None)
    assert not any(clock.running for clock in story.case.clocks)


# --- decisions ------------------------------------------------------------------------------


def test_a_decision_supersedes_one_it_knows():
    story = pushed()
    story.send("decision", result=REFUSED)
    story.send("notification")
    early = story.send("decision", decision_id="d-3", supersedes="d-2")
    assert not early.applied

    advanced = story.send("decision", decision_id="d-2", supersedes="d-1")
    assert advanced.applied
    assert advanced.retried == (5,)
    assert (story.status, story.turn) == ("APPROVED", "RECEIVING")
    assert list(story.case.decisions) == ["d-1", "d-2", "d-3"]
    assert story.clock("NOTIFY").state == "RUNNING"


def test_the_result_is_remembered_once_told():
    story = pushed()
    story.send("decision", result=REFUSED)
    story.send("notification")

    assert (story.status, story.case.parts[0].result) == ("NOTIFIED", "REFUSED")


def test_a_rejected_delivery_gives_the_turn_back():
    story = Story()
    story.send("acknowledgement", status="REJECTED")

    assert (story.status, story.turn) == ("COLLECTED", "RECEIVING")


def test_a_rejected_delivery_of_a_finished_case_gives_nobody_the_turn():
    story = pushed()
    for kind in ("decision", "notification"):
        story.send(kind)
    story.send("acknowledgement", status="REJECTED", of="m-4")

    assert (story.status, story.turn) == ("NOTIFIED", None)


def test_an_acknowledgement_of_something_else_does_not_push():
    story = Story()
    story.send("pre_review")
    story.send(
        "pre_review",
        by="HANDLING",
        phase="ANSWER",
        in_reply_to="m-2",
        result=coded("pre_review_result", "PASSED"),
    )
    story.send("acknowledgement", of="m-2")

    assert story.status == "COLLECTED"


# --- parts ----------------------------------------------------------------------------------


def test_parts_follow_each_other_and_only_the_last_decides():
    story = Story(parts=CHAIN)
    assert statuses(story.case) == {
        "township": "COLLECTED",
        "federation": "WAITING",
        "civil": "WAITING",
    }
    story.send("acknowledgement")
    assert [one.turn for one in story.case.parts] == ["HANDLING"] * 3

    story.send("progress", part_id="township", part_outcome=coded("part_outcome", "PASSED"))
    assert statuses(story.case)["federation"] == "PUSHED"
    assert story.status == "PUSHED"

    failed = coded("part_outcome", "NOT_PASSED")
    story.send("progress", part_id="federation", part_outcome=failed)
    assert statuses(story.case) == {
        "township": "PASSED",
        "federation": "NOT_PASSED",
        "civil": "PUSHED",
    }

    story.send("decision", part_id="civil", result=REFUSED)
    assert (story.status, story.turn) == ("REFUSED", "RECEIVING")
    story.send("notification")
    assert story.status == "NOTIFIED"
    assert statuses(story.case)["township"] == "PASSED"


def test_a_part_that_does_not_decide_may_not_decide():
    story = Story(parts=CHAIN)
    story.send("acknowledgement")

    with pytest.raises(TransitionNotAllowed):
        story.send("decision", part_id="township")
    with pytest.raises(TransitionNotAllowed):
        story.send("progress", part_id="civil", part_outcome=coded("part_outcome", "PASSED"))


def test_a_body_with_several_parts_names_the_one_it_means():
    story = Story(parts=CHAIN)
    story.send("acknowledgement")

    with pytest.raises(TransitionNotAllowed):
        story.send("progress")
    assert story.send("decision", result=coded("decision_result", "TERMINATED")).applied
    assert set(statuses(story.case).values()) == {"TERMINATED"}


def test_a_body_with_one_part_need_not_name_it():
    story = Story(parts=BOTH, parties=JOINT, systems={"east": "east", "west": "west"})
    story.send("acknowledgement", system="east")
    story.send("acceptance", system="east")

    assert statuses(story.case) == {"east": "ACCEPTED", "west": "COLLECTED"}
    assert story.clock("PUSH").state == "RUNNING"
    story.send("acknowledgement", system="west")
    assert story.clock("PUSH").state == "MET"


@pytest.mark.parametrize(
    ("east", "west", "status"),
    [
        ("APPROVED", "APPROVED", "APPROVED"),
        ("APPROVED", "REFUSED", "REFUSED"),
        ("REFUSED", "APPROVED", "REFUSED"),
    ],
)
def test_a_joint_case_is_told_once_when_all_have_decided(east, west, status):
    story = Story(parts=BOTH, parties=JOINT, systems={"east": "east", "west": "west"})
    for system in ("east", "west"):
        story.send("acknowledgement", system=system)
    story.send("decision", system="east", result=coded("decision_result", east))
    assert story.turn == "HANDLING"
    assert not story.send("notification").applied
    assert not any(clock.kind == "NOTIFY" for clock in story.case.clocks)

    advanced = story.send(
        "decision", system="west", decision_id="d-2", result=coded("decision_result", west)
    )
    assert advanced.retried == (5,)
    assert set(statuses(story.case).values()) == {"NOTIFIED"}
    assert [one.result for one in story.case.parts] == [east, west]


def test_one_refusal_refuses_the_joint_case():
    story = Story(parts=BOTH, parties=JOINT, systems={"east": "east", "west": "west"})
    for system, code in (("east", "APPROVED"), ("west", "REFUSED")):
        story.send("acknowledgement", system=system)
        story.send(
            "decision",
            system=system,
            decision_id=system,
            result=coded("decision_result", code),
        )

    assert (story.status, story.turn) == ("REFUSED", "RECEIVING")


@pytest.mark.parametrize("status", ["REFUSED", "APPROVED"])
def test_what_waits_behind_a_decision_begins_only_if_it_was_favourable(status):
    story = Story(parts=[part("civil", "DECISION"), part("finance", "PAYMENT", "civil")])
    story.send("acknowledgement")
    story.send("decision", part_id="civil", result=coded("decision_result", status))

    begun = status == "APPROVED"
    assert statuses(story.case)["finance"] == ("PUSHED" if begun else "WAITING")
    assert story.case.finished is not begun
    assert story.status == ("PUSHED" if begun else "REFUSED")
    if not begun:
        story.send("decision", part_id="civil", decision_id="d-2", supersedes="d-1")
        assert statuses(story.case)["finance"] == "PUSHED"


def test_parts_must_hold_one_that_decides_and_be_allowed():
    with pytest.raises(InvalidDocument) as none:
        Story(parts=[part("township", "PRE_CHECK")])
    assert none.value.findings[0].rule == "part.none_decides"
    with pytest.raises(InvalidDocument) as never:
        Story(code="002099998000", parts=CHAIN)
    assert never.value.findings[0].rule == "part.not_allowed"


# --- transfers ------------------------------------------------------------------------------


def forwarded() -> Story:
    story = Story()
    story.send("acknowledgement", number="H-1")
    story.send("transfer")
    story.case = rehome(story.case, Party(system="150403", role="HANDLING", province="150000"))
    return story


def test_a_forward_keeps_the_date_and_records_every_holder():
    story = forwarded()
    assert (story.status, story.turn) == ("TRANSFERRED", "HANDLING")
    assert story.case.handling_place == "150403000000"[:6] + "990000"
    assert story.clock("DECIDE").state == "CANCELLED"

    story.send("acknowledgement", system="150403", number="H-2")
    assert story.status == "PUSHED"
    assert story.case.application_date.isoformat() == "2026-03-02"
    assert [(one.system, one.to_at is None) for one in story.case.holders] == [
        (HANDLER, False),
        ("150403", True),
    ]
    assert story.clock("DECIDE").state == "RUNNING"
    assert story.case.numbers["handling"] == "H-2"
    assert story.case.earlier_numbers == ((HANDLER, "H-1"),)


def test_the_former_holder_may_be_late_but_no_longer_decides():
    story = forwarded()
    story.send("acknowledgement", system="150403")

    assert story.case.systems("HANDLING") == ("150403",)
    assert not story.send("decision", system=HANDLER).applied
    assert story.send("decision", system="150403", decision_id="d-2").applied
    assert list(story.case.decisions) == ["d-2"]


def test_a_return_gives_the_case_back_until_it_is_forwarded():
    story = pushed()
    story.send("transfer", transfer_kind=coded("transfer_kind", "RETURN"))
    assert (story.status, story.turn) == ("TRANSFERRED", "RECEIVING")

    story.send("acknowledgement")
    assert story.status == "TRANSFERRED", "a late answer of the old holder does not push it"
    story.send("transfer", by="RECEIVING", to_place=place("150403990000"))
    assert story.turn == "HANDLING"
    story.send("acknowledgement", system="150403")
    assert story.status == "PUSHED"


def test_a_transfer_with_another_application_date_keeps_ours():
    story = pushed()
    found = story.send("transfer", application_date="2026-03-09").findings

    assert [one.rule for one in found] == ["transfer.application_date"]
    assert story.case.application_date.isoformat() == "2026-03-02"


# --- numbers, sequences, storage ------------------------------------------------------------


def test_each_side_gives_its_own_number_once():
    story = Story()
    story.send("acknowledgement", number="H-1")
    story.send("progress", numbers={"handling": "H-9", "receiving": "X"})

    assert story.case.numbers == {"receiving": "MN530303202603020017", "handling": "H-1"}


def test_sequences_count_per_sender():
    story = pushed()
    story.send("acceptance")

    assert story.case.next_sequence(HANDLER) == 3
    assert story.case.next_sequence(WINDOW) == 2


def test_a_case_survives_its_bytes():
    story = Story(parts=CHAIN)
    story.send("acknowledgement")
    story.send("special_procedure", part_id="township")
    data = case_to_json(story.case)

    assert case_from_json(data) == story.case
    assert case_to_json(case_from_json(data)) == data


def test_any_order_of_arrival_tells_the_applicant_in_the_end():
    """What overtakes waits for what it needs: whatever comes first, the case is told."""
    kinds = ["acknowledgement", "correction_request", "correction", "decision", "notification"]
    for shift in range(len(kinds)):
        order = kinds[shift:] + kinds[:shift]
        for sequence in (order, order[::-1]):
            story = Story()
            for kind in sequence:
                story.send(kind, after=timedelta(minutes=1))
            assert story.status == "NOTIFIED", sequence
