"""
Where we pull: ask each pull-only counterpart at intervals and take in what it has.

The stored cursor moves only after every message before it was taken in, so a crash repeats a pull
and the repeated messages are recognised by their identity.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gateway.ports import Gateway
from gateway.telemetry import log

Pull = Callable[[str], Awaitable[int]]


class Pulls:
    """One loop per system that can be pulled."""

    def __init__(self, *, gw: Gateway, pull: Pull, seconds: float) -> None:
        self._gw = gw
        self._pull = pull
        self._seconds = seconds
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        for system in self._gw.provinces.systems(self._gw.environment):
            if system.adapter.capabilities().pull:
                task = asyncio.get_running_loop().create_task(self._run(system.system))
                self._tasks.append(task)

    async def stop(self) -> None:
        self._stopping.set()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, system: str) -> None:
        while not self._stopping.is_set():
            try:
                taken = await self._pull(system)
            except Exception as error:
                log.error("pull.failed", destination=system, error=type(error).__name__)
                taken = 0
            if taken:
                log.info("pull.taken", destination=system, count=taken)
                continue
            timer = asyncio.ensure_future(self._gw.clock.sleep(self._seconds))
            stopped = asyncio.ensure_future(self._stopping.wait())
            try:
                await asyncio.wait({timer, stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                timer.cancel()
                stopped.cancel()


__all__ = ["Pulls"]
