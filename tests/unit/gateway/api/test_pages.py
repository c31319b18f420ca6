"""
Pages to print, over a socket: who gets them, what a browser may do with them.
"""

import json

import pytest

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
