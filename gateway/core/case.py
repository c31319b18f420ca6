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
LETS_GO_ON = frozenset({"PASSED", "NOT_PASSED", "APPROVED"})
"""
A part that ended like this lets the parts behind it begin. Not passing does too: only a body that
decides may refuse.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A system that takes part, and in which role. `former`: it handed the case on."""

    system: str
    role: Role
    province: str
    place: str | None = None
    name: str | None = None
    former: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    What one body does. `system` is where it is reached, None while the part is between holders.

    `before` is the status a pause goes back to. An open correction has `request`, the message that
    asked, `asked_by`, and `gaps`, the ids it named. `result` is what was decided, also once told.
    """

    part_id: str
    status: str
    turn: Turn | None
    decides: bool = True
    required: bool = True
    after: tuple[str, ...] = ()
    role: str | None = None
    system: str | None = None
    place: str | None = None
    body: str | None = None
    body_name: str | None = None
    before: str | None = None
    asked_by: Role | None = None
    request: str | None = None
    gaps: tuple[str, ...] = ()
    rounds: int = 0
    result: str | None = None
    entitlement: str | None = None
    """what became of an approved benefit, PAYING or STOPPED; None: nothing was said of it yet"""
    stopped_for: str | None = None
    certified_in: str | None = None
    """month of the last certification, YYYY-MM"""
    to_recover_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """`due_on`: the last day of a special procedure, where it has one."""

    reason: str
    from_at: datetime
    message_id: str
    to_at: datetime | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """
    A time limit with its owner; `region` names the calendar its working days are counted in.
    `part_id` is empty for a limit of the whole case. `warned` is the last warning given about it,
    `material_id` what an OWED clock waits for.
    """

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
    warned: str | None = None
    material_id: str | None = None

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
    part_id: str = MAIN
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    The folded case. Mappings in it are never changed in place.

    `numbers` holds the number each side gave the case, by `receiving`, `handling`, `national`.
    `pending` lists arrivals taken in but not applied, to be tried again after each later message.
    `kinds` names the kind of every message by its id, so that answers find what they answer.
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
    decisions: Mapping[str, str] = field(default_factory=dict)
    last_decision: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    earlier_numbers: tuple[tuple[str, str], ...] = ()
    questions: tuple[str, ...] = ()
    """message ids of objections and complaints that wait for an answer"""
    """(system, number) of bodies that handed the case on"""
    own_numbers: Mapping[str, str] = field(default_factory=dict)
    """the number each handling system gave the case, by system: parts have several"""
    earlier_case: str | None = None
    earliest_on: date | None = None
    """another open case of the same person and item when this one began; who applied when counts"""
    joined: Literal["ALL", "ANY"] = "ALL"
    """how the decisions of several parts make one (rule of the item, pinned)"""

    @property
    def as_of_date(self) -> date:
        """Codes are looked up as of the application date, for the whole life of the case."""
        return self.application_date

    @property
    def status(self) -> str:
        """
        Status of the earliest unfinished required part. When all are finished and decisions join as
        ALL: REFUSED if any deciding part refused, else APPROVED if any approved; as ANY the other
        way round; of one part its own.
        """
        for part in self._required:
            if part.status not in ENDED and not self.blocked(part):
                return part.status
        ends = [part.status for part in self._required if part.decides]
        ends = ends or [part.status for part in self.parts]
        first = ("REFUSED", "APPROVED") if self.joined == "ALL" else ("APPROVED", "REFUSED")
        return next((one for one in first if one in ends), ends[0])

    @property
    def finished(self) -> bool:
        """Whether no required part is left to do."""
        return all(part.status in ENDED or self.blocked(part) for part in self._required)

    @property
    def turn(self) -> Turn | None:
        for part in self.parts:
            if part.status not in ENDED and not self.blocked(part):
                return part.turn
        return next((part.turn for part in self.parts if part.turn is not None), None)

    @property
    def open_request(self) -> str | None:
        """Message id of the first correction request that is not answered."""
        return next((part.request for part in self.parts if part.request is not None), None)

    @property
    def _required(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.required) or self.parts

    def blocked(self, part: Part) -> bool:
        """Whether a part waits behind one that ended without letting it begin."""
        if part.status != "WAITING":
            return False
        ahead = [one for one in self.parts if one.part_id in part.after]
        return any(
            self.blocked(one) or (one.status in ENDED and not lets_go_on(one)) for one in ahead
        )

    @property
    def due_on(self) -> date | None:
        """The nearest date a running clock falls due."""
        return min((c.due_on for c in self.clocks if c.state == "RUNNING"), default=None)

    def part(self, part_id: str) -> Part | None:
        return next((part for part in self.parts if part.part_id == part_id), None)

    def systems(self, role: Role) -> tuple[str, ...]:
        """Systems that take part in a role now; those that handed the case on are left out."""
        return tuple(one.system for one in self.parties if one.role == role and not one.former)

    def begun(self, part: Part) -> bool:
        """Whether a part ever came to its body; one that waited for others did when released."""
        return not part.after or any(held.part_id == part.part_id for held in self.holders)

    def awaits(self, system: str) -> bool:
        """Whether a system takes part only through parts that never began."""
        own = [part for part in self.parts if part.system == system]
        return bool(own) and not any(self.begun(part) for part in own)

    def next_sequence(self, system: str) -> int:
        return self.sequences.get(system, 0) + 1


def lets_go_on(part: Part) -> bool:
    """Whether the parts behind this one may begin; once told, its result still says so."""
    return (part.result if part.status == "NOTIFIED" else part.status) in LETS_GO_ON


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
    "LETS_GO_ON",
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
    "lets_go_on",
]
