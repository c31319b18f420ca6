"""Bundles over the API: taking in, repeating, refusing, tracking."""

from __future__ import annotations

import copy
import json

import pytest

from gateway.api import models
from tests.unit.gateway.api.documents import an_application
from tests.unit.gateway.api.test_case_routes import Client


@pytest.fixture
async def window(serve, token):
    return Client(await serve(), await token("partner", "530303-window"))


def a_bundle(**changes):
    """Two applications of one person, as one document."""
    application = an_application()
    body = application["body"]
    case = {"item": application["item"], "mode": body["mode"]}
    envelope = ("format_version", "environment", "data_version", "sender", "occurred_at")
    return {
        **{name: application[name] for name in envelope},
        "document": "bundle",
        "message_id": "b-1",
        "theme": {"list": "bundle_theme", "code": "DISABILITY_SUPPORT"},
        **{name: body[name] for name in ("receiving_place", "dates", "applicant")},
        "cases": [case, copy.deepcopy(case)],
        **changes,
    }


async def post(window, document, key="k-1"):
    fields = {} if key is None else {"Idempotency_Key": key}
    return await window.ask("POST", "/v1/bundles", document, **fields)


async def test_a_bundle_is_answered_with_its_number_and_tracked_under_it(window):
    status, body, headers = await post(window, a_bundle())
    assert status == 202, body
    receipt = models.BundleReceipt.model_validate_json(body)
    assert headers["Location"] == f"/v1/bundles/{receipt.bundle_number}"

    status, body, _ = await window.ask("GET", headers["Location"])
    seen = models.BundleView.model_validate_json(body)
    assert (status, seen.total, seen.finished) == (200, 2, 0)
    assert [one.case_number for one in seen.cases] == [one.case_number for one in receipt.cases]
    assert seen.theme_zh == "扶残助困"

    again, repeated, headers = await post(window, a_bundle())
    assert (again, headers["Idempotency-Replayed"]) == (202, "true")
    assert json.loads(repeated)["bundle_number"] == receipt.bundle_number


async def test_strangers_and_missing_keys_are_refused(window, token):
    _, body, _ = await post(window, a_bundle())
    number = json.loads(body)["bundle_number"]
    stranger = Client(window.server, await token("partner", "310000"))

    assert (await stranger.ask("GET", f"/v1/bundles/{number}"))[0] == 404
    assert (await post(stranger, a_bundle()))[0] == 403
    status, body, _ = await post(window, a_bundle(), key=None)
    assert (status, json.loads(body)["errors"][0]["rule"]) == (
        400,
        "idempotency_key.missing",
    )


async def test_one_wrong_case_keeps_all_out_and_is_named(window):
    document = a_bundle()
    document["cases"][1]["item"] = {"catalogue_code": "999999999999", "name": "模拟"}
    status, body, _ = await post(window, document)

    assert status == 422, body
    assert {one["pointer"].split("/")[2] for one in json.loads(body)["errors"]} == {"1"}
    assert json.loads((await window.ask("GET", "/v1/cases"))[1])["items"] == []
