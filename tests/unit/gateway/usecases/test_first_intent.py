"""
Deliveries begun in the commit that promises them: one commit less, and every promise as before.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.adapter import BytePlan, Capabilities, Found, MaterialRef, ProvinceReceipt, Step
from contracts.errors import StoreUnavailable
from gateway.ports import Change, DeliveryFilter, DeliveryRow, RevisionConflictError
from gateway.usecases.deliver import deliver_begun
from gateway.usecases.take_in import Inbound, take_in
from tests.world import HANDLER, WINDOW, Ahead, World, a_world, caller, example


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield with_slots(opened)


def with_slots(world: World, spare: int = 10) -> World:
    return replace(world, gw=replace(world.gw, lines=Ahead(spare=spare)))


def ahead(world: World) -> Ahead:
    assert isinstance(world.gw.lines, Ahead)
    return world.gw.lines


async def an_accepted_case(world: World) -> str:
    document = example("application")
    del document["body"]["materials"]
    raw = json.dumps(document).encode()
    answer = await take_in(Inbound(caller=caller(), raw=raw, document=document), gw=world.gw)
    return str(answer.body["case_number"])


async def to(destination: str, world: World) -> DeliveryRow:
    (row,) = await world.gw.store.deliveries(DeliveryFilter(destination=destination))
    return row


async def test_the_intent_is_durable_with_the_answer_and_nothing_left_before(world: World) -> None:
    number = await an_accepted_case(world)

    row = await to(HANDLER, world)
    assert (row.state, row.attempt, row.fence) == ("sending", 1, 1)
    (attempt,) = await world.gw.store.attempts(row.serial)
    assert (attempt.ended_at, attempt.fence) == (None, 1)
    assert attempt.wire_digest is not None
    events = [json.loads(data)["event"] for _, data in await world.gw.store.leaves(number)]
    assert events == ["message.received", "delivery.intent"]
    assert world.handler.sent == []
    assert world.woken == []


async def test_what_was_begun_is_sent_once_and_its_acknowledgement_begun_with_its_end(
    world: World,
) -> None:
    number = await an_accepted_case(world)
    (begun,) = ahead(world).begun

    assert await deliver_begun(begun, gw=world.gw) == "delivered"
    assert (await to(HANDLER, world)).state == "delivered"
    assert (await to(WINDOW, world)).state == "sending"
    assert await deliver_begun(ahead(world).begun[1], gw=world.gw) == "delivered"

    assert world.handler.sent == [("submit", f"{number}.1")]
    assert world.window.sent == [("submit", f"{number}.2")]
    assert await world.drain() == []
    for serial in (f"{number}.1", f"{number}.2"):
        (attempt,) = await world.gw.store.attempts(serial)
        assert (attempt.number, attempt.outcome) == (1, "delivered")
        (step,) = await world.gw.store.steps(serial)
        assert step.done
        assert step.sealed_plan is not None


async def test_a_crash_before_it_is_sent_is_asked_about_not_sent_again(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        number = await an_accepted_case(with_slots(world))

    async with a_world(tmp_path) as world:
        world.clock.pass_(minutes=5)
        world.handler.answers = [Found(ProvinceReceipt(number="IM-7", serial=f"{number}.1"))]
        await world.drain()

        assert world.handler.asked == [f"{number}.1"]
        assert world.handler.sent == []
        assert (await to(HANDLER, world)).state == "delivered"


async def test_nothing_is_begun_where_a_crash_could_not_be_cleared_up(world: World) -> None:
    world.handler.can = Capabilities(query=False, idempotent=False)
    await an_accepted_case(world)
    assert (await to(HANDLER, world)).state == "pending"
    assert world.woken == [HANDLER]


async def test_nothing_is_begun_that_has_to_wait_for_a_token_a_material_or_a_slot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.handler, "ready", lambda operation: False)
    await an_accepted_case(world)
    assert (await to(HANDLER, world)).state == "pending"


async def test_a_payload_with_a_material_is_left_to_its_lane(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = BytePlan((b"{", MaterialRef("0" * 64, 3, "raw"), b"}"))
    monkeypatch.setattr(world.handler, "encode", lambda kind, record: (Step("submit", plan),))
    await an_accepted_case(world)
    assert (await to(HANDLER, world)).state == "pending"
    assert ahead(world).spare == 10


async def test_without_a_slot_the_lane_is_woken(world: World) -> None:
    ahead(world).spare = 0
    await an_accepted_case(world)
    assert (await to(HANDLER, world)).state == "pending"
    assert world.woken == [HANDLER]


async def test_a_commit_that_fails_gives_the_slot_back_and_sends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, failures = world.gw.store.commit, [RevisionConflictError(), StoreUnavailable()]

    async def failing(change: Change) -> tuple[str, ...]:
        if change.deliveries and failures:
            raise failures.pop(0)
        return await commit(change)

    monkeypatch.setattr(world.gw.store, "commit", failing)
    with pytest.raises(StoreUnavailable):
        await an_accepted_case(world)

    assert (ahead(world).spare, ahead(world).begun) == (10, [])
    assert await world.gw.store.deliveries(DeliveryFilter()) == []
