"""Lanes: what is under way is not touched twice, and a failing store does not end a lane."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import Overloaded
from gateway.ports import DeliveryRow
from gateway.usecases.take_in import Inbound, take_in
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
