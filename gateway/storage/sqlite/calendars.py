"""
Working calendars that an operator loaded, every version whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from gateway.ports import CalendarRow, RevisionConflictError
from gateway.storage.sqlite.query import fetch
from gateway.storage.sqlite.values import instant, instant_or_none, micros, micros_or_none

_INSERT = """
INSERT INTO calendars (version, base, loaded_at, client, digest, content, recounted_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (version) DO UPDATE SET recounted_at = excluded.recounted_at
WHERE calendars.digest = excluded.digest
"""
_SELECT = """
SELECT version, base, loaded_at, client, digest, content, recounted_at FROM calendars ORDER BY id
"""


def put_calendar(db: apsw.Connection, row: CalendarRow) -> None:
    """
    Raises:
        RevisionConflictError: another calendar was loaded under this version meanwhile.
    """
    db.execute(
        _INSERT,
        (
            row.version,
            row.base,
            micros(row.loaded_at),
            row.client,
            row.digest,
            row.content,
            micros_or_none(row.recounted_at),
        ),
    )
    if db.changes() != 1:
        raise RevisionConflictError


def calendars(db: apsw.Connection) -> Sequence[CalendarRow]:
    return [
        CalendarRow(
            version=row[0],
            base=row[1],
            loaded_at=instant(row[2]),
            client=row[3],
            digest=row[4],
            content=row[5],
            recounted_at=instant_or_none(row[6]),
        )
        for row in fetch(db, _SELECT)
    ]


__all__ = ["calendars", "put_calendar"]
