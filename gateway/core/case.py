"""
A case: the fold of its messages in the order they arrived. Plain values, no behaviour of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

import orjson
from pydantic import TypeAdapter

Role = Literal["RECEIVING", "HANDLING", "NATIONAL", "SERVICE", "AUTHORITY", "GATEWAY"]
Turn = Literal["RECEIVING", "HANDLING", "APPLICANT"]
MAIN = "main"
"""The one part of a case that names none (national format v1, section 5)."""

HELD = frozenset({"PUSHED", "CORRECTED", "ACCEPTED"})
OPEN = HELD | {
    "COLLECTED",
    "PRE_REVIEW",
    "CORRECTION_REQUESTED",
    "SUSPENDED",
    "TRANSFERRED",
}
FINAL = frozenset({"APPROVED", "REFUSED", "NOT_ACCEPTED", "LAPSED", "TERMINATED", "VOID"})
ENDED = FINAL | {"NOTIFIED", "WITHDRAWN", "PASSED", "NOT_PASSED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A system that takes part, and in which role."""

    system: str
    role: Role
    province: str
    place: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    What one body does. `before` is the status a pause goes back to; `asked_by` says who asked for
    the open correction.
    """

    part_id: str
    status: str
    turn: Turn | None
    decides: bool = True
    required: bool = True
    after: tuple[str, ...] = ()
    body: str | None = None
    body_name: str | None = None
    before: str | None = None
    asked_by: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    reason: str
    from_at: datetime
    message_id: str
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time limit with its owner; `region` names the calendar its working days are counted in."""

    kind: str
    owner: str
    part_id: str
    region: str
    calendar: str
    limit: int
    unit: str
    started_at: datetime
    due_on: date
    provisional: bool
    state: str = "RUNNING"
    pauses: tuple[Pause, ...] = ()
    promised_on: date | None = None
    ended_at: datetime | None = None
    legal_basis: str | None = None

    @property
    def running(self) -> bool:
        return self.state in ("RUNNING", "PAUSED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who held the case, from when to when; transfers add one, nothing is taken away."""

    place: str
    body_name: str | None
    from_at: datetime
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    The folded case. Mappings in it are never changed in place.

    `numbers` holds the number each side gave the case, by `receiving`, `handling`, `national`.
    `pending` lists arrivals taken in but not applied, to be tried again after each later message.
    """

    number: str
    environment: str
    mode: str
    item: Mapping[str, Any]
    catalogue_code: str
    catalogue_version: str
    application_date: date
    receiving_place: str
    handling_place: str
    parties: tuple[Party, ...]
    parts: tuple[Part, ...]
    arrivals: int
    opened_at: datetime
    updated_at: datetime
    clocks: tuple[Clock, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    sequences: Mapping[str, int] = field(default_factory=dict)
    holders: tuple[Holder, ...] = ()
    pending: tuple[int, ...] = ()
    corrections: int = 0
    accepted_at_collection: bool = False
    open_request: str | None = None
    decisions: Mapping[str, str] = field(default_factory=dict)
    last_decision: str | None = None

    @property
    def as_of_date(self) -> date:
        """Codes are looked up as of the application date, for the whole life of the case."""
        return self.application_date

    @property
    def status(self) -> str:
        """Status of the earliest unfinished required part; of all when they are finished."""
        required = [part for part in self.parts if part.required] or list(self.parts)
        for part in required:
            if part.status not in ENDED:
                return part.status
        statuses = [part.status for part in required if part.decides] or [required[-1].status]
        return "REFUSED" if "REFUSED" in statuses else statuses[-1]

    @property
    def turn(self) -> Turn | None:
        for part in self.parts:
            if part.status not in ENDED or part.turn is not None:
                return part.turn
        return None

    @property
    def due_on(self) -> date | None:
        """The nearest date a running clock falls due."""
        return min((c.due_on for c in self.clocks if c.state == "RUNNING"), default=None)

    def part(self, part_id: str) -> Part | None:
        return next((part for part in self.parts if part.part_id == part_id), None)

    def role_of(self, system: str) -> Role | None:
        return next((party.role for party in self.parties if party.system == system), None)

    def systems(self, role: Role) -> tuple[str, ...]:
        return tuple(party.system for party in self.parties if party.role == role)

    def next_sequence(self, system: str) -> int:
        return self.sequences.get(system, 0) + 1


@cache
def _adapter() -> TypeAdapter[Case]:
    return TypeAdapter(Case)


def case_to_json(case: Case) -> bytes:
    """The bytes a projection is stored as."""
    return orjson.dumps(case)


def case_from_json(data: bytes) -> Case:
    """
    Raises:
        pydantic.ValidationError: not what `case_to_json` gave.
    """
    return _adapter().validate_json(data)


__all__ = [
    "ENDED",
    "FINAL",
    "HELD",
    "MAIN",
    "OPEN",
    "Case",
    "Clock",
    "Holder",
    "Part",
    "Party",
    "Pause",
    "Role",
    "Turn",
    "case_from_json",
    "case_to_json",
]
