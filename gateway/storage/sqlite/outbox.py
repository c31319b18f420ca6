"""
Deliveries: promised, claimed under a lease, moved under a fence.

A delivery waits while an earlier one of its order key is open. One that overtakes does not wait for
parked, asking or dead ones. A lease ends with the first update that neither moves to "sending" nor
comes with an open intent; at start-up all leases of the process before have ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import apsw

from contracts.errors import NotFound
from gateway.ports import OPEN_STATES, DeliveryFilter, DeliveryRow, DeliveryUpdate, FenceLostError
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant, instant_or_none, micros, micros_or_none

_COLUMNS = """serial, case_number, key_id, order_key, position, overtakes, destination, environment,
       kind, arrival, package, state, next_at, created_at, sealed_record, attempt, step, fence,
       reason, settled_at, trace_id"""
_INSERT = f"""
INSERT INTO deliveries ({_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = f"SELECT {_COLUMNS} FROM deliveries "

_FREE = """NOT EXISTS (
        SELECT 1 FROM deliveries AS e
        WHERE e.order_key = d.order_key
          AND e.state IN ('pending', 'sending', 'asking', 'mailbox', 'parked', 'dead')
          AND (e.position, e.id) < (d.position, d.id)
          AND NOT (d.overtakes AND e.state IN ('parked', 'asking', 'dead')))"""
_DUE = f"""
SELECT id FROM deliveries AS d INDEXED BY deliveries_due
WHERE destination = :destination AND state IN ('pending', 'asking')
  AND next_at <= :now AND lease_until <= :now AND {_FREE}
ORDER BY next_at, id LIMIT :limit
"""
_LEFT = """
SELECT id FROM deliveries INDEXED BY deliveries_leased
WHERE destination = :destination AND lease_until > 0 AND lease_until <= :now AND state = 'sending'
ORDER BY lease_until, id LIMIT :limit
"""
_LEASE = f"""
UPDATE deliveries
SET fence = fence + 1, lease_until = :until,
    state = CASE state WHEN 'sending' THEN 'asking' ELSE state END
WHERE id = :id
RETURNING {_COLUMNS}
"""
_MOVE = """
UPDATE deliveries
SET state = ?, next_at = ?, attempt = ?, step = ?, reason = ?, settled_at = ?,
    lease_until = CASE WHEN ? THEN lease_until ELSE 0 END,
    sealed_record = coalesce(?, sealed_record), package = coalesce(?, package)
WHERE serial = ? AND fence = ? AND state IN ({})
"""
_MOVES = tuple(_MOVE.format(", ".join("?" * count)) for count in range(10))

# From one destination to the next through the index, however much waits for each.
_HOP = """
WITH RECURSIVE lane (name) AS (
    SELECT min(destination) FROM deliveries INDEXED BY {index} WHERE {state}
    UNION ALL
    SELECT (SELECT min(destination) FROM deliveries INDEXED BY {index}
            WHERE {state} AND destination > lane.name)
    FROM lane WHERE lane.name IS NOT NULL
)
SELECT name FROM lane WHERE name IS NOT NULL
"""
_LANES = (
    _HOP.format(index="deliveries_due", state="state IN ('pending', 'asking')"),
    _HOP.format(index="deliveries_leased", state="lease_until > 0"),
)
_NEXT = f"""
SELECT min(at) FROM (
    SELECT * FROM (
        SELECT next_at AS at FROM deliveries AS d INDEXED BY deliveries_due
        WHERE destination = :destination AND state IN ('pending', 'asking')
          AND lease_until <= :now AND {_FREE}
        ORDER BY next_at LIMIT 1)
    UNION ALL
    SELECT min(lease_until) FROM deliveries INDEXED BY deliveries_leased
    WHERE destination = :destination AND lease_until > 0
      AND (lease_until > :now OR state = 'sending')
)
"""


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


def move_delivery(db: apsw.Connection, update: DeliveryUpdate, *, holds: bool) -> None:
    """
    Move a delivery; `holds` keeps its lease.

    Raises:
        FenceLostError: another fence, another state, or no such delivery.
    """
    db.execute(
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
    if db.changes() != 1:
        raise FenceLostError


def claim(
    db: apsw.Connection, destination: str, *, now: datetime, lease_until: datetime, limit: int
) -> Sequence[DeliveryRow]:
    """Lease due deliveries of one lane: first those whose worker is gone, then oldest first."""
    where = {"destination": destination, "now": micros(now), "limit": limit}
    ids = [row[0] for row in fetch(db, _LEFT, where)]
    if len(ids) < limit:
        where["limit"] = limit - len(ids)
        ids += [row[0] for row in fetch(db, _DUE, where)]
    until = micros(lease_until)
    return [_delivery(fetch(db, _LEASE, {"id": each, "until": until})[0]) for each in ids]


def end_leases(db: apsw.Connection) -> None:
    """All leases are of a process that is gone; an open intent keeps one that is long over."""
    db.execute(
        "UPDATE deliveries SET lease_until = CASE state WHEN 'sending' THEN 1 ELSE 0 END "
        "WHERE lease_until > 0"
    )


def lanes(db: apsw.Connection, now: datetime) -> Mapping[str, datetime]:
    """
    Destination -> when `claim` can next give something of it, as far as is known now.

    What waits behind another delivery does not count; what is leased counts when the lease ends.
    """
    found = {}
    for destination in {row[0] for hop in _LANES for row in fetch(db, hop)}:
        at = due(db, destination, now)
        if at is not None:
            found[destination] = at
    return found


def due(db: apsw.Connection, destination: str, now: datetime) -> datetime | None:
    row = fetch_one(db, _NEXT, {"destination": destination, "now": micros(now)})
    return None if row is None else instant_or_none(row[0])


def delivery(db: apsw.Connection, serial: str) -> DeliveryRow | None:
    row = fetch_one(db, _SELECT + "WHERE serial = ?", (serial,))
    return None if row is None else _delivery(row)


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
    return [_delivery(row) for row in rows]


def _delivery(row: tuple[Any, ...]) -> DeliveryRow:
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


__all__ = [
    "claim",
    "deliveries",
    "delivery",
    "due",
    "end_leases",
    "lanes",
    "move_delivery",
    "put_delivery",
]
