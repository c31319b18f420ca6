"""
The real clock, randomness and threads: the only module that reaches them.

A house test refuses `time`, `datetime.now`, `random`, `secrets`, `uuid`, `os.urandom` and
`threading` elsewhere, so that the engine can run on a simulated world.
"""

from __future__ import annotations

import asyncio
import pwd
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class RealIds:
    def token(self, size: int = 32) -> bytes:
        return secrets.token_bytes(size)

    def hex(self, size: int = 16) -> str:
        return secrets.token_hex(size)

    def fraction(self) -> float:
        return secrets.randbelow(1 << 53) / (1 << 53)


class RealThread:
    def __init__(self, thread: threading.Thread) -> None:
        self._thread = thread

    def join(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()


class RealThreads:
    def start(self, run: Callable[[], None], *, name: str) -> RealThread:
        # daemon: a process that was told to end never hangs on a thread; what is durable is durable
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return RealThread(thread)

    def lock(self) -> AbstractContextManager[object]:
        return threading.Lock()

    async def call(self, work: Callable[[], T]) -> T:
        return await asyncio.to_thread(work)


async def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on right now, all different."""

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    servers = [await asyncio.start_server(nothing, "127.0.0.1", 0) for _ in range(count)]
    ports = [int(server.sockets[0].getsockname()[1]) for server in servers]
    for server in servers:
        server.close()
        await server.wait_closed()
    return ports


def reset_connection(transport: asyncio.Transport) -> None:
    """Break a TCP connection so that the other side sees a reset (RST), not an end (FIN)."""
    link = transport.get_extra_info("socket")
    if link is not None:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def peer_user(transport: asyncio.BaseTransport | None) -> str | None:
    """
    The operating-system user at the other end of a Unix socket; None when it cannot be known.

    The kernel says so (SO_PEERCRED), not the peer.
    """
    link = transport.get_extra_info("socket") if transport is not None else None
    if link is None or link.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid{uid}"


__all__ = ["RealClock", "RealIds", "RealThreads", "free_ports", "peer_user", "reset_connection"]
