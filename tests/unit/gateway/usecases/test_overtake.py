"""Withdrawal and transfer take what waits and has become pointless out of the way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.adapter import Capabilities, Unavailable, Unknown
from gateway.ports import DeliveryFilter
from gateway.usecases.deliver import deliver
from gateway.usecases.take_in import Answer, Inbound, take_in
from tests.world import HANDLER, OTHER, WINDOW, World, a_world, caller, example, say_as

DOWN = Unavailable("connection refused")
LOST = Unknown("connection lost before an answer")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


async def open_case(world: World) -> str:
    document = example("application")
    del document["body"]["materials"]
    document |= {"message_id": "app-1", "numbers": {"receiving": "MN-1"}}
    answer = await take_in(
        Inbound(caller=caller(), raw=json.dumps(document).encode(), document=document), gw=world.gw
    )
    return str(answer.body["case_number"])


async def say(
    world: World, kind: str, number: str, *, by: str = WINDOW, version: int = 1, **body: Any
) -> Answer:
    document = example(kind)
    document |= {"case_number": number, "message_id": f"{kind}-1", "data_version": version}
    document.pop("numbers", None)
    document.pop("sequence", None)
    say_as(document, by)
    if by != WINDOW:
        document["sender"]["role"] = "HANDLING"
    document["body"] |= body
    raw = json.dumps(document).encode()
    return await take_in(
        Inbound(caller=caller(by), raw=raw, document=document, case_number=number), gw=world.gw
    )


async def states(world: World, number: str) -> list[tuple[str, str, str]]:
    rows = await world.gw.store.deliveries(DeliveryFilter(case_number=number))
    return [(row.kind, row.destination, row.state) for row in rows]


async def test_a_withdrawal_takes_back_what_never_left(world: World) -> None:
    number = await open_case(world)

    await say(world, "withdrawal", number)

    assert await states(world, number) == [
        ("application", HANDLER, "superseded"),
        ("withdrawal", HANDLER, "superseded"),
    ]
    assert await world.drain() == []
    assert world.handler.sent == []
    rows = await world.gw.store.deliveries(DeliveryFilter(case_number=number))
    assert {row.reason for row in rows} == {"overtaken by withdrawal"}
    assert all(row.settled_at is not None for row in rows)


async def test_a_certain_no_before_it_left_counts_as_never_sent(world: World) -> None:
    number = await open_case(world)
    world.handler.outcomes = [DOWN]
    assert await world.drain(rounds=1) == ["pending"]

    await say(world, "withdrawal", number)

    assert {state for _, _, state in await states(world, number)} == {"superseded"}


async def test_what_may_have_arrived_stays_and_the_withdrawal_follows_it(world: World) -> None:
    number = await open_case(world)
    world.handler.outcomes = [LOST]
    assert await world.drain(rounds=1) == ["asking"]

    await say(world, "withdrawal", number)

    assert ("application", HANDLER, "asking") in await states(world, number)
    assert ("withdrawal", HANDLER, "pending") in await states(world, number)


async def test_what_waits_for_a_repeat_may_have_arrived_and_stays(world: World) -> None:
    number = await open_case(world)
    world.handler.can = Capabilities(idempotent=True)
    world.handler.outcomes = [LOST]
    assert await world.drain(rounds=1) == ["pending"]

    await say(world, "withdrawal", number)

    assert await states(world, number) == [
        ("application", HANDLER, "pending"),
        ("withdrawal", HANDLER, "pending"),
    ]


async def test_what_a_worker_already_holds_is_lost_to_it_before_a_byte_leaves(
    world: World,
) -> None:
    number = await open_case(world)
    now = world.clock.now()
    (claimed,) = await world.gw.store.claim(
        HANDLER, now=now, lease_until=now + timedelta(seconds=60), limit=1
    )

    await say(world, "withdrawal", number)

    assert (claimed.kind, claimed.state) == ("application", "pending")
    assert await deliver(claimed, gw=world.gw) == "lost"
    assert world.handler.sent == []
    assert {state for _, _, state in await states(world, number)} == {"superseded"}


async def test_what_is_being_sent_goes_on_and_the_withdrawal_waits_behind_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await open_case(world)
    transmit = world.handler.transmit

    async def withdraw_meanwhile(prepared: Any, *, open_material: Any) -> Any:
        if prepared.serial.endswith(".1"):
            await say(world, "withdrawal", number)
            assert ("withdrawal", HANDLER, "pending") in await states(world, number)
        return await transmit(prepared, open_material=open_material)

    monkeypatch.setattr(world.handler, "transmit", withdraw_meanwhile)
    await world.drain()

    assert [operation for operation, _ in world.handler.sent] == ["submit", "submit"]
    of_handler = [one for one in await states(world, number) if one[1] == HANDLER]
    assert of_handler == [
        ("application", HANDLER, "delivered"),
        ("withdrawal", HANDLER, "delivered"),
    ]


async def test_a_withdrawal_of_a_case_that_arrived_is_told_and_only_the_queue_goes(
    world: World,
) -> None:
    number = await open_case(world)
    await world.drain()
    await say(world, "reminder", number, to="HANDLING")
    await say(world, "objection_ask", number)

    await say(world, "withdrawal", number)

    sent = [one for one in await states(world, number) if one[1] == HANDLER]
    assert sent == [
        ("application", HANDLER, "delivered"),
        ("reminder", HANDLER, "superseded"),
        ("objection", HANDLER, "pending"),
        ("withdrawal", HANDLER, "pending"),
    ]
    assert "delivered" in await world.drain()
    assert ("withdrawal", HANDLER, "delivered") in await states(world, number)


async def test_a_forward_spares_the_old_holder_what_waits_for_it(world: World) -> None:
    number = await open_case(world)
    await world.drain()
    await say(world, "reminder", number, to="HANDLING")

    await say(
        world,
        "transfer",
        number,
        by=HANDLER,
        transfer_kind={"code": "FORWARD", "list": "transfer_kind"},
        to_place={"code": "990001990000", "county": "990001"},
    )

    after = await states(world, number)
    assert ("reminder", HANDLER, "superseded") in after
    assert [one for one in after if one[1] == OTHER] == [("application", OTHER, "pending")]
