"""
Who holds which delivery, and under which fence: in memory, for the store has one process.

A lease is worth no more than the process that gave it, so nothing of it is written. A fence is
written with the first update made under it: whoever opens the store next goes on above it, and the
fences given out and never used were held by nobody who is still there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gateway.ports import DeliveryState


class Lease(NamedTuple):
    serial: str
    destination: str
    until: int
    """microseconds since 1970 UTC"""
    fence: int
    state: DeliveryState
    """of the delivery, as its row says it"""


class Leases:
    """
    Changed by the writing thread alone, and taken back with the transaction it was changed in.

    Any thread may read: every read is one step of the interpreter.
    """

    def __init__(self) -> None:
        self._held: dict[str, Lease] = {}
        self._lanes: dict[str, dict[str, Lease]] = {}
        self._before: list[tuple[str, Lease | None]] = []

    def get(self, serial: str) -> Lease | None:
        return self._held.get(serial)

    def lane(self, destination: str) -> Sequence[Lease]:
        held = self._lanes.get(destination)
        return list(held.values()) if held else []

    def destinations(self) -> Sequence[str]:
        return [name for name, held in list(self._lanes.items()) if held]

    def put(self, lease: Lease) -> None:
        self._before.append((lease.serial, self._held.get(lease.serial)))
        self._set(lease.serial, lease)

    def end(self, serial: str) -> None:
        self._before.append((serial, self._held.get(serial)))
        self._set(serial, None)

    def keep(self) -> None:
        """What was changed is final: its transaction was committed."""
        self._before.clear()

    def mark(self) -> int:
        return len(self._before)

    def back_to(self, mark: int) -> None:
        """Take back everything changed since `mark`; 0 is the last `keep`."""
        while len(self._before) > mark:
            self._set(*self._before.pop())

    def _set(self, serial: str, lease: Lease | None) -> None:
        old = self._held.pop(serial, None)
        if lease is not None:
            self._held[serial] = lease
            self._lanes.setdefault(lease.destination, {})[serial] = lease
        elif old is not None:
            del self._lanes[old.destination][serial]


__all__ = ["Lease", "Leases"]
