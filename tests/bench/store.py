"""
Commits a second of the embedded store: `python -m tests.bench.store`.

`small` is case, message, delivery, step and two audit leaves; `whole` adds parties, the sender's
number and the receipt: what a case costs at the door. Sealed columns have 1.5 KB,
`synchronous=FULL`. `bare` beside them is one thread that inserts three rows a case, two of them of
4 KB, into plain tables, 64 cases to a transaction: what this disk and processor give just then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from gateway.ports import Change
from gateway.sqlite import connect
from gateway.storage.sqlite import open_store
from gateway.world import RealClock, RealThreads
from tests.rows import a_submission

CLIENTS = (1, 8, 64)


def make(kind: str, count: int) -> list[Change]:
    sealed = os.urandom(1500)
    changes = [a_submission(serial, sealed=sealed) for serial in range(1, count + 1)]
    if kind == "whole":
        return changes
    return [replace(change, parties=(), numbers=(), receipts=()) for change in changes]


async def load(kind: str, folder: Path, *, clients: int, count: int) -> dict[str, object]:
    store = open_store(
        folder / f"{kind}-{clients}.db",
        node="n1",
        log="bench",
        threads=RealThreads(),
        now=RealClock().now(),
    )
    changes = iter(make(kind, count))
    waits: list[float] = []

    async def client() -> None:
        for change in changes:
            started = time.perf_counter()
            await store.commit(change)
            waits.append(time.perf_counter() - started)

    began, busy = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client() for _ in range(clients)))
    took, busy = time.perf_counter() - began, time.process_time() - busy
    await store.close()
    waits.sort()
    return {
        "change": kind,
        "clients": clients,
        "per_s": round(count / took),
        "p50_ms": round(waits[count // 2] * 1000, 2),
        "p99_ms": round(waits[count * 99 // 100] * 1000, 2),
        "cpu_us": round(busy / count * 1e6),
    }


def insert_bare(folder: Path, *, count: int) -> float:
    db = connect(folder / "bare.db")
    db.pragma("wal_autocheckpoint", 500)
    db.execute(
        "CREATE TABLE cases (id INTEGER PRIMARY KEY, number TEXT UNIQUE, sealed BLOB);"
        "CREATE TABLE outbox (id INTEGER PRIMARY KEY, sealed BLOB);"
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, leaf BLOB);"
    )
    sealed = os.urandom(4096)
    began = time.perf_counter()
    for first in range(0, count, 64):
        db.execute("BEGIN IMMEDIATE")
        for serial in range(first, first + 64):
            db.execute("INSERT INTO cases (number, sealed) VALUES (?, ?)", (f"C{serial}", sealed))
            db.execute("INSERT INTO outbox (sealed) VALUES (?)", (sealed,))
            db.execute("INSERT INTO audit (leaf) VALUES (?)", (sealed[:300],))
        db.execute("COMMIT")
    took = time.perf_counter() - began
    db.close()
    return count / took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--count", type=int, default=6400, help="commits a run with 64 clients")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        runs: list[dict[str, object]] = []
        bare: list[float] = []
        for run in range(asked.runs):
            folder = Path(name) / str(run)
            folder.mkdir()
            bare.append(insert_bare(folder, count=asked.count))
            for kind in ("small", "whole"):
                for clients in CLIENTS:
                    count = max(400, asked.count * clients // 64)
                    runs.append(asyncio.run(load(kind, folder, clients=clients, count=count)))
    best = statistics.median(bare)
    print(json.dumps({"goal": "store.bare", "per_s": round(best)}))
    for kind in ("small", "whole"):
        for clients in CLIENTS:
            same = [run for run in runs if (run["change"], run["clients"]) == (kind, clients)]
            middle = sorted(same, key=lambda run: float(str(run["per_s"])))[len(same) // 2]
            ratio = round(float(str(middle["per_s"])) / best, 2)
            print(json.dumps({"goal": "store.commits"} | middle | {"of_bare": ratio}))


if __name__ == "__main__":
    main()
