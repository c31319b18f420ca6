"""
What the fold of a case is told beside the message: who sent it and when, and what the item says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from contracts.calendar import SHIPPED, Calendars
from contracts.catalogue import CatalogueItem
from contracts.message import Message
from gateway.core.case import Role

LICENCE = "01"
"""行政许可 in the list item_type"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """
    A message as the fold sees it: what it says, who said it, when it came in which order, and the
    working calendars in force then.
    """

    message: Message
    role: Role
    system: str
    arrival: int
    at: datetime
    calendars: Calendars = SHIPPED


@dataclass(frozen=True, slots=True)
class ClockRule:
    """
    A limit of an item: `unit` as in the national format (WORKING_DAY …). `waits` says that a part
    behind another one counts from its own beginning, not from the arrival of the case; `pauses`
    are the reasons that stop it, None: all.
    """

    owner: str
    limit: int
    unit: str
    legal_basis: str | None = None
    waits: bool = False
    pauses: frozenset[str] | None = None


USUAL = {
    "PRE_REVIEW": ClockRule("HANDLING", 2, "WORKING_DAY", "项目约定(project convention)"),
    "ANSWER": ClockRule("HANDLING", 15, "WORKING_DAY", "项目约定(project convention)"),
}
"""Project convention: a question always has a limit, where the item names none this one."""

ClockRules = Mapping[str, ClockRule]
"""By kind of clock; a limit of parts of one role stands under `PART:<role>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    What the item says about clocks, parts, fees and acceptance.

    `deems_accepted`: no answer within the ACCEPT limit accepts the case (行政许可法第三十二条).
    `special_limits` are those of special procedures, by type and unit.
    """

    clocks: ClockRules = field(default_factory=dict)
    acceptance_at_collection: bool = False
    parts_allowed: bool = True
    fee_pauses: bool = False
    deems_accepted: bool = False
    special_limits: Mapping[tuple[str, str], int] = field(default_factory=dict)
    joined: Literal["ALL", "ANY"] = "ALL"

    def clock(self, kind: str, role: str | None) -> ClockRule | None:
        return self.clocks.get(f"{kind}:{role}") or self.clocks.get(kind)

    @classmethod
    def of(cls, entry: CatalogueItem) -> Rules:
        """The rules of a catalogue entry."""
        return cls(
            clocks=USUAL
            | {
                f"{one.kind}:{one.part_role}" if one.part_role else one.kind: ClockRule(
                    owner=one.owner,
                    limit=one.limit,
                    unit=one.unit,
                    legal_basis=one.legal_basis,
                    waits=one.starts == "part_held",
                    pauses=frozenset(one.pauses),
                )
                for one in entry.clocks
            },
            acceptance_at_collection=entry.acceptance_at_collection,
            parts_allowed=entry.parts.allowed,
            fee_pauses=entry.fee_pauses,
            deems_accepted=entry.item_type == LICENCE,
            special_limits={(one.type, one.unit): one.limit for one in entry.special_procedures},
            joined=entry.parts.joined,
        )


__all__ = ["USUAL", "Arrived", "ClockRule", "ClockRules", "Rules"]
