"""
Which body of the place acts: a row of the folder's bodies.csv, by place and date.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedBy:
    """`serves` is a prefix of place codes; empty dates are open."""

    name: str
    credit_code: str
    place: str
    serves: str
    system: str
    valid_from: str
    valid_to: str


def read_bodies(folder: Path) -> tuple[ServedBy, ...]:
    file = folder / "bodies.csv"
    if not file.is_file():
        return ()
    with file.open(encoding="utf-8", newline="") as rows:
        return tuple(
            ServedBy(**{name: row.get(name) or "" for name in ServedBy.__slots__})
            for row in csv.DictReader(rows)
        )


def body_for(
    place: str, bodies: Sequence[ServedBy], *, system: str, on: date
) -> dict[str, Any] | None:
    """The body that serves a place on a day, as the national format writes it; closest first."""
    day = on.isoformat()
    fitting = [
        one
        for one in bodies
        if one.system == system
        and place.startswith(one.serves)
        and one.valid_from <= day
        and (not one.valid_to or day <= one.valid_to)
    ]
    if not fitting:
        return None
    found = max(fitting, key=lambda one: len(one.serves))
    return {
        "name": found.name,
        "credit_code": found.credit_code,
        "place": {"code": found.place, "county": found.place[:6]},
    }


__all__ = ["ServedBy", "body_for", "read_bodies"]
