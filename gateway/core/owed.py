"""
Owed materials 容缺: each that an application names with a day has a clock of its own.

The applicant owes it until the day the application names. A correction or a handover that brings
the material ends the clock; when it passes, the body that decides gets a finding (project
convention: what follows is said in the item's own list, not by the gateway).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from contracts.places import province_of
from gateway.core.case import Case, Clock
from gateway.core.rules import Arrived
from gateway.core.times import local_day

_BROUGHT = frozenset({"ARRIVED", "SIGNED"})
"""Handovers after which the material is there."""


def start_owed(case: Case, arrived: Arrived) -> Case:
    """The case with a clock for every owed material that has a day; one in the past is due now."""
    body: Any = arrived.message.body
    clocks = tuple(
        _owed(material, case=case, arrived=arrived)
        for material in body.materials or ()
        if _is_owed(material) and material.owed is not None and material.owed.due_on is not None
    )
    return replace(case, clocks=(*case.clocks, *clocks)) if clocks else case


def end_owed(case: Case, arrived: Arrived) -> Case:
    """The case without the OWED clocks of what this correction or handover brings."""
    brought = set(_brought(arrived))
    late = local_day(arrived.at)
    clocks = tuple(
        replace(
            clock, state="MISSED" if late > clock.due_on else "MET", ended_at=arrived.at, pauses=()
        )
        if clock.kind == "OWED" and clock.running and clock.material_id in brought
        else clock
        for clock in case.clocks
    )
    return replace(case, clocks=clocks) if clocks != case.clocks else case


def _brought(arrived: Arrived) -> Iterable[str]:
    body: Any = arrived.message.body
    if arrived.message.kind == "correction":
        for material in body.materials or ():
            if not _is_owed(material):
                yield material.material_id
    elif body.event.code in _BROUGHT:
        yield from body.material_ids or ()


def _is_owed(material: Any) -> bool:
    return getattr(material.acquisition, "code", None) == "OWED"


def _owed(material: Any, *, case: Case, arrived: Arrived) -> Clock:
    start = local_day(arrived.at)
    due = max(start, date.fromisoformat(material.owed.due_on))
    calendar = arrived.calendars.of(case.receiving_place)
    return Clock(
        kind="OWED",
        owner="APPLICANT",
        part_id="",
        region=province_of(case.receiving_place),
        calendar=calendar.version,
        limit=(due - start) // timedelta(days=1),
        unit="CALENDAR_DAY",
        started_at=arrived.at,
        due_on=due,
        provisional=False,
        legal_basis=material.owed.list_basis,
        material_id=material.material_id,
    )


__all__ = ["end_owed", "start_owed"]
