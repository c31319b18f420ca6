"""
One lane per destination: its own queue, its own concurrency, so one dead province slows nobody.

A lane sleeps until somebody wakes it (a commit added work for it) or the next stored attempt is
due. With nothing under way it claims at once; with something under way it gathers wishes and free
slots for a moment, so that a claim gives several deliveries. The schedule lives in the store; a
lane keeps only what it is working on right now.

A lane has a number of lines, the calls its destination takes at once, and slots for several times
as many deliveries, so that a line need not stand idle while one of them waits for a commit. A slot
is held until the last call of its delivery is over. Slots to spare are handed out beforehand: the
deliveries for them are begun in the commit that promises them and need no claim. A lane that is
behind keeps half of them for what waits, and while calls are slow there are no more than lines.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta

from gateway.ports import BegunDelivery, DeliveryRow, Gateway, Slot
from gateway.telemetry import log

Deliver = Callable[[DeliveryRow], Awaitable[str]]
DeliverBegun = Callable[[BegunDelivery], Awaitable[str]]

IDLE_SECONDS = 1.0
"""Longest sleep of a lane: bounds how late a lane notices work that nobody woke it for."""
LEAST_SECONDS = 0.005
"""After a claim that left slots free: what is due by then was not to be had just now."""
GATHER_SECONDS = 0.01
"""How long a busy lane lets free slots and new work gather before it claims again."""

SLOTS_A_LINE = 8
"""A call takes a few milliseconds, the commits around it some tens when there is much to do."""
SLOW_SECONDS = 1.0
"""A lane in which not even one of its calls ended for so long is slow: then more slots than lines
would only wait."""
PAUSE_SECONDS = 0.01
"""How long a resting lane lets deliveries end before it looks whether that set others free."""


class Lane:
    """Claims and delivers for one destination until stopped."""

    def __init__(
        self,
        destination: str,
        *,
        gw: Gateway,
        deliver: Deliver,
        width: int,
        lease: timedelta,
        lines: int | None = None,
        deliver_begun: DeliverBegun | None = None,
    ) -> None:
        self.destination = destination
        self.lease = lease
        self._gw = gw
        self._log = log.bind(destination=destination)
        self._deliver = deliver
        self._deliver_begun = deliver_begun
        self._width = width
        self._lines = lines or width
        self._idle = asyncio.Semaphore(self._lines)
        self._dialled: deque[float] = deque()
        """when the last calls began, as many as are under way; one that ends drops the oldest"""
        self._running: set[asyncio.Task[None]] = set()
        self._under_way: set[str] = set()
        self._calling: set[str] = set()
        """serials that hold a slot"""
        self._kept = 0
        """slots handed out beforehand"""
        self._called = False
        self._behind = True
        """something may be due that was not claimed yet"""
        self._stirred = asyncio.Event()
        """somebody called, a delivery ended, or the lane is to stop"""
        self._enough = 0
        self._room = asyncio.Event()
        """no more than `_enough` slots are held, or the lane is to stop"""
        self._stopping = False

    @property
    def _held(self) -> int:
        return len(self._calling) + self._kept

    @property
    def _free(self) -> int:
        """Slots that can be given now; not above 0 when there are none."""
        return (self._lines if self._slow else self._width) - self._held

    @property
    def _slow(self) -> bool:
        waited = self._gw.clock.monotonic() - self._dialled[0] if self._dialled else 0.0
        return waited > SLOW_SECONDS

    def wake(self) -> None:
        """There is new work; never blocks."""
        self._called = self._behind = True
        self._stirred.set()

    def slot(self) -> Slot | None:
        """A slot for a delivery that is begun elsewhere; None when none is to spare."""
        if self._stopping or self._deliver_begun is None:
            return None
        if self._free <= (self._width // 2 if self._behind else 0):
            return None
        self._kept += 1
        return _Slot(self)

    def start(self, begun: BegunDelivery) -> None:
        """Send what was begun, in the slot that was kept for it."""
        assert self._deliver_begun is not None  # or no slot had been given
        self._kept -= 1
        self._go(begun.row, self._deliver_begun(begun))

    def give_back(self) -> None:
        """A slot that was kept is not needed."""
        self._kept -= 1
        self._stirred.set()
        self._make_room()

    async def dial(self) -> bool:
        """
        Wait for a line. False: half the lease went by meanwhile, and nothing was sent.

        Whoever got one gives it back with `hang_up`.
        """
        if self._idle.locked():
            try:
                async with asyncio.timeout(self.lease.total_seconds() / 2):
                    await self._idle.acquire()
            except TimeoutError:
                return False
        else:
            await self._idle.acquire()
        self._dialled.append(self._gw.clock.monotonic())
        return True

    def hang_up(self) -> None:
        self._dialled.popleft()
        self._idle.release()

    def done_calling(self, serial: str) -> None:
        """The last call for a delivery is over: its slot is free, however long its end takes."""
        self._calling.discard(serial)
        self._make_room()

    async def run(self) -> None:
        """Runs until `stop`; a failing store is waited out, never fatal."""
        more = True
        while not self._stopping:
            try:
                if self._held:
                    await self._gather(more=more)
                    if self._stopping:
                        break
                free = max(1, self._free)
                self._called = False
                more = await self._claim(free) == free
                self._behind = more or self._called
                if not more:
                    await self._rest()
                    self._behind = True
            except Exception as error:
                self._log.error("lane.failed", error=type(error).__name__)
                await self._gw.clock.sleep(IDLE_SECONDS)
        while self._running or self._kept:
            self._stirred.clear()
            await self._stirred.wait()

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
        if self._held > self._enough:
            self._room.clear()
            await self._within(GATHER_SECONDS, self._room)
        while self._free <= 0 and not self._stopping:
            self._enough = self._held - 1
            self._room.clear()
            await self._room.wait()

    async def _claim(self, free: int) -> int:
        now = self._gw.clock.now()
        rows = await self._gw.store.claim(
            self.destination, now=now, lease_until=now + self.lease, limit=free
        )
        for row in rows:
            if row.serial in self._under_way:
                # Its lease ran out while its bytes are still leaving: nobody may ask yet whether
                # they arrived, nor send them again. It comes back when this lease runs out.
                self._log.warning("delivery.overdue", serial=row.serial)
                continue
            self._go(row, self._deliver(row))
        return len(rows)

    def _go(self, row: DeliveryRow, delivering: Awaitable[str]) -> None:
        self._under_way.add(row.serial)
        self._calling.add(row.serial)
        task = asyncio.get_running_loop().create_task(self._one(row, delivering))
        self._running.add(task)
        task.add_done_callback(self._finished)

    async def _one(self, row: DeliveryRow, delivering: Awaitable[str]) -> None:
        try:
            state = await delivering
        except Exception as error:
            # The lease runs out and the open intent is then asked about: nothing is lost here.
            self._log.error("delivery.failed", serial=row.serial, error=type(error).__name__)
            return
        finally:
            self._under_way.discard(row.serial)
            self.done_calling(row.serial)
        self._log.info("delivery.settled", serial=row.serial, state=state)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._stirred.set()

    def _make_room(self) -> None:
        if self._held <= self._enough:
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
            if self._running and not (self._called or self._stopping):
                await self._gw.clock.sleep(PAUSE_SECONDS)  # ask once for what ends in a row
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


class _Slot:
    """See `gateway.ports.Slot`."""

    __slots__ = ("_lane", "lease")

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self.lease = lane.lease

    def start(self, begun: BegunDelivery) -> None:
        self._lane.start(begun)

    def give_back(self) -> None:
        self._lane.give_back()


class Lanes:
    """All lanes of this process; made on first use, so a new destination needs no restart."""

    def __init__(
        self,
        *,
        gw: Gateway,
        deliver: Deliver,
        lease: timedelta,
        deliver_begun: DeliverBegun | None = None,
    ) -> None:
        self._gw = gw
        self._deliver = deliver
        self._deliver_begun = deliver_begun
        self._lease = lease
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def wake(self, destination: str) -> None:
        self._lane(destination).wake()

    def slot(self, destination: str) -> Slot | None:
        return None if self._stopping else self._lane(destination).slot()

    async def dial(self, destination: str) -> bool:
        return await self._lane(destination).dial()

    def hang_up(self, destination: str) -> None:
        self._lane(destination).hang_up()

    def done_calling(self, destination: str, serial: str) -> None:
        self._lane(destination).done_calling(serial)

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
            lines = 1 if system is None else system.adapter.capabilities().max_concurrency
            lane = Lane(
                destination,
                gw=self._gw,
                deliver=self._deliver,
                width=lines * SLOTS_A_LINE,
                lines=lines,
                lease=self._lease,
                deliver_begun=self._deliver_begun,
            )
            self._lanes[destination] = lane
            task = asyncio.get_running_loop().create_task(lane.run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return lane


__all__ = ["Lanes"]
