"""
The one official time of the country, in which days begin and end.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def local_day(at: datetime) -> date:
    """The day of an instant in China."""
    return at.astimezone(CHINA).date()


def national_time(at: datetime) -> str:
    """RFC 3339 with seconds at +08:00, as national format v1 section 1 rule 4 asks."""
    return at.astimezone(CHINA).isoformat(timespec="seconds")


__all__ = ["CHINA", "local_day", "national_time"]
