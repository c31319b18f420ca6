"""
Steps of a delivery and the attempts made on them.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import apsw

from gateway.ports import AttemptRow, StepRow
from gateway.storage.sqlite.query import fetch
from gateway.storage.sqlite.values import instant, instant_or_none, micros, micros_or_none

_PUT_STEP = """
INSERT INTO steps (serial, step, operation, material_id, sealed_answer, done)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (serial, step) DO UPDATE
SET operation = excluded.operation, material_id = excluded.material_id,
    sealed_answer = excluded.sealed_answer, done = excluded.done
"""
_NEW_STEP = """
INSERT INTO steps (serial, step, operation, material_id, sealed_answer, done)
VALUES (?, ?, ?, ?, ?, ?)
"""
_NEW_PLAN = "INSERT INTO step_plans (id, sealed) VALUES (?, ?)"
# A plan is large and mostly handed in as it stands: then nothing is written.
_PUT_PLAN = """
INSERT INTO step_plans (id, sealed)
SELECT id, ? FROM steps WHERE serial = ? AND step = ?
ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed WHERE sealed <> excluded.sealed
"""
_DROP_PLAN = """
DELETE FROM step_plans WHERE id = (SELECT id FROM steps WHERE serial = ? AND step = ?)
"""
_PUT_ANSWER = "UPDATE steps SET sealed_answer = ?, done = ? WHERE serial = ? AND step = ?"
_SELECT_STEPS = """
SELECT serial, step, operation, material_id, sealed, sealed_answer, done
FROM steps LEFT JOIN step_plans USING (id) WHERE serial = ? ORDER BY step
"""
_PUT_ATTEMPT = """
INSERT INTO attempts (serial, number, purpose, step, fence, started_at, wire_digest, sealed,
                      ended_at, outcome, status, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (serial, number) DO UPDATE
SET purpose = excluded.purpose, step = excluded.step, fence = excluded.fence,
    started_at = excluded.started_at, wire_digest = excluded.wire_digest, sealed = excluded.sealed,
    ended_at = excluded.ended_at, outcome = excluded.outcome, status = excluded.status,
    reason = excluded.reason
"""
_SELECT_ATTEMPTS = """
SELECT serial, number, purpose, step, fence, started_at, wire_digest, sealed, ended_at, outcome,
       status, reason
FROM attempts WHERE serial = ? ORDER BY number
"""


def put_steps(db: apsw.Connection, rows: Sequence[StepRow], *, new: Container[str] = ()) -> None:
    """Store steps or bring them up to date; `new` deliveries have none yet."""
    for row in rows:
        serial, index = row.serial, row.index
        put = (serial, index, row.operation, row.material_id, row.sealed_answer, row.done)
        if serial in new:
            db.execute(_NEW_STEP, put)
            if row.sealed_plan is not None:
                db.execute(_NEW_PLAN, (db.last_insert_rowid(), row.sealed_plan))
            continue
        db.execute(_PUT_STEP, put)
        if row.sealed_plan is None:
            db.execute(_DROP_PLAN, (serial, index))
        else:
            db.execute(_PUT_PLAN, (row.sealed_plan, serial, index))


def put_answer(db: apsw.Connection, row: StepRow) -> None:
    db.execute(_PUT_ANSWER, (row.sealed_answer, row.done, row.serial, row.index))


def steps(db: apsw.Connection, serial: str) -> Sequence[StepRow]:
    return [
        StepRow(
            serial=row[0],
            index=row[1],
            operation=row[2],
            material_id=row[3],
            sealed_plan=row[4],
            sealed_answer=row[5],
            done=bool(row[6]),
        )
        for row in fetch(db, _SELECT_STEPS, (serial,))
    ]


def put_attempt(db: apsw.Connection, row: AttemptRow) -> None:
    db.execute(
        _PUT_ATTEMPT,
        (
            row.serial,
            row.number,
            row.purpose,
            row.step,
            row.fence,
            micros(row.started_at),
            row.wire_digest,
            row.sealed,
            micros_or_none(row.ended_at),
            row.outcome,
            row.status,
            row.reason,
        ),
    )


def attempts(db: apsw.Connection, serial: str) -> Sequence[AttemptRow]:
    return [_attempt(row) for row in fetch(db, _SELECT_ATTEMPTS, (serial,))]


def _attempt(row: tuple[Any, ...]) -> AttemptRow:
    return AttemptRow(
        serial=row[0],
        number=row[1],
        purpose=row[2],
        step=row[3],
        fence=row[4],
        started_at=instant(row[5]),
        wire_digest=row[6],
        sealed=row[7],
        ended_at=instant_or_none(row[8]),
        outcome=row[9],
        status=row[10],
        reason=row[11],
    )


__all__ = ["attempts", "put_answer", "put_attempt", "put_steps", "steps"]
