"""
What applicants are told in every state with every clock, word by word, for two sets of dates.

`python -m tests.golden.test_applicant_sentences` writes the files anew; read the difference.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from contracts.calendar import SHIPPED
from contracts.vocabulary import ClockKind, PartStatus
from gateway.core.case import FINAL, Case, Clock
from gateway.core.telling import SMS_PART, Told, tell_applicant
from tests.story import CHAIN, SECOND_START, START, Story

FOLDER = Path(__file__).parent / "sentences"
SETS = {"2026": START, "2027": SECOND_START}
OWNERS = {
    "PUSH": "RECEIVING",
    "PRE_REVIEW": "RECEIVING",
    "NOTIFY": "RECEIVING",
    "CORRECTION": "APPLICANT",
    "OWED": "APPLICANT",
}
LIMITS = {"PUSH": 3, "NOTIFY": 3, "ACCEPT": 5, "PRE_REVIEW": 2}


def turn_of(status: str) -> str | None:
    if status == "CORRECTION_REQUESTED":
        return "APPLICANT"
    if status in ("NOTIFIED", "WITHDRAWN"):
        return None
    return "RECEIVING" if status in FINAL | {"COLLECTED", "PRE_REVIEW"} else "HANDLING"


def cases(name: str) -> Iterator[tuple[str, str, Case, date]]:
    start = SETS[name]
    for status in get_args(PartStatus):
        case = Story(start=start).at_status(status, turn=turn_of(status)).case
        for kind in ("NONE", *get_args(ClockKind)):
            clocks = () if kind == "NONE" else (a_clock(kind, start.date()),)
            yield status, kind, replace(case, clocks=clocks), start.date()


def a_clock(kind: str, today: date) -> Clock:
    limit = LIMITS.get(kind, 20)
    due = SHIPPED.of("150000").add(today, limit)
    return Clock(
        kind=kind,
        owner=OWNERS.get(kind, "HANDLING"),
        part_id="main",
        region="150000",
        calendar=due.version,
        limit=limit,
        unit="WORKING_DAY",
        started_at=START,
        due_on=due.date,
        provisional=due.provisional,
    )


def text_of(name: str) -> str:
    lines = []
    for status, kind, case, today in cases(name):
        told = tell_applicant(case, today=today)
        lines += [f"== {status} {kind}", f"电话 {told.telephone}"]
        lines += [f"短信 {part}" for part in told.sms]
        lines += [f"大字 {heading}：{text}" for heading, text in told.large_print]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", SETS)
def test_applicants_are_told_these_words(name: str) -> None:
    assert text_of(name) == (FOLDER / f"applicant-{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SETS)
def test_a_text_message_part_holds_seventy_characters(name: str) -> None:
    for status, kind, case, today in cases(name):
        parts = tell_applicant(case, today=today).sms
        assert all(0 < len(part) <= SMS_PART for part in parts), (status, kind)
        assert parts[-1].endswith("12345。")


def test_a_date_in_a_year_without_calendar_is_said_to_be_provisional() -> None:
    marked = {
        kind for _, kind, case, today in cases("2027") if "暂定" in tell(case, today).telephone
    }

    assert {"DECIDE", "CORRECTION", "PART", "OWED", "ANSWER"} == marked
    assert "暂定" not in (FOLDER / "applicant-2026.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SETS)
def test_no_words_of_the_trade_and_nothing_about_the_person(name: str) -> None:
    text = text_of(name)

    for word in ("推送", "特别程序", "容缺", "属地", "办件", "网关", "残疾", "补贴", "TB-"):
        assert word not in text


def test_what_is_late_or_due_today_is_told_so() -> None:
    case = replace(Story().case, clocks=(a_clock("PUSH", START.date()),))
    due = case.clocks[0].due_on

    assert "收件窗口要在今天把材料送到办理地" in tell(case, due).telephone
    late = tell(case, due + timedelta(days=1)).telephone
    assert "本应在 3 月 5 日前把材料送到办理地，已经过了 1 个工作日" in late


def test_a_correction_says_that_its_time_does_not_count() -> None:
    story = Story()
    story.send("acknowledgement")
    story.send("correction_request")

    told = tell(story.case, START.date())

    assert "补材料这段时间不算在办理时间里" in told.until
    assert told.todo == ("请照一次性告知单补齐", "材料交到收件窗口就行，不用到办理地去")


def test_online_there_is_no_window_to_go_to() -> None:
    told = tell(Story(mode="ONLINE").case, START.date())

    assert "窗口" not in told.telephone
    assert told.short_ask == "请问网上申请平台或 12345"


def test_a_case_of_several_steps_says_how_many_are_done() -> None:
    story = Story(parts=CHAIN)

    assert f"（一共 {len(CHAIN)} 步，已办完 0 步）" in tell(story.case, START.date()).stands


def test_a_returned_case_is_not_said_to_move_on() -> None:
    back = Story().at_status("TRANSFERRED", turn="RECEIVING").case
    on = Story().at_status("TRANSFERRED", turn="HANDLING").case

    assert "被退回收件的地方" in tell(back, START.date()).stands
    assert "正在换一个地方办理" in tell(on, START.date()).stands


def test_a_limit_of_the_applicant_is_told_beside_the_nearest_of_the_others() -> None:
    clocks = tuple(a_clock(kind, START.date()) for kind in ("OWED", "DECIDE", "PUSH"))
    told = tell(replace(Story().case, clocks=clocks), START.date())

    assert [one[:4] for one in told.until] == ["收件窗口", "请您最晚"]


def test_a_long_sentence_is_cut_and_nothing_of_it_is_lost() -> None:
    told = Told("长" * 150, (), (), "问", "问")

    assert [len(part) for part in told.sms] == [70, 70, 13]
    assert "".join(told.sms) == "长" * 150 + "。问。"


def tell(case: Case, today: date) -> Told:
    return tell_applicant(case, today=today)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in SETS:
        (FOLDER / f"applicant-{one}.txt").write_text(text_of(one), encoding="utf-8")
