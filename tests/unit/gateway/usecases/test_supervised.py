"""Supervision goes to who subscribed, with what the subscription covers, and to nobody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import NotFound, TransitionNotAllowed
from gateway.ports import DeliveryFilter, Subscription
from gateway.usecases.read_cases import read_case
from gateway.usecases.sealed import open_plan
from gateway.usecases.take_in import Answer, Inbound, take_in
from tests.world import HANDLER, OTHER, World, a_world, caller, example, say_as

AUTHORITY = OTHER
COVERS = Subscription(
    authority=AUTHORITY, serves="1504", facts=("decision.result",), legal_basis="模拟引用"
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


def subscribe(world: World, monkeypatch: pytest.MonkeyPatch, *rows: Subscription) -> None:
    monkeypatch.setattr(world.provinces, "subscriptions", lambda: rows)


async def open_case(world: World) -> str:
    document = example("application")
    del document["body"]["materials"]
    document |= {"message_id": "app-1", "numbers": {"receiving": "MN-1"}}
    answer = await take_in(
        Inbound(caller=caller(), raw=json.dumps(document).encode(), document=document), gw=world.gw
    )
    await world.drain()
    return str(answer.body["case_number"])


async def say(
    world: World, number: str, *, by: str, role: str, kind: str = "supervision", **body: Any
) -> Answer:
    document = example(kind)
    document |= {"case_number": number, "message_id": f"{kind}-{by}-{len(body)}"}
    for name in ("numbers", "sequence", "receivers", "in_reply_to"):
        document.pop(name, None)
    say_as(document, by)
    document["sender"]["role"] = role
    document["body"] |= body
    if document["body"].get("phase") == "ANSWER":
        document["in_reply_to"] = f"supervision-{HANDLER}-0"
    raw = json.dumps(document).encode()
    return await take_in(
        Inbound(caller=caller(by), raw=raw, document=document, case_number=number), gw=world.gw
    )


async def sent_to(world: World, number: str, system: str) -> list[dict[str, Any]]:
    rows = await world.gw.store.deliveries(DeliveryFilter(case_number=number))
    sent = []
    for row in rows:
        if row.destination == system and row.kind == "supervision":
            (step,) = await world.gw.store.steps(row.serial)
            plan = open_plan(step, key=world.gw.keys.case_key(row.key_id))
            sent.append(json.loads(plan.literal)["document"])
    return sent


async def test_only_the_facts_of_the_subscription_are_pushed_and_the_answer_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, monkeypatch, COVERS)
    number = await open_case(world)

    await say(world, number, by=HANDLER, role="HANDLING")

    (pushed,) = await sent_to(world, number, AUTHORITY)
    assert [one["name"] for one in pushed["body"]["facts"]] == ["decision.result"]

    await say(
        world, number, by=AUTHORITY, role="AUTHORITY", phase="ANSWER", result="模拟:未发现问题"
    )
    (answer,) = await sent_to(world, number, HANDLER)
    assert answer["body"]["result"] == "模拟:未发现问题"


@pytest.mark.parametrize(
    "row",
    [
        replace(COVERS, serves="1505"),
        replace(COVERS, items=("000199996000",)),
        replace(COVERS, valid_to=date(2020, 1, 1)),
        replace(COVERS, valid_from=date(2099, 1, 1)),
    ],
)
async def test_a_subscription_that_does_not_cover_the_case_brings_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, row: Subscription
) -> None:
    subscribe(world, monkeypatch, row)
    number = await open_case(world)

    answer = await say(world, number, by=HANDLER, role="HANDLING")

    assert await sent_to(world, number, AUTHORITY) == []
    assert "supervision.not_subscribed" in json.dumps(answer.body)
    with pytest.raises(NotFound):
        await say(world, number, by=AUTHORITY, role="AUTHORITY")


async def test_an_authority_neither_reads_the_case_nor_takes_part_in_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, monkeypatch, COVERS)
    number = await open_case(world)
    await say(world, number, by=HANDLER, role="HANDLING")

    with pytest.raises(NotFound):
        await read_case(number, caller=caller(AUTHORITY), gw=world.gw)
    with pytest.raises(TransitionNotAllowed):
        await say(world, number, by=AUTHORITY, role="AUTHORITY", kind="reminder")
