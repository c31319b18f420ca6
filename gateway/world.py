"""
The real clock and the real randomness: the only module that reaches them.

A house test refuses `time`, `datetime.now`, `random`, `secrets`, `uuid` and `os.urandom`
elsewhere, so that the engine can run on a simulated world.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class RealIds:
    def token(self, size: int = 32) -> bytes:
        return secrets.token_bytes(size)

    def hex(self, size: int = 16) -> str:
        return secrets.token_hex(size)

    def fraction(self) -> float:
        return secrets.randbelow(1 << 53) / (1 << 53)


__all__ = ["RealClock", "RealIds"]
