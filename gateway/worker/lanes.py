"""
One lane per destination: its own queue, its own concurrency, so one dead province slows nobody.

A lane sleeps until somebody wakes it (a commit added work for it) or the next stored attempt is
due. The schedule lives in the store; a lane keeps only what it is working on right now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from gateway.ports import DeliveryRow, Gateway
from gateway.telemetry import log

Deliver = Callable[[DeliveryRow], Awaitable[str]]

IDLE_SECONDS = 1.0
"""Longest sleep of a lane: bounds how late a lane notices work that nobody woke it for."""


class Lane:
    """Claims and delivers for one destination until stopped."""

    def __init__(
        self, destination: str, *, gw: Gateway, deliver: Deliver, width: int, lease: timedelta
    ) -> None:
        self.destination = destination
        self._gw = gw
        self._deliver = deliver
        self._width = width
        self._lease = lease
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._under_way: set[str] = set()
        self._stopping = False

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Runs until `stop`; a failing store is waited out, never fatal."""
        while not self._stopping:
            self._wake.clear()
            free = self._width - len(self._running)
            try:
                claimed = await self._claim(free) if free else 0
                if claimed < free or not free:
                    await self._rest()
            except Exception as error:
                log.error("lane.failed", destination=self.destination, error=type(error).__name__)
                await self._gw.clock.sleep(IDLE_SECONDS)
        if self._running:
            await asyncio.wait(self._running)

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is under way has settled."""
        self._stopping = True
        self._wake.set()

    async def _claim(self, free: int) -> int:
        now = self._gw.clock.now()
        rows = await self._gw.store.claim(
            self.destination, now=now, lease_until=now + self._lease, limit=free
        )
        for row in rows:
            if row.serial in self._under_way:
                # Its lease ran out while its bytes are still leaving: nobody may ask yet whether
                # they arrived, nor send them again. It comes back when this lease runs out.
                log.warning("delivery.overdue", serial=row.serial, destination=self.destination)
                continue
            self._under_way.add(row.serial)
            task = asyncio.get_running_loop().create_task(self._one(row))
            self._running.add(task)
            task.add_done_callback(self._finished)
        return len(rows)

    async def _one(self, row: DeliveryRow) -> None:
        try:
            state = await self._deliver(row)
        except Exception as error:
            # The lease runs out and the open intent is then asked about: nothing is lost here.
            log.error("delivery.failed", serial=row.serial, error=type(error).__name__)
            return
        finally:
            self._under_way.discard(row.serial)
        log.info("delivery.settled", serial=row.serial, destination=row.destination, state=state)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    async def _rest(self) -> None:
        now = self._gw.clock.now()
        due = await self._gw.store.due(self.destination, now)
        seconds = IDLE_SECONDS
        if due is not None and len(self._running) < self._width:
            seconds = min(seconds, max(0.005, (due - now).total_seconds()))
        timer = asyncio.ensure_future(self._gw.clock.sleep(seconds))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            woken.cancel()


class Lanes:
    """All lanes of this process; made on first use, so a new destination needs no restart."""

    def __init__(self, *, gw: Gateway, deliver: Deliver, lease: timedelta) -> None:
        self._gw = gw
        self._deliver = deliver
        self._lease = lease
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def wake(self, destination: str) -> None:
        self._lane(destination).wake()

    async def start(self) -> None:
        """Open a lane for every destination that has work from before."""
        for destination in await self._gw.store.lanes(self._gw.clock.now()):
            self._lane(destination)

    async def stop(self) -> None:
        """Let what is under way settle; the rest stays in the store."""
        self._stopping = True
        for lane in self._lanes.values():
            lane.stop()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _lane(self, destination: str) -> Lane:
        lane = self._lanes.get(destination)
        if lane is None:
            system = self._gw.provinces.system(destination, self._gw.environment)
            width = 1 if system is None else system.adapter.capabilities().max_concurrency
            lane = Lane(
                destination, gw=self._gw, deliver=self._deliver, width=width, lease=self._lease
            )
            self._lanes[destination] = lane
            task = asyncio.get_running_loop().create_task(lane.run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return lane


__all__ = ["Lanes"]
