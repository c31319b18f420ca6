"""
Leases in memory: they follow the transaction they were given in; what was sent without them is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from gateway.ports import Change, DeliveryRow, FenceLostError
from gateway.sqlite import connect
from gateway.storage.sqlite import claims, outbox, steps
from gateway.storage.sqlite.apply import apply
from gateway.storage.sqlite.audit import Ledger
from gateway.storage.sqlite.engine import Engine, Failed, Work
from gateway.storage.sqlite.leases import Lease, Leases
from gateway.storage.sqlite.memory import Memory
from gateway.storage.sqlite.messages import receipt
from gateway.storage.sqlite.migrate import FOLDER, apply_pending
from tests.rows import LANE, NOON, a_case, a_delivery, a_move, a_submission

LEASE = timedelta(minutes=2)


class Bench:
    """An engine on a fresh database with one delivery, and no threads."""

    def __init__(self, path: Path) -> None:
        self.db = connect(path)
        apply_pending(self.db, now=NOON)
        self.memory = Memory(Ledger(node="n1", log="l"), Leases())
        self.engine = Engine(self.db, self.memory)
        self.engine.run([committing(Change(case=a_case(1), deliveries=(a_delivery(1),)))])


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "some.db")
    yield bench
    bench.engine.close()


def committing(change: Change) -> Work:
    return lambda db, memory: apply(db, change, memory=memory)


def claiming(db: apsw.Connection, memory: Memory) -> Any:
    return claims.claim(db, LANE, leases=memory.leases, now=NOON, lease_until=NOON + LEASE, limit=9)


STALE = Change(updates=(a_move(a_delivery(1), "delivered", fence=7),))


def test_a_claim_is_given_once_when_its_group_is_done_again(bench: Bench):
    claimed, failed, again = bench.engine.run([claiming, committing(STALE), claiming])

    assert [row.fence for row in claimed] == [1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, FenceLostError)
    assert again == []


def test_a_claim_whose_group_was_not_committed_is_no_claim(bench: Bench):
    def refuse(db: apsw.Connection, memory: Memory) -> None:
        raise apsw.FullError

    (claimed, _) = bench.engine.run([claiming, refuse])
    assert isinstance(claimed, Failed)

    ((row,),) = bench.engine.run([claiming])
    assert row.fence == 1


def test_a_lease_ended_by_a_work_that_failed_is_held_still(bench: Bench):
    ((row,),) = bench.engine.run([claiming])
    settled = a_move(row, "delivered")
    (failed,) = bench.engine.run([committing(Change(updates=(settled, settled)))])
    assert isinstance(failed, Failed)

    assert bench.engine.run([claiming]) == [[]]
    (done,) = bench.engine.run([committing(Change(updates=(settled,)))])
    assert done == ()
    assert bench.memory.leases.lane(LANE) == []


def test_a_claim_writes_nothing_and_its_fence_is_written_with_its_first_use(bench: Bench):
    before = bench.db.total_changes()
    ((row,),) = bench.engine.run([claiming])
    assert bench.db.total_changes() == before

    bench.engine.run([committing(Change(updates=(a_move(row, "sending"),)))])

    assert stored(bench.db).fence == row.fence == 1


def stored(db: apsw.Connection) -> DeliveryRow:
    row = outbox.delivery(db, a_delivery(1).serial)
    assert row is not None
    return row


def test_changes_are_taken_back_to_a_mark():
    leases = Leases()
    first = Lease("a", LANE, 1, 1, "pending")
    leases.put(first)
    leases.keep()
    leases.put(first._replace(fence=2))
    mark = leases.mark()
    leases.end("a")
    leases.put(first._replace(serial="b"))

    leases.back_to(mark)
    assert [(lease.serial, lease.fence) for lease in leases.lane(LANE)] == [("a", 2)]
    leases.back_to(0)
    assert leases.lane(LANE) == [first]


def test_a_database_from_before_keeps_its_sealed_columns_and_open_intents(tmp_path: Path):
    old = tmp_path / "migrations"
    old.mkdir()
    first = "0001_first.sql"
    (old / first).write_text((FOLDER / first).read_text())
    db = connect(tmp_path / "some.db")
    apply_pending(db, now=NOON, folder=old)
    db.execute(
        "INSERT INTO cases VALUES (1, 'c', 1, 1, 'test', 'S', NULL, NULL, 'i', 'm', 's', 'h', 'r',"
        " 'h', 1, 0, 0, x'00');"
        "INSERT INTO receipts VALUES ('s', 'test', x'01', x'02', 'c', 1, 1, x'03');"
        "INSERT INTO deliveries VALUES (5, 'd', 'c', 1, 'o', 1, 0, '990001', 'test', 'k', 1, NULL,"
        " 'sending', 0, 0, x'04', 1, 0, 3, NULL, NULL, NULL, 9, 0);"
        "INSERT INTO steps VALUES (1, 'd', 0, 'submit', NULL, x'05', NULL, 0);"
        "INSERT INTO steps VALUES (2, 'd', 1, 'submit', NULL, NULL, NULL, 0);"
    )

    apply_pending(db, now=NOON)

    leases = Leases()
    claims.restore(db, leases)
    (row,) = claims.claim(db, LANE, leases=leases, now=NOON, lease_until=NOON + LEASE, limit=9)
    assert (row.sealed_record, row.state, row.fence) == (b"\x04", "asking", 4)
    assert [step.sealed_plan for step in steps.steps(db, "d")] == [b"\x05", None]
    answered = receipt(db, "s", "test", b"\x01")
    assert answered is not None
    assert answered.sealed == b"\x03"
    db.close()


def test_a_plan_is_replaced_and_taken_away(bench: Bench):
    (step,) = a_submission(1).steps
    serial = step.serial
    for plan in (b"one", b"two", None):
        bench.engine.run([committing(Change(steps=(replace(step, sealed_plan=plan),)))])
        assert [one.sealed_plan for one in steps.steps(bench.db, serial)] == [plan]
