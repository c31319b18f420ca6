"""
The receipt as a page: what stands on it, what never does, and that no text becomes markup.
"""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import unquote

import pytest
import segno
from lxml import html

from contracts.catalogue import item
from gateway.core.printing.receipt import Receipt, kinds_due, latest_decision, receipt_page
from tests.story import EXAMPLES, SECOND_START, START, Story

EVIL = '"><script>alert(1)</script><img src=//x onerror=y>&amp;\x00'
HEADINGS = {
    "accepted": ["最晚什么时候", "您要做什么", "收到的材料", "接下来", "到哪里问"],
    "delivered": ["最晚什么时候", "您要做什么", "收到的材料", "接下来", "到哪里问"],
    "decided": ["最晚什么时候", "您要做什么", "决定", "不服怎么办", "接下来", "到哪里问"],
}


def document(kind):
    return json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))


def a_receipt(kind, *, start=START, **change):
    story = Story(start=start)
    if kind != "accepted":
        story.send("acknowledgement")
    if kind == "decided":
        story.send("decision")
    made = Receipt(
        kind=kind,
        case=story.case,
        item=item("000599999000", date(2026, 3, 2)),
        application=document("application"),
        decision=document("decision") if kind == "decided" else None,
        today=start.date(),
    )
    return replace(made, **change)


def tree(receipt):
    return html.document_fromstring(receipt_page(receipt))


def text(receipt):
    return tree(receipt).text_content()


@pytest.mark.parametrize("kind", HEADINGS)
def test_a_receipt_says_number_dates_and_what_happens_next(kind):
    receipt = a_receipt(kind)
    page = tree(receipt)

    assert [one.text for one in page.iter("h2")] == HEADINGS[kind]
    assert page.find_class("number")[0].text == receipt.case.number
    assert "12345" in page.text_content()
    assert "2026 年 3 月 2 日" in page.text_content()


def test_due_dates_stand_on_it_and_provisional_ones_say_so():
    assert "最晚在 3 月 5 日把材料送到办理地，还有 3 个工作日" in text(a_receipt("accepted"))
    late = a_receipt("delivered", start=SECOND_START, today=date(2026, 12, 28))
    assert "暂定" in text(replace(late, case=waiting_long(late.case)))


def waiting_long(case):
    clocks = [replace(c, due_on=date(2027, 1, 7), provisional=True) for c in case.clocks]
    return replace(case, clocks=tuple(clocks))


def test_a_decision_names_its_remedies():
    said = text(a_receipt("decided"))

    assert "收到决定之日起 60 日内可以行政复议，向模拟·赤峰市红山区人民政府提出" in said
    assert "6 个月内可以行政诉讼" in said
    bare = document("decision")
    del bare["body"]["remedies"]
    assert "以决定书为准" in text(a_receipt("decided", decision=bare))


def test_sensitive_titles_are_counted_and_never_named():
    application = document("application")
    application["body"]["materials"][0] |= {"name": "敏感标题某某", "sensitive_title": True}

    said = text(a_receipt("accepted", application=application))

    assert "敏感标题" not in said
    assert "名称不便显示的材料" in said


def test_a_title_the_catalogue_marks_is_hidden_though_its_sender_did_not():
    application = document("application")
    material = application["body"]["materials"][0]
    material |= {"name": "敏感标题某某", "sensitive_title": False}
    receipt = a_receipt("accepted", application=application)
    assert "敏感标题" in text(receipt)

    marked = [
        one.model_copy(update={"sensitive": one.code == material["code"]["code"]})
        for one in receipt.item.materials
    ]
    secret = receipt.item.model_copy(update={"materials": tuple(marked)})

    assert "敏感标题" not in text(replace(receipt, item=secret))


def test_nobody_is_named():
    application = document("application")
    person = application["body"]["applicant"]

    said = receipt_page(a_receipt("accepted"))

    assert not [value for value in (person["name"], person["id_number"]) if value in said]


def test_test_and_simulation_are_marked_and_production_is_not():
    assert [one.text[:4] for one in tree(a_receipt("accepted")).find_class("mark")] == [
        "测试环境",
        "模拟：其",
    ]
    application = document("application")
    del application["simulation_mark"]
    real = a_receipt("accepted", application=application)
    assert not tree(replace(real, case=replace(real.case, environment="production"))).find_class(
        "mark"
    )


@pytest.mark.parametrize("kind", HEADINGS)
def test_no_text_becomes_markup_and_nothing_is_loaded(kind):
    application, decision = document("application"), document("decision")
    application["body"]["materials"][0] |= {"name": EVIL, "sensitive_title": False}
    application["trace_id"] = EVIL
    for name in ("wording", "document_no", "legal_basis", "reason"):
        decision["body"][name] = EVIL
    decision["body"]["remedies"][0]["body_name"] = EVIL

    page = tree(a_receipt(kind, application=application, decision=decision))

    assert not list(page.iter("script", "link", "iframe", "object"))
    assert [one.get("src")[:19] for one in page.iter("img")] == ["data:image/svg+xml;"[:19]]
    assert not [name for one in page.iter() for name in one.attrib if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.text_content()


def test_large_type_changes_the_size_and_no_word():
    normal, large = a_receipt("accepted"), a_receipt("accepted", large=True)

    assert tree(large).get("class") == "large"
    assert tree(normal).get("class") is None
    assert text(large) == text(normal)


def test_the_code_carries_the_number_and_nothing_else(monkeypatch):
    made = []
    real = segno.make
    monkeypatch.setattr(segno, "make", lambda code, **how: made.append(code) or real(code, **how))
    receipt = a_receipt("accepted")
    receipt_page(receipt)

    assert made == [receipt.case.number]


def test_receipts_come_with_the_steps_of_the_case():
    story = Story()
    assert kinds_due(story.case) == ("accepted",)
    story.send("acknowledgement")
    assert kinds_due(story.case) == ("accepted", "delivered")
    story.send("decision")
    assert kinds_due(story.case) == ("accepted", "delivered", "decided")


def test_the_last_decision_counts_and_a_refusal_to_accept_is_one():
    accepted, refused = document("acceptance"), document("acceptance")
    refused["body"]["result"]["code"] = "NOT_ACCEPTED"
    first, second = document("decision"), document("decision")

    assert latest_decision([accepted]) is None
    assert latest_decision([refused]) is refused
    assert latest_decision([first, second]) is second


def test_a_withdrawn_case_has_no_decision_to_keep():
    ended = a_receipt("decided", decision=None)
    ended = replace(ended, case=Story().at_status("WITHDRAWN", turn=None).case)

    assert "请收好决定书" not in text(ended)
    assert "您的申请已经撤回" in text(ended)


def test_the_time_of_delivery_is_beijing_time():
    delivered = a_receipt("delivered")
    at = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    holder = replace(delivered.case.holders[-1], from_at=at)

    assert "2026 年 3 月 3 日 07:30" in text(
        replace(delivered, case=replace(delivered.case, holders=(holder,)))
    )


def test_collected_is_not_called_accepted():
    collected = a_receipt("accepted")
    assert tree(collected).find(".//h1").text == "收件回执"
    accepted = replace(collected, case=replace(collected.case, accepted_at_collection=True))
    assert tree(accepted).find(".//h1").text == "受理回执"


def test_the_page_is_whole():
    page = receipt_page(a_receipt("accepted"))

    assert page.startswith("<!DOCTYPE html>")
    # the one address in it names the SVG namespace inside of the data URI
    assert page.count("http") == 1
    assert unquote(page).count("http://www.w3.org/2000/svg") == 1
