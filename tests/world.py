"""
A small gateway for tests of use cases: real store, keys and blobs; provinces whose adapter and
mapping are scripted. The national format travels unchanged: tests speak of cases, not of codes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.adapter import (
    Absent,
    BytePlan,
    Capabilities,
    Delivered,
    InboundDocument,
    Outcome,
    Prepared,
    ProvinceReceipt,
    Pulled,
    QueryAnswer,
    Record,
    Step,
    Translation,
    Unanswered,
    Unavailable,
)
from gateway.blobs import open_blobs
from gateway.keys import create_root, open_keys
from gateway.ports import (
    BegunDelivery,
    Body,
    Gateway,
    LocalItem,
    NoLines,
    RetryPolicy,
    Slot,
    Subscription,
    System,
)
from gateway.storage.sqlite import open_store
from gateway.usecases.calendars import read_almanac
from gateway.usecases.caller import Caller
from gateway.world import RealIds, RealThreads

EXAMPLES = Path(__file__).parent.parent / "contracts" / "examples" / "v1" / "valid"
WINDOW, HANDLER, OTHER = "530303-window", "150000", "990001"
PROVINCES = {WINDOW: "530000", HANDLER: "150000", OTHER: "990000"}
START = datetime(2026, 3, 2, 1, 14, 6, tzinfo=UTC)


class TestClock:
    """Stands still until a test moves it."""

    __test__ = False

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


class SameWords:
    """A mapping that leaves the national format as it is."""

    package = "same@1"
    package_digest = "0" * 64

    def to_national(
        self, kind: str, record: Record, *, context: Mapping[str, Any], as_of: date | None
    ) -> Translation:
        return Translation(dict(record), (), ())

    def from_national(
        self, kind: str, document: Mapping[str, Any], *, context: Mapping[str, Any], as_of: date
    ) -> Translation:
        record = {"kind": kind, "serial": context["serial"], "document": dict(document)}
        return Translation(record, (), ())


@dataclass
class Scripted:
    """
    An adapter whose other side is a list: `outcomes` are given one after the other, then Delivered.

    `sent` holds (operation, serial) of every transmission; `answers` are given to queries.
    """

    system: str
    can: Capabilities = field(default_factory=lambda: Capabilities(query=True))
    outcomes: list[Outcome] = field(default_factory=list)
    answers: list[QueryAnswer] = field(default_factory=list)
    pages: list[Pulled | Unanswered] = field(default_factory=list)
    kinds: frozenset[str] | None = None
    subjects: frozenset[str] = frozenset()
    uploads: int = 0
    sent: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    prepared: list[bytes] = field(default_factory=list)

    def capabilities(self) -> Capabilities:
        return self.can

    def carries(self, kind: str) -> bool:
        return self.kinds is None or kind in self.kinds

    def encode(self, kind: str, record: Record) -> tuple[Step, ...]:
        payload = json.dumps(record, sort_keys=True).encode()
        uploads = tuple(
            Step("upload", BytePlan((f"file {number}".encode(),)), f"m-{number}")
            for number in range(self.uploads)
        )
        plan = None if self.uploads else BytePlan((payload,))
        return (*uploads, Step("submit", plan))

    def render(
        self, step: Step, *, kind: str, record: Record, answers: tuple[ProvinceReceipt, ...]
    ) -> BytePlan:
        files = [answer.values["file"] for answer in answers]
        return BytePlan((json.dumps({"record": record, "files": files}, sort_keys=True).encode(),))

    def ready(self, operation: str) -> bool:
        return True

    async def prepare(
        self, operation: str, plan: BytePlan, *, serial: str, open_material: Any
    ) -> Prepared | Unavailable:
        self.prepared.append(plan.literal)
        digest = hashlib.sha256(b"s" * 32 + plan.literal).hexdigest()
        return Prepared("http://x", "POST", {}, plan, digest, b"s" * 32, operation, serial)

    async def transmit(self, prepared: Prepared, *, open_material: Any) -> Outcome:
        self.sent.append((prepared.operation, prepared.serial))
        if self.outcomes:
            return self.outcomes.pop(0)
        number = f"N-{prepared.serial}"
        return Delivered(
            ProvinceReceipt(number=number, serial=prepared.serial, values={"file": "f-1"})
        )

    async def query(self, serial: str) -> QueryAnswer:
        self.asked.append(serial)
        return self.answers.pop(0) if self.answers else Absent()

    def verifies(self) -> frozenset[str]:
        return self.subjects

    async def poll(self, serial: str) -> Outcome | None:
        self.asked.append(serial)
        return self.outcomes.pop(0) if self.outcomes else None

    def read_answer(self, answer: bytes, *, polled: bool) -> Record:
        record: Record = json.loads(answer)
        return record

    async def pull(self, cursor: str) -> Pulled | Unanswered:
        return self.pages.pop(0) if self.pages else Pulled((), cursor)


class TestProvinces:
    __test__ = False

    def __init__(self, systems: Sequence[System]) -> None:
        self._systems = {one.system: one for one in systems}
        self.lists: dict[str, Sequence[LocalItem]] = {}

    def remove(self, system: str) -> System:
        return self._systems.pop(system)

    def add(self, system: System) -> None:
        self._systems[system.system] = system

    def system(self, system: str, environment: str) -> System | None:
        return self._systems.get(system)

    def systems(self, environment: str) -> Sequence[System]:
        return tuple(self._systems.values())

    def dialect(self, province: str, environment: str) -> None:
        return None

    def subscriptions(self) -> Sequence[Subscription]:
        return ()

    def bodies(self) -> Sequence[Body]:
        return (
            Body(
                credit_code="11990015300000041E",
                name="模拟·红山区民政局",
                serves="1504",
                place="150402000000",
                system=HANDLER,
            ),
            Body(
                credit_code="11990015300000062K",
                name="模拟·他处民政局",
                serves="990001",
                place="990001000000",
                system=OTHER,
            ),
        )

    def local_items(self, province: str) -> Sequence[LocalItem]:
        return self.lists.get(province, ())

    def adopt(self, province: str, items: Sequence[LocalItem]) -> None:
        self.lists[province] = tuple(items)


@dataclass
class Ahead(NoLines):
    """Lanes with `spare` slots: keeps what was begun until somebody sends it."""

    spare: int = 1_000_000
    lease: timedelta = timedelta(minutes=1)
    begun: list[BegunDelivery] = field(default_factory=list)

    def slot(self, destination: str) -> Slot | None:
        if self.spare == 0:
            return None
        self.spare -= 1
        return self

    def start(self, begun: BegunDelivery) -> None:
        self.begun.append(begun)

    def give_back(self) -> None:
        self.spare += 1


@dataclass
class World:
    gw: Gateway
    provinces: TestProvinces
    clock: TestClock
    window: Scripted
    handler: Scripted
    other: Scripted
    woken: list[str]

    async def drain(self, *, rounds: int = 20) -> list[str]:
        """Deliver what is due until nothing is; gives the states the deliveries ended in."""
        from gateway.usecases.deliver import deliver

        states = []
        for _ in range(rounds):
            worked = False
            for destination in await self.gw.store.lanes(self.clock.now()):
                rows = await self.gw.store.claim(
                    destination,
                    now=self.clock.now(),
                    lease_until=self.clock.now() + timedelta(seconds=60),
                    limit=10,
                )
                for row in rows:
                    worked = True
                    states.append(await deliver(row, gw=self.gw))
            if not worked:
                break
        return states


@asynccontextmanager
async def a_world(folder: Path, *, mailbox: bool = False) -> AsyncIterator[World]:
    """Open a gateway in `folder`; opening the same folder again is a restart."""
    clock, ids, threads = TestClock(), RealIds(), RealThreads()
    root = folder / "root.key"
    if not root.exists():
        create_root(root, ids=ids)
    store = open_store(
        folder / "gateway.db", node="n1", log="test", threads=threads, now=clock.now()
    )
    keys = open_keys(
        root, folder / "keys.db", used=store.used_key_id(), ids=ids, threads=threads, pool=512
    )
    window = Scripted(WINDOW, Capabilities(idempotent=True, mailbox=mailbox))
    handler, other = Scripted(HANDLER), Scripted(OTHER)
    woken: list[str] = []
    systems = [
        _system(WINDOW, "530303990000", window),
        _system(HANDLER, "150402000000", handler),
        _system(OTHER, "990001000000", other),
    ]
    provinces = TestProvinces(systems)
    gw = Gateway(
        store=store,
        keys=keys,
        blobs=open_blobs(folder / "blobs", ids=ids, threads=threads),
        provinces=provinces,
        clock=clock,
        ids=ids,
        environment="test",
        node="n1",
        wake=woken.append,
        almanac=await read_almanac(store),
    )
    try:
        yield World(gw, provinces, clock, window, handler, other, woken)
    finally:
        await store.close()
        keys.close()


def _system(system: str, place: str, adapter: Scripted) -> System:
    return System(
        system=system,
        province=PROVINCES[system],
        name=f"模拟·{system}",
        simulated=True,
        place=place,
        adapter=adapter,  # type: ignore[arg-type]
        translator=SameWords(),
        retry=RetryPolicy(first=10, factor=2, cap=3600, attempts=5),
        simulation_mark="模拟直连",
    )


def caller(system: str = WINDOW) -> Caller:
    return Caller(
        client_id=system, role="partner", system=system, province="530000", trace_id="a" * 32
    )


def example(name: str) -> dict[str, Any]:
    """A published example as its sender would have written it: without the gateway's fields."""
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return sender_form(document)


def say_as(document: dict[str, Any], system: str) -> None:
    """Make a document that of another system of this world."""
    document["sender"] |= {"system": system, "province": PROVINCES[system]}


GATEWAY_FIELDS = frozenset(
    {
        "as_of_date",
        "arrival",
        "arrived_at",
        "bundle_number",
        "catalogue_version",
        "clocks",
        "earlier_case",
        "equivalence",
        "findings",
        "holders",
        "mapping",
        "pushed_at",
    }
)


def sender_form(document: dict[str, Any]) -> dict[str, Any]:
    """Leave away what only the gateway sets (marked ° in national format v1)."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in GATEWAY_FIELDS}
        return [strip(one) for one in value] if isinstance(value, list) else value

    stripped: dict[str, Any] = strip(document)
    del stripped["received_at"]
    if stripped["kind"] == "application":
        del stripped["case_number"]
    return stripped


def foreign(kind: str, record: Record, *, system: str, message_id: str) -> InboundDocument:
    return InboundDocument(
        kind=kind,
        message_id=message_id,
        data_version=1,
        record=record,
        raw=json.dumps(record).encode(),
        system=system,
    )


__all__ = ["Scripted", "World", "a_world", "caller", "example", "foreign", "replace", "say_as"]
