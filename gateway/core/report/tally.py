"""
From the facts of single cases to the rows and totals of a report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.catalogue import item
from contracts.places import place_name
from gateway.core.report.facts import Facts
from gateway.core.report.measures import MEASURES, NAMES, SHARES
from gateway.core.report.period import Period

ROLES: Mapping[str, str] = {"receiver": "作为收件地", "handler": "作为办理地"}


@dataclass(slots=True)
class Tally:
    """Adds cases up, one at a time; holds one counter per place, role and item."""

    cells: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)

    def add(self, facts: Facts) -> None:
        """A case counts once for its receiving and once for its handling county."""
        for role, place in (
            ("receiver", facts.receiving_county),
            ("handler", facts.handling_county),
        ):
            self.cells.setdefault((role, place, facts.item), Counter()).update(facts.counts)

    def rows(self, period: Period) -> list[dict[str, Any]]:
        """One row per role, place and item, in that order."""
        return [
            {
                "role": role,
                "place": place,
                "place_zh": place_name(place) or place,
                "item": code,
                "item_zh": _item_name(code, period.first),
                **_measured(counts),
            }
            for (role, place, code), counts in sorted(self.cells.items())
        ]

    def places(self) -> list[dict[str, Any]]:
        """One row per role and place, all items together: the evaluation of places."""
        return [
            {
                "role": role,
                "place": place,
                "place_zh": place_name(place) or place,
                **_measured(counts),
            }
            for (role, place), counts in sorted(self._by(lambda cell: (cell[0], cell[1])).items())
        ]

    def totals(self) -> list[dict[str, Any]]:
        """One row per role; both name the same cases, seen from either side."""
        found = self._by(lambda cell: (cell[0],))
        return [
            {"role": role, **_measured(found.get((role,), Counter()))} for role in sorted(ROLES)
        ]

    def _by(
        self, key: Callable[[tuple[str, str, str]], tuple[str, ...]]
    ) -> dict[tuple[str, ...], Counter[str]]:
        found: dict[tuple[str, ...], Counter[str]] = {}
        for cell, counts in self.cells.items():
            found.setdefault(key(cell), Counter()).update(counts)
        return found


def report(tally: Tally, period: Period, *, today: date, environment: str) -> dict[str, Any]:
    """The whole report as plain values, its definitions included."""
    return {
        "period": period.name,
        "kind": period.kind,
        "first_day": period.first.isoformat(),
        "until": period.until.isoformat(),
        "made_on": today.isoformat(),
        "environment": environment,
        "totals": tally.totals(),
        "places": tally.places(),
        "rows": tally.rows(period),
        "definitions": definitions(),
    }


def definitions() -> list[dict[str, str]]:
    return [
        {
            "name": one.name,
            "label_zh": one.label_zh,
            "meaning_zh": one.meaning_zh,
            "meaning_en": one.meaning_en,
        }
        for one in MEASURES
    ]


def _measured(counts: Mapping[str, int]) -> dict[str, int | float | None]:
    return {
        **{name: counts.get(name, 0) for name in NAMES},
        **{one.name: one.of(counts) for one in SHARES},
    }


def _item_name(code: str, on: date) -> str:
    found = item(code, on)
    return found.name_zh if found else code


__all__ = ["ROLES", "Tally", "definitions", "report"]
