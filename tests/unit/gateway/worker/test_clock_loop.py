"""The loop that looks at clocks: at intervals, whatever a look does, until it is stopped."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from gateway.ports import Gateway
from gateway.usecases.watch_clocks import Looked
from gateway.worker.watch import ClockWatch


class Clock:
    """Every sleep ends at once, and is counted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class World:
    def __init__(self) -> None:
        self.clock = Clock()


async def test_a_look_that_fails_is_followed_by_another() -> None:
    looks: list[str] = []
    enough = asyncio.Event()

    async def look() -> Looked:
        looks.append("look")
        if len(looks) >= 3:
            enough.set()
        if len(looks) == 1:
            raise RuntimeError
        return Looked(1, {"TB-1": "not_found"})

    world: Any = World()
    watch = ClockWatch(gw=cast("Gateway", world), look=look, seconds=7)
    watch.start()
    await asyncio.wait_for(enough.wait(), 5)
    await watch.stop()
    seen = len(looks)
    await asyncio.sleep(0)

    assert set(world.clock.slept) == {7}
    assert len(looks) == seen
