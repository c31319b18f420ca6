"""
Lanes: what is under way is not touched twice, a failing store does not end a lane, claims are few.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.errors import Overloaded
from gateway.ports import Change, DeliveryFilter, DeliveryRow, DeliveryUpdate
from gateway.usecases.take_in import Inbound, take_in
from gateway.worker import lanes
from gateway.worker.lanes import Lane
from tests.world import HANDLER, World, a_world, caller, example


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        document = example("application")
        del document["body"]["materials"]
        raw = json.dumps(document).encode()
        await take_in(Inbound(caller=caller(), raw=raw, document=document), gw=opened.gw)
        yield opened


async def take_in_more(world: World, count: int) -> None:
    for number in range(count):
        document = example("application")
        del document["body"]["materials"]
        document["message_id"] = f"more-{number}"
        document["numbers"] = {"receiving": f"MORE-{number}"}
        raw = json.dumps(document).encode()
        await take_in(Inbound(caller=caller(), raw=raw, document=document), gw=world.gw)


async def ended(settled: asyncio.Queue[str], count: int = 1) -> None:
    async with asyncio.timeout(5):
        for _ in range(count):
            await settled.get()


@pytest.fixture
def claims(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(limit, rows given) of every claim; time passes as it does, and nobody wakes an idle lane."""
    claim, seen = world.gw.store.claim, []

    async def noted(destination: str, **how: Any) -> Any:
        rows = await claim(destination, **how)
        seen.append((how["limit"], len(rows)))
        return rows

    monkeypatch.setattr(world.gw.store, "claim", noted)
    monkeypatch.setattr(world.clock, "sleep", asyncio.sleep)
    monkeypatch.setattr(lanes, "IDLE_SECONDS", 60.0)
    return seen


def a_lane(world: World, deliver: Any) -> Lane:
    return Lane(HANDLER, gw=world.gw, deliver=deliver, width=4, lease=timedelta(seconds=10))


async def test_a_delivery_whose_lease_ran_out_under_way_is_not_begun_again(world: World) -> None:
    begun: list[DeliveryRow] = []
    started, gate = asyncio.Event(), asyncio.Event()

    async def slow(row: DeliveryRow) -> str:
        begun.append(row)
        started.set()
        await gate.wait()
        return "delivered"

    lane = a_lane(world, slow)
    running = asyncio.ensure_future(lane.run())
    await started.wait()
    for _ in range(3):
        world.clock.pass_(seconds=11)
        lane.wake()
        await asyncio.sleep(0.05)
    now = await world.gw.store.delivery(begun[0].serial)
    assert now is not None
    assert now.fence > begun[0].fence  # it was claimed anew

    assert len(begun) == 1
    lane.stop()
    gate.set()
    await running


async def test_a_store_that_fails_once_does_not_end_the_lane(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, failures = world.gw.store.claim, [Overloaded(), RuntimeError()]
    done = asyncio.Event()

    async def failing(*args: Any, **more: Any) -> Any:
        if failures:
            raise failures.pop()
        return await claim(*args, **more)

    async def deliver(row: DeliveryRow) -> str:
        done.set()
        return "delivered"

    monkeypatch.setattr(world.gw.store, "claim", failing)
    lane = a_lane(world, deliver)
    running = asyncio.ensure_future(lane.run())

    await asyncio.wait_for(done.wait(), 5)
    lane.stop()
    await running


async def test_an_idle_lane_asks_nothing_and_claims_at_once_when_woken(
    world: World, claims: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "GATHER_SECONDS", 60.0)
    settled: asyncio.Queue[str] = asyncio.Queue()

    async def deliver(row: DeliveryRow) -> str:
        return await settle(row, world=world, settled=settled)

    lane = a_lane(world, deliver)
    running = asyncio.ensure_future(lane.run())
    await ended(settled)
    await asyncio.sleep(0.05)
    assert claims == [(4, 1)]

    await take_in_more(world, 1)
    lane.wake()
    await ended(settled)

    assert claims == [(4, 1), (4, 1)]
    lane.stop()
    await running


def begun(serial: str) -> Any:
    return SimpleNamespace(row=SimpleNamespace(serial=serial, destination=HANDLER))


async def test_slots_are_handed_out_while_there_are_some_and_the_lane_is_stopped_after_them(
    world: World, claims: list[tuple[int, int]]
) -> None:
    settled: asyncio.Queue[str] = asyncio.Queue()
    gate = asyncio.Event()

    async def deliver(row: DeliveryRow) -> str:
        return await settle(row, world=world, settled=settled)

    async def deliver_begun(one: Any) -> str:
        await gate.wait()
        lane.done_calling(one.row.serial)
        await settled.put(one.row.serial)
        return "delivered"

    lane = Lane(
        HANDLER,
        gw=world.gw,
        deliver=deliver,
        deliver_begun=deliver_begun,
        width=4,
        lease=timedelta(seconds=10),
    )
    running = asyncio.ensure_future(lane.run())
    await ended(settled)
    await asyncio.sleep(0.05)

    slots = [lane.slot() for _ in range(5)]
    assert [slot is not None for slot in slots] == [True] * 4 + [False]
    for number, slot in enumerate(slots[:3]):
        assert slot is not None
        slot.start(begun(f"begun-{number}"))
    lane.stop()
    gate.set()
    await ended(settled, 3)
    await asyncio.sleep(0.01)
    assert not running.done()  # the fourth is still kept for somebody
    assert slots[3] is not None
    slots[3].give_back()
    await asyncio.wait_for(running, 5)


async def test_a_lane_that_is_behind_keeps_half_its_slots_for_what_waits(world: World) -> None:
    async def nothing(_: Any) -> str:
        return "delivered"

    lane = Lane(
        HANDLER,
        gw=world.gw,
        deliver=nothing,
        deliver_begun=nothing,
        width=4,
        lease=timedelta(seconds=10),
    )
    lane.wake()

    assert [lane.slot() is not None for _ in range(4)] == [True, True, False, False]


async def test_no_more_calls_than_lines_and_half_a_lease_is_the_longest_wait(world: World) -> None:
    async def nothing(_: Any) -> str:
        return "delivered"

    lane = Lane(
        HANDLER,
        gw=world.gw,
        deliver=nothing,
        width=8,
        lines=2,
        lease=timedelta(seconds=0.1),
    )
    assert [await lane.dial(), await lane.dial()] == [True, True]
    assert await lane.dial() is False
    third = asyncio.ensure_future(lane.dial())
    await asyncio.sleep(0.01)
    assert not third.done()
    lane.hang_up()
    assert await third is True


async def test_a_lane_whose_calls_do_not_end_gives_no_more_slots_than_it_has_lines(
    world: World,
) -> None:
    async def nothing(_: Any) -> str:
        return "delivered"

    lane = Lane(
        HANDLER,
        gw=world.gw,
        deliver=nothing,
        deliver_begun=nothing,
        width=8,
        lines=2,
        lease=timedelta(seconds=10),
    )
    lane._behind = False
    await lane.dial()
    world.clock.pass_(seconds=lanes.SLOW_SECONDS + 1)
    assert [lane.slot() is not None for _ in range(3)] == [True, True, False]
    lane.hang_up()
    assert lane.slot() is not None


async def test_a_lane_with_more_due_claims_for_half_its_slots(
    world: World, claims: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "GATHER_SECONDS", 60.0)
    await take_in_more(world, 7)
    settled: asyncio.Queue[str] = asyncio.Queue()
    gates = asyncio.Semaphore(0)

    async def deliver(row: DeliveryRow) -> str:
        await gates.acquire()
        return await settle(row, world=world, settled=settled)

    lane = a_lane(world, deliver)
    running = asyncio.ensure_future(lane.run())
    for _ in range(8):
        gates.release()
        await ended(settled)
        await asyncio.sleep(0.01)

    assert claims[:3] == [(4, 4), (2, 2), (2, 2)]
    lane.stop()
    await running


async def test_a_slow_delivery_does_not_keep_the_free_slots_waiting(
    world: World, claims: list[tuple[int, int]]
) -> None:
    await take_in_more(world, 7)
    settled: asyncio.Queue[str] = asyncio.Queue()
    gate = asyncio.Event()

    async def deliver(row: DeliveryRow) -> str:
        if row.case_number in slow:
            await gate.wait()
        return await settle(row, world=world, settled=settled)

    slow = {row.case_number for row in (await world.gw.store.deliveries(DeliveryFilter()))[:3]}
    lane = a_lane(world, deliver)
    running = asyncio.ensure_future(lane.run())

    await ended(settled, 5)
    gate.set()
    await ended(settled, 3)
    lane.stop()
    await running


async def settle(row: DeliveryRow, *, world: World, settled: asyncio.Queue[str]) -> str:
    now = world.clock.now()
    update = DeliveryUpdate(
        serial=row.serial,
        fence=row.fence,
        was=("pending",),
        state="delivered",
        next_at=now,
        attempt=1,
        step=0,
        settled_at=now,
    )
    await world.gw.store.commit(Change(updates=(update,)))
    settled.put_nowait(row.serial)
    return "delivered"
