"""
Messages of a case in the order they arrived, and the first answers given to their identities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from contracts.adapter import Environment
from gateway.ports import DuplicateReceiptError, MessageRow, ReceiptRow
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant, micros

_INSERT = """
INSERT INTO messages (case_number, arrival, system, environment, message_id, data_version, kind,
                      part_id, applied, occurred_at, received_at, package, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = """
SELECT case_number, arrival, system, environment, message_id, data_version, kind, part_id, applied,
       occurred_at, received_at, package, sealed
FROM messages
WHERE case_number = ?
"""
_INSERT_RECEIPT = """
INSERT INTO receipts (system, environment, identity, fingerprint, case_number, arrival, key_id,
                      sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_SELECT_RECEIPT = """
SELECT system, environment, identity, fingerprint, case_number, arrival, key_id, sealed
FROM receipts
WHERE system = ? AND environment = ? AND identity = ?
"""


def put_message(db: apsw.Connection, row: MessageRow) -> None:
    db.execute(
        _INSERT,
        (
            row.case_number,
            row.arrival,
            row.system,
            row.environment,
            row.message_id,
            row.data_version,
            row.kind,
            row.part_id,
            row.applied,
            micros(row.occurred_at),
            micros(row.received_at),
            row.package,
            row.sealed,
        ),
    )


def mark_applied(db: apsw.Connection, number: str, arrival: int) -> None:
    db.execute(
        "UPDATE messages SET applied = 1 WHERE case_number = ? AND arrival = ?", (number, arrival)
    )


def put_receipt(db: apsw.Connection, row: ReceiptRow) -> None:
    """
    Raises:
        DuplicateReceiptError: this identity was answered before.
    """
    db.execute(
        _INSERT_RECEIPT,
        (
            row.system,
            row.environment,
            row.key,
            row.fingerprint,
            row.case_number,
            row.arrival,
            row.key_id,
            row.sealed,
        ),
    )
    if db.changes() != 1:
        raise DuplicateReceiptError


def receipt(
    db: apsw.Connection, system: str, environment: Environment, key: bytes
) -> ReceiptRow | None:
    row = fetch_one(db, _SELECT_RECEIPT, (system, environment, key))
    return None if row is None else _receipt(row)


def message(db: apsw.Connection, number: str, arrival: int) -> MessageRow | None:
    row = fetch_one(db, _SELECT + "AND arrival = ?", (number, arrival))
    return None if row is None else _message(row)


def messages(db: apsw.Connection, number: str) -> Sequence[MessageRow]:
    return [_message(row) for row in fetch(db, _SELECT + "ORDER BY arrival", (number,))]


def _message(row: tuple[Any, ...]) -> MessageRow:
    return MessageRow(
        case_number=row[0],
        arrival=row[1],
        system=row[2],
        environment=row[3],
        message_id=row[4],
        data_version=row[5],
        kind=row[6],
        part_id=row[7],
        applied=bool(row[8]),
        occurred_at=instant(row[9]),
        received_at=instant(row[10]),
        package=row[11],
        sealed=row[12],
    )


def _receipt(row: tuple[Any, ...]) -> ReceiptRow:
    return ReceiptRow(
        system=row[0],
        environment=row[1],
        key=row[2],
        fingerprint=row[3],
        case_number=row[4],
        arrival=row[5],
        key_id=row[6],
        sealed=row[7],
    )


__all__ = ["mark_applied", "message", "messages", "put_message", "put_receipt", "receipt"]
