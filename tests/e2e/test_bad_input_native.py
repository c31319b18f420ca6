"""
Bad input in the national format, over real sockets against a whole gateway: what is refused stores
nothing and says in Chinese, with English beside it, what to do next; what is odd but not wrong is
taken in with a finding; and nothing personal comes back or gets into a log.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.door import (
    BODY_LIMIT,
    CHINESE,
    ID_NUMBER,
    NAME,
    Door,
    assert_unsaid,
    nothing_personal,
    nothing_stored,
)
from tests.e2e.native import (
    EXAMPLES,
    JSON,
    WINDOW,
    Change,
    a_material,
    a_message,
    all_of,
    an_application,
    assert_refused,
    drop,
    open_native,
    put,
    submit,
)

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("bad-input-native"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with open_native(tmp_path_factory.mktemp("native")) as opened:
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


# --- unreadable -----------------------------------------------------------------------------

GOOD = json.dumps(an_application(), ensure_ascii=False)
UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "not json": NAME.encode(),
    "xml": f"<a>{NAME}</a>".encode(),
    "an entity bomb": b'<!DOCTYPE a [<!ENTITY b "' + b"&c;" * 999 + b'">]><a>&b;</a>',
    "cut off": GOOD.encode()[:-40],
    "two documents": GOOD.encode() * 2,
    "a list": f"[{GOOD}]".encode(),
    "bytes of another character set": GOOD.encode("gbk"),
    "half a character": GOOD.encode()[:200] + b"\xe9\x87" + GOOD.encode()[200:],
    "NaN": GOOD.replace('"data_version": 1', '"data_version": NaN').encode(),
    "infinity": GOOD.replace('"data_version": 1', '"data_version": 1e999').encode(),
    "a key twice": GOOD.replace('"data_version": 1', '"kind": "decision"').encode(),
    "too deep": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "a number without end": b'{"a":' + b"9" * 5000 + b"}",
}
PUBLISHED = {path.stem: path.read_bytes() for path in (EXAMPLES / "unreadable").glob("*.json")}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_cannot_be_read_is_refused(door: Door, name: str) -> None:
    async with nothing_stored(door):
        reply = await submit(door, UNREADABLE[name])

    assert_refused(reply, 400, "unreadable")


@pytest.mark.parametrize("name", sorted(PUBLISHED))
async def test_the_published_unreadable_examples_are_refused(door: Door, name: str) -> None:
    async with nothing_stored(door):
        reply = await submit(door, PUBLISHED[name])

    assert_refused(reply, 400, "unreadable")


@pytest.mark.parametrize(
    "media_type", ["text/xml", "application/json; charset=utf-16", "application/json; charset=gbk"]
)
async def test_a_body_that_is_not_what_its_header_says_is_refused(
    door: Door, media_type: str
) -> None:
    async with nothing_stored(door):
        reply = await door.ask(
            "POST",
            "/v1/cases",
            b'{"a": "\xff\xff"}',
            by=WINDOW,
            Content_Type=media_type,
            Idempotency_Key="k",
        )

    assert_refused(reply, 400, "unreadable")


async def test_a_key_named_twice_is_named_in_the_answer(door: Door) -> None:
    reply = await submit(door, UNREADABLE["a key twice"])

    assert "kind" in reply.json["detail"]


# --- over the limit -------------------------------------------------------------------------


async def test_an_announced_body_over_the_limit_is_refused_before_it_is_read(door: Door) -> None:
    head = (
        f"POST /v1/cases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.tokens[WINDOW]}\r\n"
        f"Content-Type: {JSON}\r\nIdempotency-Key: k\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n"
    )
    async with nothing_stored(door):
        reply = await door.speak(head.encode())

    assert_refused(reply, 413, "too_large")
    assert str(BODY_LIMIT) in reply.json["detail"]


async def test_a_chunked_body_is_counted_as_it_comes(door: Door) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(BODY_LIMIT // 1024 + 1):
            yield NAME.encode() + b" " * 1024

    async with nothing_stored(door):
        reply = await submit(door, pieces())

    assert_refused(reply, 413, "too_large")


async def test_a_body_with_broken_chunks_is_refused(door: Door) -> None:
    head = (
        f"POST /v1/cases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.tokens[WINDOW]}\r\n"
        f"Content-Type: {JSON}\r\nIdempotency-Key: k\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\nZZ\r\n"
    )
    async with nothing_stored(door):
        reply = await door.speak(head.encode() + NAME.encode())

    assert_refused(reply, 400, "unreadable")


# --- readable and wrong ---------------------------------------------------------------------

ELSEWHERE = {"code": "460100000000", "county": "460100"}
REFUSED: dict[str, tuple[Change, str, set[str]]] = {
    "unknown kind": (put("kind", "application2"), "invalid_document", {"kind.unknown"}),
    "no kind": (drop("kind"), "invalid_document", {"field.missing"}),
    "a record without identity": (drop("message_id"), "invalid_document", {"field.missing"}),
    "a person without a number": (
        drop("body/applicant/id_number"),
        "invalid_document",
        {"party.id_number_missing"},
    ),
    "an organisation without a code": (
        put("body/applicant/kind/code", "2"),
        "invalid_document",
        {"party.credit_code_missing"},
    ),
    "item unknown": (
        put("item", {"catalogue_code": "000599990999"}),
        "invalid_document",
        {"item.unknown"},
    ),
    "item named by nothing": (
        put("item", {"local_code": "YN-1"}),
        "invalid_document",
        {"item.unresolvable"},
    ),
    "item ended before the application": (
        put("item", {"catalogue_code": "000799997000"}),
        "invalid_document",
        {"item.ended"},
    ),
    "item not yet offered": (
        put("body/dates/application_date", "2020-01-02"),
        "invalid_document",
        {"item.not_yet"},
    ),
    "a mode the item has not": (
        put("body/mode/code", "DELEGATED"),
        "invalid_document",
        {"item.mode"},
    ),
    "a place nobody serves": (
        all_of(drop("body/handling_place"), put("body/applicant/household_place", ELSEWHERE)),
        "unroutable",
        {"route.none"},
    ),
    "no place at all": (
        drop("body/applicant/household_place"),
        "unroutable",
        {"route.no_household"},
    ),
    "two places that differ": (
        put("body/handling_place", ELSEWHERE),
        "unroutable",
        {"route.differs"},
    ),
    "unknown material": (
        put("body/materials", [a_material(digest="0" * 64)]),
        "invalid_document",
        {"material.unknown"},
    ),
    "a field too long": (
        put("body/applicant/name", NAME * 50),
        "invalid_document",
        {"text.too_long"},
    ),
    "a field nobody knows": (
        put("body/applicant/nickname", NAME),
        "invalid_document",
        {"field.unknown"},
    ),
    "a number already used": (lambda document: None, "invalid_document", {"numbers.reused"}),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_wrong_is_refused(door: Door, case: str, name: str) -> None:
    change, code, rules = REFUSED[name]
    document = an_application(change)
    if name == "a number already used":
        document["numbers"] = {"receiving": "MN-taken"}
        assert (await submit(door, document)).status == 202
        document = an_application(put("numbers", {"receiving": "MN-taken"}))
    async with nothing_stored(door):
        reply = await submit(door, document)

    assert_refused(reply, 422, code, rules)


async def test_all_that_is_wrong_is_told_at_once(door: Door) -> None:
    document = an_application(
        all_of(
            drop("body/applicant/id_number"),
            put("body/applicant/phone", None),
            put("body/dates/application_date", "2026-02-30"),
        )
    )
    async with nothing_stored(door):
        reply = await submit(door, document)

    assert_refused(reply, 422, "invalid_document")
    assert [(item["pointer"], item["rule"]) for item in reply.json["errors"]] == [
        ("/body/applicant/id_number", "party.id_number_missing"),
        ("/body/applicant/phone", "field.null"),
        ("/body/dates/application_date", "date.impossible"),
    ]


async def test_only_an_application_begins_a_case(door: Door) -> None:
    for kind in ("inquiry", "complaint", "verification_ask"):
        document = a_message(kind, "", by=WINDOW)
        del document["case_number"]
        async with nothing_stored(door):
            reply = await submit(door, document)
        assert_refused(reply, 422, "invalid_document", {"case_number.missing"})


async def test_what_the_handling_place_cannot_carry_is_told_the_window_at_once(
    door: Door,
) -> None:
    """Sichuan publishes one item for each subsidy and none for both."""
    place = {"code": "511602990000", "county": "511602"}
    both = all_of(put("body/handling_place", place), put("body/applicant/household_place", place))
    async with nothing_stored(door):
        reply = await submit(door, an_application(both))

    assert_refused(reply, 422, "invalid_document")
    assert "办理地" in reply.json["detail"]
    assert reply.json["errors"]


# --- materials ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digest", "rule"),
    [("1" * 64, "material.digest_mismatch"), ("A" * 64, "material.digest_form")],
)
async def test_a_material_that_is_not_its_digest_is_refused(
    door: Door, digest: str, rule: str
) -> None:
    async with nothing_stored(door):
        reply = await door.ask(
            "PUT", f"/v1/materials/{digest}", NAME.encode(), by=WINDOW, Content_Type="image/jpeg"
        )

    assert_refused(reply, 422, "invalid_document", {rule})


async def test_a_later_message_that_names_an_unknown_material_is_refused(
    door: Door, case: str
) -> None:
    document = a_message("correction", case, by=WINDOW)
    document["body"]["materials"] = [a_material(digest="2" * 64)]
    async with nothing_stored(door):
        reply = await submit(door, document, path=f"/v1/cases/{case}/messages")

    assert_refused(reply, 422, "invalid_document", {"material.unknown"})


# --- taken in and told ----------------------------------------------------------------------

COUNTY_OF_OLD = {"code": "530328000000", "county": "530328"}  # 沾益县 until 2015
TAKEN_IN: dict[str, tuple[Change, str, str]] = {
    "a missing material": (drop("body/materials"), "material.missing", "/body/materials"),
    "a material without code": (
        drop("body/materials/0/code"),
        "field.expected",
        "/body/materials/0/code",
    ),
    "a material of unknown code": (
        put("body/materials/0/code/code", "no_such_paper"),
        "code.not_in_list",
        "/body/materials/0/code",
    ),
    "a wrong check character": (
        put("body/applicant/id_number", ID_NUMBER[:17] + "1"),
        "id_number.check",
        "/body/applicant/id_number",
    ),
    "an unknown region": (
        put("body/applicant/residence_place", {"code": "539998000000", "county": "539998"}),
        "region.unknown",
        "/body/applicant/residence_place/county",
    ),
    "a region that ended": (
        put("body/applicant/residence_place", COUNTY_OF_OLD),
        "region.old_code",
        "/body/applicant/residence_place/county",
    ),
}


@pytest.mark.parametrize("name", TAKEN_IN)
async def test_what_is_odd_is_taken_in_with_a_finding(door: Door, name: str) -> None:
    change, rule, path = TAKEN_IN[name]

    reply = await submit(door, an_application(change))

    assert reply.status == 202, reply.body
    found = {(one["rule"], one["path"]): one for one in reply.json["findings"]}
    assert (rule, path) in found, found.keys()
    finding = found[rule, path]
    assert finding["level"] == "warn"
    assert CHINESE.search(finding["message"])
    assert finding["message_en"].isascii()
    assert_unsaid(reply.body)
    assert_unsaid(reply.body, [ID_NUMBER[:17] + "1"])
