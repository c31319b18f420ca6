"""A case handed on to another place: who gets the application, whenever it takes effect."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import Unroutable
from gateway.ports import DeliveryFilter
from gateway.usecases.take_in import Inbound, take_in
from tests.world import HANDLER, OTHER, World, a_world, caller, example, say_as

THERE = {"code": "990001990000", "county": "990001"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


async def hand_in(world: World, document: dict[str, Any], *, by: str) -> dict[str, Any]:
    say_as(document, by)
    document.pop("numbers", None)
    inbound = Inbound(
        caller=caller(by),
        raw=json.dumps(document).encode(),
        document=document,
        case_number=document.get("case_number"),
    )
    return (await take_in(inbound, gw=world.gw)).body


async def a_case(world: World) -> str:
    document = example("application")
    del document["body"]["materials"]
    return str((await hand_in(world, document, by="530303-window"))["case_number"])


def a_forward(number: str, place: dict[str, str]) -> dict[str, Any]:
    document = example("transfer")
    document["case_number"] = number
    document["body"] |= {"to_place": place}
    document["body"].pop("to_body", None)
    return document


async def test_a_forward_takes_the_application_to_the_new_holder(world: World) -> None:
    number = await a_case(world)
    await world.drain()

    await hand_in(world, a_forward(number, THERE), by=HANDLER)
    await world.drain()

    assert [serial for _, serial in world.other.sent] == [f"{number}.3.1"]
    given = json.loads(world.other.prepared[0])["document"]
    assert given["kind"] == "application"
    assert given["body"]["handling_place"] == THERE
    assert [one["system"] for one in given["receivers"]] == [OTHER]
    row = await world.gw.store.case(number)
    assert row is not None
    assert (row.handler, row.status) == (OTHER, "PUSHED")


async def test_a_forward_that_came_early_takes_it_there_once_it_applies(world: World) -> None:
    number = await a_case(world)
    early = await hand_in(world, a_forward(number, THERE), by=HANDLER)
    assert early["applied"] is False

    await world.drain()  # the first holder's acknowledgement makes the forward applicable

    assert [serial for _, serial in world.other.sent] == [f"{number}.2.1"]
    row = await world.gw.store.case(number)
    assert row is not None
    assert (row.handler, row.status) == (OTHER, "PUSHED")
    assert len(world.handler.sent) == 1  # the application once, and not again


async def test_a_forward_to_a_place_nobody_serves_is_refused(world: World) -> None:
    number = await a_case(world)
    await world.drain()

    with pytest.raises(Unroutable):
        await hand_in(
            world, a_forward(number, {"code": "460100000000", "county": "460100"}), by=HANDLER
        )

    states = [one.state for one in await world.gw.store.deliveries(DeliveryFilter())]
    assert set(states) == {"delivered"}
    assert len(await world.gw.store.messages(number)) == 2
