"""Counterparts that only pull, and those we pull."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.adapter import Pulled, Unanswered
from contracts.errors import Unrenderable
from gateway.ports import DeliveryFilter
from gateway.usecases.mailbox import take_mailbox
from gateway.usecases.pull import pull
from gateway.usecases.redeliver import retry_delivery
from gateway.usecases.take_in import Inbound, take_in
from tests.world import HANDLER, WINDOW, World, a_world, caller, example, foreign, say_as


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path, mailbox=True) as opened:
        yield opened


async def a_pushed_case(world: World) -> str:
    document = example("application")
    del document["body"]["materials"]
    document["numbers"] = {"receiving": "MN-1"}
    raw = json.dumps(document).encode()
    answer = await take_in(Inbound(caller=caller(), raw=raw, document=document), gw=world.gw)
    await world.drain()
    return str(answer.body["case_number"])


async def states(world: World) -> list[str]:
    rows = await world.gw.store.deliveries(DeliveryFilter(destination=WINDOW))
    return [row.state for row in rows]


async def test_a_mailbox_keeps_what_waits_until_the_next_cursor_is_asked_with(
    world: World,
) -> None:
    await a_pushed_case(world)

    payloads, cursor = await take_mailbox("", caller=caller(), gw=world.gw)
    again, same = await take_mailbox("", caller=caller(), gw=world.gw)
    assert (payloads, cursor) == (again, same)
    assert await states(world) == ["mailbox"]

    rest, _ = await take_mailbox(cursor, caller=caller(), gw=world.gw)
    assert rest == ()
    assert await states(world) == ["delivered"]


async def test_an_unknown_cursor_settles_nothing(world: World) -> None:
    await a_pushed_case(world)

    await take_mailbox("not-a-cursor", caller=caller(), gw=world.gw)

    assert await states(world) == ["mailbox"]


async def test_a_mailbox_is_its_owners_alone(world: World) -> None:
    await a_pushed_case(world)

    payloads, _ = await take_mailbox("", caller=caller(HANDLER), gw=world.gw)

    assert payloads == ()


async def test_the_same_question_twice_at_once_is_answered_twice(world: World) -> None:
    await a_pushed_case(world)
    _, cursor = await take_mailbox("", caller=caller(), gw=world.gw)

    answers = await asyncio.gather(
        *(take_mailbox(cursor, caller=caller(), gw=world.gw) for _ in range(4))
    )

    assert answers == [((), cursor)] * 4
    assert await states(world) == ["delivered"]


async def test_what_was_taken_up_again_behind_the_cursor_is_handed_out_not_settled(
    world: World,
) -> None:
    number = await a_pushed_case(world)  # its acknowledgement waits
    encode = world.window.encode

    def refuse(*_: Any, **__: Any) -> Any:
        raise Unrenderable

    world.window.encode = refuse  # type: ignore[method-assign]
    await arrive(world, number, "e-1")  # becomes a dead letter
    world.window.encode = encode  # type: ignore[method-assign]
    await arrive(world, number, "e-2", kind="progress")
    payloads, cursor = await take_mailbox("", caller=caller(), gw=world.gw)
    assert len(payloads) == 2

    (dead,) = await world.gw.store.deliveries(DeliveryFilter(states=("dead",)))
    told = await retry_delivery(dead.serial, reason="映射已改", caller=caller(), gw=world.gw)
    assert told["state"] == "mailbox"
    payloads, cursor = await take_mailbox(cursor, caller=caller(), gw=world.gw)

    assert [json.loads(one)["kind"] for one in payloads] == ["acceptance"]
    assert sorted(await states(world)) == ["delivered", "delivered", "mailbox"]
    assert await take_mailbox(cursor, caller=caller(), gw=world.gw) == ((), cursor)
    assert set(await states(world)) == {"delivered"}


async def arrive(world: World, number: str, message_id: str, *, kind: str = "acceptance") -> None:
    document = {**example(kind), "case_number": number, "message_id": message_id}
    document.pop("numbers", None)
    say_as(document, HANDLER)
    inbound = Inbound(
        caller=caller(HANDLER),
        raw=json.dumps(document).encode(),
        document=document,
        case_number=number,
    )
    await take_in(inbound, gw=world.gw)


def an_acceptance(number: str) -> dict[str, object]:
    document = example("acceptance")
    return {
        "body": document["body"],
        "occurred_at": document["occurred_at"],
        "case_number": number,
    }


async def test_a_pulled_message_enters_the_case_and_moves_the_cursor(world: World) -> None:
    number = await a_pushed_case(world)
    event = foreign("acceptance", an_acceptance(number), system=HANDLER, message_id="e-1")
    event = replace(event, case_number=number)
    world.handler.pages = [Pulled((event,), "c-1")]

    assert await pull(HANDLER, gw=world.gw) == 1

    row = await world.gw.store.case(number)
    assert row is not None
    assert row.status == "ACCEPTED"
    assert await world.gw.store.cursor(HANDLER, "test") == "c-1"


async def test_a_page_pulled_twice_is_taken_in_once(world: World) -> None:
    number = await a_pushed_case(world)
    event = foreign("acceptance", an_acceptance(number), system=HANDLER, message_id="e-1")
    event = replace(event, case_number=number)
    world.handler.pages = [Pulled((event,), "c-1"), Pulled((event,), "c-1")]

    assert await pull(HANDLER, gw=world.gw) == 1
    assert await pull(HANDLER, gw=world.gw) == 0  # nothing new: time for a pause

    kinds = [message.kind for message in await world.gw.store.messages(number)]
    assert kinds == ["application", "acknowledgement", "acceptance"]


async def test_a_message_we_refuse_does_not_hold_up_the_ones_after_it(world: World) -> None:
    number = await a_pushed_case(world)
    bad = foreign("acceptance", an_acceptance(number), system=HANDLER, message_id="e-1")
    good = foreign("acceptance", an_acceptance(number), system=HANDLER, message_id="e-2")
    bad = replace(bad, case_number="TB-20260302-530303-T99999-X")
    good = replace(good, case_number=number)
    world.handler.pages = [Pulled((bad, good), "c-2")]

    await pull(HANDLER, gw=world.gw)

    row = await world.gw.store.case(number)
    assert row is not None
    assert row.status == "ACCEPTED"
    leaves = [json.loads(data)["event"] for _, data in await world.gw.store.leaves()]
    assert leaves.count("message.refused") == 1


async def test_an_unanswered_pull_changes_nothing(world: World) -> None:
    world.handler.pages = [Unanswered("HTTP 500")]

    assert await pull(HANDLER, gw=world.gw) == 0
    assert await world.gw.store.cursor(HANDLER, "test") is None
