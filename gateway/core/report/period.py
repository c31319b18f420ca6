"""
The month or quarter a report is about, in the one official time of the country (+08:00).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from gateway.core.times import local_day

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(20[0-9]{2})-Q([1-4])")


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day up to, not including, `until`."""

    name: str
    first: date
    until: date

    @classmethod
    def parse(cls, text: str) -> Period:
        """
        `2026-03` is a month, `2026-Q1` a quarter.

        Raises:
            ValueError: neither of them.
        """
        if month := _MONTH.fullmatch(text):
            return cls._of(text, int(month[1]), int(month[2]), 1)
        if quarter := _QUARTER.fullmatch(text):
            return cls._of(text, int(quarter[1]), 3 * int(quarter[2]) - 2, 3)
        raise ValueError("period is YYYY-MM or YYYY-Qn")

    @classmethod
    def _of(cls, name: str, year: int, month: int, months: int) -> Period:
        after = month + months
        until = date(year + (after > 12), (after - 1) % 12 + 1, 1)
        return cls(name, date(year, month, 1), until)

    @property
    def kind(self) -> str:
        return "quarter" if "Q" in self.name else "month"

    def holds(self, at: datetime) -> bool:
        return self.first <= local_day(at) < self.until

    def begins_after(self, at: datetime) -> bool:
        return local_day(at) < self.first

    def ended_before(self, at: datetime) -> bool:
        return local_day(at) >= self.until


__all__ = ["Period"]
