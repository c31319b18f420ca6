"""
How much is stored, for metrics and the doctor: only what small indexes can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import apsw

from gateway.ports import DeliveryState
from gateway.storage.sqlite.query import fetch

_TABLES = """
SELECT 'cases', count(*) FROM cases
UNION ALL SELECT 'deliveries', count(*) FROM deliveries
UNION ALL SELECT 'materials', count(*) FROM materials
UNION ALL SELECT 'accesses', count(*) FROM accesses
UNION ALL SELECT 'leaves', coalesce(max(counter), 0) FROM leaves
"""
_STATES = get_args(DeliveryState)
# Delivered is the rest: the many settled ones are in no index by state.
_OPEN = """
SELECT state, count(*) FROM deliveries INDEXED BY deliveries_open
WHERE state IN ('pending', 'sending', 'asking', 'mailbox', 'parked', 'dead') GROUP BY state
"""
_WAITING = """
SELECT state, count(*) FROM deliveries INDEXED BY deliveries_waiting
WHERE state IN ('mailbox', 'parked', 'dead', 'rejected', 'superseded') GROUP BY state
"""


def counts(db: apsw.Connection) -> Mapping[str, int]:
    """Table -> rows, and `deliveries.<state>` -> rows in that state."""
    found = dict(fetch(db, _TABLES))
    states = dict.fromkeys(_STATES, 0) | dict(fetch(db, _OPEN)) | dict(fetch(db, _WAITING))
    states["delivered"] = found["deliveries"] - sum(states.values())
    return found | {f"deliveries.{state}": number for state, number in states.items()}


__all__ = ["counts"]
