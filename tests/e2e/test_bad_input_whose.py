"""
Whose token, whose case, whose step: who may not is refused alike, and learns nothing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.door import ID_NUMBER, Door, nothing_personal, nothing_stored
from tests.e2e.native import (
    JSON,
    STRANGER,
    WINDOW,
    a_message,
    an_application,
    assert_refused,
    open_native,
    put,
    submit,
)

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("bad-input-whose"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with open_native(tmp_path_factory.mktemp("whose")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case(door: Door) -> str:
    """A case of the window, taken in."""
    reply = await submit(door, an_application())
    assert reply.status == 202, reply.body
    return str(reply.json["case_number"])


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def private(door: Door) -> AsyncIterator[None]:
    async with nothing_personal(door):
        yield


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        (None, 401, "access_denied"),
        ("Bearer nonsense", 401, "access_denied"),
        (f"Basic {ID_NUMBER}", 401, "access_denied"),
    ],
)
async def test_who_cannot_be_known_is_refused(
    door: Door, authorization: str | None, status: int, code: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    async with nothing_stored(door):
        reply = await door.ask(
            "POST",
            "/v1/cases",
            json.dumps(an_application()).encode(),
            Content_Type=JSON,
            Idempotency_Key="k",
            **headers,
        )

    assert_refused(reply, status, code)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("by", [STRANGER, "operator"])
async def test_the_token_of_another_province_or_role_is_refused(door: Door, by: str) -> None:
    async with nothing_stored(door):
        reply = await submit(door, an_application(), by=by)

    assert_refused(reply, 403, "forbidden")


async def test_a_sender_of_another_province_than_the_token_is_refused(door: Door) -> None:
    async with nothing_stored(door):
        reply = await submit(door, an_application(put("sender/province", "440000")))

    assert_refused(reply, 403, "forbidden")


async def test_a_case_that_is_not_theirs_is_answered_like_an_absent_one(
    door: Door, case: str
) -> None:
    absent = "TB-20260302-530303-T09999-8"
    asked: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("GET", "/messages", None),
        ("GET", "/lineage", None),
        ("POST", "/messages", "progress"),
    ]
    for method, tail, kind in asked:
        told = []
        for number in (case, absent):
            data = None
            if kind is not None:
                data = json.dumps(a_message(kind, number, by=STRANGER)).encode()
            async with nothing_stored(door):
                reply = await door.ask(
                    method, f"/v1/cases/{number}{tail}", data, by=STRANGER, Content_Type=JSON
                )
            assert_refused(reply, 404, "not_found")
            said = reply.json
            assert said.pop("instance") == f"/v1/cases/{number}{tail}"
            del said["trace_id"]
            fields = {k: v for k, v in reply.headers.items() if k not in ("Date", "traceparent")}
            fields["Content-Length"] = str(len(reply.body) - len(number))
            told.append((reply.status, said, fields))
        assert told[0] == told[1]


async def test_a_step_that_can_never_be_legal_is_refused(door: Door, case: str) -> None:
    before = await door.ask("GET", f"/v1/cases/{case}", by=WINDOW)
    for kind in ("decision", "acceptance"):
        document = a_message(kind, case, by=WINDOW)
        document["in_reply_to"] = "yn-1"
        async with nothing_stored(door):
            reply = await submit(door, document, path=f"/v1/cases/{case}/messages")
        assert_refused(reply, 409, "transition_not_allowed")

    after = await door.ask("GET", f"/v1/cases/{case}", by=WINDOW)
    assert after.json["timeline"] == before.json["timeline"]


async def test_another_case_number_in_the_document_than_in_the_address_is_refused(
    door: Door, case: str
) -> None:
    document = a_message("withdrawal", "TB-20260302-530303-T00017-T", by=WINDOW)
    async with nothing_stored(door):
        reply = await submit(door, document, path=f"/v1/cases/{case}/messages")

    assert_refused(reply, 422, "invalid_document", {"case_number.differs"})
