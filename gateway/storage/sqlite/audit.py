"""
Audit leaves: numbered here, stored as the bytes that are hashed, never changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from gateway.core.audit.leaf import Leaf, canonical
from gateway.storage.sqlite.query import fetch, fetch_one

_INSERT = "INSERT INTO leaves (counter, case_number, canonical) VALUES (?, ?, ?)"


def name_leaf(node: str, counter: int) -> str:
    """The id `canonical` writes into a leaf."""
    return f"{node}-{counter:012d}"


class Ledger:
    """
    Numbers leaves from the table's highest counter on.

    `counter` is the last one given out. Whoever rolls back sets it back, or forgets it (None) to
    have it read again.
    """

    def __init__(self, *, node: str, log: str) -> None:
        self.node = node
        self.log = log
        self.counter: int | None = None

    def append(
        self, db: apsw.Connection, leaves: Sequence[Leaf], *, new_case: str | None = None
    ) -> tuple[str, ...]:
        """Store leaves behind all others and return their ids; `new_case` has none before."""
        if self.counter is None:
            self.counter = int(db.execute("SELECT coalesce(max(counter), 0) FROM leaves").get)
        previous: dict[str | None, str | None] = {None: None, new_case: None}
        names, rows = [], []
        for leaf in leaves:
            self.counter += 1
            number = leaf.case_number
            before = previous[number] if number in previous else self._last(db, number)
            name, data = canonical(
                leaf, log=self.log, node=self.node, counter=self.counter, previous=before
            )
            if number is not None:
                previous[number] = name
            names.append(name)
            rows.append((self.counter, number, data))
        if rows:
            db.executemany(_INSERT, rows)
        return tuple(names)

    def _last(self, db: apsw.Connection, number: str | None) -> str | None:
        last = fetch_one(db, "SELECT max(counter) FROM leaves WHERE case_number = ?", (number,))
        return None if last is None or last[0] is None else name_leaf(self.node, last[0])


def leaves(db: apsw.Connection, number: str | None, *, node: str) -> Sequence[tuple[str, bytes]]:
    """(leaf id, canonical bytes) of one case or of all, in the order written."""
    if number is None:
        rows = fetch(db, "SELECT counter, canonical FROM leaves ORDER BY counter")
    else:
        rows = fetch(
            db,
            "SELECT counter, canonical FROM leaves WHERE case_number = ? ORDER BY counter",
            (number,),
        )
    return [(name_leaf(node, counter), data) for counter, data in rows]


__all__ = ["Ledger", "leaves", "name_leaf"]
