"""一件事: one form and one set of papers become several cases, all of them or none."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import InvalidDocument, MessageIdReused, NotFound, Refused, Unroutable
from gateway.ports import CaseFilter, DeliveryFilter
from gateway.usecases.bundles import read_bundle, take_in_bundle
from gateway.usecases.materials import stage_bytes
from gateway.usecases.read_cases import read_messages
from gateway.usecases.take_in import Answer, Inbound, take_in
from tests.story import coded
from tests.world import (
    EXAMPLES,
    OTHER,
    World,
    a_world,
    caller,
    example,
)

SUBSIDIES, AIDS = "000599999000", "002099998000"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The subsidies are civil affairs at one system, the aids are the federation's at another."""
    async with a_world(tmp_path) as opened:
        civil, federation = opened.provinces.bodies()
        rows = (
            replace(civil, items=(SUBSIDIES,)),
            replace(federation, serves="1504", items=(AIDS,)),
        )
        opened.provinces.bodies = lambda: rows  # type: ignore[method-assign]
        yield opened


async def a_bundle(world: World, *, staged: bool = True) -> dict[str, Any]:
    """The published example, its files handed in beforehand."""
    document: dict[str, Any] = json.loads((EXAMPLES / "bundle.json").read_text("utf-8"))
    for name in ("bundle_number", "received_at", "mapping", "findings"):
        del document[name]
    for case in document["cases"]:
        del case["case_number"], case["item"]["catalogue_version"]
        case.pop("handling_body")
        _without_equivalence(case)
    _without_equivalence(document)
    if staged:
        for material in document["materials"]:
            for file in material.get("files", ()):
                file["digest"] = await stage_bytes(
                    file["file_name"].encode(),
                    media_type=file["media_type"],
                    file_name=None,
                    caller=caller(),
                    gw=world.gw,
                )
    return document


def _without_equivalence(value: Any) -> None:
    if isinstance(value, dict):
        value.pop("equivalence", None)
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _without_equivalence(inner)


async def hand_in(world: World, document: dict[str, Any], *, key: str = "k-1") -> Answer:
    inbound = Inbound(
        caller=caller(),
        raw=json.dumps(document).encode(),
        document=json.loads(json.dumps(document)),
        idempotency_key=key,
    )
    return await take_in_bundle(inbound, gw=world.gw)


async def test_one_bundle_becomes_cases_with_routes_and_clocks_of_their_own(world: World) -> None:
    answer = (await hand_in(world, await a_bundle(world))).body
    first, second = [one["case_number"] for one in answer["cases"]]
    await world.drain()

    assert answer["bundle_number"].startswith("TBB-20260302-530303-T")
    assert (answer["theme"], answer["theme_zh"]) == ("DISABLED_PERSONS", "残疾人服务一件事")
    assert [serial for _, serial in world.handler.sent] == [f"{first}.1"]
    assert [serial for _, serial in world.other.sent] == [f"{second}.1"]
    for number in (first, second):
        messages = await read_messages(number, caller=caller(), gw=world.gw)
        assert messages["items"][0]["message"]["bundle_number"] == answer["bundle_number"]


async def test_papers_are_shared_once_and_each_body_sees_only_what_its_case_names(
    world: World,
) -> None:
    answer = (await hand_in(world, await a_bundle(world))).body
    first, second = [one["case_number"] for one in answer["cases"]]

    async def blobs(number: str) -> set[str]:
        return {row.blob for row in await world.gw.store.case_materials(number)}

    assert (len(await blobs(first)), len(await blobs(second))) == (2, 1)
    assert await blobs(second) < await blobs(first)  # the same bytes, stored once


async def test_the_bundle_is_tracked_together_by_who_takes_part(world: World) -> None:
    answer = (await hand_in(world, await a_bundle(world))).body
    number = answer["bundle_number"]
    withdrawal = example("withdrawal") | {"case_number": answer["cases"][0]["case_number"]}
    withdrawal.pop("numbers", None)
    raw = json.dumps(withdrawal).encode()
    await take_in(
        Inbound(
            caller=caller(),
            raw=raw,
            document=withdrawal,
            case_number=withdrawal["case_number"],
        ),
        gw=world.gw,
    )

    seen = await read_bundle(number, caller=caller(), gw=world.gw)
    assert (seen["finished"], seen["total"]) == (1, 2)
    assert [one["status"] for one in seen["cases"]] == ["WITHDRAWN", "COLLECTED"]

    theirs = await read_bundle(number, caller=caller(OTHER), gw=world.gw)
    assert [one["to"] for one in theirs["cases"]] == [OTHER]  # its own case, no other
    with pytest.raises(NotFound):
        await read_bundle(number, caller=caller("310000"), gw=world.gw)


async def test_a_repeat_gets_the_first_answer_and_other_content_is_refused(world: World) -> None:
    document = await a_bundle(world)
    first = await hand_in(world, document)
    again = await hand_in(world, document)
    assert (again.replayed, again.body) == (True, first.body)
    assert len(await world.gw.store.cases(CaseFilter())) == 2

    with pytest.raises(MessageIdReused):
        await hand_in(world, document | {"occurred_at": "2026-03-02T11:00:00+08:00"})


async def test_a_bundle_is_still_there_after_a_restart(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        answer = (await hand_in(world, await a_bundle(world))).body
    async with a_world(tmp_path) as world:
        seen = await read_bundle(answer["bundle_number"], caller=caller(), gw=world.gw)
        assert [one["case_number"] for one in seen["cases"]] == [
            one["case_number"] for one in answer["cases"]
        ]


async def nothing_stored(world: World) -> bool:
    return not (
        await world.gw.store.cases(CaseFilter())
        or await world.gw.store.deliveries(DeliveryFilter())
    )


async def test_one_case_nobody_can_handle_keeps_the_whole_bundle_out(world: World) -> None:
    document = await a_bundle(world)
    document["cases"][1]["handling_place"] = {"code": "460100000000", "county": "460100"}
    with pytest.raises(Unroutable) as refused:
        await hand_in(world, document)

    (finding,) = refused.value.findings
    assert finding.path == "/cases/1/handling_place"
    assert await nothing_stored(world)


async def test_a_file_nobody_handed_in_is_named_where_the_bundle_names_it(world: World) -> None:
    document = await a_bundle(world)
    document["materials"][1]["files"][0]["digest"] = "0" * 64
    with pytest.raises(InvalidDocument) as refused:
        await hand_in(world, document)
    assert [one.path for one in refused.value.findings] == ["/materials/1/files/0/digest"]
    assert await nothing_stored(world)


@pytest.mark.parametrize(
    "theme", ["DISABILITY_SUPPORT", "BIRTH", "DEATH", "CHILD", "DISABLED_PERSONS"]
)
async def test_every_theme_is_taken_in_under_its_name(world: World, theme: str) -> None:
    document = await a_bundle(world) | {"theme": coded("bundle_theme", theme)}
    answer = (await hand_in(world, document)).body
    assert answer["theme"] == theme
    assert answer["theme_zh"] != theme


async def test_a_sender_may_not_number_the_bundle(world: World) -> None:
    document = await a_bundle(world) | {"bundle_number": "TBB-20260302-530303-T00001-A"}
    with pytest.raises(Refused):
        await hand_in(world, document)
    assert await nothing_stored(world)
