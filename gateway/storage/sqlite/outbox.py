"""
Deliveries: promised, moved under a fence, listed.

A lease ends with the first update that neither moves to "sending" nor comes with an open intent.
The record stands in a table of its own, or every move would write it again; most deliveries have
none, as all their steps were rendered at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from contracts.errors import IntegrityError, NotFound
from gateway.ports import OPEN_STATES, DeliveryFilter, DeliveryRow, DeliveryUpdate, FenceLostError
from gateway.storage.sqlite.leases import Lease, Leases
from gateway.storage.sqlite.order import changes_order, reorder, reorder_around
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant, instant_or_none, micros, micros_or_none

COLUMNS = """serial, case_number, key_id, order_key, position, overtakes, destination, environment,
       kind, arrival, package, state, next_at, created_at, attempt, step, fence, reason, settled_at,
       trace_id, coalesce(delivery_records.sealed, x'')"""
_INSERT = """
INSERT INTO deliveries (serial, case_number, key_id, order_key, position, overtakes, destination,
                        environment, kind, arrival, package, state, next_at, created_at, attempt,
                        step, fence, reason, settled_at, trace_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_RECORD = "INSERT INTO delivery_records (id, sealed) VALUES (?, ?)"
_SELECT = f"SELECT {COLUMNS} FROM deliveries {{}}LEFT JOIN delivery_records USING (id) "
_SELECT_ONE = _SELECT.format("") + "WHERE serial = ?"

# The holder's fence is written with what it does; its lease is what says that the fence is good.
_MOVE = """
UPDATE deliveries
SET state = ?, next_at = ?, attempt = ?, step = ?, reason = ?, settled_at = ?, fence = ?,
    package = coalesce(?, package)
WHERE serial = ? AND (fence = ? OR ?) AND state IN ({})
"""
_RECORD = """
INSERT INTO delivery_records (id, sealed) SELECT id, ? FROM deliveries WHERE serial = ?
ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed
"""
_MOVES = tuple(_MOVE.format(", ".join("?" * count)) for count in range(10))

# The partial indexes and the states they hold, in the words of the migration.
_BY_STATE = {
    "deliveries_waiting": ("mailbox", "parked", "dead", "rejected", "superseded"),
    "deliveries_open": OPEN_STATES,
}


def _among(states: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(map(repr, states))})"


def put_delivery(
    db: apsw.Connection,
    row: DeliveryRow,
    *,
    leases: Leases,
    lease_until: int | None = None,
    alone: bool = False,
) -> None:
    """
    Store a new delivery; `alone`: it is the first and only one of a new case.

    Raises:
        IntegrityError: it comes as "sending", with a lease, and another stands before it.
    """
    db.execute(
        _INSERT,
        (
            row.serial,
            row.case_number,
            row.key_id,
            row.order_key,
            row.position,
            row.overtakes,
            row.destination,
            row.environment,
            row.kind,
            row.arrival,
            row.package,
            row.state,
            micros(row.next_at),
            micros(row.created_at),
            row.attempt,
            row.step,
            row.fence,
            row.reason,
            micros_or_none(row.settled_at),
            row.trace_id,
        ),
    )
    if row.sealed_record:
        db.execute(_INSERT_RECORD, (db.last_insert_rowid(), row.sealed_record))
    waits = not alone and reorder(db, row.order_key)
    if row.state == "sending" and lease_until is not None:
        if waits:
            raise IntegrityError(f"送达 {row.serial} 尚未轮到", "a delivery begun out of its turn")
        leases.put(Lease(row.serial, row.destination, lease_until, row.fence, row.state))


def move_delivery(
    db: apsw.Connection, update: DeliveryUpdate, *, leases: Leases, holds: bool
) -> None:
    """
    Move a delivery; `holds` keeps its lease.

    Raises:
        FenceLostError: another fence, another state, or no such delivery.
    """
    lease = leases.get(update.serial)
    if lease is not None and lease.fence != update.fence:
        raise FenceLostError
    db.execute(
        _MOVES[len(update.was)],
        (
            update.state,
            micros(update.next_at),
            update.attempt,
            update.step,
            update.reason,
            micros_or_none(update.settled_at),
            update.fence,
            update.package,
            update.serial,
            update.fence,
            lease is not None,
            *update.was,
        ),
    )
    if db.changes() != 1:
        raise FenceLostError
    if update.sealed_record is not None:
        db.execute(_RECORD, (update.sealed_record, update.serial))
    was = update.was
    if lease is not None:
        was = (lease.state,)
        if holds:
            leases.put(lease._replace(state=update.state))
        else:
            leases.end(update.serial)
    if changes_order(was, update.state):
        reorder_around(db, update.serial)


def delivery(db: apsw.Connection, serial: str) -> DeliveryRow | None:
    row = fetch_one(db, _SELECT_ONE, (serial,))
    return None if row is None else to_delivery(row)


def deliveries(db: apsw.Connection, where: DeliveryFilter) -> Sequence[DeliveryRow]:
    """
    In the order they were promised.

    Raises:
        NotFound: `where.after` names no delivery.
    """
    source, conditions, values = "", [], []
    if where.after is not None:
        last = fetch_one(db, "SELECT id FROM deliveries WHERE serial = ?", (where.after,))
        if last is None:
            raise NotFound("分页位置不存在", "the page cursor names no delivery")
        conditions.append("deliveries.id > ?")
        values.append(last[0])
    if where.case_number is not None:
        source = "INDEXED BY deliveries_case "
        conditions.append("case_number = ?")
        values.append(where.case_number)
    if where.destination is not None:
        conditions.append("destination = ?")
        values.append(where.destination)
    if where.states:
        for index, known in _BY_STATE.items():
            if not source and set(where.states) <= set(known):
                source = f"INDEXED BY {index} "
                conditions.append(_among(known))
        conditions.append(f"state IN ({', '.join('?' * len(where.states))})")
        values.extend(where.states)
    clause = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    sql = f"{_SELECT.format(source)}{clause}ORDER BY deliveries.id LIMIT ?"
    rows = fetch(db, sql, (*values, where.limit))
    return [to_delivery(row) for row in rows]


def to_delivery(row: tuple[Any, ...]) -> DeliveryRow:
    return DeliveryRow(
        serial=row[0],
        case_number=row[1],
        key_id=row[2],
        order_key=row[3],
        position=row[4],
        overtakes=bool(row[5]),
        destination=row[6],
        environment=row[7],
        kind=row[8],
        arrival=row[9],
        package=row[10],
        state=row[11],
        next_at=instant(row[12]),
        created_at=instant(row[13]),
        attempt=row[14],
        step=row[15],
        fence=row[16],
        reason=row[17],
        settled_at=instant_or_none(row[18]),
        trace_id=row[19],
        sealed_record=row[20],
    )


__all__ = ["COLUMNS", "deliveries", "delivery", "move_delivery", "put_delivery", "to_delivery"]
