"""
One lane per destination: its own queue, its own concurrency, so one dead province slows nobody.

A lane sleeps until somebody wakes it (a commit added work for it) or the next stored attempt is
due. With nothing under way it claims at once; with something under way it gathers wishes and free
slots for a moment, so that a claim gives several deliveries. The schedule lives in the store; a
lane keeps only what it is working on right now.
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
LEAST_SECONDS = 0.005
"""After a claim that left slots free: what is due by then was not to be had just now."""
GATHER_SECONDS = 0.01
"""How long a busy lane lets free slots and new work gather before it claims again."""


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
        self._running: set[asyncio.Task[None]] = set()
        self._under_way: set[str] = set()
        self._called = False
        self._stirred = asyncio.Event()
        """somebody called, a delivery ended, or the lane is to stop"""
        self._enough = 0
        self._room = asyncio.Event()
        """no more than `_enough` are under way, or the lane is to stop"""
        self._stopping = False

    def wake(self) -> None:
        """There is new work; never blocks."""
        self._called = True
        self._stirred.set()

    async def run(self) -> None:
        """Runs until `stop`; a failing store is waited out, never fatal."""
        more = True
        while not self._stopping:
            try:
                if self._running:
                    await self._gather(more=more)
                    if self._stopping:
                        break
                free = self._width - len(self._running)
                self._called = False
                more = await self._claim(free) == free
                if not more:
                    await self._rest()
            except Exception as error:
                log.error("lane.failed", destination=self.destination, error=type(error).__name__)
                await self._gw.clock.sleep(IDLE_SECONDS)
        if self._running:
            await asyncio.wait(self._running)

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is under way has settled."""
        self._stopping = True
        self._stirred.set()
        self._room.set()

    async def _gather(self, *, more: bool) -> None:
        """
        Return when a claim is worth its while and a slot is free.

        That is when nothing is under way, with `more` known to be due when half the slots are free,
        and in any case after a moment.
        """
        self._enough = self._width // 2 if more else 0
        if len(self._running) > self._enough:
            self._room.clear()
            await self._within(GATHER_SECONDS, self._room)
        if len(self._running) == self._width and not self._stopping:
            self._enough = self._width - 1
            self._room.clear()
            await self._room.wait()

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
        self._stirred.set()
        if len(self._running) <= self._enough:
            self._room.set()

    async def _rest(self) -> None:
        """Return when somebody called or something is due; one that ended may set another free."""
        least = LEAST_SECONDS
        while not (self._called or self._stopping):
            self._stirred.clear()
            now = self._gw.clock.now()
            due = await self._gw.store.due(self.destination, now)
            seconds = IDLE_SECONDS if due is None else (due - now).total_seconds()
            if seconds <= 0 and least == 0:
                return
            await self._within(min(IDLE_SECONDS, max(least, seconds)), self._stirred)
            least = 0.0

    async def _within(self, seconds: float, event: asyncio.Event) -> None:
        """Wait for an event, but not longer than `seconds`."""
        timer = asyncio.ensure_future(self._gw.clock.sleep(seconds))
        happened = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait({timer, happened}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            happened.cancel()


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
