"""
Deliveries: promised, moved under a fence, listed.

A lease ends with the first update that neither moves to "sending" nor comes with an open intent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from contracts.errors import NotFound
from gateway.ports import OPEN_STATES, DeliveryFilter, DeliveryRow, DeliveryUpdate, FenceLostError
from gateway.storage.sqlite.order import changes_order, reorder
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant, instant_or_none, micros, micros_or_none

COLUMNS = """serial, case_number, key_id, order_key, position, overtakes, destination, environment,
       kind, arrival, package, state, next_at, created_at, sealed_record, attempt, step, fence,
       reason, settled_at, trace_id"""
_INSERT = f"""
INSERT INTO deliveries ({COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = f"SELECT {COLUMNS} FROM deliveries "

_MOVE = """
UPDATE deliveries
SET state = ?, next_at = ?, attempt = ?, step = ?, reason = ?, settled_at = ?,
    lease_until = CASE WHEN ? THEN lease_until ELSE 0 END,
    sealed_record = coalesce(?, sealed_record), package = coalesce(?, package)
WHERE serial = ? AND fence = ? AND state IN ({})
RETURNING order_key
"""
_MOVES = tuple(_MOVE.format(", ".join("?" * count)) for count in range(10))

# The partial indexes and the states they hold, in the words of the migration.
_BY_STATE = {
    "deliveries_waiting": ("mailbox", "parked", "dead", "rejected", "superseded"),
    "deliveries_open": OPEN_STATES,
}


def _among(states: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(map(repr, states))})"


def put_delivery(db: apsw.Connection, row: DeliveryRow) -> None:
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
            row.sealed_record,
            row.attempt,
            row.step,
            row.fence,
            row.reason,
            micros_or_none(row.settled_at),
            row.trace_id,
        ),
    )
    reorder(db, row.order_key)


def move_delivery(db: apsw.Connection, update: DeliveryUpdate, *, holds: bool) -> None:
    """
    Move a delivery; `holds` keeps its lease.

    Raises:
        FenceLostError: another fence, another state, or no such delivery.
    """
    moved = fetch_one(
        db,
        _MOVES[len(update.was)],
        (
            update.state,
            micros(update.next_at),
            update.attempt,
            update.step,
            update.reason,
            micros_or_none(update.settled_at),
            holds,
            update.sealed_record,
            update.package,
            update.serial,
            update.fence,
            *update.was,
        ),
    )
    if moved is None:
        raise FenceLostError
    if changes_order(update.was, update.state):
        reorder(db, moved[0])


def delivery(db: apsw.Connection, serial: str) -> DeliveryRow | None:
    row = fetch_one(db, _SELECT + "WHERE serial = ?", (serial,))
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
        conditions.append("id > ?")
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
    rows = fetch(db, _SELECT + source + clause + "ORDER BY id LIMIT ?", (*values, where.limit))
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
        sealed_record=row[14],
        attempt=row[15],
        step=row[16],
        fence=row[17],
        reason=row[18],
        settled_at=instant_or_none(row[19]),
        trace_id=row[20],
    )


__all__ = ["COLUMNS", "deliveries", "delivery", "move_delivery", "put_delivery", "to_delivery"]
