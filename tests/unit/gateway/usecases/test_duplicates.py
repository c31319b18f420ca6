"""The same person applies twice for the same item: told, kept on record, never refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.usecases.read_cases import read_messages, worklist
from gateway.usecases.stand import stand
from gateway.usecases.take_in import Inbound, take_in
from tests.world import OTHER, WINDOW, World, a_world, caller, example, say_as


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


async def apply(
    world: World, name: str, *, by: str = WINDOW, on: str = "2026-03-02", id_number: str = ""
) -> dict[str, Any]:
    document = example("application")
    del document["body"]["materials"]
    document["body"]["dates"] = {"application_date": on}
    if id_number:
        document["body"]["applicant"]["id_number"] = id_number
    document["message_id"] = name
    document.pop("numbers", None)
    say_as(document, by)
    inbound = Inbound(caller=caller(by), raw=json.dumps(document).encode(), document=document)
    return (await take_in(inbound, gw=world.gw)).body


def told(answer: dict[str, Any]) -> list[str]:
    return [one["message"] for one in answer["findings"] if one["rule"] == "application.under_way"]


async def withdraw(world: World, number: str) -> None:
    document = example("withdrawal") | {"case_number": number, "message_id": f"w-{number}"}
    document.pop("numbers", None)
    say_as(document, WINDOW)
    raw = json.dumps(document).encode()
    inbound = Inbound(caller=caller(), raw=raw, document=document, case_number=number)
    await take_in(inbound, gw=world.gw)


async def test_a_second_open_application_is_told_and_the_earliest_date_kept(world: World) -> None:
    first = await apply(world, "a-1")
    second = await apply(world, "a-2", by=OTHER, on="2026-03-01")

    assert told(first) == []
    (said,) = told(second)
    assert first["case_number"] in said and "2026-03-01" in said
    number = example("application")["body"]["applicant"]["id_number"]
    assert number not in json.dumps(second, ensure_ascii=False)

    standing = await stand(second["case_number"], gw=world.gw)
    assert standing is not None
    assert standing.case.earlier_case == first["case_number"]
    assert str(standing.case.earliest_on) == "2026-03-01"
    messages = await read_messages(second["case_number"], caller=caller(OTHER), gw=world.gw)
    assert messages["items"][0]["message"]["body"]["earlier_case"] == first["case_number"]


async def test_the_worklist_asks_a_person_until_one_of_the_two_ends(world: World) -> None:
    first = await apply(world, "a-1")
    second = await apply(world, "a-2")

    async def notices() -> dict[str, str | None]:
        page = await worklist(caller=caller(), gw=world.gw)
        return {one["case_number"]: one["notice"] for one in page["items"]}

    before = await notices()
    assert before[first["case_number"]] is None
    assert first["case_number"] in str(before[second["case_number"]])

    await withdraw(world, first["case_number"])
    assert (await notices())[second["case_number"]] is None


async def test_an_ended_case_another_person_or_a_restart_change_nothing_else(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        first = await apply(world, "a-1")
        await withdraw(world, first["case_number"])
        second = await apply(world, "a-2")
        assert told(second) == []  # the first has ended
        assert told(await apply(world, "a-3", id_number="99000219580101002X")) == []
    async with a_world(tmp_path) as world:
        (said,) = told(await apply(world, "a-4"))
        assert second["case_number"] in said
