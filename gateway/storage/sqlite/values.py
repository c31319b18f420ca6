"""
Instants and dates as columns: microseconds since 1970 UTC, ISO text.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """`at` must be aware: a naive one raises TypeError."""
    return (at - _EPOCH) // _MICROSECOND


def micros_or_none(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def instant_or_none(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def iso_or_none(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def day_or_none(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


__all__ = ["day_or_none", "instant", "instant_or_none", "iso_or_none", "micros", "micros_or_none"]
