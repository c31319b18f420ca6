"""
Announced implementation lists, and items still sent in an older version of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import apsw

from gateway.ports import AnnouncementRow, OldUseRow, RevisionConflictError
from gateway.storage.sqlite.query import fetch
from gateway.storage.sqlite.values import instant, micros

_PUT = """
INSERT INTO announcements (province, number, state, digest, cause_on, requested_on, approved_on,
                           valid_from, announced_at, client, findings, content)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = """
SELECT province, number, state, digest, cause_on, requested_on, approved_on, valid_from,
       announced_at, client, findings, content
FROM announcements
ORDER BY id
"""
_COUNT = """
INSERT INTO old_uses (province, system, catalogue_code, version, first_on, last_on, cases)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (province, system, catalogue_code, version) DO UPDATE
SET last_on = max(last_on, excluded.last_on), cases = cases + excluded.cases
"""
_USES = """
SELECT province, system, catalogue_code, version, first_on, last_on, cases
FROM old_uses
ORDER BY province, system, catalogue_code, version
"""


def put_announcement(db: apsw.Connection, row: AnnouncementRow) -> None:
    """
    Raises:
        RevisionConflictError: the province has another announcement of this number.
    """
    try:
        db.execute(
            _PUT,
            (
                row.province,
                row.number,
                row.state,
                row.digest,
                row.cause_on.isoformat(),
                row.requested_on.isoformat(),
                row.approved_on.isoformat() if row.approved_on else None,
                row.valid_from.isoformat() if row.valid_from else None,
                micros(row.announced_at),
                row.client,
                row.findings,
                row.content,
            ),
        )
    except apsw.ConstraintError as error:
        raise RevisionConflictError from error


def announcements(db: apsw.Connection) -> Sequence[AnnouncementRow]:
    return [_announcement(row) for row in fetch(db, _SELECT)]


def count_use(db: apsw.Connection, row: OldUseRow) -> None:
    db.execute(
        _COUNT,
        (
            row.province,
            row.system,
            row.catalogue_code,
            row.version,
            row.first_on.isoformat(),
            row.last_on.isoformat(),
            row.cases,
        ),
    )


def old_uses(db: apsw.Connection) -> Sequence[OldUseRow]:
    return [
        OldUseRow(
            province=row[0],
            system=row[1],
            catalogue_code=row[2],
            version=row[3],
            first_on=date.fromisoformat(row[4]),
            last_on=date.fromisoformat(row[5]),
            cases=row[6],
        )
        for row in fetch(db, _USES)
    ]


def _announcement(row: tuple[Any, ...]) -> AnnouncementRow:
    return AnnouncementRow(
        province=row[0],
        number=row[1],
        state=row[2],
        digest=row[3],
        cause_on=date.fromisoformat(row[4]),
        requested_on=date.fromisoformat(row[5]),
        approved_on=date.fromisoformat(row[6]) if row[6] else None,
        valid_from=date.fromisoformat(row[7]) if row[7] else None,
        announced_at=instant(row[8]),
        client=row[9],
        findings=row[10],
        content=row[11],
    )


__all__ = ["announcements", "count_use", "old_uses", "put_announcement"]
