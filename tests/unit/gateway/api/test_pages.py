"""
Pages to print, over a socket: who gets them, what a browser may do with them.
"""

import json

import pytest

from gateway.api import models
from tests.unit.gateway.api.documents import a_later_message
from tests.unit.gateway.api.test_case_routes import Client


@pytest.fixture
async def window(serve, token):
    return Client(await serve(), await token("partner", "530303-window"))


async def test_a_receipt_is_a_page_that_may_load_nothing(window):
    number = await window.opened()

    status, body, headers = await window.ask("GET", f"/v1/cases/{number}/receipt?print=large")

    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert number in body.decode()
    assert 'class="large"' in body.decode()


async def test_a_foreign_case_has_no_receipt(window, token):
    number = await window.opened()
    stranger = Client(window.server, await token("partner", "310000"))

    status, _, _ = await stranger.ask("GET", f"/v1/cases/{number}/receipt")

    assert status == 404


async def test_a_step_that_was_not_reached_has_no_receipt(window):
    number = await window.opened()

    status, body, _ = await window.ask("GET", f"/v1/cases/{number}/receipt?kind=decided")

    assert status == 400
    assert [one["rule"] for one in json.loads(body)["errors"]] == ["receipt.not_yet"]


async def test_a_receipt_leaves_a_leaf(window, gw):
    number = await window.opened()
    await window.ask("GET", f"/v1/cases/{number}/receipt")

    leaves = [json.loads(data) for _, data in await gw.store.leaves()]

    assert [one["purpose"] for one in leaves if one["event"] == "case.read"] == ["receipt"]


async def test_a_case_says_what_to_tell_the_applicant(window):
    number = await window.opened()

    _, body, _ = await window.ask("GET", f"/v1/cases/{number}")

    told = json.loads(body)["applicant"]
    assert told["ways"] == ["SMS"]
    assert told["telephone"].startswith("您的申请材料已经收下")
    assert all(len(part) <= 70 for part in told["sms"])


ASKED = {
    "catalogue_code": "000599999000",
    "handling_place": "150402000000",
    "receiving_place": "530303990000",
    "application_date": "2026-03-02",
    "subsidy_kinds": ["CARE"],
    "on_minimum_allowance": False,
    "by_agent": False,
    "child": False,
}


async def test_a_precheck_says_in_one_answer_what_remains(window):
    status, body, _ = await window.ask("POST", "/v1/precheck", ASKED)

    assert status == 200
    found = models.Precheck.model_validate_json(body)
    assert [gap.code for gap in found.gaps if gap.to_bring] == ["bank_account"]
    assert (found.zero.materials, found.zero.visits) == (False, 0)
    assert "disability_certificate" in found.fetched


async def test_the_notice_is_a_page_and_stores_nothing(window, gw):
    before = len(await gw.store.leaves())

    status, body, headers = await window.ask("POST", "/v1/precheck/notice?print=large", ASKED)

    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "一次性告知单" in body.decode()
    assert "云南省曲靖市沾益区" in body.decode()
    assert len(await gw.store.leaves()) == before


async def test_a_notice_of_an_unknown_item_is_refused_with_the_reason(window):
    wrong = {**ASKED, "catalogue_code": "999999999999"}

    status, body, _ = await window.ask("POST", "/v1/precheck/notice", wrong)

    assert status == 422
    assert [one["rule"] for one in json.loads(body)["errors"]] == ["item.unknown"]


async def test_a_handover_has_a_slip_for_the_parties_alone(window, token):
    number = await window.opened()
    path = f"/v1/cases/{number}/handover"
    assert (await window.ask("GET", path))[0] == 404
    body = {
        "handover_code": "MN-LZ-0001",
        "event": {"code": "DISPATCHED", "list": "handover_event"},
        "happened_at": "2026-03-04T16:00:00+08:00",
    }
    message = a_later_message("handover", body, case_number=number)
    message["sender"] = {"system": "530303-window", "province": "530000", "role": "RECEIVING"}
    status, answer, _ = await window.ask("POST", f"/v1/cases/{number}/messages", message)
    assert status == 202, answer

    status, page, _ = await window.ask("GET", path)
    stranger = Client(window.server, await token("partner", "310000"))

    assert status == 200
    assert "MN-LZ-0001" in page.decode()
    assert (await window.ask("GET", f"{path}?code=MN-LZ-9999"))[0] == 404
    assert (await stranger.ask("GET", path))[0] == 404
