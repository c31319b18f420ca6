"""
Where the time of one case goes: CPU per stage of the line, in one process, without sockets.

`python -m tests.bench.stages --cases 300`. The store, the keys and the mapping are the real ones;
only the HTTP port answers from memory. `main` is the event loop's thread, `process` all threads.
Deliveries are begun in the commit that promises them, as where lanes have slots to spare; with
`--claimed` they are claimed, as where lanes are behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from adapters.connection import load_connection
from adapters.http import AiohttpClient, HttpCall, HttpReply, HttpResult
from contracts.adapter import MaterialReader, WireRequest
from gateway.app import open_gateway
from gateway.ports import NoLines
from gateway.sandbox.invented import invent_connection
from gateway.settings import Settings
from gateway.usecases.caller import Caller
from gateway.usecases.deliver import deliver, deliver_begun
from gateway.usecases.take_in import Inbound, take_in
from gateway.world import RealIds
from mappings.load import PROVINCES
from tests.bench.pipeline import CODES, HOUSEHOLD, SENDER, application
from tests.world import Ahead

HANDLER = "510000"
WARM_UP = 20
_SERIAL = re.compile(rb'"(?:serial_no|serialNo)":\s*"([^"]+)"')


async def answer(
    self: AiohttpClient, call: HttpCall, *, open_material: MaterialReader
) -> HttpResult:
    """What Sichuan and Shanghai would say, from memory."""
    body = b"".join(part for part in call.body.segments if isinstance(part, bytes))
    found = _SERIAL.search(body)
    serial = found[1].decode() if found else ""
    said: dict[str, object]
    if call.url.endswith("/token"):
        said = {"access_token": "t", "token_type": "Bearer", "expires_in": 600}
    elif f"/{HANDLER}/" in call.url:
        said = {"status": {"code": 200}, "custom": {"code": "1", "text": "ok"}}
        said["data"] = {"serial_no": serial, "project_no": f"MN{serial[-30:]}"}
    else:
        said = {"success": True, "code": "200", "message": "ok", "data": {"serialNo": serial}}
    return HttpReply(200, {"content-type": "application/json"}, json.dumps(said).encode())


class Times:
    """CPU seconds of every pass through a stage: (event loop's thread, whole process)."""

    def __init__(self) -> None:
        self.taken: dict[str, list[tuple[float, float]]] = {}

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        thread, process = time.thread_time(), time.process_time()
        yield
        taken = (time.thread_time() - thread, time.process_time() - process)
        self.taken.setdefault(stage, []).append(taken)

    def print(self) -> None:
        for stage, taken in self.taken.items():
            kept = taken[WARM_UP:] or taken
            main, process = (statistics.mean(pair[side] for pair in kept) * 1e6 for side in (0, 1))
            print(f"{stage:20} main {main:7.0f} µs   process {process:7.0f} µs")


async def measure(cases: int, *, folder: Path, claimed: bool = False) -> Times:
    ids, times = RealIds(), Times()
    connections = {
        code: invent_connection(load_connection(PROVINCES / code), url="http://x", ids=ids)
        for code in CODES
    }
    file = folder / "connections.json"
    file.write_text(json.dumps({"test": connections}), encoding="utf-8")
    os.environ |= {"TONGBAN_DATA_DIR": str(folder / "gw"), "TONGBAN_CONNECTIONS": str(file)}
    template = json.dumps(application(HOUSEHOLD["rest"]), ensure_ascii=False)
    async with open_gateway(Settings()) as opened:
        ahead = Ahead()
        lines = NoLines() if claimed else ahead
        gw = replace(opened.gw, wake=lambda destination: None, lines=lines)
        dialect = gw.provinces.dialect(SENDER, "test")
        assert dialect is not None
        for number in range(cases):
            body = template.replace("@@ID@@", f"s-{number}").encode()
            wire = WireRequest("POST", "/messages", {}, {"content-type": "application/json"}, body)
            caller = Caller(
                client_id="bench",
                role="partner",
                system=SENDER,
                province=SENDER,
                trace_id=ids.hex(16),
            )
            with times.of("decode"):
                operation = dialect.inbound(wire)
                assert operation is not None
                document = dialect.decode(operation.name, wire, system=SENDER)
            with times.of("take in"):
                await take_in(Inbound(caller=caller, raw=body, foreign=document), gw=gw)
            for destination, name in ((HANDLER, "deliver the case"), (SENDER, "deliver the ack")):
                now = gw.clock.now()
                until = now + timedelta(minutes=1)
                if ahead.begun:
                    begun = ahead.begun.pop()
                    with times.of(name):
                        state = await deliver_begun(begun, gw=gw)
                else:  # the first to a place that gives tokens, too
                    with times.of("claim"):
                        (row,) = await gw.store.claim(
                            destination, now=now, lease_until=until, limit=5
                        )
                    with times.of(name):
                        state = await deliver(row, gw=gw)
                assert state == "delivered", state
    return times


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stages")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--claimed", action="store_true", help="claim every delivery")
    given = parser.parse_args()
    AiohttpClient.request = answer  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory(prefix="tongban-stages-") as name:
        asyncio.run(measure(given.cases, folder=Path(name), claimed=given.claimed)).print()


if __name__ == "__main__":
    main()
