"""
Hashed tokens, and cursors of the systems we pull from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from contracts.adapter import Environment
from gateway.ports import AccessRow, CursorRow
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant, instant_or_none, micros, micros_or_none

_PUT = """
INSERT INTO accesses (client_id, role, system, province, environment, token_hash, created_at,
                      expires_at, revoked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (token_hash) DO UPDATE
SET client_id = excluded.client_id, role = excluded.role, system = excluded.system,
    province = excluded.province, environment = excluded.environment,
    created_at = excluded.created_at, expires_at = excluded.expires_at,
    revoked_at = excluded.revoked_at
"""
_SELECT = """
SELECT client_id, role, system, province, environment, token_hash, created_at, expires_at,
       revoked_at
FROM accesses
"""
_PUT_CURSOR = """
INSERT INTO cursors (system, environment, cursor, at) VALUES (?, ?, ?, ?)
ON CONFLICT (system, environment) DO UPDATE SET cursor = excluded.cursor, at = excluded.at
"""


def put_access(db: apsw.Connection, row: AccessRow) -> None:
    db.execute(
        _PUT,
        (
            row.client_id,
            row.role,
            row.system,
            row.province,
            row.environment,
            row.token_hash,
            micros(row.created_at),
            micros_or_none(row.expires_at),
            micros_or_none(row.revoked_at),
        ),
    )


def access(db: apsw.Connection, token_hash: bytes) -> AccessRow | None:
    row = fetch_one(db, _SELECT + "WHERE token_hash = ?", (token_hash,))
    return None if row is None else _access(row)


def accesses(db: apsw.Connection) -> Sequence[AccessRow]:
    return [_access(row) for row in fetch(db, _SELECT + "ORDER BY id")]


def put_cursor(db: apsw.Connection, row: CursorRow) -> None:
    db.execute(_PUT_CURSOR, (row.system, row.environment, row.cursor, micros(row.at)))


def cursor(db: apsw.Connection, system: str, environment: Environment) -> str | None:
    row = fetch_one(
        db, "SELECT cursor FROM cursors WHERE system = ? AND environment = ?", (system, environment)
    )
    return None if row is None else row[0]


def _access(row: tuple[Any, ...]) -> AccessRow:
    return AccessRow(
        client_id=row[0],
        role=row[1],
        system=row[2],
        province=row[3],
        environment=row[4],
        token_hash=row[5],
        created_at=instant(row[6]),
        expires_at=instant_or_none(row[7]),
        revoked_at=instant_or_none(row[8]),
    )


__all__ = ["access", "accesses", "cursor", "put_access", "put_cursor"]
