"""
How times are written: leaves in UTC with microseconds, the national format at +08:00.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
"""The one official time of the country; the national format always writes +08:00."""


def stamp(at: datetime) -> str:
    """Fixed-width UTC text for audit leaves: `2026-03-02T01:14:06.000000Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def national(at: datetime) -> str:
    """RFC 3339 with seconds at +08:00, as national format v1 section 1 rule 4 asks."""
    return at.astimezone(CHINA).isoformat(timespec="seconds")


def local_date(at: datetime) -> date:
    return at.astimezone(CHINA).date()


__all__ = ["CHINA", "local_date", "national", "stamp"]
