"""
The servers: the API on a TCP port and the admin socket beside it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.api.admin import ADMIN
from gateway.api.call import Services
from gateway.api.door import DoorRunner
from gateway.api.route import Route, add_routes
from gateway.api.routes import TABLE
from gateway.ports import Gateway

BACKLOG = 1024
"""Connections not yet accepted; with fewer, a rush waits for TCP to repeat itself."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the API listens; `port` is the real one when 0 was asked for."""

    host: str
    port: int
    services: Services

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def build_app(services: Services, table: Iterable[Route] = TABLE) -> web.Application:
    """
    The application of a route table.

    Raises:
        PolicyMissingError: a route names nobody who may use it.
    """
    app = web.Application()
    add_routes(app, table, services)
    return app


@asynccontextmanager
async def serving(
    gw: Gateway, *, host: str, port: int, admin_socket: Path | None = None
) -> AsyncIterator[Listening]:
    """
    Serve until the block ends; then requests under way finish, within 10 s.

    Raises:
        OSError: the address is taken or not ours.
        PolicyMissingError: as `build_app`.
    """
    services = Services.of(gw)
    async with AsyncExitStack() as stack:
        if admin_socket is not None:
            await stack.enter_async_context(_admin(services, admin_socket))
        runner = await _run(build_app(services), gw, stack)
        await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
        bound = runner.addresses[0]
        try:
            yield Listening(host, bound[1], services)
        finally:
            services.stopping = True


def serving_admin(gw: Gateway, *, socket: Path) -> AbstractAsyncContextManager[None]:
    """Serve the admin socket alone: for a command that opened the gateway itself."""
    return _admin(Services.of(gw), socket)


@asynccontextmanager
async def _admin(services: Services, path: Path) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        runner = await _run(build_app(services, ADMIN), services.gw, stack)
        await _open_unix(runner, path)
        yield


async def _run(app: web.Application, gw: Gateway, stack: AsyncExitStack) -> DoorRunner:
    runner = DoorRunner(app, limits=gw.limits)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    return runner


async def _open_unix(runner: DoorRunner, path: Path) -> None:
    """0600 from its first moment: the mask is set before the socket is made."""
    mask = os.umask(0o177)
    try:
        await web.UnixSite(runner, path).start()
    finally:
        os.umask(mask)


__all__ = ["Listening", "build_app", "serving", "serving_admin"]
