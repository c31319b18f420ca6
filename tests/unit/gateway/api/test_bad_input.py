"""
Bad input over the native door: what is refused, what is taken in with a finding, and in what words.
"""

from __future__ import annotations

import copy
import json
import re

import pytest

from tests.unit.gateway.api.documents import a_later_message, an_application

CHINESE = re.compile(r"[一-鿿]")


def _put(path, value):
    def change(document):
        *way, last = path.split("/")
        for name in way:
            document = document.setdefault(name, {})
        document[last] = value

    return change


def _drop(path):
    def change(document):
        *way, last = path.split("/")
        for name in way:
            document = document[name]
        del document[last]

    return change


MATERIAL = {
    "material_id": "m1",
    "name": "残疾人证",
    "acquisition": {"code": "SCAN", "list": "material_acquisition"},
}
REFUSED = {
    "no identity": (_drop("message_id"), 422, "invalid_document"),
    "unknown kind": (_put("kind", "what_is_this"), 422, "invalid_document"),
    "no place to route by": (_drop("body/applicant/household_place"), 422, "unroutable"),
    "a place nobody serves": (
        _put("body/applicant/household_place", {"code": "659999000000", "county": "659999"}),
        422,
        "unroutable",
    ),
    "unknown item": (_put("item/catalogue_code", "000123456789"), 422, "invalid_document"),
    "item not yet offered": (
        _put("body/dates/application_date", "2019-05-06"),
        422,
        "invalid_document",
    ),
    "unknown material": (
        _put(
            "body/materials",
            [{**MATERIAL, "files": [{"digest": "0" * 64, "media_type": "x/y", "size": 1}]}],
        ),
        422,
        "invalid_document",
    ),
    "field too long": (_put("body/applicant/name", "甲" * 101), 422, "invalid_document"),
    "unknown field": (_put("body/applicant/colour", "red"), 422, "invalid_document"),
    "field of the gateway": (_put("arrival", 3), 422, "invalid_document"),
    "null": (_put("body/applicant/phone", None), 422, "invalid_document"),
    "control character": (_put("body/applicant/name", "甲\x00乙"), 422, "invalid_document"),
    "other environment": (_put("environment", "production"), 422, "invalid_document"),
}
TAKEN = {
    "no materials": (lambda document: None, None),
    "wrong check character": (
        _put("body/applicant/id_number", "990002201001010012"),
        "id_number.check",
    ),
    "unknown region": (
        _put("body/receiving_place", {"code": "539998000000", "county": "539998"}),
        "region.unknown",
    ),
}


@pytest.fixture
async def submit(serve, token):
    server = await serve()
    held = await token("partner", "530303-window")

    async def send(document=None, raw=None, path="/v1/cases", key="k"):
        headers = {
            "Authorization": f"Bearer {held}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        data = raw if raw is not None else json.dumps(document).encode()
        async with server.client.post(server.url + path, data=data, headers=headers) as response:
            return response.status, json.loads(await response.read())

    return send


def _assert_speaks(problem):
    """Chinese first, English beside it, and what to do next; so for every finding."""
    for name in ("title", "detail", "remedy"):
        assert CHINESE.search(problem[name]), problem
        assert problem[f"{name}_en"].isascii(), problem
    assert problem["side_zh"] in ("请求方", "网关", "办理地")
    for item in problem.get("errors", []):
        assert CHINESE.search(item["message"]), item
        assert not CHINESE.search(item["message_en"]), item


async def _nothing_stored(gw):
    counts = await gw.store.counts()
    return counts["cases"] == counts["deliveries"] == 0


@pytest.mark.parametrize("name", REFUSED)
async def test_refused_with_nothing_stored_and_told_what_to_do(submit, gw, name):
    change, status, code = REFUSED[name]
    document = copy.deepcopy(an_application())
    change(document)

    found, problem = await submit(document)

    assert (found, problem["code"]) == (status, code), problem
    _assert_speaks(problem)
    assert await _nothing_stored(gw)


@pytest.mark.parametrize(
    "raw", [b"hello", b"<a/>", b'{"kind":"a","kind":"b"}', b'{"a":NaN}', b"\xd6\xd0\xce\xc4"]
)
async def test_unreadable_with_nothing_stored_and_told_what_to_do(submit, gw, raw):
    found, problem = await submit(raw=raw)

    assert (found, problem["code"]) == (400, "unreadable")
    _assert_speaks(problem)
    assert await _nothing_stored(gw)


async def test_a_body_over_the_limit_is_told_the_limit(submit, gw):
    found, problem = await submit(raw=b" " * (1024 * 1024 + 1))

    assert (found, problem["code"]) == (413, "too_large")
    assert "1048576" in problem["detail"]
    _assert_speaks(problem)
    assert await _nothing_stored(gw)


@pytest.mark.parametrize("name", TAKEN)
async def test_taken_in_with_a_finding(submit, name):
    change, rule = TAKEN[name]
    document = copy.deepcopy(an_application())
    change(document)

    status, answer = await submit(document)

    assert status == 202, answer
    rules = {finding["rule"] for finding in answer["findings"]}
    assert rule is None or rule in rules, rules
    for finding in answer["findings"]:
        assert CHINESE.search(finding["message"])


async def test_a_step_that_can_never_be_legal_is_refused(submit, gw):
    _, answer = await submit(an_application())
    number = answer["case_number"]
    decision = a_later_message(
        "decision",
        {
            "decision_id": "d-1",
            "result": {"code": "APPROVED", "list": "decision_result"},
            "decided_at": "2026-03-03T09:00:00+08:00",
        },
        sender={"system": "530303-window", "province": "530000", "role": "RECEIVING"},
    )

    status, problem = await submit(decision, path=f"/v1/cases/{number}/messages", key="d")

    assert (status, problem["code"]) == (409, "transition_not_allowed"), problem
    _assert_speaks(problem)
    assert (await gw.store.case(number)).arrivals == 1


async def test_english_comes_first_when_asked_for(serve):
    server = await serve()

    async with server.client.get(
        f"{server.url}/v1/cases", headers={"Accept-Language": "en"}
    ) as response:
        problem = await response.json(content_type=None)

    assert response.headers["Content-Language"] == "en"
    assert problem["title"].isascii()
    assert CHINESE.search(problem["title_zh"])
