"""
Cases over the API: taking in, repeating, refusing, reading; who sees what.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.api import models
from tests.unit.gateway.api.documents import a_later_message, an_application


class Client:
    """A system that speaks to the API."""

    def __init__(self, server, token):
        self.server, self.token = server, token

    async def ask(self, method, path, document=None, *, raw=None, **headers):
        fields = {"Authorization": f"Bearer {self.token}"}
        if document is not None or raw is not None:
            fields["Content-Type"] = "application/json"
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        data = json.dumps(document).encode() if raw is None and document is not None else raw
        async with self.server.client.request(
            method, self.server.url + path, data=data, headers=fields
        ) as response:
            return response.status, await response.read(), response.headers

    async def submit(self, document=None, key="k-1", **more):
        return await self.ask(
            "POST", "/v1/cases", document or an_application(), Idempotency_Key=key, **more
        )

    async def opened(self, **changes):
        status, body, _ = await self.submit(
            an_application(**changes), key=changes.get("message_id", "k")
        )
        assert status == 202, body
        return json.loads(body)["case_number"]


@pytest.fixture
async def window(serve, token):
    return Client(await serve(), await token("partner", "530303-window"))


@pytest.fixture
async def place(window, token):
    return Client(window.server, await token("partner", "150000"))


@pytest.fixture
async def stranger(window, token):
    return Client(window.server, await token("partner", "310000"))


@pytest.fixture
async def operator(window, token):
    return Client(window.server, await token("operator"))


def _rules(body):
    return [item["rule"] for item in json.loads(body).get("errors", [])]


async def _events(gw):
    return [json.loads(data)["event"] for _, data in await gw.store.leaves()]


# --- taking in ------------------------------------------------------------------------------


async def test_an_application_is_answered_with_a_receipt_and_its_address(window):
    status, body, headers = await window.submit()

    receipt = models.Receipt.model_validate_json(body)
    assert status == 202
    assert headers["Location"] == f"/v1/cases/{receipt.case_number}"
    assert receipt.case_number.split("-")[3].startswith("T")
    assert (receipt.status, receipt.applied) == ("COLLECTED", True)
    assert "Idempotency-Replayed" not in headers


async def test_a_repeat_gets_the_first_answer_byte_for_byte(window):
    _, first, _ = await window.submit()

    status, again, headers = await window.submit()

    assert (status, again) == (202, first)
    assert headers["Idempotency-Replayed"] == "true"


async def test_the_same_key_with_other_content_is_refused(window):
    await window.submit()

    status, body, _ = await window.submit(an_application(message_id="yn-2"))

    assert (status, json.loads(body)["code"]) == (422, "message_id_reused")


async def test_the_same_key_of_another_system_is_another_key(window, stranger):
    await window.submit(key="same")
    document = an_application(
        sender={"system": "310000", "province": "310000", "role": "RECEIVING"}
    )

    status, body, headers = await stranger.submit(document, key="same")

    assert status == 202, body
    assert "Idempotency-Replayed" not in headers


async def test_without_an_idempotency_key_nothing_is_taken_in(window, gw):
    status, body, _ = await window.ask("POST", "/v1/cases", an_application())

    assert status == 400
    assert _rules(body) == ["idempotency_key.missing"]
    assert "message.received" not in await _events(gw)


@pytest.mark.parametrize("key", ["", "x" * 201, "with space"])
async def test_a_key_of_another_form_is_refused(window, key):
    status, body, _ = await window.submit(key=key)

    assert status == 400
    assert _rules(body) == ["idempotency_key.form"]


async def test_the_same_request_in_flight_is_told_to_wait(window):
    window.server.services.in_flight.add(("530303-window", "k-1"))

    status, body, headers = await window.submit()

    assert (status, json.loads(body)["code"]) == (409, "in_flight")
    assert headers["Retry-After"] == "1"


async def test_of_many_at_once_with_one_key_one_case_comes(window, gw):
    answers = await asyncio.gather(*(window.submit() for _ in range(12)))

    receipts = {body for status, body, _ in answers if status == 202}
    assert len(receipts) == 1
    assert {status for status, _, _ in answers} <= {202, 409}
    assert (await gw.store.counts())["cases"] == 1
    assert window.server.services.in_flight == set()


async def test_a_dry_run_stores_nothing(window, gw):
    status, body, _ = await window.ask("POST", "/v1/cases?dry_run=1", an_application())

    assert status == 200
    assert models.Rehearsal.model_validate_json(body).dry_run is True
    assert (await gw.store.counts())["cases"] == 0
    assert "message.received" not in await _events(gw)


async def test_a_byte_order_mark_and_another_charset_are_read(window):
    raw = b"\xef\xbb\xbf" + json.dumps(an_application()).encode()
    status, body, _ = await window.ask("POST", "/v1/cases", raw=raw, Idempotency_Key="bom")
    assert status == 202, body

    document = an_application(message_id="yn-gbk")
    raw = json.dumps(document, ensure_ascii=False).encode("gb18030")
    status, body, _ = await window.ask(
        "POST",
        "/v1/cases",
        raw=raw,
        Idempotency_Key="gbk",
        Content_Type="application/json; charset=GBK",
    )
    assert status == 202, body


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"a":1,"a":2}', "application/json"),
        (b'{"a":NaN}', "application/json"),
        (b'{"a":"\xd5\xc5"}', "application/json"),
        (b"{}", "text/plain"),
        (b"{}", "application/json; charset=koi8-r"),
        (b'{"a":"\xff\xff"}', "application/json; charset=gbk"),
        (b"[" * 100_000, "application/json"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_leaves_a_leaf(window, gw, raw, media_type):
    status, body, _ = await window.ask(
        "POST", "/v1/cases", raw=raw, Idempotency_Key="k", Content_Type=media_type
    )

    assert (status, json.loads(body)["code"]) == (400, "unreadable")
    assert (await _events(gw))[-1] == "message.refused"
    assert (await gw.store.counts())["cases"] == 0


async def test_a_wrong_document_is_told_everything_at_once(window):
    document = an_application()
    document["body"]["applicant"]["name"] = "x" * 101
    document["surplus"] = 1
    del document["occurred_at"]

    status, body, _ = await window.submit(document)

    assert status == 422
    assert len(json.loads(body)["errors"]) == 3


async def test_a_document_may_not_claim_another_sender(window):
    sender = {"system": "310000", "province": "310000", "role": "RECEIVING"}

    status, body, _ = await window.submit(an_application(sender=sender))

    assert (status, json.loads(body)["code"]) == (403, "forbidden")


async def test_a_later_message_is_taken_in_once_under_its_case(window, place):
    number = await window.opened()
    message = a_later_message(
        "acceptance", {"result": {"code": "ACCEPTED", "list": "acceptance_result"}}
    )

    first = await place.ask("POST", f"/v1/cases/{number}/messages", message)
    again = await place.ask("POST", f"/v1/cases/{number}/messages", message)

    receipt = models.Receipt.model_validate_json(first[1])
    assert (receipt.case_number, receipt.arrival, receipt.applied) == (number, 2, False)
    assert again[:2] == first[:2]
    assert again[2]["Idempotency-Replayed"] == "true"


async def test_the_case_of_the_address_and_of_the_document_are_one(window, place):
    number = await window.opened()
    message = a_later_message("progress", {"steps": []}, case_number="TB-20260302-530303-T00017-T")

    status, body, _ = await place.ask("POST", f"/v1/cases/{number}/messages", message)

    assert (status, _rules(body)) == (422, ["case_number.differs"])


# --- reading --------------------------------------------------------------------------------


async def test_a_party_reads_its_case_and_an_unchanged_one_is_not_sent_again(window):
    number = await window.opened()

    status, body, headers = await window.ask("GET", f"/v1/cases/{number}")
    again, empty, _ = await window.ask("GET", f"/v1/cases/{number}", If_None_Match=headers["ETag"])

    assert status == 200
    assert models.Case.model_validate_json(body).case_number == number
    assert (again, empty) == (304, b"")


async def test_messages_and_lineage_have_their_published_shape(window):
    number = await window.opened()

    _, messages, _ = await window.ask("GET", f"/v1/cases/{number}/messages")
    _, lineage, _ = await window.ask("GET", f"/v1/cases/{number}/lineage")

    (item,) = models.Messages.model_validate_json(messages).items
    assert item.message.case_number == number
    assert models.Lineage.model_validate_json(lineage).items[0].kind == "application"


@pytest.mark.parametrize("path", ["", "/messages", "/lineage"])
async def test_a_foreign_case_is_answered_exactly_as_an_absent_one(window, stranger, path):
    number = await window.opened()
    trace = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-00"}

    foreign = await stranger.ask("GET", f"/v1/cases/{number}{path}", **trace)
    absent_number = number[:-1] + ("A" if number[-1] != "A" else "B")
    absent = await stranger.ask("GET", f"/v1/cases/{absent_number}{path}", **trace)

    assert foreign[0] == absent[0] == 404
    assert foreign[1].replace(number.encode(), b"N") == absent[1].replace(
        absent_number.encode(), b"N"
    )
    assert {n: v for n, v in foreign[2].items() if n not in ("traceparent", "Date")} == {
        n: v for n, v in absent[2].items() if n not in ("traceparent", "Date")
    }


async def test_a_foreign_case_takes_no_message(window, stranger, gw):
    number = await window.opened()
    message = a_later_message(
        "withdrawal", {}, sender={"system": "310000", "province": "310000", "role": "RECEIVING"}
    )

    status, _, _ = await stranger.ask("POST", f"/v1/cases/{number}/messages", message)

    assert status == 404
    assert (await gw.store.case(number)).arrivals == 1


async def test_lists_hold_ones_own_cases_only(window, place, stranger, operator):
    number = await window.opened()

    for client, seen in (
        (window, [number]),
        (place, [number]),
        (stranger, []),
        (operator, [number]),
    ):
        for path in ("/v1/cases", "/v1/worklist"):
            _, body, _ = await client.ask("GET", path)
            page = models.CasePage.model_validate_json(body)
            if client is not operator or path == "/v1/cases":
                assert [line.case_number for line in page.items] == seen, path


async def test_pages_follow_one_another_without_gap_or_repeat(window):
    numbers = {await window.opened(message_id=f"m{n}") for n in range(5)}
    path, seen = "/v1/cases?limit=2", []
    while path:
        _, body, headers = await window.ask("GET", path)
        page = models.CasePage.model_validate_json(body)
        seen += [line.case_number for line in page.items]
        link = headers.get("Link")
        path = link[1 : link.index(">")] if link else None
        assert (page.next is None) == (path is None)

    assert len(seen) == 5
    assert set(seen) == numbers


async def test_a_cursor_of_somebody_else_opens_nothing(window, stranger):
    for n in range(2):
        await window.opened(message_id=f"m{n}")
    _, body, _ = await window.ask("GET", "/v1/cases?limit=1")
    cursor = json.loads(body)["next"]

    for wrong in (cursor, "abc", json.loads(body)["items"][0]["case_number"], "%00"):
        status, problem, _ = await stranger.ask("GET", f"/v1/cases?cursor={wrong}")
        assert (status, _rules(problem)) == (400, ["query.invalid"])


@pytest.mark.parametrize(
    ("query", "rules"),
    [
        ("colour=red", ["query.unknown"]),
        ("limit=0", ["query.invalid"]),
        ("limit=201", ["query.invalid"]),
        ("status=nonsense", ["query.invalid"]),
        ("due_before=tomorrow", ["query.invalid"]),
        ("limit=1&limit=2", ["query.repeated"]),
        ("colour=red&limit=x", ["query.unknown", "query.invalid"]),
    ],
)
async def test_a_wrong_filter_is_refused_never_ignored(window, query, rules):
    status, body, _ = await window.ask("GET", f"/v1/cases?{query}")

    assert status == 400
    assert _rules(body) == rules


async def test_a_route_without_parameters_takes_none(window):
    status, body, _ = await window.ask("GET", "/v1/cases/TB-1?expand=1")

    assert (status, _rules(body)) == (400, ["query.unknown"])


async def test_the_catalogue_comes_once_and_then_only_its_version(window):
    _, body, _ = await window.ask("GET", "/v1/catalogue")
    full = models.Catalogue.model_validate_json(body)
    _, body, _ = await window.ask("GET", f"/v1/catalogue?since={full.version}")

    assert any(item.catalogue_code == "000599999000" for item in full.items)
    assert full.code_lists["sex"]
    assert json.loads(body) == {"version": full.version, "changed": False}


async def test_of_the_catalogue_only_what_changed_since_is_sent(window):
    _, body, _ = await window.ask("GET", "/v1/catalogue")
    full = json.loads(body)
    first, *others = full["version"].split("-")
    stale = "-".join(["0" * len(first), *others])
    _, body, _ = await window.ask("GET", f"/v1/catalogue?since={stale}")
    part = json.loads(body)

    assert (part["sections"], part["version"]) == (["items"], full["version"])
    assert part["items"] == full["items"]
    assert not {"forms", "code_lists", "materials", "bodies"} & part.keys()
    _, body, _ = await window.ask("GET", "/v1/catalogue?since=of-another-shape")
    assert json.loads(body) == full


async def test_a_cached_catalogue_is_confirmed_by_its_tag(window):
    _, _, headers = await window.ask("GET", "/v1/catalogue")
    status, body, again = await window.ask("GET", "/v1/catalogue", If_None_Match=headers["ETag"])

    assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])


async def test_the_catalogue_brings_the_form_of_every_complete_item(window):
    _, body, _ = await window.ask("GET", "/v1/catalogue")
    full = models.Catalogue.model_validate_json(body)
    forms = {one.form_id: one.form_schema for one in full.forms}

    complete = [one for one in full.items if one.detail == "complete"]
    assert {one.form_id for one in complete} == forms.keys()
    assert forms["temporary_assistance"]["properties"]["emergency"]["title"] == "急难情形"
    assert {one.code for one in full.materials} >= {"hiv_diagnosis", "photos"}
