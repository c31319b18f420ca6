"""
Cases, who takes part in them, and the numbers parties know them by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from contracts.errors import NotFound
from gateway.ports import CaseFilter, CaseRow, NumberRow, RevisionConflictError
from gateway.storage.sqlite.audit import name_leaf
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import day_or_none, instant, iso_or_none, micros

_INSERT = """
INSERT INTO cases (number, revision, key_id, environment, status, turn, due_on, item, mode, sender,
                   handler, receiving_county, handling_county, arrivals, opened_at, updated_at,
                   sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE = """
UPDATE cases
SET revision = ?, environment = ?, status = ?, turn = ?, due_on = ?, item = ?, mode = ?, sender = ?,
    handler = ?, receiving_county = ?, handling_county = ?, arrivals = ?, opened_at = ?,
    updated_at = ?, sealed = ?
WHERE number = ? AND revision = ? AND key_id = ?
"""
_SELECT = """
SELECT number, revision, key_id, environment, status, turn, due_on, item, mode, sender, handler,
       receiving_county, handling_county, arrivals, opened_at, updated_at, sealed,
       (SELECT max(counter) FROM leaves WHERE leaves.case_number = cases.number)
FROM cases
"""
_PAGE = (
    _SELECT
    + """
WHERE (:system IS NULL OR EXISTS (
        SELECT 1 FROM parties WHERE parties.system = :system AND case_number = cases.number))
  AND (:status IS NULL OR status = :status)
  AND (:turn IS NULL OR turn = :turn)
  AND (:due_before IS NULL OR due_on < :due_before)
  AND (:handler IS NULL OR handler = :handler)
  AND (:sender IS NULL OR sender = :sender)
  AND (NOT :open_only OR turn IS NOT NULL)
"""
)
_NEVER = "9999-12-31"
# Without a `due_before`, cases that owe nothing come last.
_ORDERED = {
    "opened": _PAGE + "AND (:id IS NULL OR id < :id) ORDER BY id DESC LIMIT :limit",
    "due": _PAGE
    + """AND (:id IS NULL OR (coalesce(due_on, :never), number) > (:due_on, :after))
ORDER BY coalesce(due_on, :never), number LIMIT :limit""",
}


def put_case(db: apsw.Connection, row: CaseRow) -> None:
    """
    Raises:
        RevisionConflictError: the stored row is not the one this was made from.
    """
    plain = (
        row.environment,
        row.status,
        row.turn,
        iso_or_none(row.due_on),
        row.item,
        row.mode,
        row.sender,
        row.handler,
        row.receiving_county,
        row.handling_county,
        row.arrivals,
        micros(row.opened_at),
        micros(row.updated_at),
        row.sealed,
    )
    if row.revision == 1:
        try:
            db.execute(_INSERT, (row.number, 1, row.key_id, *plain))
        except apsw.ConstraintError:
            if fetch_one(db, "SELECT 1 FROM cases WHERE number = ?", (row.number,)):
                raise RevisionConflictError from None
            raise
        return
    where = (row.number, row.revision - 1, row.key_id)
    db.execute(_UPDATE, (row.revision, *plain, *where))
    if db.changes() != 1:
        raise RevisionConflictError


def put_parties(db: apsw.Connection, parties: Sequence[tuple[str, str, str]]) -> None:
    db.executemany(
        "INSERT INTO parties (case_number, system, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        parties,
    )


def put_number(db: apsw.Connection, row: NumberRow) -> None:
    """
    Raises:
        RevisionConflictError: the party's number already names another case.
    """
    db.execute(
        "INSERT INTO numbers (system, number_index, case_number) VALUES (?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (row.system, row.index, row.case_number),
    )
    if db.changes() == 0 and case_by_number(db, row.system, row.index) != row.case_number:
        raise RevisionConflictError


def case(db: apsw.Connection, number: str, *, node: str) -> CaseRow | None:
    row = fetch_one(db, _SELECT + "WHERE number = ?", (number,))
    return None if row is None else _case(row, node=node)


def cases(db: apsw.Connection, where: CaseFilter, *, node: str) -> Sequence[CaseRow]:
    """
    Raises:
        NotFound: `where.after` names no case.
    """
    last_id, last_due = _position(db, where.after)
    rows = fetch(
        db,
        _ORDERED[where.order],
        {
            "system": where.system,
            "status": where.status,
            "turn": where.turn,
            "due_before": iso_or_none(where.due_before),
            "handler": where.handler,
            "sender": where.sender,
            "open_only": where.open_only,
            "id": last_id,
            "due_on": last_due,
            "after": where.after,
            "never": _NEVER,
            "limit": where.limit,
        },
    )
    return [_case(row, node=node) for row in rows]


def _position(db: apsw.Connection, after: str | None) -> tuple[Any, ...]:
    if after is None:
        return (None, None)
    row = fetch_one(
        db, "SELECT id, coalesce(due_on, ?) FROM cases WHERE number = ?", (_NEVER, after)
    )
    if row is None:
        raise NotFound("分页位置不存在", "the page cursor names no case")
    return row


def is_party(db: apsw.Connection, number: str, system: str) -> bool:
    found = db.execute(
        "SELECT 1 FROM parties WHERE case_number = ? AND system = ? LIMIT 1", (number, system)
    )
    return found.fetchone() is not None


def parties(db: apsw.Connection, number: str) -> Sequence[tuple[str, str]]:
    return fetch(
        db,
        "SELECT system, role FROM parties WHERE case_number = ? ORDER BY system, role",
        (number,),
    )


def case_by_number(db: apsw.Connection, system: str, index: bytes) -> str | None:
    row = fetch_one(
        db, "SELECT case_number FROM numbers WHERE system = ? AND number_index = ?", (system, index)
    )
    return None if row is None else row[0]


def used_key_id(db: apsw.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(key_id), 0) FROM cases").get)


def _case(row: tuple[Any, ...], *, node: str) -> CaseRow:
    return CaseRow(
        number=row[0],
        revision=row[1],
        key_id=row[2],
        environment=row[3],
        status=row[4],
        turn=row[5],
        due_on=day_or_none(row[6]),
        item=row[7],
        mode=row[8],
        sender=row[9],
        handler=row[10],
        receiving_county=row[11],
        handling_county=row[12],
        arrivals=row[13],
        opened_at=instant(row[14]),
        updated_at=instant(row[15]),
        sealed=row[16],
        last_leaf=None if row[17] is None else name_leaf(node, row[17]),
    )


__all__ = [
    "case",
    "case_by_number",
    "cases",
    "is_party",
    "parties",
    "put_case",
    "put_number",
    "put_parties",
    "used_key_id",
]
