"""
Time and randomness as adapters need them; the gateway's real ones fit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds; for deadlines."""
        ...


class Ids(Protocol):
    def token(self, size: int = 32) -> bytes: ...

    def hex(self, size: int = 16) -> str: ...


__all__ = ["Clock", "Ids"]
