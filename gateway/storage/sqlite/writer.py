"""
The one thread that writes: takes what waits, commits it together, tells each who asked.

Its hand-off queue is bounded; it alone checkpoints, when idle or when the log is large.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from contracts.errors import Overloaded, StoreUnavailable
from gateway.ports import Running, Threads
from gateway.storage.sqlite.engine import Engine, Failed, Work

GROUP = 256
"""Most works in one transaction."""
WAITING = 4096
"""Most works in the hand-off queue; more is refused with Overloaded."""
CHECKPOINT_BYTES = 4 * 1024 * 1024
"""The longest pause of a commit grows with it, and from 2 to 32 MB the rate does not."""
IDLE_SECONDS = 0.5
_JOIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Meter:
    """Told of every commit group, by the writing thread: how many works, how many seconds."""

    monotonic: Callable[[], float]
    report: Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]


class Writer:
    """Start with `start`; `do` from any coroutine; `close` finishes what was handed in."""

    def __init__(self, engine: Engine, *, meter: Meter | None = None) -> None:
        self._engine = engine
        self._meter = meter
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._running: Running | None = None

    def start(self, threads: Threads) -> None:
        self._running = threads.start(self._write_until_closed, name="tongban-writer")

    async def do(self, work: Work) -> Any:
        """
        Have a work committed and return its result.

        Cancelling the wait does not undo the work: it may still be committed.

        Raises:
            Overloaded: too many wait already.
            StoreUnavailable: the disk refused, or the store is closed.
            Exception: what the work itself raised; nothing of it was stored.
        """
        if self._closed:
            raise StoreUnavailable("存储已关闭", "the store is closed")
        if self._jobs.qsize() >= WAITING:
            raise Overloaded("待写入请求过多", "too many commits wait", retry_after=1)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._jobs.put(_Job(work, loop, done))
        return await done

    def _write_until_closed(self) -> None:
        group: list[_Job] = []
        open_ = True
        while open_:
            try:
                job = self._jobs.get(timeout=IDLE_SECONDS)
            except Empty:
                if self._engine.wal_bytes:
                    self._engine.checkpoint()
                continue
            while job is not None:
                group.append(job)
                if len(group) == GROUP or self._jobs.empty():
                    break
                job = self._jobs.get()
            open_ = job is not None
            if group:
                self._commit(group)
                group = []

    def _commit(self, group: list[_Job]) -> None:
        results = self._run(group)
        first = group[0].loop
        if all(job.loop is first for job in group):
            _tell(first, [job.done for job in group], results)
        else:
            for job, result in zip(group, results, strict=True):
                _tell(job.loop, [job.done], [result])
        if self._engine.wal_bytes >= CHECKPOINT_BYTES:
            self._engine.checkpoint()

    def _run(self, group: list[_Job]) -> Sequence[Any]:
        started = self._meter.monotonic() if self._meter else 0.0
        try:
            results = self._engine.run([job.work for job in group])
        except Exception as error:  # the thread goes on: whoever comes later must not wait for ever
            results = [Failed(error)] * len(group)
        if self._meter is not None:
            with suppress(Exception):  # what is committed is committed, counted or not
                self._meter.report(len(group), self._meter.monotonic() - started)
        return results

    def close(self) -> None:
        """Commit what was handed in, end the thread, close the connection. Blocks."""
        self._closed = True
        self._jobs.put(None)
        if self._running is not None:
            self._running.join(_JOIN_SECONDS)
        self._engine.close()


def _tell(
    loop: asyncio.AbstractEventLoop, waiting: list[asyncio.Future[Any]], results: Any
) -> None:
    try:
        loop.call_soon_threadsafe(_resolve, waiting, results)
    except RuntimeError:
        # The loop is closed: nobody waits any more.
        return


def _resolve(waiting: list[asyncio.Future[Any]], results: Any) -> None:
    for done, result in zip(waiting, results, strict=True):
        if done.cancelled():
            continue
        if isinstance(result, Failed):
            done.set_exception(result.error)
        else:
            done.set_result(result)


__all__ = ["CHECKPOINT_BYTES", "GROUP", "WAITING", "Meter", "Writer"]
