"""
Which deliveries of a lane are due, who gets them, when the next one will be.

A claim gives a row a new fence and a lease, and writes nothing. What was being sent when its lease
ended is Unknown and comes back as "asking", which is written; so does, after a start, what the
process before was sending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import apsw

from gateway.ports import DeliveryRow
from gateway.storage.sqlite.leases import Lease, Leases
from gateway.storage.sqlite.order import reorder
from gateway.storage.sqlite.outbox import COLUMNS, delivery, to_delivery
from gateway.storage.sqlite.query import fetch
from gateway.storage.sqlite.values import instant, micros

_DUE = f"""
SELECT {COLUMNS}
FROM deliveries INDEXED BY deliveries_due LEFT JOIN delivery_records USING (id)
WHERE destination = ? AND state IN ('pending', 'asking') AND waits = 0 AND next_at <= ?
ORDER BY next_at, deliveries.id LIMIT ?
"""
_LEFT = "UPDATE deliveries SET fence = ?, state = 'asking' WHERE serial = ? AND state = 'sending'"
_SENDING = """
SELECT serial, destination, fence FROM deliveries INDEXED BY deliveries_open
WHERE state IN ('pending', 'sending', 'asking', 'mailbox', 'parked', 'dead') AND state = 'sending'
"""
# From one destination to the next through the index, however much waits for each.
_LANES = """
WITH RECURSIVE lane (name) AS (
    SELECT min(destination) FROM deliveries INDEXED BY deliveries_due
    WHERE state IN ('pending', 'asking') AND waits = 0
    UNION ALL
    SELECT (SELECT min(destination) FROM deliveries INDEXED BY deliveries_due
            WHERE state IN ('pending', 'asking') AND waits = 0 AND destination > lane.name)
    FROM lane WHERE lane.name IS NOT NULL
)
SELECT name FROM lane WHERE name IS NOT NULL
"""
_NEXT = """
SELECT serial, next_at FROM deliveries INDEXED BY deliveries_due
WHERE destination = ? AND state IN ('pending', 'asking') AND waits = 0
ORDER BY next_at LIMIT ?
"""
_LONG_OVER = 0


def claim(
    db: apsw.Connection,
    destination: str,
    *,
    leases: Leases,
    now: datetime,
    lease_until: datetime,
    limit: int,
) -> Sequence[DeliveryRow]:
    """Lease due deliveries of one lane: first those whose worker is gone, then oldest first."""
    at, until = micros(now), micros(lease_until)
    held = leases.lane(destination)
    over = [lease for lease in held if lease.until <= at and lease.state == "sending"]
    over = sorted(over, key=lambda lease: lease.until)[:limit]
    claimed = [_ask(db, lease, leases=leases, until=until) for lease in over]
    taken = {lease.serial for lease in held if lease.until > at and lease.state != "sending"}
    taken |= {row.serial for row in claimed}
    found = fetch(db, _DUE, (destination, at, limit - len(claimed) + len(taken)))
    free = [row for row in found if row[0] not in taken]
    for row in map(to_delivery, free[: limit - len(claimed)]):
        row = replace(row, fence=_last_fence(row, leases) + 1)
        leases.put(Lease(row.serial, destination, until, row.fence, row.state))
        claimed.append(row)
    return claimed


def _ask(db: apsw.Connection, lease: Lease, *, leases: Leases, until: int) -> DeliveryRow:
    """From "sending" to "asking": a withdrawal may pass it now."""
    db.execute(_LEFT, (lease.fence + 1, lease.serial))
    row = delivery(db, lease.serial)
    assert row is not None  # deliveries are never removed
    leases.put(Lease(row.serial, row.destination, until, row.fence, row.state))
    reorder(db, row.order_key)
    return row


def restore(db: apsw.Connection, leases: Leases) -> None:
    """What the process before was sending counts as leased until long ago."""
    for serial, destination, fence in fetch(db, _SENDING):
        leases.put(Lease(serial, destination, _LONG_OVER, fence, "sending"))
    leases.keep()


def with_fence(row: DeliveryRow, leases: Leases) -> DeliveryRow:
    """The row as its holder knows it: under a fence that may not be written yet."""
    last = _last_fence(row, leases)
    return row if last == row.fence else replace(row, fence=last)


def _last_fence(row: DeliveryRow, leases: Leases) -> int:
    lease = leases.get(row.serial)
    return row.fence if lease is None else max(row.fence, lease.fence)


def lanes(db: apsw.Connection, now: datetime, *, leases: Leases) -> Mapping[str, datetime]:
    """`due` of every destination that has one."""
    found = {}
    for destination in {name for (name,) in fetch(db, _LANES)} | set(leases.destinations()):
        at = due(db, destination, now, leases=leases)
        if at is not None:
            found[destination] = at
    return found


def due(db: apsw.Connection, destination: str, now: datetime, *, leases: Leases) -> datetime | None:
    """
    When `claim` can next give something, as far as is known now.

    What waits behind another delivery does not count; what is leased counts when the lease ends.
    """
    at = micros(now)
    held = leases.lane(destination)
    live = {lease.serial for lease in held if lease.until > at}
    waiting = fetch(db, _NEXT, (destination, len(live) + 1))
    times = [next_at for serial, next_at in waiting if serial not in live]
    times += [lease.until for lease in held if lease.serial in live or lease.state == "sending"]
    return instant(min(times)) if times else None


__all__ = ["claim", "due", "lanes", "restore", "with_fence"]
