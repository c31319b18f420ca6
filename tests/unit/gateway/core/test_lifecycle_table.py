"""The table, held against an independent reading of the design: every kind from every status."""

from typing import get_args

import pytest

from contracts.errors import TransitionNotAllowed
from contracts.vocabulary import MessageKind, PartStatus
from gateway.core.conditions import CONDITIONS
from gateway.core.transitions import CONDITIONS_ZH, TRANSITIONS, lifecycle_markdown
from tests.story import LICENCE, Story, coded, gaps

ALL = frozenset(get_args(PartStatus))
HELD = {"PUSHED", "CORRECTED", "ACCEPTED"}
OPEN = HELD | {"COLLECTED", "PRE_REVIEW", "CORRECTION_REQUESTED", "SUSPENDED", "TRANSFERRED"}
FINAL = {"APPROVED", "REFUSED", "NOT_ACCEPTED", "LAPSED", "TERMINATED", "VOID"}
SAME = "="

# name: (kind, what it says, from which statuses, to, turn afterwards)
SPEC = {
    "pre-review asked": ("pre_review", {}, {"COLLECTED", "PUSHED"}, "PRE_REVIEW", "HANDLING"),
    "pre-review answered": (
        "pre_review",
        {"by": "HANDLING", "phase": "ANSWER", "result": coded("pre_review_result", "PASSED")},
        {"PRE_REVIEW"},
        "COLLECTED",
        "RECEIVING",
    ),
    "accepted": ("acceptance", {}, {"PUSHED", "CORRECTED"}, "ACCEPTED", "HANDLING"),
    "deemed accepted": (
        "acceptance",
        {"result": coded("acceptance_result", "DEEMED_ACCEPTED")},
        {"PUSHED", "CORRECTED"},
        "ACCEPTED",
        "HANDLING",
    ),
    "not accepted": (
        "acceptance",
        {"result": coded("acceptance_result", "NOT_ACCEPTED")},
        {"PUSHED", "CORRECTED", "CORRECTION_REQUESTED"},
        "NOT_ACCEPTED",
        "RECEIVING",
    ),
    "correction asked by the receiving place": (
        "correction_request",
        {"by": "RECEIVING", "gaps": gaps()},
        {"COLLECTED"},
        "CORRECTION_REQUESTED",
        "RECEIVING",
    ),
    "correction asked by the handling place": (
        "correction_request",
        {"gaps": gaps()},
        HELD,
        "CORRECTION_REQUESTED",
        "RECEIVING",
    ),
    "corrected": ("correction", {}, {"CORRECTION_REQUESTED"}, "CORRECTED", "HANDLING"),
    "progress": ("progress", {}, HELD | {"SUSPENDED"}, SAME, SAME),
    "special procedure begins": ("special_procedure", {}, HELD, "SUSPENDED", "HANDLING"),
    "special procedure ends": (
        "special_procedure",
        {"phase": "END", "ended_at": "2026-03-02T12:00:00+08:00"},
        {"SUSPENDED"},
        "ACCEPTED",
        "HANDLING",
    ),
    "approved": ("decision", {}, HELD | {"SUSPENDED"}, "APPROVED", "RECEIVING"),
    "partly approved": (
        "decision",
        {"result": coded("decision_result", "PARTLY_APPROVED")},
        HELD | {"SUSPENDED"},
        "APPROVED",
        "RECEIVING",
    ),
    "refused": (
        "decision",
        {"result": coded("decision_result", "REFUSED")},
        HELD | {"SUSPENDED"},
        "REFUSED",
        "RECEIVING",
    ),
    "lapsed": (
        "decision",
        {"result": coded("decision_result", "LAPSED")},
        {"CORRECTION_REQUESTED"},
        "LAPSED",
        "RECEIVING",
    ),
    **{
        result.lower(): (
            "decision",
            {"result": coded("decision_result", result)},
            OPEN | {"WAITING"},
            result,
            None if result == "WITHDRAWN" else "RECEIVING",
        )
        for result in ("TERMINATED", "VOID", "WITHDRAWN")
    },
    "returned": (
        "transfer",
        {"transfer_kind": coded("transfer_kind", "RETURN")},
        OPEN - {"COLLECTED", "PRE_REVIEW"},
        "TRANSFERRED",
        "RECEIVING",
    ),
    "forwarded": ("transfer", {}, OPEN - {"COLLECTED", "PRE_REVIEW"}, "TRANSFERRED", "HANDLING"),
    "forwarded by the receiving place": (
        "transfer",
        {"by": "RECEIVING"},
        OPEN - {"COLLECTED", "PRE_REVIEW"},
        "TRANSFERRED",
        "HANDLING",
    ),
    "withdrawn by the applicant": ("withdrawal", {}, OPEN | {"WAITING"}, "WITHDRAWN", None),
    "outcome told": ("notification", {}, FINAL, "NOTIFIED", None),
    "outcome not reached": ("notification", {"succeeded": False}, ALL, SAME, SAME),
    "other notice": (
        "notification",
        {"by": "HANDLING", "notice_kind": coded("notice_kind", "PAYMENT")},
        ALL,
        SAME,
        SAME,
    ),
    "fee": ("fee", {}, HELD | {"APPROVED", "NOTIFIED"}, SAME, SAME),
    "payment": ("benefit_payment", {}, {"APPROVED", "NOTIFIED"}, SAME, SAME),
    "result delivered": ("delivery_of_result", {}, FINAL | {"NOTIFIED"}, SAME, SAME),
    "evaluation": ("evaluation", {}, ALL, SAME, SAME),
    "reminder": ("reminder", {"by": "RECEIVING"}, ALL, SAME, SAME),
    "objection": ("objection", {"by": "RECEIVING"}, ALL, SAME, SAME),
    "delivered acknowledgement": ("acknowledgement", {"status": "APPLIED"}, ALL, SAME, SAME),
}


def prepare(status: str) -> Story:
    story = Story(code=LICENCE)
    asked = {"request": "m-0", "asked_by": "HANDLING"} if status == "CORRECTION_REQUESTED" else {}
    turn = "HANDLING" if status == "TRANSFERRED" else story.case.parts[0].turn
    if status == "NOTIFIED":
        turn = None
    before = "COLLECTED" if status == "PRE_REVIEW" else "ACCEPTED"
    return story.at_status(status, turn=turn, before=before, **asked)


@pytest.mark.parametrize("name", SPEC)
def test_a_step_applies_from_its_statuses_only(name):
    kind, says, froms, to, turn = SPEC[name]
    for status in sorted(ALL):
        story = prepare(status)
        before = story.case

        advanced = story.send(kind, **says)

        assert advanced.applied is (status in froms), status
        if not advanced.applied:
            assert story.case.parts == before.parts
            assert story.case.clocks == before.clocks
            assert story.case.pending == (2,)
            assert status in advanced.why
            continue
        assert story.case.pending == ()
        assert story.case.parts[0].status == (status if to == SAME else to), status
        assert story.case.parts[0].turn == (before.parts[0].turn if turn == SAME else turn), status


@pytest.mark.parametrize("status", sorted(ALL))
def test_received_pushes_what_was_collected_or_forwarded(status):
    story = prepare(status)

    story.send("acknowledgement")

    pushed = status in {"COLLECTED", "TRANSFERRED"}
    assert story.case.parts[0].status == ("PUSHED" if pushed else status)


@pytest.mark.parametrize(
    ("kind", "by"),
    [
        ("correction", "HANDLING"),
        ("withdrawal", "HANDLING"),
        ("decision", "RECEIVING"),
        ("progress", "RECEIVING"),
        ("special_procedure", "RECEIVING"),
        ("fee", "RECEIVING"),
        ("benefit_payment", "RECEIVING"),
        ("acceptance", "NATIONAL"),
        ("decision", "NATIONAL"),
        ("decision", "GATEWAY"),
        ("notification", "HANDLING"),
    ],
)
def test_the_wrong_actor_is_refused(kind, by):
    with pytest.raises(TransitionNotAllowed):
        Story().send(kind, by=by)


def test_in_online_mode_the_handling_place_tells_the_applicant():
    story = Story(mode="ONLINE").at_status("APPROVED")
    with pytest.raises(TransitionNotAllowed):
        story.send("notification", by="RECEIVING")

    story.send("notification", by="HANDLING")
    assert story.status == "NOTIFIED"


def test_in_online_mode_the_applicant_corrects():
    story = Story(mode="ONLINE").at_status("ACCEPTED")

    story.send("correction_request")
    assert story.turn == "APPLICANT"


def test_every_kind_has_a_row_and_every_condition_a_name():
    assert {row.kind for row in TRANSITIONS} == set(get_args(MessageKind))
    assert set(CONDITIONS) == set(CONDITIONS_ZH)
    assert {row.when for row in TRANSITIONS} == set(CONDITIONS)
    statuses = {status for row in TRANSITIONS for status in row.came_from} - {"*"}
    assert statuses <= ALL


def test_the_printed_table_has_every_row():
    printed = lifecycle_markdown().splitlines()

    assert len(printed) == len(TRANSITIONS) + 2
    assert len({line.count("|") for line in printed}) == 1
    assert "| acknowledgement | HN | received | 对申请的已收到回执 | COLLECTED | PUSHED |" in (
        "\n".join(printed)
    )
