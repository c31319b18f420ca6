"""
Builds everything, closes everything: the one place where ports meet what stands behind them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.http import AiohttpClient
from gateway.blobs import open_blobs
from gateway.keys import create_root, open_keys
from gateway.ports import BegunDelivery, DeliveryRow, Gateway, Limits, Slot, VerificationRow
from gateway.provinces import SHIPPED, LoadedProvinces, load_provinces
from gateway.settings import Settings
from gateway.storage.sqlite import Meter, open_store
from gateway.telemetry import metrics
from gateway.usecases.answer_verification import answer_verification
from gateway.usecases.calendars import read_almanac, recount_cases
from gateway.usecases.deliver import deliver, deliver_begun
from gateway.usecases.lists import restore_lists
from gateway.usecases.pull import pull
from gateway.usecases.verify import CHECKS
from gateway.usecases.watch_clocks import Looked, watch_clocks
from gateway.worker.checks import Checks
from gateway.worker.lanes import Lanes
from gateway.worker.pulls import Pulls
from gateway.worker.watch import ClockWatch
from gateway.world import RealClock, RealIds, RealThreads

LOG_ID = "tongban"


@dataclass(slots=True)
class Switchboard:
    """Between the use cases and the lanes; silent until those are there."""

    lanes: Lanes | None = None
    checks: Callable[[], None] | None = None

    def ring(self, destination: str) -> None:
        if destination == CHECKS:
            if self.checks is not None:
                self.checks()
        elif self.lanes is not None:
            self.lanes.wake(destination)

    def slot(self, destination: str) -> Slot | None:
        return None if self.lanes is None else self.lanes.slot(destination)

    async def dial(self, destination: str) -> bool:
        return self.lanes is None or await self.lanes.dial(destination)

    def hang_up(self, destination: str) -> None:
        if self.lanes is not None:
            self.lanes.hang_up(destination)

    def done_calling(self, destination: str, serial: str) -> None:
        if self.lanes is not None:
            self.lanes.done_calling(destination, serial)


@dataclass(frozen=True, slots=True)
class Workers:
    lanes: Lanes
    pulls: Pulls
    watch: ClockWatch
    checks: Checks

    async def start(self) -> None:
        await self.lanes.start()
        self.pulls.start()
        self.watch.start()
        self.checks.start()

    async def stop(self) -> None:
        """Claim nothing more and let what is under way settle."""
        await self.checks.stop()
        await self.watch.stop()
        await self.pulls.stop()
        await self.lanes.stop()


@dataclass(frozen=True, slots=True)
class Opened:
    """A gateway with its workers, which do nothing before `start`."""

    gw: Gateway
    workers: Workers


def prepare(settings: Settings) -> None:
    """Make the data directory and the key file where they are missing."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.key_file.exists():
        create_root(settings.key_file, ids=RealIds())


@asynccontextmanager
async def open_gateway(settings: Settings, *, read_only: bool = False) -> AsyncIterator[Opened]:
    """
    Open the gateway of a data directory; `read_only` stands beside a running one.

    Raises:
        StoreUnavailable: another process holds the data directory.
        IntegrityError: key file, key store and database do not belong together.
        ValueError: a province folder does not load.
    """
    if not read_only:
        prepare(settings)
    clock, ids, threads = RealClock(), RealIds(), RealThreads()
    store = open_store(
        settings.data_dir / "gateway.db",
        node=settings.node,
        log=LOG_ID,
        threads=threads,
        now=clock.now(),
        read_only=read_only,
        meter=Meter(clock.monotonic, metrics.committed),
    )
    http = AiohttpClient()
    try:
        keys = open_keys(
            settings.key_file,
            settings.data_dir / "keys.db",
            used=store.used_key_id(),
            ids=ids,
            threads=threads,
            **({"pool": 0} if read_only else {}),
        )
        metrics.watch_keys(lambda: keys.ready)
        try:
            board = Switchboard()
            gw = Gateway(
                store=store,
                keys=keys,
                blobs=open_blobs(
                    settings.data_dir / "blobs", ids=ids, threads=threads, read_only=read_only
                ),
                provinces=read_provinces(settings, http=http),
                clock=clock,
                ids=ids,
                environment=settings.environment,
                node=settings.node,
                wake=board.ring,
                lines=board,
                almanac=await read_almanac(store),
                limits=Limits(body=settings.body_limit, material=settings.material_limit),
                prescribed=frozenset(filter(None, settings.prescribed_channels.split(","))),
            )
            await restore_lists(gw=gw)
            yield Opened(gw, _workers(gw, settings, board))
        finally:
            keys.close()
    finally:
        await http.close()
        await store.close()


def read_provinces(settings: Settings, *, http: AiohttpClient) -> LoadedProvinces:
    return load_provinces(
        provinces_dir(settings),
        environment=settings.environment,
        connections=settings.read_connections(),
        http=http,
        clock=RealClock(),
        ids=RealIds(),
    )


def provinces_dir(settings: Settings) -> Path:
    return settings.provinces_dir or SHIPPED


def _workers(gw: Gateway, settings: Settings, board: Switchboard) -> Workers:
    async def send(row: DeliveryRow) -> str:
        state = await deliver(row, gw=gw)
        metrics.delivered(destination=row.destination, outcome=state)
        return state

    async def send_begun(begun: BegunDelivery) -> str:
        state = await deliver_begun(begun, gw=gw)
        metrics.delivered(destination=begun.row.destination, outcome=state)
        return state

    async def fetch(system: str) -> int:
        return await pull(system, gw=gw)

    async def look() -> Looked:
        await recount_cases(gw=gw)
        return await watch_clocks(gw=gw)

    async def answer(row: VerificationRow) -> str:
        return await answer_verification(row, gw=gw)

    checks = Checks(gw=gw, answer=answer)
    board.checks = checks.wake
    lanes = Lanes(
        gw=gw,
        deliver=send,
        lease=timedelta(seconds=settings.lease_seconds),
        deliver_begun=send_begun,
    )
    board.lanes = lanes
    pulls = Pulls(gw=gw, pull=fetch, seconds=settings.pull_seconds)
    return Workers(lanes, pulls, ClockWatch(gw=gw, look=look), checks)


__all__ = ["LOG_ID", "Opened", "Workers", "open_gateway", "prepare", "provinces_dir"]
