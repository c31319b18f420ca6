"""
Commits a second of the embedded store: `python -m tests.bench.store [--seconds 3]`.

One commit is what a case costs at the door: case, party, number, message, receipt, delivery, step
and two audit leaves, 4 KB sealed where the product seals, `synchronous=FULL`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

from gateway.storage.sqlite import open_store
from gateway.storage.sqlite.store import SqliteStore
from gateway.world import RealClock, RealThreads
from tests.rows import a_submission


async def load(store: SqliteStore, *, clients: int, seconds: float, first: int) -> dict[str, float]:
    sealed = os.urandom(4096)
    stop = time.perf_counter() + seconds
    waits: list[float] = []
    number = first

    async def client() -> None:
        nonlocal number
        while (started := time.perf_counter()) < stop:
            number += 1
            await store.commit(a_submission(number, sealed=sealed))
            waits.append(time.perf_counter() - started)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - began
    waits.sort()
    return {
        "clients": clients,
        "commits_per_s": round(len(waits) / took),
        "p50_ms": round(waits[len(waits) // 2] * 1000, 2),
        "p99_ms": round(waits[len(waits) * 99 // 100] * 1000, 2),
    }


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(
            Path(folder) / "bench.db",
            node="n1",
            log="bench",
            threads=RealThreads(),
            now=RealClock().now(),
        )
        for turn, clients in enumerate((1, 8, 64)):
            figures = await load(store, clients=clients, seconds=seconds, first=turn * 10_000_000)
            print(json.dumps({"goal": "store.commits"} | figures))
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
