"""
References to blobs: staged by a sender, or named by a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import apsw

from gateway.ports import MaterialRow
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant, micros

# The newest staging of a digest counts; a case keeps the reference it has.
_PUT = {
    True: """
INSERT INTO materials (owner, case_number, digest_index, blob, at, sealed)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (owner, digest_index) WHERE case_number IS NULL DO UPDATE
SET blob = excluded.blob, at = excluded.at, sealed = excluded.sealed
""",
    False: """
INSERT INTO materials (owner, case_number, digest_index, blob, at, sealed)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (case_number, digest_index) WHERE case_number IS NOT NULL DO NOTHING
""",
}
_COLUMNS = "SELECT owner, case_number, digest_index, blob, at, sealed FROM materials "


def put_material(db: apsw.Connection, row: MaterialRow) -> None:
    db.execute(
        _PUT[row.case_number is None],
        (row.owner, row.case_number, row.index, row.blob, micros(row.at), row.sealed),
    )


def staged(db: apsw.Connection, owner: str, index: bytes) -> MaterialRow | None:
    row = fetch_one(
        db,
        _COLUMNS + "WHERE owner = ? AND digest_index = ? AND case_number IS NULL",
        (owner, index),
    )
    return None if row is None else _material(row)


def case_materials(db: apsw.Connection, number: str) -> Sequence[MaterialRow]:
    rows = fetch(db, _COLUMNS + "WHERE case_number = ? ORDER BY id", (number,))
    return [_material(row) for row in rows]


def forget_staged(db: apsw.Connection, before: datetime) -> Sequence[str]:
    """Drop staged rows older than `before`; names of blobs that no row refers to any more."""
    gone = fetch(
        db,
        "DELETE FROM materials WHERE case_number IS NULL AND at < ? RETURNING blob",
        (micros(before),),
    )
    return [
        blob
        for blob in dict.fromkeys(row[0] for row in gone)
        if fetch_one(db, "SELECT 1 FROM materials WHERE blob = ? LIMIT 1", (blob,)) is None
    ]


def blobs(db: apsw.Connection) -> Sequence[str]:
    rows = fetch(db, "SELECT DISTINCT blob FROM materials ORDER BY blob")
    return [row[0] for row in rows]


def _material(row: tuple[Any, ...]) -> MaterialRow:
    return MaterialRow(
        owner=row[0],
        case_number=row[1],
        index=row[2],
        blob=row[3],
        at=instant(row[4]),
        sealed=row[5],
    )


__all__ = ["blobs", "case_materials", "forget_staged", "put_material", "staged"]
