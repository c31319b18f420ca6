"""
A gateway with a real store and real keys, provinces of a few invented systems, and a real socket.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from contracts.adapter import Adapter, Environment
from gateway.api.call import Services
from gateway.api.door import DoorRunner
from gateway.api.route import Route, add_routes
from gateway.api.routes import TABLE
from gateway.blobs import open_blobs
from gateway.keys import create_root, open_keys
from gateway.ports import Body, Gateway, Limits, LocalItem, RetryPolicy, Subscription, System
from gateway.storage.sqlite import open_store
from gateway.telemetry import configure_logs
from gateway.usecases.access import grant_access
from gateway.usecases.caller import Caller
from gateway.world import RealClock, RealIds, RealThreads

OPERATOR = Caller(
    client_id="os.tester", role="operator", system=None, province=None, trace_id="1" * 32
)


class MovableClock(RealClock):
    """Real time plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


class SomeProvinces:
    """Systems by name, without adapters behind them; dialects are put in by a test."""

    def __init__(self, *systems: str) -> None:
        self._systems = {name: _system(name) for name in systems}
        self.dialects: dict[str, Adapter] = {}
        self.lists: dict[str, Sequence[LocalItem]] = {}

    def system(self, system: str, environment: Environment) -> System | None:
        return self._systems.get(system) if environment == "test" else None

    def systems(self, environment: Environment) -> Sequence[System]:
        return list(self._systems.values())

    def dialect(self, province: str, environment: Environment) -> Adapter | None:
        return self.dialects.get(province)

    def subscriptions(self) -> Sequence[Subscription]:
        return ()

    def bodies(self) -> Sequence[Body]:
        return (
            Body(
                credit_code="11990015300000041E",
                name="模拟·红山区民政局",
                serves="150402",
                place="150402000000",
                system="150000",
            ),
        )

    def local_items(self, province: str) -> Sequence[LocalItem]:
        return self.lists.get(province, ())

    def adopt(self, province: str, items: Sequence[LocalItem]) -> None:
        self.lists[province] = tuple(items)


class Deaf:
    """A counterpart that takes nothing from us: what this side of the gateway answers is tested."""

    def carries(self, kind: str) -> bool:
        return False


def _system(name: str) -> System:
    return System(
        system=name,
        province=f"{name[:2]}0000",
        name=f"模拟系统 {name}",
        simulated=True,
        place=None,
        adapter=Deaf(),  # type: ignore[arg-type]
        translator=None,  # type: ignore[arg-type]
        retry=RetryPolicy(),
    )


@pytest.fixture
async def gw(tmp_path: Path) -> AsyncIterator[Gateway]:
    ids, threads, clock = RealIds(), RealThreads(), MovableClock()
    create_root(tmp_path / "root.key", ids=ids)
    store = open_store(
        tmp_path / "gateway.db", node="n1", log="test", threads=threads, now=clock.now()
    )
    keys = open_keys(
        tmp_path / "root.key", tmp_path / "keys.db", used=0, ids=ids, threads=threads, pool=8
    )
    yield Gateway(
        store=store,
        keys=keys,
        blobs=open_blobs(tmp_path / "blobs", ids=ids, threads=threads),
        provinces=SomeProvinces("530303-window", "310000", "150000"),
        clock=clock,
        ids=ids,
        environment="test",
        node="n1",
        wake=lambda destination: None,
    )
    keys.close()
    await store.close()


@pytest.fixture
async def token(gw: Gateway) -> Callable[..., Awaitable[str]]:
    """Grants a token to a new client: `await token("partner", "310000")`."""

    async def grant(role: str, system: str | None = None, **more: Any) -> str:
        name = f"{role}-{system or 'none'}".replace("_", "-")
        granted = await grant_access(
            name,
            role=role,
            system=system,
            expires_at=more.get("expires_at"),
            caller=OPERATOR,
            gw=gw,
        )
        return granted.token

    return grant


class Open:
    """A server on a free port of the loopback address."""

    def __init__(self, runner: DoorRunner, services: Services, client: aiohttp.ClientSession):
        self.runner, self.services, self.client = runner, services, client
        self.host, self.port = runner.addresses[0][:2]
        self.url = f"http://{self.host}:{self.port}"


Serve = Callable[..., Awaitable[Open]]


@pytest.fixture
async def serve(gw: Gateway) -> AsyncIterator[Serve]:
    """Opens a table of routes on a socket: `await serve(routes, header_seconds=0.3)`."""
    opened: list[Open] = []

    async def start(table: Sequence[Route] = TABLE, **limits: Any) -> Open:
        gateway = replace(gw, limits=Limits(**limits))
        services = Services.of(gateway)
        app = web.Application()
        add_routes(app, table, services)
        runner = DoorRunner(app, limits=gateway.limits)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        opened.append(Open(runner, services, aiohttp.ClientSession()))
        return opened[-1]

    yield start
    for one in opened:
        await one.client.close()
        await one.runner.cleanup()


@pytest.fixture
def logged() -> Iterator[BytesIO]:
    """Everything the gateway logs during the test."""
    stream = BytesIO()
    configure_logs(level="debug", stream=stream)
    yield stream
    configure_logs()
