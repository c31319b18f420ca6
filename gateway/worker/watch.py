"""
Looks at the clocks of all cases at intervals, the first time one interval after the start: what
fell due while the gateway was down is told then, after what had to be sent before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gateway.ports import Gateway
from gateway.telemetry import log
from gateway.usecases.watch_clocks import Looked

Look = Callable[[], Awaitable[Looked]]

LOOK_SECONDS = 300.0
"""Limits are days long; five minutes into a day is soon enough to be told."""


class ClockWatch:
    """One loop; a look that fails is tried again at the next one."""

    def __init__(self, *, gw: Gateway, look: Look, seconds: float = LOOK_SECONDS) -> None:
        self._gw = gw
        self._look = look
        self._seconds = seconds
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Returns when a look under way has ended."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while not await self._stopped_within(self._seconds):
            try:
                looked = await self._look()
            except Exception as error:
                log.error("clocks.unwatched", error=type(error).__name__)
                continue
            if looked.given:
                log.info("clocks.warned", count=looked.given)
            for number, code in looked.failed.items():
                log.error("clock.unwarned", case=number, error=code)

    async def _stopped_within(self, seconds: float) -> bool:
        timer = asyncio.ensure_future(self._gw.clock.sleep(seconds))
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({timer, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            stopped.cancel()
        return self._stopping.is_set()


__all__ = ["ClockWatch"]
