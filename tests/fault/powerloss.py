"""
Power fails under the store and its keys: `python -m tests.fault.powerloss --seeds 150`.

Each seed plays several lives of one machine on a disk that forgets (tests/fault/disk.py). In each
life keys are taken, groups of changes committed, checkpoints made, until the power fails at a
random write; then everything is opened anew and what was acknowledged is looked for.

Prints one JSON object: goal, seeds, acknowledged, lost, damaged, pass. `--synchronous NORMAL` shows
that the same procedure finds a store that does not sync its commits, `OFF` one that syncs nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import apsw

from contracts.errors import GatewayError
from gateway.keys.pool import Pool
from gateway.keys.sealing import Sealer
from gateway.keys.vault import Vault
from gateway.ports import Change, DeliveryRow
from gateway.sqlite import connect
from gateway.storage.sqlite import claims
from gateway.storage.sqlite.apply import apply
from gateway.storage.sqlite.audit import Ledger
from gateway.storage.sqlite.cases import used_key_id
from gateway.storage.sqlite.engine import Engine, Failed, Work
from gateway.storage.sqlite.leases import Leases
from gateway.storage.sqlite.memory import Memory
from gateway.storage.sqlite.migrate import apply_pending
from gateway.world import RealIds
from tests.fault.disk import Disk
from tests.rows import LANE, NOON, a_case, a_leaf, a_move, a_submission, number

LIVES = 3
OPERATIONS = 1000
"""Writes and syncs in a life, at most."""
POOL = 24
LEASE = timedelta(minutes=2)


@dataclass
class Found:
    acknowledged: int = 0
    lost: int = 0
    damaged: int = 0


@dataclass
class Promises:
    """What the machine has said so far, and to what key."""

    leaves: dict[str, int] = field(default_factory=dict)
    cases: dict[int, int] = field(default_factory=dict)
    """serial of a case -> its highest acknowledged revision"""
    settled: set[str] = field(default_factory=set)


class Machine:
    """One life: opened on what the disk holds."""

    def __init__(self, disk: Disk, chance: random.Random, *, synchronous: str) -> None:
        self._chance = chance
        how: dict[str, Any] = {"vfs": disk.name, "exclusive": True, "synchronous": synchronous}
        self.db = connect("store.db", **how)
        disk.connections.append(self.db)
        apply_pending(self.db, now=NOON)
        memory = Memory(Ledger(node="n1", log="tongban/test"), Leases())
        claims.restore(self.db, memory.leases)
        self.engine = Engine(self.db, memory)
        self.vault_db = connect("keys.db", **how)
        disk.connections.append(self.vault_db)
        vault = Vault(self.vault_db)
        vault.prepare(b"check")
        wrap = Sealer(bytes(32), ids=RealIds())
        self.pool = Pool(vault, wrap, size=POOL, used=used_key_id(self.db), ids=RealIds())

    def work(self, promises: Promises) -> None:
        """Commit groups until the power fails or the keys of this life are used up."""
        for _ in range(40):
            works = [self._choose(promises) for _ in range(self._chance.randint(1, 6))]
            results = self.engine.run([work for work, _ in works])
            for result, (_, said) in zip(results, works, strict=True):
                if not isinstance(result, Failed):
                    said(result)
            if self._chance.random() < 0.15:
                self.engine.checkpoint()

    def _choose(self, promises: Promises) -> tuple[Work, Callable[[Any], None]]:
        kind = self._chance.random()
        if kind < 0.25 and promises.cases:
            return self._revise(promises)
        if kind < 0.5:
            return self._settle(promises)
        return self._submit(promises)

    def _submit(self, promises: Promises) -> tuple[Work, Callable[[Any], None]]:
        serial = self.pool.take().key_id
        change = a_submission(serial, sealed=self._chance.randbytes(self._chance.randint(1, 6000)))

        def said(leaves: tuple[str, ...]) -> None:
            promises.cases[serial] = 1
            promises.leaves.update(dict.fromkeys(leaves, serial))

        return _applying(change), said

    def _revise(self, promises: Promises) -> tuple[Work, Callable[[Any], None]]:
        serial = self._chance.choice(sorted(promises.cases))
        revision = promises.cases[serial] + 1
        case = a_case(serial, revision=revision, sealed=self._chance.randbytes(800))

        def said(leaves: tuple[str, ...]) -> None:
            promises.cases[serial] = revision
            promises.leaves.update(dict.fromkeys(leaves, serial))

        return _applying(Change(case=case, leaves=(a_leaf(serial),))), said

    def _settle(self, promises: Promises) -> tuple[Work, Callable[[Any], None]]:
        def work(db: apsw.Connection, memory: Memory) -> Sequence[DeliveryRow]:
            until = NOON + LEASE
            rows = claims.claim(
                db, LANE, leases=memory.leases, now=NOON, lease_until=until, limit=2
            )
            moves = tuple(a_move(row, "delivered", settled_at=NOON) for row in rows)
            apply(db, Change(updates=moves), memory=memory)
            return rows

        return work, lambda rows: promises.settled.update(row.serial for row in rows)

    def check(self, promises: Promises, found: Found) -> None:
        """Count what was acknowledged and is not there, and what does not add up."""
        lost = 0
        for serial, revision in promises.cases.items():
            lost += self._value("SELECT revision FROM cases WHERE number = ?", serial) < revision
            lost += not self._value("SELECT count(*) FROM messages WHERE case_number = ?", serial)
            lost += not self._value("SELECT count(*) FROM receipts WHERE case_number = ?", serial)
        stored = {
            json.loads(data)["leaf_id"]: json.loads(data)["case_number"]
            for (data,) in self.db.execute("SELECT canonical FROM leaves")
            if data  # a torn page may read as NULL: that leaf is lost
        }
        lost += sum(stored.get(leaf) != number(case) for leaf, case in promises.leaves.items())
        settled = {
            serial
            for (serial,) in self.db.execute(
                "SELECT serial FROM deliveries WHERE state = 'delivered'"
            )
        }
        lost += len(promises.settled - settled)
        held = {key for (key,) in self.vault_db.execute("SELECT id FROM case_keys")}
        lost += sum(key not in held for (key,) in self.db.execute("SELECT key_id FROM cases"))
        found.lost += lost
        found.damaged += sum(
            db.execute("PRAGMA integrity_check").get != "ok" for db in (self.db, self.vault_db)
        )
        counters = [counter for (counter,) in self.db.execute("SELECT counter FROM leaves")]
        found.damaged += counters != list(range(1, len(counters) + 1))
        found.damaged += bool(self.db.execute("PRAGMA foreign_key_check").fetchall())

    def _value(self, sql: str, serial: int) -> int:
        return int(self.db.execute(sql, (number(serial),)).get or 0)


def _applying(change: Change) -> Work:
    return lambda db, memory: apply(db, change, memory=memory)


def play(seed: int, *, synchronous: str = "FULL") -> Found:
    """All lives of one machine."""
    chance = random.Random(seed)
    disk = Disk(f"disk-{seed}-{synchronous}")
    promises, found = Promises(), Found()
    for _ in range(LIVES):
        disk.fail_at(chance.randint(1, OPERATIONS))
        # The power may fail while opening, or all keys of this life be taken.
        with suppress(GatewayError, apsw.Error):
            Machine(disk, chance, synchronous=synchronous).work(promises)
        disk.cut(chance)
        try:
            Machine(disk, chance, synchronous=synchronous).check(promises, found)
        except (GatewayError, apsw.Error, ValueError):  # a leaf that is no JSON any more
            found.damaged += 1
        disk.cut(chance)
    disk.unregister()
    found.acknowledged = len(promises.leaves) + len(promises.settled)
    return found


def play_all(seeds: range, *, synchronous: str = "FULL") -> Found:
    total = Found()
    for seed in seeds:
        one = play(seed, synchronous=synchronous)
        total = replace(
            total,
            acknowledged=total.acknowledged + one.acknowledged,
            lost=total.lost + one.lost,
            damaged=total.damaged + one.damaged,
        )
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=150)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--synchronous", choices=["FULL", "NORMAL", "OFF"], default="FULL")
    asked = parser.parse_args()
    found = play_all(range(asked.first, asked.first + asked.seeds), synchronous=asked.synchronous)
    passed = found.lost == 0 and found.damaged == 0 and found.acknowledged > 0
    print(
        json.dumps(
            {
                "goal": "R3 power loss",
                "seeds": asked.seeds,
                "synchronous": asked.synchronous,
                "acknowledged": found.acknowledged,
                "lost": found.lost,
                "damaged": found.damaged,
                "pass": passed,
            }
        )
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
