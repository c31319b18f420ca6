"""
Run a query to its end: a cursor left half read would hold back checkpoints.
"""

from __future__ import annotations

from typing import Any

import apsw


def fetch(db: apsw.Connection, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
    return db.execute(sql, values).fetchall()


def fetch_one(db: apsw.Connection, sql: str, values: Any = ()) -> tuple[Any, ...] | None:
    """The first row, None when there is none."""
    rows = db.execute(sql, values).fetchall()
    return rows[0] if rows else None


__all__ = ["fetch", "fetch_one"]
