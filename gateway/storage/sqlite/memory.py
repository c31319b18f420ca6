"""
What the writing thread remembers between commits, and must forget with what is rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.storage.sqlite.audit import Ledger
from gateway.storage.sqlite.leases import Leases


@dataclass(frozen=True, slots=True)
class Memory:
    ledger: Ledger
    leases: Leases

    def mark(self) -> tuple[int | None, int]:
        return self.ledger.counter, self.leases.mark()

    def back_to(self, mark: tuple[int | None, int]) -> None:
        """A work failed: as if it had not been tried."""
        self.ledger.counter = mark[0]
        self.leases.back_to(mark[1])

    def keep(self) -> None:
        """A group was committed."""
        self.leases.keep()

    def forget(self) -> None:
        """A group was rolled back: what the database says counts."""
        self.ledger.counter = None
        self.leases.back_to(0)


__all__ = ["Memory"]
