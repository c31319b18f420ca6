"""
Cases a second through the whole durable line, against a bare forwarder, on the same cores.

`python -m tests.bench.pipeline` (`make bench`): wrk on 64 connections against

    forwarder   a bare aiohttp forwarder: POST in, POST out, no storage
    rest        Shanghai's JSON dialect → Sichuan (REST): authenticate, validate, translate, commit,
                answer, deliver; the acknowledgement back to Shanghai is delivered too
    rest_pull   the same from a sender that fetches what is for it: a second gateway with a copy of
                Shanghai's folder that says `mailbox`; the acknowledgement is made and stored, and
                waits there: nobody fetches it during the run
    soap        the same sender as `rest` → Inner Mongolia (SOAP document/literal, WS-Security)

interleaved, five times each; medians. *accepted/s* are answers wrk got, *delivered/s* cases the
backend took, divided by the time until the last one was there. CPU is the gateway process alone.
Then 500 materials of 2 MB pass through, and the gateway's largest resident size is read. Writes
bench.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from adapters.connection import load_connection
from gateway.sandbox.invented import invent_connection
from gateway.sandbox.processes import Process, start
from gateway.sandbox.scans import make_scan
from gateway.world import RealClock, RealIds, free_ports
from mappings.load import PROVINCES

CODES = ("150000", "310000", "510000")
LINES = ("forwarder", "rest", "rest_pull", "soap")
CONNECTIONS = 64
BODY = 4096
WARM_UP_SECONDS, WARM_UP = 2, 99
SENDER = "310000"
DRAIN_SECONDS = 120.0
QUIET_SECONDS = 0.7
HOUSEHOLD = {"rest": "511602990000", "rest_pull": "511602990000", "soap": "150402990000"}
COUNTED = {
    "forwarder": "plain",
    "rest": "510000.submit",
    "rest_pull": "510000.submit",
    "soap": "150000.submit_case",
}
PUSHED, PULLED = (
    "capabilities: {idempotent: true,",
    "capabilities: {mailbox: true, idempotent: true,",
)
"""In Shanghai's connection.yaml, and what the copy for `rest_pull` says instead."""
PATH = {"forwarder": "/plain", "rest": "/provinces/310000/messages"}
GOALS = {"rest_of_forwarder": 0.20, "soap_of_rest": 0.60, "memory_mb": 200}
MATERIAL = 2 * 1024 * 1024
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    line: str
    accepted: float
    """a second, as wrk saw it"""
    delivered: float
    """a second, sustained until the last one"""
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """CPU of the process under test per case, user and system"""
    errors: int


@dataclass(slots=True)
class Bench:
    folder: Path
    seconds: int
    backend: Process
    forwarder: Process
    gateway: Process
    token: str
    pulled: Process
    """the gateway of `rest_pull`"""
    pulled_token: str

    async def run(self, line: str, *, number: int) -> Run:
        """Load one line for `seconds` and wait until everything accepted was delivered."""
        process = {"forwarder": self.forwarder, "rest_pull": self.pulled}.get(line, self.gateway)
        before, cpu = await self._counted(line), _cpu_seconds(process.pid)
        started = time.monotonic()
        said = await self._wrk(line, process.url, name=f"b{number}{line[0]}{line[-1]}")
        accepted = said["requests"] - said["status_errors"]
        delivered, ended = await self._drained(line, before + accepted)
        done = delivered - before
        return Run(
            line=line,
            accepted=accepted / (said["microseconds"] / 1e6),
            delivered=done / (ended - started),
            p50_ms=said["p50_us"] / 1000,
            p99_ms=said["p99_us"] / 1000,
            cpu_us=(_cpu_seconds(process.pid) - cpu) * 1e6 / max(1, done),
            errors=said["status_errors"] + said["socket_errors"],
        )

    async def _wrk(self, line: str, url: str, *, name: str) -> dict[str, int]:
        path = PATH.get(line, PATH["rest"])
        body = self.folder / f"{'rest' if line == 'forwarder' else line}.json"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{self.seconds}s", "--timeout", "10s"]
        command += ["-s", str(Path(__file__).parent / "submit.lua"), url, "--"]
        command += [str(body), path, name, "Content-Type", "application/json"]
        token = self.pulled_token if line == "rest_pull" else self.token
        command += ["Authorization", f"Bearer {token}"]
        wrk = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await wrk.communicate()
        result = next(row for row in output.decode().splitlines() if row.startswith("RESULT "))
        said: dict[str, int] = json.loads(result.removeprefix("RESULT "))
        return said

    async def _counted(self, line: str) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.backend.url}/_count") as answer,
        ):
            return int((await answer.json()).get(COUNTED[line], 0))

    async def _drained(self, line: str, wanted: int) -> tuple[int, float]:
        """
        (how many were delivered, when the last one was). wrk does not count what it had under way
        when it stopped; those arrive too, and are waited for so that they burden no later run.
        """
        until = time.monotonic() + DRAIN_SECONDS
        count, ended = await self._counted(line), time.monotonic()
        while time.monotonic() < until:
            await asyncio.sleep(0.05)
            now = await self._counted(line)
            if now != count:
                count, ended = now, time.monotonic()
            elif count >= wanted and time.monotonic() - ended > QUIET_SECONDS:
                break
        return count, ended


async def bench(*, runs: int, seconds: int, materials: int, folder: Path) -> dict[str, Any]:
    clock, ids = RealClock(), RealIds()
    profiles = {code: load_connection(PROVINCES / code) for code in CODES}
    (port,) = await free_ports(1)
    connections = {
        code: invent_connection(profile, url=f"http://127.0.0.1:{port}", ids=ids)
        for code, profile in profiles.items()
    }
    _write(folder / "connections.json", {"test": connections})
    _write(folder / "secrets.json", {code: one["secrets"] for code, one in connections.items()})
    for line, household in HOUSEHOLD.items():
        _write(folder / f"{line}.json", application(household))
    backend = await start(
        "backend",
        ["tests.bench.backend", str(folder / "secrets.json"), str(port)],
        event="backend.started",
        folder=folder,
        clock=clock,
    )
    forwarder = await start(
        "forwarder",
        ["tests.bench.forwarder", f"{backend.url}/plain"],
        event="forwarder.started",
        folder=folder,
        clock=clock,
    )
    gateway = await _start_gateway(folder, clock)
    pulled = await _start_gateway(folder, clock, name="pulled", provinces=_pulling(folder))
    try:
        token, pulled_token = await _grant(folder, "gateway"), await _grant(folder, "pulled")
        one = Bench(folder, seconds, backend, forwarder, gateway, token, pulled, pulled_token)
        for line in LINES:
            await replace(one, seconds=WARM_UP_SECONDS).run(line, number=WARM_UP)
        found: list[Run] = []
        for number in range(runs):
            for line in LINES:
                run = await one.run(line, number=number)
                found.append(run)
                print(
                    f"  {number + 1}/{runs} {line:9} accepted {run.accepted:7.0f}/s  delivered"
                    f" {run.delivered:7.0f}/s  p50 {run.p50_ms:6.1f} ms  p99 {run.p99_ms:6.1f} ms"
                    f"  CPU {run.cpu_us:6.0f} µs  errors {run.errors}",
                    flush=True,
                )
        await pulled.stop()
        await gateway.stop()
        gateway = await _start_gateway(folder, clock)
        memory = await _pass_materials(
            materials, url=gateway.url, pid=gateway.pid, token=token, bench=one
        )
    finally:
        for process in (gateway, pulled, forwarder, backend):
            await process.stop()
    return report(found, memory_mb=memory, materials=materials, folder=folder)


def report(
    found: Sequence[Run], *, memory_mb: float, materials: int, folder: Path
) -> dict[str, Any]:
    """Medians per line, ratios, and whether the goals are reached."""
    medians = {
        line: {
            name: round(
                statistics.median(getattr(run, name) for run in found if run.line == line), 1
            )
            for name in ("accepted", "delivered", "p50_ms", "p99_ms", "cpu_us")
        }
        for line in LINES
    }
    ratios = {
        "rest_of_forwarder": round(
            medians["rest"]["delivered"] / medians["forwarder"]["delivered"], 3
        ),
        "rest_pull_of_forwarder": round(
            medians["rest_pull"]["delivered"] / medians["forwarder"]["delivered"], 3
        ),
        "soap_of_rest": round(medians["soap"]["delivered"] / medians["rest"]["delivered"], 3),
    }
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "connections": CONNECTIONS,
        "body_bytes": (folder / "rest.json").stat().st_size,
        "runs": len(found) // len(LINES),
        "errors": sum(run.errors for run in found),
        "median": medians,
        "ratio": ratios,
        "memory_mb": round(memory_mb, 1),
        "materials": {"count": materials, "bytes": MATERIAL},
        "goals": {
            "rest_of_forwarder": ratios["rest_of_forwarder"] >= GOALS["rest_of_forwarder"],
            "soap_of_rest": ratios["soap_of_rest"] >= GOALS["soap_of_rest"],
            "memory_mb": memory_mb <= GOALS["memory_mb"],
        },
    }


# --- the pieces -----------------------------------------------------------------------------


def application(household: str, *, digest: str | None = None) -> dict[str, Any]:
    """A Shanghai application of about `BODY` bytes, in its own words, with one file or none."""
    file = PROVINCES / "310000" / "golden" / "01-application.application.record.json"
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    now = (datetime.now(UTC) + timedelta(hours=8)).replace(tzinfo=None)
    at = f"{now.isoformat(timespec='seconds')}+08:00"
    record |= {"serialNo": "@@ID@@", "receiveCaseNo": "MN@@ID@@", "sendTime": at}
    record |= {"applyDate": now.date().isoformat(), "materialsCompleteTime": at}
    record.pop("applyTime", None)
    record["applicant"]["registerRegion"] = household
    for index, material in enumerate(record["materials"]):
        files = material.pop("files", [])
        if digest is not None and index == 0:
            material["files"] = [{**files[0], "digest": digest, "size": MATERIAL}]
    for place, name in ((record, "summary"), (record["form"], "povertyReason")):
        spare = BODY - len(json.dumps(record, ensure_ascii=False).encode())
        place[name] = "模拟" + "." * max(0, min(900, spare - 40))
    return record


async def _pass_materials(count: int, *, url: str, pid: int, token: str, bench: Bench) -> float:
    """Send cases with a 2 MB scan each all the way to Inner Mongolia; largest resident MB."""
    before = await bench._counted("soap")
    numbers = iter(range(count))
    headers = {"Authorization": f"Bearer {token}"}

    async def window(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            scan = make_scan(f"bench-{number}", size=MATERIAL)
            async with session.put(
                f"{url}/v1/materials/{scan.digest}",
                data=scan.content,
                headers={**headers, "Content-Type": scan.media_type},
            ) as answer:
                assert answer.status < 300, await answer.text()
            record = application(HOUSEHOLD["soap"], digest=scan.digest)
            text = json.dumps(record).replace("@@ID@@", f"m-{number}")
            async with session.post(
                f"{url}{PATH['rest']}",
                data=text,
                headers={**headers, "Content-Type": "application/json"},
            ) as answer:
                assert answer.status < 300, await answer.text()

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(window(session) for _ in range(8)))
    delivered, _ = await bench._drained("soap", before + count)
    assert delivered - before == count, f"{delivered - before} of {count} delivered"
    return _peak_mb(pid)


def _pulling(folder: Path) -> Path:
    """The province folders, but that Shanghai fetches what is for it."""
    copied = folder / "provinces"
    shutil.copytree(PROVINCES, copied)
    file = copied / SENDER / "connection.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(PUSHED) == 1, "the folder of Shanghai has changed"
    file.write_text(text.replace(PUSHED, PULLED), encoding="utf-8")
    return copied


async def _start_gateway(
    folder: Path, clock: RealClock, *, name: str = "gateway", provinces: Path = PROVINCES
) -> Process:
    return await start(
        name,
        ["gateway", "serve"],
        event="gateway.started",
        folder=folder,
        clock=clock,
        environment={
            "TONGBAN_DATA_DIR": str(folder / name),
            "TONGBAN_PROVINCES_DIR": str(provinces),
            "TONGBAN_CONNECTIONS": str(folder / "connections.json"),
            "TONGBAN_ENVIRONMENT": "test",
            "TONGBAN_PORT": "0",
            "TONGBAN_PULL_SECONDS": "3600",
        },
    )


async def _grant(folder: Path, name: str) -> str:
    connector = aiohttp.UnixConnector(path=str(folder / name / "admin.sock"))
    form = {"client_id": SENDER, "role": "partner", "system": SENDER}
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post("http://admin/access", json=form) as answer,
    ):
        return str((await answer.json())["token"])


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process, all threads, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak_mb(pid: int) -> float:
    """Largest resident size so far, in MB."""
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmHWM:"):
            return int(row.split()[1]) / 1024
    return 0.0


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pipeline")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--materials", type=int, default=500)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        print("缺少 wrk:apt-get install wrk  (missing wrk)")
        return 2
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as name:
        result = asyncio.run(
            bench(
                runs=given.runs,
                seconds=given.seconds,
                materials=given.materials,
                folder=Path(name),
            )
        )
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    for goal, reached in result["goals"].items():
        print(f"{goal:20} {'reached' if reached else 'NOT REACHED'}")
    return 0 if all(result["goals"].values()) and not result["errors"] else 1


if __name__ == "__main__":
    sys.exit(main())
