"""
Leases: which deliveries of a lane are due, who holds them, when the next one will be.

A claim gives a row a new fence and a lease. What was being sent when its lease ended is Unknown and
comes back as "asking". At start-up all leases of the process before have ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import apsw

from gateway.ports import DeliveryRow
from gateway.storage.sqlite.order import reorder
from gateway.storage.sqlite.outbox import COLUMNS, to_delivery
from gateway.storage.sqlite.query import fetch, fetch_one
from gateway.storage.sqlite.values import instant_or_none, micros

_DUE = """
SELECT id FROM deliveries INDEXED BY deliveries_due
WHERE destination = :destination AND state IN ('pending', 'asking') AND waits = 0
  AND next_at <= :now AND lease_until <= :now
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
RETURNING {COLUMNS}
"""
_END_LEASES = """
UPDATE deliveries SET lease_until = CASE state WHEN 'sending' THEN 1 ELSE 0 END
WHERE lease_until > 0
"""

# From one destination to the next through the index, however much waits for each.
_HOP = """
WITH RECURSIVE lane (name) AS (
    SELECT min(destination) FROM deliveries INDEXED BY {index} WHERE {held}
    UNION ALL
    SELECT (SELECT min(destination) FROM deliveries INDEXED BY {index}
            WHERE {held} AND destination > lane.name)
    FROM lane WHERE lane.name IS NOT NULL
)
SELECT name FROM lane WHERE name IS NOT NULL
"""
_LANES = (
    _HOP.format(index="deliveries_due", held="state IN ('pending', 'asking') AND waits = 0"),
    _HOP.format(index="deliveries_leased", held="lease_until > 0"),
)
_NEXT = """
SELECT min(at) FROM (
    SELECT * FROM (
        SELECT next_at AS at FROM deliveries INDEXED BY deliveries_due
        WHERE destination = :destination AND state IN ('pending', 'asking') AND waits = 0
          AND lease_until <= :now
        ORDER BY next_at LIMIT 1)
    UNION ALL
    SELECT min(lease_until) FROM deliveries INDEXED BY deliveries_leased
    WHERE destination = :destination AND lease_until > 0
      AND (lease_until > :now OR state = 'sending')
)
"""


def claim(
    db: apsw.Connection, destination: str, *, now: datetime, lease_until: datetime, limit: int
) -> Sequence[DeliveryRow]:
    """Lease due deliveries of one lane: first those whose worker is gone, then oldest first."""
    where = {"destination": destination, "now": micros(now), "limit": limit}
    left = [row[0] for row in fetch(db, _LEFT, where)]
    where["limit"] = limit - len(left)
    due = [row[0] for row in fetch(db, _DUE, where)]
    until = micros(lease_until)
    claimed = [
        to_delivery(fetch(db, _LEASE, {"id": each, "until": until})[0]) for each in left + due
    ]
    for row in claimed[: len(left)]:
        # From "sending" to "asking": a withdrawal may pass it now.
        reorder(db, row.order_key)
    return claimed


def end_leases(db: apsw.Connection) -> None:
    """All leases are of a process that is gone; an open intent keeps one that is long over."""
    db.execute(_END_LEASES)


def lanes(db: apsw.Connection, now: datetime) -> Mapping[str, datetime]:
    """`due` of every destination that has one."""
    found = {}
    for destination in {row[0] for hop in _LANES for row in fetch(db, hop)}:
        at = due(db, destination, now)
        if at is not None:
            found[destination] = at
    return found


def due(db: apsw.Connection, destination: str, now: datetime) -> datetime | None:
    """
    When `claim` can next give something, as far as is known now.

    What waits behind another delivery does not count; what is leased counts when the lease ends.
    """
    row = fetch_one(db, _NEXT, {"destination": destination, "now": micros(now)})
    return None if row is None else instant_or_none(row[0])


__all__ = ["claim", "due", "end_leases", "lanes"]
