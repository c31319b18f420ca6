"""
Questions to verification services: put, moved by revision, found by number, identity or due time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import apsw

from contracts.adapter import Environment
from gateway.ports import DuplicateReceiptError, RevisionConflictError, VerificationRow
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant, instant_or_none, micros, micros_or_none

_COLUMNS = """number, revision, key_id, system, environment, identity, fingerprint, service,
       subject, case_number, person, state, next_at, attempt, asked_at, answered_at, sealed"""
_PUT = f"""
INSERT INTO verifications ({_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (identity, system, environment) DO NOTHING
"""
_MOVE = """
UPDATE verifications
SET revision = ?, state = ?, next_at = ?, attempt = ?, answered_at = ?, sealed = ?
WHERE number = ? AND revision = ?
"""
_SELECT = f"SELECT {_COLUMNS} FROM verifications "


def put_verification(db: apsw.Connection, row: VerificationRow) -> None:
    """
    Raises:
        DuplicateReceiptError: a new one whose identity is known.
        RevisionConflictError: it moved on meanwhile.
    """
    if row.revision == 1:
        db.execute(
            _PUT,
            (
                row.number,
                row.revision,
                row.key_id,
                row.system,
                row.environment,
                row.identity,
                row.fingerprint,
                row.service,
                row.subject,
                row.case_number,
                row.person,
                row.state,
                micros(row.next_at),
                row.attempt,
                micros(row.asked_at),
                micros_or_none(row.answered_at),
                row.sealed,
            ),
        )
        if db.changes() == 0:
            raise DuplicateReceiptError
        return
    db.execute(
        _MOVE,
        (
            row.revision,
            row.state,
            micros(row.next_at),
            row.attempt,
            micros_or_none(row.answered_at),
            row.sealed,
            row.number,
            row.revision - 1,
        ),
    )
    if db.changes() == 0:
        raise RevisionConflictError


def verification(db: apsw.Connection, number: str) -> VerificationRow | None:
    row = fetch_one(db, _SELECT + "WHERE number = ?", (number,))
    return None if row is None else _row(row)


def verification_by_identity(
    db: apsw.Connection, system: str, environment: Environment, identity: bytes
) -> VerificationRow | None:
    row = fetch_one(
        db,
        _SELECT + "WHERE identity = ? AND system = ? AND environment = ?",
        (identity, system, environment),
    )
    return None if row is None else _row(row)


def verifications_due(
    db: apsw.Connection, now: datetime, *, limit: int
) -> Sequence[VerificationRow]:
    rows = fetch(
        db,
        _SELECT + "WHERE state IN ('asking', 'open') AND next_at <= ? ORDER BY next_at LIMIT ?",
        (micros(now), limit),
    )
    return [_row(row) for row in rows]


def _row(row: tuple[Any, ...]) -> VerificationRow:
    return VerificationRow(
        number=row[0],
        revision=row[1],
        key_id=row[2],
        system=row[3],
        environment=row[4],
        identity=row[5],
        fingerprint=row[6],
        service=row[7],
        subject=row[8],
        case_number=row[9],
        person=row[10],
        state=row[11],
        next_at=instant(row[12]),
        attempt=row[13],
        asked_at=instant(row[14]),
        answered_at=instant_or_none(row[15]),
        sealed=row[16],
    )


__all__ = [
    "put_verification",
    "verification",
    "verification_by_identity",
    "verifications_due",
]
