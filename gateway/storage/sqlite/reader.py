"""
Read-only connections: one for point reads on the event loop, one for lists beside it.

A point read takes some ten microseconds from the page cache, less than handing it to a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import apsw

from gateway.ports import Threads
from gateway.sqlite import connect, disk_errors

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    def __init__(self, path: Path, *, threads: Threads) -> None:
        self._points = connect(path, read_only=True)
        self._lists = connect(path, read_only=True)
        self._point_lock, self._list_lock = threads.lock(), threads.lock()
        self._threads = threads

    def point(
        self,
        read: Callable[Concatenate[apsw.Connection, P], T],
        *args: P.args,
        **named: P.kwargs,
    ) -> T:
        """A read by key, here and now."""
        with disk_errors(), self._point_lock:
            return read(self._points, *args, **named)

    async def scan(
        self,
        read: Callable[Concatenate[apsw.Connection, P], T],
        *args: P.args,
        **named: P.kwargs,
    ) -> T:
        """A read that may go through many rows, in another thread."""

        def work() -> T:
            with disk_errors(), self._list_lock:
                return read(self._lists, *args, **named)

        return await self._threads.call(work)

    def close(self) -> None:
        with self._point_lock:
            self._points.close()
        with self._list_lock:
            self._lists.close()


__all__ = ["Reader"]
