"""
Who waits for whom: the order of deliveries within an order key.

A delivery waits while an earlier one of its order key is open; one that overtakes does not wait for
parked, asking or dead ones. The column `waits` says so and is brought up to date whenever a
delivery comes or changes sides, so that what waits costs nothing to those who look for what is due.
"""

from __future__ import annotations

from typing import Any

import apsw

from gateway.ports import DeliveryState
from gateway.storage.sqlite.query import fetch

_PASSED: frozenset[DeliveryState] = frozenset({"parked", "asking", "dead"})
"""open, but an overtaker may pass"""
_HOLDING: frozenset[DeliveryState] = frozenset({"pending", "sending", "mailbox"})

# Asked before anything is changed: mostly nothing is.
_WRONG = """
SELECT id FROM deliveries AS d INDEXED BY deliveries_open
WHERE order_key = {}
  AND state IN ('pending', 'sending', 'asking', 'mailbox', 'parked', 'dead')
  AND waits <> EXISTS (
        SELECT 1 FROM deliveries AS e INDEXED BY deliveries_open
        WHERE e.order_key = d.order_key
          AND e.state IN ('pending', 'sending', 'asking', 'mailbox', 'parked', 'dead')
          AND (e.position, e.id) < (d.position, d.id)
          AND NOT (d.overtakes AND e.state IN ('parked', 'asking', 'dead')))
"""
_WRONG_BY_KEY = _WRONG.format("?")
_WRONG_BY_SERIAL = _WRONG.format("(SELECT order_key FROM deliveries WHERE serial = ?)")


def reorder_around(db: apsw.Connection, serial: str) -> None:
    """Bring `waits` of the order key of a delivery up to date."""
    _turn(db, fetch(db, _WRONG_BY_SERIAL, (serial,)))


def reorder(db: apsw.Connection, order_key: str) -> bool:
    """Bring `waits` of an order key up to date; whether it was not."""
    wrong = fetch(db, _WRONG_BY_KEY, (order_key,))
    _turn(db, wrong)
    return bool(wrong)


def _turn(db: apsw.Connection, wrong: list[tuple[Any, ...]]) -> None:
    if wrong:
        db.executemany("UPDATE deliveries SET waits = NOT waits WHERE id = ?", wrong)


def changes_order(was: tuple[DeliveryState, ...], state: DeliveryState) -> bool:
    """Whether a move from one of `was` to `state` may let others go, or hold them up."""
    return {_side(each) for each in was} != {_side(state)}


def _side(state: DeliveryState) -> int:
    return 2 if state in _HOLDING else 1 if state in _PASSED else 0


__all__ = ["changes_order", "reorder", "reorder_around"]
