"""
A province calls in its own words: whose credential counts, what a no looks like, what is stored.
"""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from contracts.adapter import InboundDocument, InboundOperation, WireReply, WireRequest
from contracts.errors import AccessDenied, Unreadable


class Own:
    """A dialect: `POST /apply` and `GET /events` with an X-Key, `POST /push` with our token."""

    def __init__(self, system: str) -> None:
        self.system = system
        self.seen: list[WireRequest] = []

    def inbound(self, request: WireRequest) -> InboundOperation | None:
        self.seen.append(request)
        return {
            ("POST", "/apply"): InboundOperation("apply", "message"),
            ("POST", "/push"): InboundOperation("push", "message", bearer=True),
            ("GET", "/events"): InboundOperation("events", "mailbox"),
            ("GET", "/service"): InboundOperation("service", "contract"),
        }.get((request.method, request.path))

    def authenticate(self, operation: str, request: WireRequest, *, now: datetime) -> str:
        if request.headers.get("x-key") != "open":
            raise AccessDenied
        return self.system

    def decode(self, operation: str, request: WireRequest, *, system: str) -> InboundDocument:
        if request.body == b"broken":
            raise Unreadable("报文不是所声明的字符集")
        record = json.loads(request.body)
        return InboundDocument(
            kind="application",
            message_id=record["id"],
            data_version=1,
            record=record,
            raw=request.body,
            system=system,
        )

    def answer(self, operation: str, *, receipt) -> WireReply:
        return self._say({"code": "0", "no": receipt.get("case_number")})

    def refuse(self, operation: str, *, problem) -> WireReply:
        return self._say({"code": "9", "why": problem["code"], "msg": problem["title"]})

    def mailbox_cursor(self, operation: str, request: WireRequest) -> str:
        return request.query.get("after", "")

    def mailbox_reply(self, operation: str, *, payloads, cursor) -> WireReply:
        return self._say({"code": "0", "events": len(payloads), "next": cursor})

    def _say(self, body) -> WireReply:
        data = json.dumps(body, ensure_ascii=False).encode("gb18030")
        fields = {"Content-Type": "text/json; charset=GBK", "Connection": "close"}
        return WireReply(200, fields, data)


@pytest.fixture
async def shanghai(gw):
    adapter = Own("310000")
    gw.provinces.dialects["310000"] = adapter
    return adapter


@pytest.fixture
async def server(serve, shanghai):
    return await serve()


async def _call(server, method, path, data=None, code="310000", **headers):
    url = f"{server.url}/provinces/{code}{path}"
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    async with server.client.request(method, url, data=data, headers=fields) as response:
        raw = await response.read()
        return response, json.loads(raw.decode("gb18030"))


async def _leaves(gw):
    return [json.loads(data) for _, data in await gw.store.leaves()]


async def test_the_adapter_sees_the_request_as_it_came(server, shanghai):
    await _call(server, "GET", "/events?after=7&x=%E4%B8%AD", X_Key="open", X_More="A")

    (wire,) = shanghai.seen
    assert (wire.method, wire.path, wire.body) == ("GET", "/events", b"")
    assert wire.query == {"after": "7", "x": "中"}
    assert wire.headers["x-more"] == "A"


async def test_what_came_twice_cannot_mean_two_things(server, shanghai):
    await _call(server, "GET", "/events", X_Key="open")
    url = f"{server.url}/provinces/310000/events"
    fields = [("X-Key", "wrong"), ("X-Key", "open")]

    async with server.client.get(url, headers=fields) as response:
        body = json.loads((await response.read()).decode("gb18030"))
        assert body["why"] == "access_denied"
    async with server.client.get(f"{url}?after=1&after=2", headers={"X-Key": "open"}) as response:
        assert response.status == 400
    assert shanghai.seen[1].headers["x-key"] == "wrong, open"
    assert len(shanghai.seen) == 2


async def test_a_counterpart_fetches_its_mailbox_with_its_own_credential(server):
    response, body = await _call(server, "GET", "/events?after=7", X_Key="open")

    assert response.status == 200
    assert body == {"code": "0", "events": 0, "next": "7"}
    assert response.headers["Content-Type"] == "text/json; charset=GBK"


async def test_a_wrong_credential_is_refused_in_the_dialect_and_leaves_a_leaf(server, gw):
    response, body = await _call(server, "GET", "/events", X_Key="wrong")

    assert (body["code"], body["why"]) == ("9", "access_denied")
    assert response.status == 200
    (leaf,) = await _leaves(gw)
    assert (leaf["event"], leaf["purpose"]) == ("access.denied", "get_dialect")


async def test_where_our_token_decides_it_must_be_of_that_province(server, token):
    mine = await token("partner", "310000")
    theirs = await token("partner", "530303-window")
    operator = await token("operator")

    for held, why in (
        (None, "access_denied"),
        ("nonsense", "access_denied"),
        (theirs, "forbidden"),
        (operator, "forbidden"),
    ):
        fields = {"Authorization": f"Bearer {held}"} if held else {}
        _, body = await _call(server, "POST", "/push", b"broken", **fields)
        assert body["why"] == why
    _, body = await _call(server, "POST", "/push", b"broken", Authorization=f"Bearer {mine}")
    assert body["why"] == "unreadable"


async def test_our_token_does_not_stand_in_for_their_credential(server, token):
    mine = await token("partner", "310000")

    _, body = await _call(server, "POST", "/apply", b"{}", Authorization=f"Bearer {mine}")

    assert body["why"] == "access_denied"


async def test_what_cannot_be_decoded_is_refused_and_leaves_a_leaf(server, gw):
    _, body = await _call(server, "POST", "/apply", b"broken", X_Key="open")

    assert (body["why"], body["msg"]) == ("unreadable", "报文无法读取")
    leaf = (await _leaves(gw))[-1]
    assert (leaf["event"], leaf["purpose"]) == ("message.refused", "post_dialect.apply")
    assert leaf["actor"]["system"] == "310000"
    assert (await gw.store.counts())["cases"] == 0


async def test_an_error_nobody_expected_is_told_in_the_dialect_without_details(
    server, shanghai, logged
):
    _, body = await _call(server, "POST", "/apply", b'{"no_id": "canary"}', X_Key="open")

    assert (body["code"], body["why"]) == ("9", "internal")
    assert b"canary" not in logged.getvalue()


async def test_a_contract_is_read_without_a_credential(server):
    response, body = await _call(server, "GET", "/service")

    assert (response.status, body["code"]) == (200, "0")


async def test_an_unknown_province_or_operation_is_not_found(server):
    for code, path in (("440000", "/apply"), ("310000", "/nothing")):
        url = f"{server.url}/provinces/{code}{path}"
        async with server.client.post(url, data=b"x") as response:
            assert response.status == 404


async def test_a_dialect_body_over_its_limit_is_refused(serve, shanghai):
    server = await serve(dialect_body=100)

    async with server.client.post(
        f"{server.url}/provinces/310000/apply", data=b"x" * 101, headers={"X-Key": "open"}
    ) as response:
        assert response.status == 413


async def test_the_same_message_in_flight_is_told_to_wait_in_the_dialect(server):
    server.services.in_flight.add(("310000", "message:m-1:1"))

    response, body = await _call(server, "POST", "/apply", b'{"id": "m-1"}', X_Key="open")

    assert body["why"] == "in_flight"
    assert response.headers["Retry-After"] == "1"
