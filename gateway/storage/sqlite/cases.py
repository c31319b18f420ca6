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
                   sealed, watch_on)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE = """
UPDATE cases
SET revision = ?, environment = ?, status = ?, turn = ?, due_on = ?, item = ?, mode = ?, sender = ?,
    handler = ?, receiving_county = ?, handling_county = ?, arrivals = ?, opened_at = ?,
    updated_at = ?, sealed = ?, watch_on = ?
WHERE number = ? AND revision = ? AND key_id = ?
"""
_SELECT = """
SELECT number, revision, key_id, environment, status, turn, due_on, item, mode, sender, handler,
       receiving_county, handling_county, arrivals, opened_at, updated_at, sealed,
       (SELECT max(counter) FROM leaves WHERE leaves.case_number = cases.number), watch_on
FROM cases
"""
# Only given conditions are asked, so that each can use its index.
_WHERE = {
    "system": "EXISTS (SELECT 1 FROM parties"
    " WHERE parties.system = :system AND case_number = cases.number)",
    "status": "status = :status",
    "turn": "turn = :turn",
    "due_before": "due_on < :due_before",
    "watch_by": "watch_on <= :watch_by",
    "handler": "handler = :handler",
    "sender": "sender = :sender",
    "open_only": "turn IS NOT NULL",
}
_OPENED = "ORDER BY id DESC LIMIT :limit"
_DUE = "ORDER BY due_on, number LIMIT :limit"
_DUE_NEVER = "ORDER BY number LIMIT :limit"


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
        iso_or_none(row.watch_on),
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
    values = {name: getattr(where, name) for name in _WHERE}
    conditions = [_WHERE[name] for name, value in values.items() if value]
    values |= {"due_before": iso_or_none(where.due_before), "limit": where.limit}
    values |= {"watch_by": iso_or_none(where.watch_by)}
    last_id, last_due = None, None
    if where.after is not None:
        last = fetch_one(db, "SELECT id, due_on FROM cases WHERE number = ?", (where.after,))
        if last is None:
            raise NotFound("分页位置不存在", "the page cursor names no case")
        last_id, last_due = last
    values |= {"id": last_id, "due_on": last_due, "after": where.after}

    def page(*more: str, order: str) -> list[tuple[Any, ...]]:
        clause = " AND ".join((*conditions, *more)) or "1"
        return fetch(db, f"{_SELECT} WHERE {clause} {order}", values)

    started = where.after is not None
    if where.order == "opened":
        rows = page(*(["id < :id"] if started else []), order=_OPENED)
    else:
        rows = []
        if not started or last_due is not None:
            beyond = ["(due_on, number) > (:due_on, :after)"] if started else []
            rows = page("due_on IS NOT NULL", *beyond, order=_DUE)
        if len(rows) < where.limit:
            values["limit"] = where.limit - len(rows)
            beyond = ["number > :after"] if started and last_due is None else []
            rows += page("due_on IS NULL", *beyond, order=_DUE_NEVER)
    return [_case(row, node=node) for row in rows]


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


_USED_KEY = """
SELECT max(coalesce((SELECT max(key_id) FROM cases), 0),
           coalesce((SELECT max(key_id) FROM verifications), 0))
"""


def used_key_id(db: apsw.Connection) -> int:
    return int(db.execute(_USED_KEY).get)


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
        watch_on=day_or_none(row[18]),
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
