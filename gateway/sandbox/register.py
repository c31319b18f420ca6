"""
Whom a simulated verification service knows: `register.csv` of its folder, in its own words.

A row is found by any of the numbers in a question; `*` speaks for everybody else. `facts` is JSON
in the shape of the service's own answers. `working` is its word for "still being worked on".
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`takes` is how long the answer takes; until then the service says `word`."""

    system: str
    key: str
    result: str
    facts: Any
    valid_until: str
    takes: timedelta
    word: str

    def working(self) -> Entry:
        return replace(self, result=self.word, facts=None, valid_until="")


_NOBODY = Entry(
    system="", key="*", result="", facts=None, valid_until="", takes=timedelta(), word=""
)


def read_register(folder: Path, *, system: str) -> tuple[Entry, ...]:
    """Rows of one system; none for a place that verifies nothing."""
    file = folder / "register.csv"
    if not file.is_file():
        return ()
    with file.open(encoding="utf-8", newline="") as rows:
        return tuple(
            Entry(
                system=row["system"],
                key=row["key"],
                result=row["result"],
                facts=json.loads(row["facts"]) if row["facts"] else None,
                valid_until=row["valid_until"],
                takes=timedelta(seconds=float(row["seconds"] or 0)),
                word=row["working"],
            )
            for row in csv.DictReader(rows)
            if row["system"] == system
        )


def find_entry(register: Sequence[Entry], numbers: Collection[str]) -> Entry:
    named = next((entry for entry in register if entry.key in numbers), None)
    return named or next((entry for entry in register if entry.key == "*"), _NOBODY)


__all__ = ["Entry", "find_entry", "read_register"]
