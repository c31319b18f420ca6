"""
Kill the gateway again and again under load, and hold what it promised against what happened.

`python -m tests.fault.crash --kills 20 --seed 1`. Four clients hand in cases for three faulty
places: 990001 takes a case and then hangs or drops, but can be asked; 990002 breaks its answers
off, but recognises a repeat; 990003 can neither be asked nor recognises anything. SIGKILL comes at
random moments, now and then while the gateway is still starting. After the last one the network
heals and everything under way is let to settle. Then three accounts are compared: what the clients
were told, what the gateway holds, what the places' own books say. Prints `goal, seed, figure,
pass/fail` lines; exit status 0 only if all pass.

Goals after the project's reliability bar: R1 (acknowledged and lost 0, duplicated effects 0,
un-askable unknowns parked) and R9 (no resend without a question where a place can be asked).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from adapters.counterpart import Counterpart, open_counterparts
from adapters.http import AiohttpClient
from contracts.adapter import Delivered, Rejected
from gateway.sandbox.faults import Fault, FaultScript
from gateway.sandbox.stage import Stage
from gateway.world import RealClock, RealIds
from mappings.load import PROVINCES
from tests.fault.forms import WINDOW, form_for

PLACES = ("990001", "990002", "990003")
CODES = ("530000", "990000")
CLIENTS = 4
DRAIN_SECONDS = 60.0
KILLED_WHILE_STARTING = 0.2
UNDER_WAY = ("pending", "sending", "asking", "mailbox")
LOSES_ANSWER = ("apply_then_drop", "apply_then_hang", "reset_mid_reply", "half_reply", "garbage")


def faults(seed: int) -> FaultScript:
    """Every place fails often; hanging is longer than the operation's patience of 5 seconds."""

    def often(kind: Any, system: str, share: float, **more: Any) -> Fault:
        return Fault(kind=kind, system=system, operation="submit", times=None, share=share, **more)

    return FaultScript(
        seed=seed,
        rules=(
            often("answer_503", "990001", 0.1),
            often("apply_then_drop", "990001", 0.2),
            often("apply_then_hang", "990001", 0.05, seconds=8.0),
            often("reset_mid_reply", "990002", 0.3),
            often("half_reply", "990002", 0.1),
            often("garbage", "990002", 0.1),
            often("apply_then_drop", "990003", 0.2),
            often("reset_mid_reply", "990003", 0.1),
        ),
    )


@dataclass(slots=True)
class Client:
    """What a window system remembers: what it sent, and what it was told."""

    name: str
    place: Counterpart
    chance: random.Random
    acknowledged: dict[str, str] = field(default_factory=dict)
    """message id → case number"""
    refused: list[str] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Hand in one case after the other; the same message again until it is answered."""
        count = 0
        while not stop.is_set():
            count += 1
            message_id = f"{self.name}-{count:05d}"
            record = form_for(message_id, household=f"{self.chance.choice(PLACES)}990000")
            await self._hand_in(message_id, record)

    async def _hand_in(self, message_id: str, record: dict[str, Any]) -> None:
        while True:
            match await self.place.send("application", record):
                case Delivered(receipt):
                    self.acknowledged[message_id] = receipt.number or ""
                    return
                case Rejected(code, text):
                    self.refused.append(f"{message_id} {code} {text}")
                    return
            await asyncio.sleep(0.05)


@dataclass(slots=True, kw_only=True)
class Result:
    seed: int
    kills: int
    acknowledged: int
    lost: list[str]
    duplicated: list[str]
    blind: list[str]
    """sent again to a place that can be asked, without a question in between"""
    parked: int
    loose: list[str]
    """unknown at the un-askable place, and not parked"""
    refused: list[str]
    broken: list[str]
    """what an integrity check of the gateway's database said"""
    restart_seconds: list[float]

    def lines(self) -> list[tuple[str, int | str, str, bool]]:
        ready = sorted(self.restart_seconds)[-1] if self.restart_seconds else 0.0
        return [
            ("R1 kills", self.seed, f"{self.kills}", self.kills > 0),
            ("R1 acknowledged", self.seed, f"{self.acknowledged}", self.acknowledged > 0),
            ("R1 acknowledged and lost", self.seed, f"{len(self.lost)}", not self.lost),
            ("R1 duplicated effects", self.seed, f"{len(self.duplicated)}", not self.duplicated),
            ("R1 un-askable unknowns parked", self.seed, f"{self.parked}", not self.loose),
            ("R1 refused", self.seed, f"{len(self.refused)}", not self.refused),
            ("R1 database intact", self.seed, f"{len(self.broken)} faults", not self.broken),
            ("R9 resent without a question", self.seed, f"{len(self.blind)}", not self.blind),
            ("-- slowest restart, s", self.seed, f"{ready:.1f}", True),
        ]

    @property
    def passed(self) -> bool:
        return all(good for *_, good in self.lines())


async def crash(*, kills: int, seed: int, folder: Path, pauses: tuple[float, float]) -> Result:
    """Load, kill, heal, drain, compare. `pauses` bounds the seconds between two kills."""
    chance = random.Random(seed)
    stage = Stage(folder, CODES, RealClock(), RealIds(), faults={"990000": faults(seed)})
    http = AiohttpClient()
    restarts: list[float] = []
    try:
        await stage.open()
        clients = [_client(f"c{seed}-{n}", stage, http, chance.random()) for n in range(CLIENTS)]
        stop = asyncio.Event()
        load = [asyncio.create_task(client.run(stop)) for client in clients]
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(*pauses))
            await stage.kill_gateway()
            if chance.random() < KILLED_WHILE_STARTING:
                await _start_and_kill(stage, seconds=chance.uniform(0.2, 2.0))
            started = time.monotonic()
            await stage.start_gateway()
            restarts.append(time.monotonic() - started)
        await asyncio.sleep(pauses[1])
        stop.set()
        await asyncio.gather(*load)
        await _heal(stage)
        deliveries = await _drain(stage, clients)
    finally:
        await http.close()
        await stage.close()
    return compare(clients, deliveries, folder=folder, seed=seed, kills=kills, restarts=restarts)


async def _start_and_kill(stage: Stage, *, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stage.start_gateway(), seconds)
    await stage.kill_gateway()


def compare(
    clients: list[Client],
    deliveries: dict[str, list[dict[str, Any]]],
    *,
    folder: Path,
    seed: int,
    kills: int,
    restarts: list[float],
) -> Result:
    """Three accounts: the clients', the gateway's, the books'. `deliveries` is by case number."""
    books = sqlite3.connect(f"file:{folder / '990000' / '990000.db'}?mode=ro", uri=True)
    effects: dict[str, list[str]] = {}
    for number, serial in books.execute("SELECT case_number, serial FROM effect"):
        effects.setdefault(number, []).append(serial)
    lost, loose, parked = [], [], 0
    for client in clients:
        for message_id, number in client.acknowledged.items():
            sent = [one for one in deliveries.get(number, []) if one["kind"] == "application"]
            states = {one["state"] for one in sent}
            if states == {"parked"} and sent[0]["destination"] == "990003":
                parked += 1
            elif states != {"delivered"} or not effects.get(number):
                lost.append(f"{message_id} {number} {sorted(states)}")
    for serial, system, calls in _calls(books):
        unknown = [fault for _, fault in calls if fault in LOSES_ANSWER]
        if system == "990003" and unknown:
            row = next(
                (one for rows in deliveries.values() for one in rows if one["serial"] == serial),
                None,
            )
            if row is None or row["state"] != "parked":
                loose.append(serial)
    return Result(
        seed=seed,
        kills=kills,
        acknowledged=sum(len(client.acknowledged) for client in clients),
        lost=lost,
        duplicated=[number for number, serials in effects.items() if len(serials) > 1],
        blind=_blind(books),
        parked=parked,
        loose=loose,
        refused=[text for client in clients for text in client.refused],
        broken=_integrity(folder / "gateway" / "gateway.db"),
        restart_seconds=restarts,
    )


def _calls(
    books: sqlite3.Connection,
) -> list[tuple[str, str, list[tuple[str, str | None]]]]:
    """(serial, system, [(operation, fault), …]) in the order in which the calls arrived."""
    found: dict[tuple[str, str], list[tuple[str, str | None]]] = {}
    for serial, system, operation, fault in books.execute(
        "SELECT serial, system, operation, fault FROM request WHERE serial IS NOT NULL ORDER BY id"
    ):
        found.setdefault((serial, system), []).append((operation, fault))
    return [(serial, system, calls) for (serial, system), calls in found.items()]


def _blind(books: sqlite3.Connection) -> list[str]:
    """Serials sent twice to 990001 with no question after a call that was not a certain no."""
    blind = []
    for serial, system, calls in _calls(books):
        if system != "990001":
            continue
        unsure = False
        for operation, fault in calls:
            if operation == "by_serial":
                unsure = False
            elif operation == "submit":
                if unsure:
                    blind.append(serial)
                unsure = fault != "answer_503"
    return blind


def _integrity(path: Path) -> list[str]:
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        return [str(said) for (said,) in db.execute("PRAGMA integrity_check") if said != "ok"]
    finally:
        db.close()


def _client(name: str, stage: Stage, http: AiohttpClient, seed: float) -> Client:
    secrets = dict(stage.connections["530000"]["secrets"])
    secrets["gateway_token"] = stage.tokens[WINDOW]
    places = open_counterparts(
        PROVINCES / "530000",
        addresses={"gateway": stage.gateway_url},
        secrets=secrets,
        http=http,
        clock=RealClock(),
        ids=RealIds(),
    )
    return Client(name, places[WINDOW], random.Random(seed))


async def _heal(stage: Stage) -> None:
    await stage.put_faults("990000", FaultScript())


async def _drain(stage: Stage, clients: list[Client]) -> dict[str, list[dict[str, Any]]]:
    """Wait until nothing to the faulty places is under way; returns deliveries by case number."""
    until = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until:
        open_ones = [
            one
            for state in UNDER_WAY
            for place in PLACES
            for one in (
                await stage.admin("GET", f"/deliveries?state={state}&destination={place}&limit=1")
            )["items"]
        ]
        if not open_ones:
            break
        await asyncio.sleep(0.2)
    found: dict[str, list[dict[str, Any]]] = {}
    for place in PLACES:
        after = ""
        while True:
            page = await stage.admin("GET", f"/deliveries?destination={place}&limit=200{after}")
            for one in page["items"]:
                found.setdefault(one["case_number"], []).append(one)
            if not page["next"]:
                break
            after = f"&cursor={page['next']}"
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fault.crash")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tongban-crash-") as name:
        result = asyncio.run(
            crash(kills=given.kills, seed=given.seed, folder=Path(name), pauses=(0.2, 1.5))
        )
    for goal, seed, figure, good in result.lines():
        print(f"{goal:32} seed {seed}  {figure:>8}  {'pass' if good else 'FAIL'}")
    for label in ("lost", "duplicated", "blind", "loose", "refused", "broken"):
        for text in getattr(result, label)[:5]:
            print(f"  {label}: {text}")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
