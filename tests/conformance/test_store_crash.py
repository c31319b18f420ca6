"""
SIGKILL under load, again and again on one store: what was acknowledged is there, whole.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from gateway.ports import CaseFilter, Store
from tests.conformance.stores import KINDS, Kind
from tests.rows import a_submission, number

KILLS = 6
CLIENTS = 64


async def load(name: str, folder: Path, first: int) -> None:
    """Commit new cases for ever; each one's serial is printed once `commit` has returned."""
    store = KINDS[name].open(folder)
    serials = iter(range(first, first + 1_000_000))

    async def client() -> None:
        for serial in serials:
            await store.commit(a_submission(serial))
            os.write(1, b"%d\n" % serial)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def run_and_kill(kind: Kind, folder: Path, *, first: int, seconds: float) -> list[int]:
    """Serials that were acknowledged before the kill."""
    child = subprocess.Popen(
        [sys.executable, "-m", __name__, kind.name, str(folder), str(first)],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    head = b"".join(child.stdout.readline() for _ in range(20))
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    whole = (head + rest).rpartition(b"\n")[0]
    return [int(line) for line in whole.splitlines()]


async def check_whole(store: Store, acknowledged: list[int]) -> None:
    """Nothing acknowledged is missing, and no case is there in part."""
    stored = {row.number for row in await store.cases(CaseFilter(limit=10_000_000))}
    lost = [serial for serial in acknowledged if number(serial) not in stored]
    assert lost == []
    counts = await store.counts()
    leaves = await store.leaves()
    assert len(leaves) == 2 * counts["cases"] == 2 * counts["deliveries"]
    for counter, (name, data) in enumerate(leaves, 1):
        assert name == json.loads(data)["leaf_id"] == f"n1-{counter:012d}"
    for serial in random.Random(1).sample(acknowledged, 20):
        delivery = f"{number(serial)}-1"
        assert len(await store.messages(number(serial))) == len(await store.steps(delivery)) == 1
        assert await store.receipt("530303-window", "test", b"identity %d" % serial) is not None


async def test_what_was_acknowledged_survives_being_killed(kind: Kind, tmp_path: Path):
    moment = random.Random(20260302)
    acknowledged: list[int] = []
    for kill in range(KILLS):
        acknowledged += run_and_kill(
            kind, tmp_path, first=1 + kill * 1_000_000, seconds=moment.uniform(0.02, 0.4)
        )

        store = kind.open(tmp_path)
        await check_whole(store, acknowledged)
        await store.close()

    assert len(acknowledged) >= KILLS * 19


if __name__ == "__main__":
    asyncio.run(load(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
