"""Taking in messages: repeats, refusals, findings, and what is stored of each."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.adapter import InboundDocument, InlineMaterial
from contracts.errors import (
    AccessDenied,
    Forbidden,
    InvalidDocument,
    MessageIdReused,
    NotFound,
    TransitionNotAllowed,
    Unroutable,
)
from gateway.ports import CaseFilter, DeliveryFilter
from gateway.usecases.materials import forget_materials, stage_bytes
from gateway.usecases.take_in import Answer, Inbound, take_in
from tests.world import HANDLER, OTHER, WINDOW, World, a_world, caller, example, foreign, say_as


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


def an_application(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The example application without scans; `changes` replace fields of the envelope."""
    document = example("application")
    del document["body"]["materials"]
    document["message_id"] = f"app-{number}"
    document["numbers"] = {"receiving": f"MN-{number}"}
    return {**document, **changes}


async def hand_in(
    world: World, document: dict[str, Any], *, by: str = WINDOW, key: str | None = None
) -> Answer:
    inbound = Inbound(
        caller=caller(by),
        raw=json.dumps(document).encode(),
        document=json.loads(json.dumps(document)),
        case_number=document.get("case_number"),
        idempotency_key=key,
    )
    return await take_in(inbound, gw=world.gw)


async def stored(world: World) -> int:
    return len(await world.gw.store.cases(CaseFilter(limit=200)))


def follow_up(kind: str, case_number: str, *, by: str = HANDLER, **changes: Any) -> dict[str, Any]:
    """A message of the handling place (or of `by`) to a case, after the example of its kind."""
    document = example(kind)
    document |= {"case_number": case_number, "message_id": f"{kind}-1", **changes}
    say_as(document, by)
    document.pop("numbers", None)
    return document


async def test_the_same_message_twice_gets_the_first_answer_and_one_case(world: World) -> None:
    first = await hand_in(world, an_application(), key="k")
    again = await hand_in(world, an_application(), key="k")

    assert (first.replayed, again.replayed) == (False, True)
    assert again.body == first.body
    assert await stored(world) == 1


async def test_racing_twins_make_one_case(world: World) -> None:
    answers = await asyncio.gather(*(hand_in(world, an_application(), key="k") for _ in range(20)))

    assert len({answer.body["case_number"] for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert await stored(world) == 1


async def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    await hand_in(world, an_application(1), key="k")

    with pytest.raises(MessageIdReused):
        await hand_in(world, an_application(2), key="k")
    assert await stored(world) == 1


async def test_the_same_message_id_with_other_content_is_refused(world: World) -> None:
    await hand_in(world, an_application())
    changed = an_application()
    changed["body"]["summary"] = "另一内容"

    with pytest.raises(MessageIdReused):
        await hand_in(world, changed)


async def test_a_systems_own_number_names_one_case(world: World) -> None:
    first = await hand_in(world, an_application(1))
    second = an_application(2, numbers={"receiving": "MN-1"})

    with pytest.raises(InvalidDocument) as refusal:
        await hand_in(world, second)
    assert [finding.rule for finding in refusal.value.findings] == ["numbers.reused"]
    assert first.body["case_number"] in refusal.value.findings[0].message


async def test_an_unknown_material_is_refused_and_only_the_refusal_is_recorded(
    world: World,
) -> None:
    document = an_application()
    document["body"]["materials"] = example("application")["body"]["materials"]

    with pytest.raises(InvalidDocument) as refusal:
        await hand_in(world, document)

    assert {finding.rule for finding in refusal.value.findings} == {"material.unknown"}
    assert len(refusal.value.findings) == 2  # both scans at once
    assert await stored(world) == 0
    leaves = [json.loads(data) for _, data in await world.gw.store.leaves()]
    assert [leaf["event"] for leaf in leaves] == ["message.refused"]
    assert leaves[0]["findings"] == ["material.unknown"]


async def test_a_staged_material_is_bound_to_the_case(world: World) -> None:
    document = an_application()
    material = example("application")["body"]["materials"][1]
    content = "模拟扫描件".encode()
    material["files"][0] |= {"digest": hashlib.sha256(content).hexdigest(), "size": len(content)}
    document["body"]["materials"] = [material]
    await stage_bytes(
        content, media_type="application/pdf", file_name=None, caller=caller(), gw=world.gw
    )

    answer = await hand_in(world, document)

    assert len(await world.gw.store.case_materials(answer.body["case_number"])) == 1


async def test_a_document_of_another_sender_is_refused(world: World) -> None:
    with pytest.raises(Forbidden):
        await hand_in(world, an_application(), by=OTHER)
    assert await stored(world) == 0


@pytest.mark.parametrize("claim", [{"system": OTHER}, {"province": "990000"}])
async def test_a_sender_is_whom_the_token_says(world: World, claim: dict[str, str]) -> None:
    document = an_application()
    document["sender"] |= claim

    with pytest.raises(Forbidden):
        await hand_in(world, document)
    assert await stored(world) == 0


async def test_a_token_of_an_unconnected_system_is_refused(world: World) -> None:
    with pytest.raises(AccessDenied):
        await hand_in(world, an_application(), by="nobody")


async def test_foreign_and_absent_cases_are_answered_alike(world: World) -> None:
    answer = await hand_in(world, an_application())
    foreign = follow_up("progress", answer.body["case_number"], by=OTHER)
    absent = follow_up("progress", "TB-20260302-530303-T99999-X", by=OTHER)

    texts = []
    for document in (foreign, absent):
        with pytest.raises(NotFound) as refusal:
            await hand_in(world, document, by=OTHER)
        texts.append((refusal.value.code, refusal.value.detail_zh))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"item": {"catalogue_code": "009999999999"}}, "item.unknown"),
        ({"item": {"local_code": "X-1"}}, "item.unresolvable"),
    ],
)
async def test_an_unknown_item_is_refused(world: World, change: dict[str, Any], rule: str) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        await hand_in(world, an_application(**change))
    assert rule in {finding.rule for finding in refusal.value.findings}
    assert await stored(world) == 0


async def test_a_household_place_nobody_serves_cannot_be_routed(world: World) -> None:
    document = an_application()
    del document["body"]["handling_place"]
    document["body"]["applicant"]["household_place"] = {"code": "460100000000", "county": "460100"}

    with pytest.raises(Unroutable) as refusal:
        await hand_in(world, document)
    assert [finding.rule for finding in refusal.value.findings] == ["route.none"]


async def test_a_wrong_check_character_is_taken_in_with_a_finding(world: World) -> None:
    document = an_application()
    document["body"]["applicant"]["id_number"] = "990002201503120025"

    answer = await hand_in(world, document)

    assert "id_number.check" in {finding["rule"] for finding in answer.body["findings"]}
    assert "990002201503120025" not in json.dumps(answer.body)


async def test_a_decision_by_the_window_can_never_be_legal(world: World) -> None:
    answer = await hand_in(world, an_application())
    document = follow_up("decision", answer.body["case_number"], by=WINDOW)

    with pytest.raises(TransitionNotAllowed):
        await hand_in(world, document, by=WINDOW)


async def test_an_early_message_is_kept_and_applied_once_its_time_has_come(world: World) -> None:
    answer = await hand_in(world, an_application())
    number = answer.body["case_number"]
    early = await hand_in(world, follow_up("acceptance", number), by=HANDLER)
    assert (early.body["applied"], early.body["status"]) == (False, "COLLECTED")

    await world.drain()  # the handler takes the application: its acknowledgement applies

    row = await world.gw.store.case(number)
    assert row is not None
    assert row.status == "ACCEPTED"
    assert [message.applied for message in await world.gw.store.messages(number)] == [True] * 3
    told = await world.gw.store.deliveries(DeliveryFilter(destination=WINDOW))
    assert sorted(one.kind for one in told) == ["acceptance", "acknowledgement"]


async def test_a_dry_run_stores_nothing_and_shows_what_would_be_sent(world: World) -> None:
    document = an_application()
    inbound = Inbound(
        caller=caller(), raw=b"{}", document=document, idempotency_key="k", dry_run=True
    )

    answer = await take_in(inbound, gw=world.gw)

    assert answer.status == 200
    assert [one["destination"] for one in answer.body["previews"]] == [HANDLER]
    assert await stored(world) == 0
    assert await world.gw.store.leaves() == []


async def test_the_leaf_of_a_message_carries_no_personal_data(world: World) -> None:
    document = an_application()
    answer = await hand_in(world, document)

    (_, data), *_ = await world.gw.store.leaves(answer.body["case_number"])

    leaf = json.loads(data)
    assert leaf["event"] == "message.received"
    assert len(leaf["commitments"]) == 1
    for personal in ("其其格", "乌兰", "990002201503120024", "000000000017", "MN-1"):
        assert personal not in data.decode()


@pytest.mark.parametrize("login", ["990002199001010013", "模拟·窗口员", "00000900042"])
async def test_a_clerk_who_logs_in_by_name_or_number_is_a_commitment_in_the_leaf(
    world: World, login: str
) -> None:
    operator = {"operator_id": login, "window_id": "W-03"}
    answer = await hand_in(world, an_application(operator=operator))

    (_, data), *_ = await world.gw.store.leaves(answer.body["case_number"])

    actor = json.loads(data)["actor"]
    assert login not in data.decode()
    assert len(bytes.fromhex(actor["operator"])) == 32
    assert actor["window"] == "W-03"


# --- what belongs to no case, or to another -------------------------------------------------


@pytest.mark.parametrize("kind", ["inquiry", "complaint", "verification_ask", "progress"])
async def test_only_an_application_begins_a_case(world: World, kind: str) -> None:
    document = example(kind)
    document.pop("case_number", None)
    say_as(document, WINDOW)

    with pytest.raises(InvalidDocument) as refusal:
        await hand_in(world, document)

    assert "case_number.missing" in {finding.rule for finding in refusal.value.findings}
    assert await stored(world) == 0


async def test_a_handlers_number_of_another_case_is_refused(world: World) -> None:
    first = (await hand_in(world, an_application(1))).body["case_number"]
    second = (await hand_in(world, an_application(2))).body["case_number"]
    await world.drain()
    mine = {"handling": f"N-{first}.1"}
    document = follow_up("progress", second, message_id="p-1")

    # The number of the second case is known already: what this message says cannot replace it.
    answer = await hand_in(world, {**document, "numbers": mine}, by=HANDLER)
    assert answer.status == 202

    third = (await hand_in(world, an_application(3))).body["case_number"]
    early = follow_up("progress", third, message_id="p-2", numbers=mine)
    early["numbers"] = mine
    with pytest.raises(InvalidDocument) as refusal:
        await hand_in(world, early, by=HANDLER)
    assert [finding.rule for finding in refusal.value.findings] == ["numbers.reused"]


# --- what is told and not refused -----------------------------------------------------------


async def test_a_missing_material_is_a_finding_and_the_application_is_taken_in(
    world: World,
) -> None:
    answer = await hand_in(world, an_application())

    told = [one for one in answer.body["findings"] if one["rule"] == "material.missing"]
    assert [one["level"] for one in told] == ["warn"]
    assert "银行存折/卡" in told[0]["message"]  # the rest can be fetched or checked as data


async def test_a_kind_the_other_side_does_not_take_stays_in_the_case_and_that_is_told(
    world: World,
) -> None:
    number = (await hand_in(world, an_application())).body["case_number"]
    await world.drain()
    world.window.kinds = frozenset({"acceptance"})

    answer = await hand_in(world, follow_up("progress", number), by=HANDLER)

    assert "delivery.not_carried" in {one["rule"] for one in answer.body["findings"]}
    assert [one.kind for one in await world.gw.store.messages(number)][-1] == "progress"


# --- materials inside a dialect document ----------------------------------------------------

SCAN = "模拟扫描件".encode()


def a_dialect_application(**changes: Any) -> InboundDocument:
    """An application whose one scan came inside it."""
    document = an_application(**changes)
    material = example("application")["body"]["materials"][1]
    digest = hashlib.sha256(SCAN).hexdigest()
    material["files"][0] |= {"digest": digest, "size": len(SCAN)}
    document["body"]["materials"] = [material]
    inbound = foreign("application", document, system=WINDOW, message_id="d-1")
    return replace(inbound, materials=(InlineMaterial(digest, SCAN, "application/pdf"),))


async def test_a_material_that_came_inside_is_staged_and_bound(world: World) -> None:
    document = a_dialect_application()
    inbound = Inbound(caller=caller(), raw=document.raw, foreign=document)

    answer = await take_in(inbound, gw=world.gw)

    (row,) = await world.gw.store.case_materials(answer.body["case_number"])
    assert await world.gw.blobs.names() == [row.blob]


async def test_a_refused_document_leaves_none_of_its_materials(world: World) -> None:
    document = a_dialect_application(item={"catalogue_code": "009999999999"})
    inbound = Inbound(caller=caller(), raw=document.raw, foreign=document)

    with pytest.raises(InvalidDocument):
        await take_in(inbound, gw=world.gw)

    assert (await world.gw.store.counts())["materials"] == 0
    assert await world.gw.blobs.names() == []


async def test_a_staged_material_counts_for_its_time_and_again_when_sent_again(
    world: World,
) -> None:
    async def stage() -> None:
        await stage_bytes(
            SCAN, media_type="application/pdf", file_name=None, caller=caller(), gw=world.gw
        )

    def naming(number: int) -> dict[str, Any]:
        document = a_dialect_application().record
        return {**document, "message_id": f"m-{number}", "numbers": {"receiving": f"MN-{number}"}}

    await stage()
    world.clock.pass_(hours=23)
    await stage()
    world.clock.pass_(hours=2)
    assert (await hand_in(world, naming(1))).status == 202

    world.clock.pass_(hours=22, minutes=30)  # past its time, and not yet swept away
    assert await forget_materials(gw=world.gw) == 0
    with pytest.raises(InvalidDocument) as refusal:
        await hand_in(world, naming(2))
    assert {finding.rule for finding in refusal.value.findings} == {"material.unknown"}
    world.clock.pass_(hours=1)
    await forget_materials(gw=world.gw)
    assert (await world.gw.store.counts())["materials"] == 1  # the case keeps its own
