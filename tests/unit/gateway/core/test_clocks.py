import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from contracts.message import parse
from gateway.core.clocks import due_date, snapshot
from gateway.core.lifecycle import Arrived
from tests.story import CHAIN, CHILDREN, EXAMPLES, LICENCE, Story, coded, part


def states(story):
    return {(one.kind, one.part_id): one.state for one in story.case.clocks}


def test_three_clocks_of_three_owners_follow_each_other():
    story = Story()
    assert states(story) == {("PUSH", ""): "RUNNING"}
    story.send("acknowledgement")
    assert states(story) == {("PUSH", ""): "MET", ("DECIDE", "main"): "RUNNING"}
    story.send("decision")
    assert states(story)[("DECIDE", "main")] == "MET"
    assert states(story)[("NOTIFY", "")] == "RUNNING"
    story.send("notification")
    assert set(states(story).values()) == {"MET"}
    assert [one.owner for one in story.case.clocks] == ["RECEIVING", "HANDLING", "RECEIVING"]
    assert [one.region for one in story.case.clocks] == ["530000", "150000", "530000"]


def test_nothing_runs_until_the_materials_are_complete():
    story = Story(completed=False)
    assert story.case.clocks == ()

    story.send("correction_request", by="RECEIVING")
    story.send("correction", completed_at="2026-03-09T10:00:00+08:00")
    assert story.clock("PUSH").due_on == date(2026, 3, 12)


def test_the_receiving_places_own_correction_holds_the_push():
    story = Story()
    story.send("correction_request", by="RECEIVING")
    assert story.clock("PUSH").state == "PAUSED"

    story.send("correction")
    first, second = story.case.clocks
    assert (first.state, second.state) == ("CANCELLED", "RUNNING")


def test_a_correction_starts_the_decision_anew():
    story = Story()
    story.send("acknowledgement")
    story.send("correction_request", after=timedelta(days=2))
    assert story.clock("DECIDE").state == "PAUSED"
    assert story.clock("CORRECTION").owner == "APPLICANT"

    story.send("correction", after=timedelta(days=2))
    assert [one.state for one in story.case.clocks if one.kind == "DECIDE"] == [
        "CANCELLED",
        "RUNNING",
    ]
    assert story.clock("CORRECTION").state == "MET"
    assert story.clock("DECIDE").started_at == story.at


def test_the_date_of_the_notice_is_the_date_of_the_correction():
    story = Story()
    story.send("acknowledgement")
    story.send("correction_request", due_on="2026-03-30")

    assert story.clock("CORRECTION").due_on == date(2026, 3, 30)


def test_what_was_late_is_missed_and_what_stood_still_is_not():
    story = Story()
    story.send("acknowledgement", after=timedelta(days=10))
    assert story.clock("PUSH").state == "MISSED"
    story.send("special_procedure")
    story.send("decision", after=timedelta(days=60))
    assert story.clock("DECIDE").state == "MET"


def test_a_special_procedure_takes_its_days_out_of_the_count():
    story = Story()
    story.send("acknowledgement")
    due = story.clock("DECIDE").due_on
    story.send("special_procedure", started_at="2026-03-03T09:00:00+08:00")
    assert story.clock("DECIDE").state == "PAUSED"

    story.send(
        "special_procedure",
        phase="END",
        started_at="2026-03-03T09:00:00+08:00",
        ended_at="2026-03-05T09:00:00+08:00",
    )
    clock = story.clock("DECIDE")
    assert (due, clock.due_on, clock.state) == (date(2026, 3, 16), date(2026, 3, 18), "RUNNING")
    assert [one.reason for one in clock.pauses] == ["SPECIAL_PROCEDURE"]


def test_two_pauses_at_once_both_have_to_end():
    story = Story(code=LICENCE)
    story.send("acknowledgement")
    story.send("fee")
    story.send("special_procedure")
    ended = "2026-03-05T09:00:00+08:00"
    story.send("special_procedure", phase="END", ended_at=ended)
    assert story.clock("DECIDE").state == "PAUSED"

    paid = {"order_no": "f-1", "amount_fen": 100, "state": coded("fee_state", "PAID")}
    story.send("fee", fee=paid)
    assert story.clock("DECIDE").state == "RUNNING"


def test_a_fee_does_not_pause_where_the_item_does_not_say_so():
    story = Story()
    story.send("acknowledgement")
    story.send("fee")

    assert story.clock("DECIDE").state == "RUNNING"


def test_a_licence_has_five_days_to_be_accepted():
    story = Story(code=LICENCE)
    story.send("acknowledgement")
    assert (story.clock("ACCEPT").limit, story.clock("ACCEPT").state) == (5, "RUNNING")
    story.send("acceptance")
    assert story.clock("ACCEPT").state == "MET"


def test_an_objection_runs_until_it_is_answered():
    story = Story(code=LICENCE)
    story.send("objection", by="RECEIVING")
    assert story.clock("ANSWER").state == "RUNNING"
    story.send("objection", phase="ANSWER", result=coded("objection_result", "DISMISSED"))
    assert story.clock("ANSWER").state == "MET"


def test_the_decision_clock_of_a_chain_runs_from_the_first_holder():
    story = Story(parts=CHAIN)
    story.send("acknowledgement")
    assert states(story)[("DECIDE", "civil")] == "RUNNING"

    story.send("correction_request", part_id="township")
    assert states(story)[("DECIDE", "civil")] == "PAUSED"
    story.send("correction")
    story.send("progress", part_id="township", part_outcome=coded("part_outcome", "PASSED"))
    story.send("progress", part_id="federation", part_outcome=coded("part_outcome", "PASSED"))
    assert len([one for one in story.case.clocks if one.kind == "DECIDE"]) == 2
    story.send("decision", part_id="civil")
    assert story.clock("DECIDE").state == "MET"


def test_a_part_with_a_limit_of_its_own_hands_over_to_the_next():
    story = Story(
        code=CHILDREN,
        parts=[part("township", "PRE_CHECK"), part("county", "DECISION", "township")],
    )
    story.send("acknowledgement")
    assert states(story)[("PART", "township")] == "RUNNING"
    assert ("DECIDE", "county") not in states(story)

    story.send("progress", part_id="township", part_outcome=coded("part_outcome", "PASSED"))
    assert states(story)[("PART", "township")] == "MET"
    assert states(story)[("DECIDE", "county")] == "RUNNING"


def test_a_promise_stands_beside_the_limit():
    story = Story()
    story.send("acknowledgement")
    story.send("acceptance", promised_on="2026-03-10")

    clock = story.clock("DECIDE")
    assert (clock.promised_on, clock.due_on) == (date(2026, 3, 10), date(2026, 3, 16))


def test_in_online_mode_the_handling_place_owns_the_notice():
    story = Story(mode="ONLINE")
    story.send("acknowledgement")
    story.send("decision")

    assert (story.clock("NOTIFY").owner, story.clock("NOTIFY").region) == ("HANDLING", "150000")


@pytest.mark.parametrize(
    ("limit", "unit", "due"),
    [
        (10, "WORKING_DAY", date(2026, 2, 13)),
        (10, "CALENDAR_DAY", date(2026, 2, 10)),
        (1, "MONTH", date(2026, 2, 28)),
        (6, "MONTH", date(2026, 7, 31)),
        (12, "MONTH", date(2027, 1, 31)),
        (25, "HOUR", date(2026, 2, 2)),
    ],
)
def test_periods_in_every_unit(limit, unit, due):
    assert due_date(date(2026, 1, 31), limit, unit, "530000").date == due


def test_days_that_stand_still_lengthen_calendar_days_too():
    still = frozenset({date(2026, 3, 3), date(2026, 3, 20)})

    assert due_date(date(2026, 3, 2), 5, "CALENDAR_DAY", "530000", skip=still).date == date(
        2026, 3, 8
    )


def fold_examples(number: str) -> tuple[Story, dict[str, list]]:
    """The documents of one example case in order of arrival, folded as they were received."""
    documents = []
    for file in EXAMPLES.glob("*.json"):
        document = json.loads(file.read_text(encoding="utf-8"))
        if document.get("case_number") == number and "arrival" in document:
            documents.append(document)
    documents.sort(key=lambda one: one["arrival"])
    story, told = Story(), {}
    for document in documents:
        message = parse(document, from_sender=False)
        if message.kind == "application":
            continue
        known = set(story.case.clocks)
        arrived = Arrived(
            message=message,
            role=message.sender.role,
            system=message.sender.system,
            arrival=len(story.sent) + 1,
            at=datetime.fromisoformat(document["received_at"]),
        )
        story.fold(arrived)
        new = [snapshot(one) for one in story.case.clocks if one not in known]
        told[message.message_id] = (document["body"].get("clocks"), new)
    return story, told


def test_the_example_case_has_the_clocks_its_documents_show():
    story, told = fold_examples("TB-20260302-530303-T00017-T")

    assert story.status == "NOTIFIED"
    shown = {name: clocks for name, (clocks, _) in told.items() if clocks}
    assert set(shown) >= {"im-evt-0001", "yn-20260302-000017-2", "im-evt-0002", "im-evt-0004"}
    for name, clocks in shown.items():
        ours = {(one["kind"], one["state"]): one for one in told[name][1]}
        for clock in clocks:
            shown_here = {name: value for name, value in clock.items() if name != "legal_basis"}
            mine = ours[clock["kind"], clock["state"]]
            assert {name: mine[name] for name in shown_here} == shown_here
            assert set(mine) - set(shown_here) <= {"legal_basis", "promised_on"}


def test_a_snapshot_names_the_part_only_where_there_are_parts():
    story = Story()
    story.send("acknowledgement")
    clock = story.clock("DECIDE")

    assert "part_id" not in snapshot(clock)
    assert snapshot(replace(clock, part_id="civil"))["part_id"] == "civil"
