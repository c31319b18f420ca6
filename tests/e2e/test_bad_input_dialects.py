"""
Bad input in provinces' own words, over real sockets against a whole gateway: Yunnan's signed form,
Anhui's XML in a string in GBK in SOAP, Shanghai's JSON. Each no comes in the province's own shape,
says in Chinese what is wrong and what to do next with English beside it, and stores nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from contracts.adapter import BytePlan
from gateway.provinces import SHIPPED
from tests.e2e.door import (
    CHINESE,
    DIALECT_LIMIT,
    ID_NUMBER,
    NAME,
    Door,
    Reply,
    assert_speaks,
    assert_unsaid,
    nothing_personal,
    nothing_stored,
    open_door,
)
from tests.e2e.tongues import ANHUI, NUMBERS, SHANGHAI, TONGUES, YUNNAN, Tongue, send
from tests.e2e.unreadable import BOMB, unreadable_json, unreadable_xml

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("bad-input-dialects"),
]

SCAN = "模拟扫描件".encode() * 100
DIGEST = hashlib.sha256(SCAN).hexdigest()
EVERY = [pytest.param(tongue, id=name) for name, tongue in TONGUES.items()]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with open_door(tmp_path_factory.mktemp("dialects")) as opened:
        for tongue in (YUNNAN, SHANGHAI):
            reply = await opened.ask(
                "PUT", f"/v1/materials/{DIGEST}", SCAN, by=tongue.system, Content_Type="image/jpeg"
            )
            assert reply.status == 200
        yield opened


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def private(door: Door) -> AsyncIterator[None]:
    async with nothing_personal(door):
        yield


def an_application(tongue: Tongue, **changes: Any) -> str:
    """With the one scan that was staged, where materials are named by digest."""
    text = tongue.application()
    if not tongue.is_xml:
        record = json.loads(text)
        files = "FJ" if tongue is YUNNAN else "files"
        digest, size = ("ZY", "DX") if tongue is YUNNAN else ("digest", "size")
        for material in record[tongue.fields["materials"]]:
            material[files] = [{**material[files][0], digest: DIGEST, size: len(SCAN)}]
        text = json.dumps(record, ensure_ascii=False)
    return tongue.change(text, **changes)


async def a_case(door: Door, tongue: Tongue) -> str:
    heard = tongue.hear(await tongue.say(door, an_application(tongue)))
    assert heard.code == tongue.yes, heard
    assert heard.number is not None
    return heard.number


def assert_refused(tongue: Tongue, reply: Reply, code: str, *rules_or_places: str) -> None:
    heard = tongue.hear(reply)
    assert (heard.code, heard.number) == (tongue.no[code], None), heard
    assert CHINESE.search(heard.text)
    assert "请" in heard.text  # what to do next
    english = heard.text.rpartition(" (")[2]
    assert english.isascii(), heard
    assert len(english.split()) > 3
    for place in rules_or_places:
        assert place in heard.text, heard
    assert_unsaid(reply.body)
    assert_unsaid(heard.text.encode())


async def is_refused(
    door: Door, tongue: Tongue, payload: str | bytes, code: str, *places: str
) -> None:
    async with nothing_stored(door):
        reply = await tongue.say(door, payload)
    assert_refused(tongue, reply, code, *places)


# --- unreadable -----------------------------------------------------------------------------


@pytest.mark.parametrize("tongue", EVERY)
async def test_what_cannot_be_read_is_refused(door: Door, tongue: Tongue) -> None:
    good = an_application(tongue)
    broken = unreadable_xml(good) if tongue.is_xml else unreadable_json(good)
    for name, payload in broken.items():
        async with nothing_stored(door):
            reply = await tongue.say(door, payload)
        assert tongue.hear(reply).code == tongue.no["unreadable"], (name, tongue.hear(reply))
        assert_refused(tongue, reply, "unreadable")


@pytest.mark.parametrize("tongue", [ANHUI, SHANGHAI], ids=["anhui", "shanghai"])
async def test_bytes_of_no_character_set_are_refused(door: Door, tongue: Tongue) -> None:
    prepared = await tongue.prepare(door, an_application(tongue))
    name = NAME.encode(tongue.charset)
    broken = prepared.body.literal.replace(name, name[:-1] + b"\xff\xff", 1)
    assert broken != prepared.body.literal
    async with nothing_stored(door):
        reply = await send(door, replace(prepared, body=BytePlan((broken,))))

    assert_refused(tongue, reply, "unreadable")


@pytest.mark.parametrize(
    "envelope",
    [b"", b"hello", b"<a/>", BOMB.encode(), b"<!DOCTYPE a><a/>", b"<Envelope><Body>"],
    ids=["nothing", "not xml", "another root", "entity bomb", "document type", "cut off"],
)
async def test_an_envelope_that_cannot_be_read_is_refused(door: Door, envelope: bytes) -> None:
    prepared = await ANHUI.prepare(door, an_application(ANHUI))
    async with nothing_stored(door):
        reply = await send(door, replace(prepared, body=BytePlan((envelope,))))

    assert_refused(ANHUI, reply, "unreadable")


async def test_a_form_without_its_document_or_with_broken_bytes_is_refused(door: Door) -> None:
    prepared = await YUNNAN.prepare(door, an_application(YUNNAN))
    form = prepared.body.literal
    without = b"&".join(part for part in form.split(b"&") if not part.startswith(b"bw="))
    broken = form.replace(b"bw=%7B", b"bw=%7B%FF%FF")
    assert broken != form
    for body, code in ((without, "access_denied"), (broken, "unreadable"), (b"", "access_denied")):
        async with nothing_stored(door):
            reply = await send(door, replace(prepared, body=BytePlan((body,))))
        assert_refused(YUNNAN, reply, code)


async def test_an_identity_our_yes_could_not_repeat_is_refused_before_anything_is_stored(
    door: Door,
) -> None:
    await is_refused(door, ANHUI, an_application(ANHUI, serial="&#128512;"), "unreadable", "标识")


# --- over the limit -------------------------------------------------------------------------


@pytest.mark.parametrize("tongue", EVERY)
async def test_a_body_over_the_limit_is_refused_announced_or_not(
    door: Door, tongue: Tongue
) -> None:
    prepared = await tongue.prepare(door, an_application(tongue))
    large = prepared.body.literal + b" " * DIALECT_LIMIT

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 16384):
            yield large[start : start + 16384]

    path = prepared.url.removeprefix(door.url)
    for data in (large, pieces()):
        async with nothing_stored(door):
            reply = await door.ask("POST", path, data, **prepared.headers)
        assert (reply.status, reply.json["code"]) == (413, "too_large")
        assert_speaks(reply.json)
        assert_unsaid(reply.body)


# --- readable and wrong ---------------------------------------------------------------------

UNKNOWN = "0" * 64
ENDED_ITEM = {
    "530000": "YN-MN-0530-00",
    "340000": "mn00000000000000000000000ah00009",
    "310000": "9900310598",
}
MARRIAGE = {
    "530000": "YN-MN-0710-01",
    "340000": "mn00000000000000000000000ah00101",
    "310000": "9900310799",
}


@pytest.mark.parametrize("tongue", EVERY)
async def test_what_is_wrong_is_refused_in_the_provinces_own_words(
    door: Door, tongue: Tongue
) -> None:
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"serial": None}, "unreadable", "标识"),
        ({"serial": "x" * 65}, "unreadable", "标识"),
        ({"kind": "WHAT"}, "unreadable", "类型"),
        ({"version": "one"}, "unreadable", "版本"),
        ({"id_number": None}, "invalid_document", "证件号码"),
        ({"item": "no-such-item"}, "invalid_document", "/item"),
        ({"item": ENDED_ITEM[tongue.province]}, "invalid_document", "/item"),
        ({"item": MARRIAGE[tongue.province]}, "invalid_document", "/item"),
        ({"household": "460199000000"}, "unroutable", "机构"),
        ({"name": NAME * 50}, "invalid_document", "/body/applicant/name"),
    ]
    if not tongue.is_xml:
        wrong.append(({"digest": UNKNOWN}, "invalid_document", "/body/materials/0/files/0/digest"))
    for changes, code, place in wrong:
        async with nothing_stored(door):
            reply = await tongue.say(door, an_application(tongue, **changes))
        assert tongue.hear(reply).code == tongue.no[code], (changes, tongue.hear(reply))
        assert_refused(tongue, reply, code, place)


@pytest.mark.parametrize("tongue", EVERY)
async def test_all_that_is_wrong_is_told_at_once(door: Door, tongue: Tongue) -> None:
    text = an_application(tongue, id_number=None, name=NAME * 50, phone="0" * 80)

    await is_refused(
        door,
        tongue,
        text,
        "invalid_document",
        "/body/applicant/id_number",
        "/body/applicant/name",
        "/body/applicant/phone",
    )


@pytest.mark.parametrize("tongue", EVERY)
async def test_the_same_identity_with_other_content_is_refused(door: Door, tongue: Tongue) -> None:
    text = an_application(tongue)
    assert tongue.hear(await tongue.say(door, text)).code == tongue.yes

    await is_refused(door, tongue, tongue.change(text, phone="00000900043"), "message_id_reused")
    again = tongue.change(text, serial=f"e2e-again-{next(NUMBERS)}")
    await is_refused(door, tongue, again, "invalid_document", "/numbers")


async def test_what_the_handling_place_cannot_carry_is_told_the_window_at_once(
    door: Door,
) -> None:
    """Sichuan publishes one item for each subsidy and none for both."""
    text = an_application(SHANGHAI, subsidies=["shenghuo", "huli"])

    await is_refused(door, SHANGHAI, text, "invalid_document", "办理地")


# --- whose ----------------------------------------------------------------------------------


async def test_an_unknown_province_or_operation_is_refused(door: Door) -> None:
    prepared = await SHANGHAI.prepare(door, an_application(SHANGHAI))
    for path in (
        "/provinces/440000/messages",
        "/provinces/310000/nothing",
        "/provinces/x/messages",
    ):
        async with nothing_stored(door):
            reply = await door.ask("POST", path, prepared.body.literal, **prepared.headers)
        assert (reply.status, reply.json["code"]) == (404, "not_found")
        assert_speaks(reply.json)


async def test_the_token_of_another_province_is_refused(door: Door) -> None:
    for held, code in (
        (door.tokens["510000"], "forbidden"),
        (door.tokens["operator"], "forbidden"),
        (ID_NUMBER, "access_denied"),
    ):
        async with nothing_stored(door):
            reply = await SHANGHAI.say(
                door, an_application(SHANGHAI), Authorization=f"Bearer {held}"
            )
        assert_refused(SHANGHAI, reply, code)


async def test_a_wrong_licence_is_refused(door: Door) -> None:
    prepared = await ANHUI.prepare(door, an_application(ANHUI))
    licence = door.secrets["340000"]["window_licence"].encode()
    wrong = prepared.body.literal.replace(licence, licence[::-1])
    assert wrong != prepared.body.literal
    async with nothing_stored(door):
        reply = await send(door, replace(prepared, body=BytePlan((wrong,))))

    assert_refused(ANHUI, reply, "access_denied")


async def test_a_signature_that_does_not_fit_or_comes_twice_is_refused(door: Door) -> None:
    good = await YUNNAN.prepare(door, an_application(YUNNAN))
    other = await YUNNAN.prepare(door, an_application(YUNNAN))
    swapped = good.body.literal.replace(
        _field(good.body.literal, b"bw="), _field(other.body.literal, b"bw=")
    )
    async with nothing_stored(door):
        reply = await send(door, replace(good, body=BytePlan((swapped,))))
    assert_refused(YUNNAN, reply, "access_denied")

    assert YUNNAN.hear(await send(door, good)).code == YUNNAN.yes
    async with nothing_stored(door):
        reply = await send(door, good)
    assert_refused(YUNNAN, reply, "access_denied")


def _field(form: bytes, name: bytes) -> bytes:
    return next(part for part in form.split(b"&") if part.startswith(name))


# --- cases ----------------------------------------------------------------------------------

WITHDRAWAL = {"yunnan": "CH", "anhui": "撤回", "shanghai": "WITHDRAW"}


@pytest.mark.parametrize("name", TONGUES)
async def test_a_case_that_is_not_theirs_is_answered_like_an_absent_one(
    door: Door, name: str
) -> None:
    tongue = TONGUES[name]
    theirs = await a_case(door, ANHUI if tongue is YUNNAN else YUNNAN)
    told = []
    for number in (theirs, "TB-20260302-530303-T09999-8", "no number", NAME):
        text = an_application(tongue, kind=WITHDRAWAL[name], case_number=number)
        async with nothing_stored(door):
            reply = await tongue.say(door, text)
        assert_refused(tongue, reply, "not_found")
        headers = {k: v for k, v in reply.headers.items() if k not in ("Date", "traceparent")}
        told.append((reply.status, headers, reply.body))
    assert all(one == told[0] for one in told), told


async def test_a_step_that_can_never_be_legal_is_refused(door: Door) -> None:
    """The window that took the application in cannot accept it in the handling place's name."""
    number = await a_case(door, SHANGHAI)
    golden = SHIPPED / "310000" / "golden" / "05-acceptance.acceptance.record.json"
    record = json.loads(golden.read_text("utf-8"))
    record |= {"serialNo": f"e2e-{next(NUMBERS)}", "tbNo": number}

    await is_refused(door, SHANGHAI, json.dumps(record), "transition_not_allowed")


# --- taken in and told ----------------------------------------------------------------------

ENDED_CODE = {"530000": "JSFZ", "340000": "身份证", "310000": "OLD_ID"}
WRONG_CHECK = ID_NUMBER[:17] + "1"


@pytest.mark.parametrize("tongue", EVERY)
async def test_what_is_odd_is_taken_in_with_a_finding(door: Door, tongue: Tongue) -> None:
    odd: list[tuple[dict[str, Any], str]] = [
        ({"material_code": "没有的材料"}, "code.unmapped"),
        ({"id_number": WRONG_CHECK}, "id_number.check"),
        ({"residence": "539998" if tongue is ANHUI else "539998000000"}, "region.unknown"),
        ({"id_type": ENDED_CODE[tongue.province]}, "code.ended"),
    ]
    if not tongue.is_xml:
        odd.append(({"materials": None}, "material.missing"))
    for changes, rule in odd:
        reply = await tongue.say(door, an_application(tongue, **changes))

        heard = tongue.hear(reply)
        assert heard.code == tongue.yes, (changes, heard)
        assert rule in await findings_of(door, str(heard.number)), changes
        assert_unsaid(reply.body)


async def findings_of(door: Door, number: str) -> set[str]:
    leaves = [json.loads(data) for _, data in await door.gw.store.leaves(number)]
    return {rule for leaf in leaves for rule in leaf.get("findings", ())}
