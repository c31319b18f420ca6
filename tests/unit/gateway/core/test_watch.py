"""Warnings of clocks, counting anew, and the second set of story dates, which crosses into 2027."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.calendar import SHIPPED, Calendars
from contracts.calendar_file import read_calendar
from contracts.catalogue import items
from contracts.errors import TransitionNotAllowed
from gateway.core.case import case_to_json
from gateway.core.clocks import snapshot
from gateway.core.sentences import case_sentence, timeline_entry
from gateway.core.watch import due_warnings, next_look, recounted
from tests.story import CHAIN, LICENCE, SECOND_START, START, Story, coded

FILE = Path(__file__).parents[3] / "vectors" / "calendars" / "2027_invented.csv"
WINDOW = "收件地(云南省曲靖市沾益区)"
HANDLER = "办理地(内蒙古自治区赤峰市红山区)"


def with_2027() -> Calendars:
    loaded, findings = read_calendar(FILE.read_text("utf-8"))
    assert findings == ()
    return SHIPPED.with_years(loaded.days, loaded.announced, revision="2026.1+1")


def causes(story: Story, today: date) -> list[tuple[str, str]]:
    found = due_warnings(story.case, today=today, calendars=story.calendars)
    return [(one.clock.kind, one.cause) for one in found]


def remind(story: Story, today: date, **body: object) -> None:
    """What the gateway says about the first warning that is due."""
    warned = due_warnings(story.case, today=today, calendars=story.calendars)[0]
    said = {"cause": warned.cause, "clocks": [snapshot(warned.clock)], "to": warned.clock.owner}
    story.send("reminder", by="GATEWAY", **{**said, **body})


def recount(story: Story) -> None:
    anew = recounted(story.case, story.calendars)
    clocks = [snapshot(clock) for clock in anew]
    story.send("reminder", by="GATEWAY", to="HANDLING", cause="RECOUNTED", clocks=clocks)


# --- warnings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (date(2026, 3, 3), []),
        (date(2026, 3, 4), [("PUSH", "DUE_SOON")]),
        (date(2026, 3, 5), [("PUSH", "DUE_TODAY")]),
        (date(2026, 3, 6), [("PUSH", "MISSED")]),
        (date(2026, 5, 6), [("PUSH", "MISSED")]),
    ],
)
def test_a_clock_warns_before_at_and_after_its_last_day(today, told):
    assert causes(Story(), today) == told


def test_each_warning_comes_once():
    story, told = Story(), []
    for day in range(12):
        today = START.date() + timedelta(days=day)
        for _ in range(2):
            if found := causes(story, today):
                told += [(today.day, *found[0])]
                remind(story, today)

    assert told == [(4, "PUSH", "DUE_SOON"), (5, "PUSH", "DUE_TODAY"), (6, "PUSH", "MISSED")]
    assert next_look(story.case, SHIPPED) is None
    assert story.replay() == story.case


def test_what_was_passed_over_is_not_told_afterwards():
    story = Story()
    remind(story, date(2026, 3, 20))

    assert story.clock("PUSH").warned == "MISSED"
    assert causes(story, date(2026, 3, 20)) == []


def test_the_next_look_is_the_next_warning():
    story = Story()
    assert next_look(story.case, SHIPPED) == date(2026, 3, 4)
    remind(story, date(2026, 3, 4))
    assert next_look(story.case, SHIPPED) == date(2026, 3, 5)


def test_a_case_that_owes_nothing_is_not_looked_at():
    story = Story()
    for kind in ("acknowledgement", "decision", "notification"):
        story.send(kind)

    assert next_look(story.case, SHIPPED) is None


def test_only_the_gateway_can_warn():
    story = Story()
    warned = due_warnings(story.case, today=date(2026, 3, 6), calendars=SHIPPED)[0]
    story.send("reminder", by="HANDLING", to="RECEIVING", clocks=[snapshot(warned.clock)])

    assert story.clock("PUSH").warned is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            {"cause": "DUE_SOON", "clocks": [{"kind": "DECIDE", "due_on": "2026-03-16"}]},
            "2026-03-12 09:00 网关:提醒办理地:办理时限(2026-03-16)即将到期",
        ),
        (
            {"cause": "RECOUNTED", "clocks": [{"kind": "DECIDE", "due_on": "2027-01-04"}]},
            "2026-03-12 09:00 网关:提醒办理地:办理时限(2027-01-04)日历更新后重算",
        ),
        ({"count": 2}, "2026-03-12 09:00 网关:催办办理地(第 2 次)"),
    ],
)
def test_the_timeline_says_what_was_warned_of(body, text):
    document = {
        "kind": "reminder",
        "occurred_at": "2026-03-12T09:00:00+08:00",
        "sender": {"system": "gateway", "role": "GATEWAY"},
        "body": {"to": "HANDLING", **body},
    }

    assert timeline_entry(document, case=Story().case, applied=True)["text"] == text


# --- special procedures ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "last"),
    [
        ({}, date(2026, 3, 16)),  # half of the twenty days it holds up
        ({"limit": 3, "unit": "WORKING_DAY"}, date(2026, 3, 5)),
        ({"limit": 90, "unit": "WORKING_DAY"}, date(2026, 3, 16)),
    ],
)
def test_a_special_procedure_has_a_last_day_and_warns_once_it_has_passed(says, last):
    story = Story(code=LICENCE)
    for kind in ("acknowledgement", "acceptance"):
        story.send(kind)
    story.send("special_procedure", **says)

    assert story.clock("DECIDE").pauses[-1].due_on == last
    assert ("DECIDE", "DUE_TODAY") in causes(story, last)
    assert ("DECIDE", "MISSED") in causes(story, last + timedelta(days=1))
    remind(story, last + timedelta(days=1))
    assert causes(story, last + timedelta(days=1)) == []
    assert story.replay() == story.case


def test_the_items_own_limit_of_a_special_procedure_goes_before_the_half():
    story = Story(code=LICENCE)
    story.rules = replace(story.rules, special_limits={("HEARING", "WORKING_DAY"): 15})
    story.send("acknowledgement")
    told = story.send(
        "special_procedure",
        type=coded("special_procedure_type", "HEARING"),
        limit=12,
        unit="WORKING_DAY",
        legal_basis="模拟依据",
    )

    assert told.findings == ()
    assert story.clock("DECIDE").pauses[-1].due_on == date(2026, 3, 18)


def test_a_special_procedure_that_names_no_basis_or_too_long_a_limit_is_a_finding():
    story = Story(code=LICENCE)
    story.send("acknowledgement")
    told = story.send("special_procedure", limit=11, unit="WORKING_DAY")
    assert {one.rule for one in told.findings} == {
        "special_procedure.no_legal_basis",
        "special_procedure.too_long",
    }
    other = Story(code=LICENCE)
    other.send("acknowledgement")
    told = other.send(
        "special_procedure", limit=10, unit="WORKING_DAY", legal_basis="行政许可法第四十五条"
    )
    assert told.findings == ()


# --- owed materials -------------------------------------------------------------------------


def owing(due_on: str = "2026-03-20") -> Story:
    return Story(
        materials=[
            {
                "material_id": "m-9",
                "acquisition": coded("material_acquisition", "OWED"),
                "owed": {"due_on": due_on, "list_basis": "模拟容缺清单"},
            }
        ]
    )


def test_an_owed_material_has_a_clock_of_its_own():
    clock = owing().clock("OWED")

    assert (clock.owner, clock.due_on, clock.material_id) == (
        "APPLICANT",
        date(2026, 3, 20),
        "m-9",
    )
    assert snapshot(clock)["material_id"] == "m-9"


def test_what_was_owed_in_the_past_is_due_at_once_never_before():
    assert owing("2026-02-01").clock("OWED").due_on == START.date()
    assert owing("2026-02-01").clock("OWED").limit == 0


@pytest.mark.parametrize(("event", "state"), [("DISPATCHED", "RUNNING"), ("SIGNED", "MET")])
def test_a_handover_that_brings_it_ends_the_clock(event, state):
    story = owing()
    story.send(
        "handover",
        by="RECEIVING",
        handover_code="HO-1",
        event=coded("handover_event", event),
        material_ids=["m-9"],
        happened_at="2026-03-03T09:00:00+08:00",
    )

    assert story.clock("OWED").state == state
    assert story.replay() == story.case


def test_a_correction_that_brings_it_ends_the_clock_late():
    story = owing()
    story.send("acknowledgement")
    story.send("correction_request")
    brought = {"material_id": "m-9", "acquisition": coded("material_acquisition", "SCAN")}
    story.send("correction", materials=[brought], after=timedelta(days=30))

    assert story.clock("OWED").state == "MISSED"
    assert story.replay() == story.case


# --- deemed acceptance ----------------------------------------------------------------------


def deemed(story: Story) -> bool:
    result = coded("acceptance_result", "DEEMED_ACCEPTED")
    return story.send("acceptance", by="GATEWAY", result=result).applied


def test_a_licence_application_without_an_answer_counts_as_accepted():
    story = Story(code=LICENCE)
    story.send("acknowledgement")

    assert story.clock("ACCEPT").due_on == date(2026, 3, 9)
    story.at += timedelta(days=8)
    assert deemed(story)
    assert (story.status, story.clock("ACCEPT").state) == ("ACCEPTED", "MISSED")
    # the decision is counted from the day of receipt, not from the day it was deemed accepted
    assert story.clock("DECIDE").started_at == story.sent[2].at


def test_other_items_are_never_deemed_accepted():
    story = Story()
    story.send("acknowledgement")

    with pytest.raises(TransitionNotAllowed):
        deemed(story)


def test_asking_for_a_correction_is_an_answer_and_the_limit_runs_anew_after_it():
    story = Story(code=LICENCE)
    story.send("acknowledgement")
    story.send("correction_request")
    assert story.clock("ACCEPT").state == "PAUSED"
    assert ("ACCEPT", "MISSED") not in causes(story, date(2026, 4, 1))

    story.send("correction", after=timedelta(days=3))
    assert story.clock("ACCEPT").state == "RUNNING"
    assert story.clock("ACCEPT").due_on == date(2026, 3, 12)
    assert story.replay() == story.case


# --- the second set of story dates ----------------------------------------------------------


def test_the_second_story_is_told_with_its_dates_and_their_doubt():
    story = Story(start=SECOND_START)
    told = [case_sentence(story.case, today=story.at.date())]
    story.send("acknowledgement", after=timedelta(days=11))
    told.append(case_sentence(story.case, today=story.at.date()))
    story.calendars = with_2027()
    recount(story)
    told.append(case_sentence(story.case, today=story.at.date(), calendars=story.calendars))
    story.send("decision", after=timedelta(days=10))
    told.append(case_sentence(story.case, today=story.at.date(), calendars=story.calendars))

    assert told == [
        f"已收件,尚未送达办理地;{WINDOW}须在 12 月 15 日前推送,还剩 3 个工作日。",
        f"已送达办理地,等待受理;{HANDLER}须在 2027 年 1 月 4 日前作出决定,"
        "还剩 10 个工作日(暂定,待公布放假安排)。",
        f"已送达办理地,等待受理;{HANDLER}须在 2027 年 1 月 4 日前作出决定,还剩 10 个工作日。",
        f"已办结:准予或合格;{WINDOW}须在 2027 年 1 月 5 日前告知申请人,还剩 3 个工作日。",
    ]
    assert story.replay() == story.case
    assert case_to_json(story.replay(through_json=True)) == case_to_json(story.case)


def test_a_date_that_moves_is_warned_of_again():
    story = Story(start=SECOND_START)
    story.send("acknowledgement", after=timedelta(days=48))  # 27 January
    before = story.clock("DECIDE")
    remind(story, before.due_on)
    assert story.clock("DECIDE").warned == "DUE_TODAY"

    story.calendars = with_2027()
    recount(story)
    after = story.clock("DECIDE")

    # the invented 2027 has five days of spring festival and a Sunday that is worked
    assert (before.due_on, after.due_on) == (date(2027, 2, 10), date(2027, 2, 16))
    assert (before.provisional, after.provisional) == (True, False)
    assert (before.calendar, after.calendar) == ("150000@2026.1", "150000@2026.1+1")
    assert causes(story, date(2027, 2, 14)) == [("DECIDE", "DUE_SOON")]
    assert story.replay() == story.case


def test_counting_anew_leaves_what_a_message_named_and_what_has_ended():
    story = Story(start=SECOND_START)
    story.send("acknowledgement", after=timedelta(days=11))
    story.send("correction_request", due_on="2027-01-08")
    story.calendars = with_2027()

    assert "CORRECTION" not in {one.kind for one in recounted(story.case, story.calendars)}
    story.send("withdrawal")
    assert recounted(story.case, story.calendars) == ()


def test_what_arrives_after_loading_is_counted_with_the_new_calendar():
    story = Story(start=SECOND_START)
    story.calendars = with_2027()
    story.send("acknowledgement", after=timedelta(days=11))

    assert story.clock("DECIDE").calendar == "150000@2026.1+1"
    assert not story.clock("DECIDE").provisional
    assert story.replay() == story.case


def test_what_waited_is_counted_with_the_calendar_of_the_day_it_took_effect():
    story = Story(start=SECOND_START)
    story.send("decision", after=timedelta(days=19))
    assert story.case.pending
    story.calendars = with_2027()
    story.send("acknowledgement")

    assert story.status == "APPROVED"
    assert story.clock("NOTIFY").calendar == "530000@2026.1+1"
    assert story.replay() == story.case


# --- never negative -------------------------------------------------------------------------

KINDS = [
    "acknowledgement",
    "acceptance",
    "correction_request",
    "correction",
    "special_procedure",
    "progress",
    "decision",
    "notification",
    "objection",
]


@given(
    st.sampled_from([START, SECOND_START]),
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 40)), max_size=8),
    st.integers(0, 8),
    st.sampled_from([None, CHAIN]),
)
@settings(max_examples=150, deadline=None)
def test_clocks_are_never_negative_and_recounting_replays(start, steps, load_at, parts):
    story = Story(code=LICENCE, start=start, parts=parts)
    for number, (kind, days) in enumerate(steps):
        if number == load_at:
            story.calendars = with_2027()
            if recounted(story.case, story.calendars):
                recount(story)
        extra = {"part_id": "civil"} if parts and kind not in ("acknowledgement",) else {}
        if kind == "objection":
            extra = {"by": "RECEIVING"}
        story.send(kind, after=timedelta(days=days), **extra)
        for clock in story.case.clocks:
            assert clock.due_on >= clock.started_at.date()
            assert clock.ended_at is None or clock.ended_at >= clock.started_at
            assert all(one.to_at is None or one.to_at >= one.from_at for one in clock.pauses)
            assert all(
                one.due_on is None or one.due_on >= one.from_at.date() for one in clock.pauses
            )
        due_warnings(story.case, today=story.at.date(), calendars=story.calendars)

    assert story.replay() == story.case
    assert case_to_json(story.replay(through_json=True)) == case_to_json(story.case)


def test_every_accept_limit_of_the_catalogue_stands_still_while_a_correction_is_out():
    limits = [
        clock
        for entry in items(date(2026, 3, 2))
        for clock in entry.clocks
        if clock.kind == "ACCEPT"
    ]

    assert limits
    assert all("CORRECTION" in clock.pauses for clock in limits)
