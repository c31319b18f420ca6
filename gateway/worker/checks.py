"""
Verifications that are due: asked a few at a time, soonest due first.

What is due stands in the store, so a restart carries on where the last process stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gateway.ports import Gateway, VerificationRow
from gateway.telemetry import log

Answer = Callable[[VerificationRow], Awaitable[str]]
TOGETHER = 8
SECONDS = 0.5
"""How often the store is looked at when nobody rings."""


class Checks:
    """One loop; `wake` tells it that a question is due now."""

    def __init__(self, *, gw: Gateway, answer: Answer) -> None:
        self._gw = gw
        self._answer = answer
        self._woken = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        systems = self._gw.provinces.systems(self._gw.environment)
        if any(system.adapter.verifies() for system in systems):
            self._task = asyncio.get_running_loop().create_task(self._run())

    def wake(self) -> None:
        self._woken.set()

    async def stop(self) -> None:
        """Ask nothing more and let what is under way end."""
        self._stopping = True
        self._woken.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                due = await self._gw.store.verifications_due(self._gw.clock.now(), limit=TOGETHER)
                await asyncio.gather(*(self._one(row) for row in due))
            except Exception as error:
                log.error("verification.unread", error=type(error).__name__)
                due = ()
            if due or self._stopping:
                continue
            timer = asyncio.ensure_future(self._gw.clock.sleep(SECONDS))
            woken = asyncio.ensure_future(self._woken.wait())
            try:
                await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                timer.cancel()
                woken.cancel()

    async def _one(self, row: VerificationRow) -> None:
        try:
            state = await self._answer(row)
        except Exception as error:
            log.error("verification.broken", destination=row.service, error=type(error).__name__)
            await self._gw.clock.sleep(SECONDS)
            return
        log.info("verification.asked", destination=row.service, outcome=state)


__all__ = ["Checks"]
