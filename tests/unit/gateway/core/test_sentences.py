import json
from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest

from contracts.vocabulary import ClockKind, MessageKind, PartStatus
from gateway.core.case import Clock
from gateway.core.sentences import case_sentence, timeline_entry
from tests.story import CHAIN, EXAMPLES, START, Story, coded

TODAY = date(2026, 3, 2)
WINDOW = "收件地(云南省曲靖市沾益区)"
HANDLER = "办理地(内蒙古自治区赤峰市红山区)"


def said(story: Story, today: date = TODAY) -> str:
    return case_sentence(story.case, today=today)


def test_the_case_is_told_as_on_the_phone():
    story = Story()
    told = [said(story)]
    for kind in ("acknowledgement", "acceptance", "decision", "notification"):
        story.send(kind)
        told.append(said(story))

    assert told == [
        f"已收件,尚未送达办理地;{WINDOW}须在 3 月 5 日前推送,还剩 3 个工作日。",
        f"已送达办理地,等待受理;{HANDLER}须在 3 月 16 日前作出决定,还剩 10 个工作日。",
        f"已受理,正在办理;{HANDLER}须在 3 月 16 日前作出决定,还剩 10 个工作日。",
        f"已办结:准予或合格;{WINDOW}须在 3 月 5 日前告知申请人,还剩 3 个工作日。",
        "结果已告知申请人,办件结束(准予或合格)。",
    ]


@pytest.mark.parametrize(
    ("today", "rest"),
    [
        (date(2026, 3, 4), "还剩 1 个工作日"),
        (date(2026, 3, 5), "今天到期"),
        (date(2026, 3, 9), "已超期 2 个工作日"),
    ],
)
def test_days_are_counted_in_working_days(today, rest):
    assert said(Story(), today).endswith(f"前推送,{rest}。")


def test_a_correction_names_the_applicant_and_that_the_clock_stands():
    story = Story()
    story.send("acknowledgement")
    story.send("correction_request")

    assert said(story) == (
        "已一次性告知补正,等待补正;申请人须在 3 月 16 日前补正,还剩 10 个工作日;办理时限暂停计算。"
    )
    story.send("correction")
    story.send("correction_request")
    assert said(story).startswith("第 2 轮补正已告知")


def test_without_a_clock_it_says_whose_turn_it_is():
    story = Story(completed=False)

    assert said(story) == f"已收件,尚未送达办理地;现在轮到{WINDOW}推送。"


def test_an_outcome_without_a_clock_is_to_be_told():
    story = Story()
    story.send("acknowledgement")
    story.send("decision")
    story.case = replace(story.case, clocks=())

    assert said(story) == f"已办结:准予或合格;现在轮到{WINDOW}告知申请人。"


@pytest.mark.parametrize(
    ("kind", "words"),
    [("RETURN", "已被退回,须重新确定办理地"), ("FORWARD", "已转办,等待新的办理地接收")],
)
def test_a_transfer_says_which_way_it_went(kind, words):
    story = Story()
    story.send("acknowledgement")
    story.send("transfer", transfer_kind=coded("transfer_kind", kind))

    assert said(story).startswith(words)


def test_a_part_says_which_of_how_many_and_where():
    story = Story(parts=CHAIN)
    story.send("acknowledgement")
    story.send("progress", part_id="township", part_outcome=coded("part_outcome", "PASSED"))

    assert said(story).startswith("第 2/3 部分:模拟federation,已送达办理地,等待受理")


def test_a_provisional_date_says_so():
    story = Story()
    clock = replace(story.clock("PUSH"), provisional=True, due_on=date(2027, 1, 4))
    story.case = replace(story.case, clocks=(clock,))

    assert "2027 年 1 月 4 日前推送" in said(story)
    assert "暂定" in said(story)


@pytest.mark.parametrize("kind", [None, *get_args(ClockKind)])
def test_every_status_with_every_clock_has_words(kind):
    clock = Clock(
        kind=kind or "PUSH",
        owner="HANDLING",
        part_id="main",
        region="150000",
        calendar="150000@2026.1",
        limit=3,
        unit="CALENDAR_DAY",
        started_at=START,
        due_on=TODAY + timedelta(days=3),
        provisional=False,
    )
    story = Story()
    for status in get_args(PartStatus):
        story.at_status(status)
        story.case = replace(story.case, clocks=(clock,) if kind else ())
        words = said(story)

        assert words.endswith("。")
        assert status not in words
        assert (f"{HANDLER}须在" in words) is (kind is not None), words
        assert ("还剩 3 天" in words) is (kind is not None), words


# --- the timeline ---------------------------------------------------------------------------


def example(name: str) -> dict:
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "application",
            "2026-03-02 09:14 收件地(模拟·沾益区模拟街道便民服务中心):"
            "提交申请:残疾人两项补贴资格认定申请(模拟编码),材料 3 份",
        ),
        ("acknowledgement", "2026-03-03 09:02 办理地(模拟·红山区民政局):回执:已收到"),
        (
            "correction_request",
            "2026-03-05 10:20 办理地(模拟·红山区民政局):一次性告知补正 2 项(第 1 轮)",
        ),
        (
            "correction",
            "2026-03-06 11:05 收件地(模拟·沾益区模拟街道便民服务中心):补正 2 项,材料 1 份",
        ),
        ("acceptance", "2026-03-06 16:30 办理地(模拟·红山区民政局):受理"),
        ("progress", "2026-03-11 15:00 办理地(模拟·红山区民政局):县级残联审核(模拟):通过"),
        ("decision", "2026-03-17 17:10 办理地(模拟·红山区民政局):办结:准予或合格"),
        (
            "notification",
            "2026-03-18 10:00 收件地(模拟·沾益区模拟街道便民服务中心):已告知申请人:结果",
        ),
        (
            "transfer",
            "2026-03-04 09:30 办理地(模拟·红山区民政局):转办至内蒙古自治区赤峰市元宝山区:户籍迁移",
        ),
        (
            "progress_part",
            "2026-03-05 14:00 办理地(模拟·红山区民政局):乡镇(街道)初审(模拟):本部分通过",
        ),
    ],
)
def test_a_message_is_one_line(name, text):
    assert timeline_entry(example(name), case=Story().case, applied=True)["text"] == text


def test_what_was_not_applied_says_so():
    entry = timeline_entry(example("decision"), case=Story().case, applied=False)

    assert entry["what"].endswith("(已收下,尚未生效)")
    assert entry["applied"] is False


def test_a_sender_without_a_body_is_named_by_its_connection_or_place():
    document = example("acceptance")
    del document["sender"]["body"]
    story = Story()

    assert timeline_entry(document, case=story.case, applied=True)["who"] == HANDLER


def test_every_example_has_a_line_without_personal_values():
    kinds = set()
    for file in sorted(EXAMPLES.glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        if "kind" not in document:
            continue
        entry = timeline_entry(document, case=Story().case, applied=True)
        kinds.add(document["kind"])
        for personal in ("其其格", "乌兰", "990002", "00000000001", "模拟窗口员", "模拟经办人"):
            assert personal not in entry["text"], file.name
        assert document["kind"] not in entry["what"]
    assert kinds == set(get_args(MessageKind))
