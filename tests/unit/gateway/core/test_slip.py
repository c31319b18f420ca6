"""
The slip for paper on its way: one code, what is inside, nothing about a person.
"""

import json
from urllib.parse import unquote

import pytest
import segno
from lxml import html

from gateway.core.printing.handover import Slip, names_of, slip_page
from tests.story import EXAMPLES

EVIL = '"><script>alert(1)</script>'


def document(kind):
    return json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))


@pytest.fixture
def application():
    return document("application")


@pytest.fixture
def handover():
    return document("handover")


def tree(handover, application):
    slip = Slip(handover=handover, documents=(application, handover), environment="test")
    return html.document_fromstring(slip_page(slip))


def test_the_slip_bears_one_code_that_is_the_handovers(handover, application, monkeypatch):
    made, real = [], segno.make
    monkeypatch.setattr(segno, "make", lambda code, **how: made.append(code) or real(code, **how))

    page = tree(handover, application)

    assert made == [handover["body"]["handover_code"]]
    assert page.find_class("number")[0].text == made[0]
    assert len(list(page.iter("img"))) == 1
    assert page.find_class("lead")[0].text == "内装材料 1 件。"
    assert "寄出" in page.text_content()


def test_a_sensitive_title_is_hidden_even_when_another_message_names_it(handover, application):
    inside = next(m for m in application["body"]["materials"] if m["material_id"] == "m-2")
    inside |= {"name": "敏感标题", "sensitive_title": True}
    again = {"kind": "correction", "body": {"materials": [{**inside, "sensitive_title": False}]}}

    assert "敏感标题" not in tree(handover, application).text_content()
    assert names_of((application, again))["m-2"] == "名称不便显示的材料"


def test_an_ordinary_title_is_named(handover, application):
    inside = next(m for m in application["body"]["materials"] if m["material_id"] == "m-2")
    inside |= {"name": "模拟低保证", "sensitive_title": False}

    assert "模拟低保证" in tree(handover, application).text_content()


def test_no_person_no_waybill_and_no_case_stands_on_the_outside(handover, application):
    page = unquote(html.tostring(tree(handover, application), encoding="unicode"))

    for secret in (
        application["body"]["applicant"]["name"],
        application["body"]["applicant"]["id_number"],
        handover["body"]["delivery"]["waybill"],
        handover["body"]["delivery"]["recipient"],
        handover["case_number"],
    ):
        assert secret not in page


def test_no_text_becomes_markup(handover, application):
    handover["body"]["handover_code"] = EVIL
    application["body"]["materials"][1] |= {"name": EVIL, "sensitive_title": False}

    assert not list(tree(handover, application).iter("script"))
