"""
Run one simulated province: `python -m gateway.sandbox.main <code> …`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from adapters.connection import ConnectionProfile
from adapters.counterpart import open_counterparts
from adapters.http import AiohttpClient, HttpClient
from adapters.layers import Identify, Predicate
from gateway.ports import Clock, Ids
from gateway.sandbox.bodies import read_bodies
from gateway.sandbox.control import FAULTS, Control
from gateway.sandbox.desk import Desk
from gateway.sandbox.faults import FaultScript
from gateway.sandbox.forms import Forms
from gateway.sandbox.ledger import Ledger
from gateway.sandbox.outbox import Outbox
from gateway.sandbox.place import Place
from gateway.sandbox.register import read_register
from gateway.sandbox.server import ProvinceServer
from gateway.sandbox.voice import mirror
from gateway.world import RealClock, RealIds
from mappings.engine import CompiledMapping
from mappings.load import PROVINCES, read_package

PAUSE = 0.25
TOKEN_NAME = "gateway_token"


@dataclass(slots=True, kw_only=True)
class Sandbox:
    """A province's folder, opened: what serves and what sends."""

    server: ProvinceServer
    outbox: Outbox
    ledger: Ledger
    http: HttpClient

    async def close(self) -> None:
        await self.http.close()
        self.ledger.close()


def open_sandbox(
    code: str,
    *,
    gateway_url: str,
    ledger_dir: Path,
    secrets: Mapping[str, str],
    faults: FaultScript | None = None,
    provinces_dir: Path = PROVINCES,
    pause: float = PAUSE,
    clock: Clock,
    ids: Ids,
) -> Sandbox:
    """
    Open the books of a province and everything that works on them.

    Raises:
        ValueError: the folder does not load.
    """
    folder, scans = provinces_dir / code, ledger_dir / "materials"
    scans.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(ledger_dir / f"{code}.db")
    if faults is not None:
        ledger.write(FAULTS, faults.model_dump_json())
    http = AiohttpClient()
    package = read_package(folder)
    ours, voice = CompiledMapping(package), mirror(package)
    counterparts = open_counterparts(
        folder,
        addresses={"gateway": gateway_url},
        secrets=secrets,
        http=http,
        clock=clock,
        ids=ids,
    )
    places = {
        system: Place(
            profile=next(one for one in counterpart.profile.systems if one.system == system),
            counterpart=counterpart,
            voice=voice,
            identities=identities(counterpart.profile),
            simulation_mark=counterpart.profile.simulation_mark,
            refusals=refusals(counterpart.profile),
            ledger=ledger,
            clock=clock,
            register=read_register(folder, system=system),
        )
        for system, counterpart in counterparts.items()
    }
    bodies = read_bodies(folder)
    desks = {
        system: Desk(
            place=place,
            forms=Forms(
                system=system, ours=ours, folder=folder, scans=scans, ledger=ledger, clock=clock
            ),
            bodies=bodies,
            new_id=lambda: f"mn-{ids.hex(8)}",
        )
        for system, place in places.items()
    }
    outbox = Outbox(
        places=places,
        http=http,
        gateway_url=gateway_url,
        tokens=_tokens(secrets, places),
        scans=scans,
        pause=pause,
    )
    control = Control(desks=desks, ledger=ledger, outbox=outbox, scans=scans)
    server = ProvinceServer(places, ledger=ledger, control=control, clock=clock)
    return Sandbox(server=server, outbox=outbox, ledger=ledger, http=http)


async def run_sandbox(
    code: str,
    *,
    gateway_url: str,
    port: int,
    ledger_dir: Path,
    secrets: Mapping[str, str],
    faults: FaultScript | None = None,
    host: str = "127.0.0.1",
    provinces_dir: Path = PROVINCES,
    pause: float = PAUSE,
) -> None:
    """
    Play the systems of a province's folder until SIGTERM or SIGINT.

    `secrets` are named as in connection.yaml; `<system>.gateway_token` is the system's token for
    the gateway. Prints one JSON line with its address when it listens. What it did before stands
    in `ledger_dir` and is carried on with.

    Raises:
        ValueError: the folder does not load.
        OSError: the port is taken.
    """
    sandbox = open_sandbox(
        code,
        gateway_url=gateway_url,
        ledger_dir=ledger_dir,
        secrets=secrets,
        faults=faults,
        provinces_dir=provinces_dir,
        pause=pause,
        clock=RealClock(),
        ids=RealIds(),
    )
    runner = web.AppRunner(sandbox.server.app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    url = "http://{}:{}".format(*runner.addresses[0][:2])
    _say({"event": "sandbox.started", "province": code, "url": url})
    work = asyncio.create_task(sandbox.outbox.run())
    try:
        await _until_told_to_stop(work)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await runner.cleanup()
        await sandbox.close()


def identities(profile: ConnectionProfile) -> dict[str, Identify]:
    """Where identity stands in each kind of message this province sends."""
    found: dict[str, Identify] = {}
    for operation in (*profile.inbound.values(), *profile.operations.values()):
        if (identify := operation.identify) is None:
            continue
        for kind in identify.kinds.values() or (identify.kind,):
            found.setdefault(kind, identify)
    return found


def refusals(profile: ConnectionProfile) -> dict[str, str]:
    """A code by which each operation says a business no: the first its outcome table knows."""
    found: dict[str, str] = {}
    for name, operation in profile.operations.items():
        for row in operation.outcome.errors if operation.outcome else ():
            if row.class_ == "rejected":
                found.setdefault(name, _code_for(row.when))
    return found


def _code_for(when: Predicate) -> str:
    """A value that the condition takes for a no."""
    if when.equals is not None:
        return str(when.equals)
    return str(when.in_[0]) if when.in_ else f"{when.starts or 'E'}404"


def _tokens(secrets: Mapping[str, str], systems: Mapping[str, Any]) -> dict[str, str]:
    return {
        system: secrets.get(f"{system}.{TOKEN_NAME}") or secrets.get(TOKEN_NAME, "")
        for system in systems
    }


async def _until_told_to_stop(work: asyncio.Task[None]) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({waiting, work}, return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()


def _say(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m gateway.sandbox.main")
    parser.add_argument("code")
    parser.add_argument("--gateway", required=True, help="address of the gateway")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", type=Path, required=True, help="folder of its books")
    parser.add_argument("--secrets", type=Path, help="JSON file: name → value")
    parser.add_argument("--faults", type=Path, help="JSON file with a fault script")
    parser.add_argument("--pause", type=float, default=PAUSE)
    given = parser.parse_args(arguments)
    secrets = json.loads(given.secrets.read_text(encoding="utf-8")) if given.secrets else {}
    script = (
        FaultScript.model_validate_json(given.faults.read_text(encoding="utf-8"))
        if given.faults
        else None
    )
    asyncio.run(
        run_sandbox(
            given.code,
            gateway_url=given.gateway,
            port=given.port,
            ledger_dir=given.ledger,
            secrets=secrets,
            faults=script,
            pause=given.pause,
        )
    )


if __name__ == "__main__":
    main()


__all__ = ["TOKEN_NAME", "Sandbox", "identities", "main", "open_sandbox", "refusals", "run_sandbox"]
