"""
What a catalogue entry is made of: modes, materials, steps, limits, fees, results, contacts.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import Actor, BusinessMode, ClockKind, TimeUnit

Condition = Literal[
    "always",
    "agent_applies",
    "living_on_allowance",
    "living_without_allowance",
    "where_listed",
]
"""
When a material is needed: always; when an agent applies; for the living subsidy of a household with
or without minimum allowance; only where the handling place's own list still names it.
"""

Way = Literal["FORM", "E_LICENCE", "DATA_CHECK", "COMMITMENT", "OWED", "CARRIED_OVER"]
"""Codes of the list material_acquisition; FORM: the filled-in form itself stands for it."""

PauseWhy = Literal["CORRECTION", "SPECIAL_PROCEDURE", "FEE"]
Starts = Literal[
    "completed_at",
    "acknowledgement",
    "part_held",
    "decision",
    "correction_request",
    "pre_review",
    "objection",
    "acceptance",
]
"""
The event from whose next day a limit is counted. acknowledgement: the handling place holds the
case; part_held: the part itself begins, later than that where it waits for another one.
"""
Ends = Literal[
    "acknowledgement",
    "acceptance",
    "part_outcome",
    "decision",
    "notification",
    "correction",
    "pre_review_result",
    "materials_complete",
    "answer",
]
Confidence = Literal["A", "B", "C", "P"]
"""A read in the notice itself, B one real source, C inference, P project convention."""

ENDS: dict[str, Ends] = {
    "PUSH": "acknowledgement",
    "ACCEPT": "acceptance",
    "DECIDE": "decision",
    "PART": "part_outcome",
    "NOTIFY": "notification",
    "CORRECTION": "correction",
    "PRE_REVIEW": "pre_review_result",
    "OWED": "materials_complete",
    "ANSWER": "answer",
}
"""What ends a clock of a kind, where the entry says nothing else."""


class Entry(BaseModel):
    """A value of the catalogue: immutable and closed against unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Duty(Entry):
    """
    One mode the item is offered in, and who has to do what in it. Dates are inclusive.

    `receiving_zh` and `handling_zh` are what the window and the handling place read.
    """

    mode: BusinessMode
    receiving_zh: str
    handling_zh: str
    basis: str
    valid_from: date | None = None
    valid_to: date | None = None


class Situation(Entry):
    """情形 a circumstance of the applicant that changes materials or steps, never the item."""

    code: str
    name_zh: str
    basis: str
    confidence: Confidence = "P"


class Requirement(Entry):
    """受理条件 a condition for being taken in; a lower list may not add one (只减不加)."""

    code: str
    name_zh: str
    basis: str
    confidence: Confidence = "P"


class CommitmentText(Entry):
    """
    告知承诺: what a person signs in place of a proof, what a false one costs, how it is checked.

    It is offered beside the ordinary proof and never preselected.
    """

    text_version: str
    consequence_zh: str
    later_check_zh: str
    basis: str
    confidence: Confidence = "P"


class ItemMaterial(Entry):
    """
    A material by its national code, and the ways it may be had beside paper: electronic licence,
    data check, commitment, owed (容缺), carried over, or the filled-in form itself.

    `child_exempt`: a child that has none may leave it out. `situations`: needed in these only.
    `sensitive`: its title is shown on no notice, list, webhook or code. `owed_days`: working days
    until an owed one is due. `carried_from`: items whose cases may have collected it, `self` for an
    earlier step of this one. What a place adds or takes away stands in its own list.
    """

    code: str
    name_zh: str
    needed: Condition
    ways: tuple[Way, ...] = ()
    child_exempt: bool = False
    per_member: bool = False
    situations: tuple[str, ...] = ()
    sensitive: bool = False
    owed_days: int | None = Field(default=None, ge=1)
    commitment: CommitmentText | None = None
    carried_from: tuple[str, ...] = ()
    confidence: Confidence = "B"

    @model_validator(mode="after")
    def _ways_are_explained(self) -> Self:
        for way, said in (("COMMITMENT", self.commitment), ("OWED", self.owed_days)):
            if (way in self.ways) != (said is not None):
                raise ValueError(f"{self.code}: {way} goes with its terms, and they with it")
        if ("CARRIED_OVER" in self.ways) != bool(self.carried_from):
            raise ValueError(f"{self.code}: CARRIED_OVER says from where")
        return self


class ItemStep(Entry):
    """
    A step of the item on its way, in order. The list is open-ended: codes are the item's own.

    An `optional` step says when it is left out; `role` ties it to the parts of that role.
    """

    code: str
    name_zh: str
    at: Actor
    body_zh: str
    role: str | None = None
    optional: bool = False
    left_out_zh: str | None = None
    situations: tuple[str, ...] = ()
    basis: str
    confidence: Confidence = "P"

    @model_validator(mode="after")
    def _optional_says_when(self) -> Self:
        if self.optional != (self.left_out_zh is not None):
            raise ValueError(f"{self.code}: an optional step says when it is left out")
        return self


class ClockLimit(Entry):
    """
    A time limit of the item: owner, start, pauses, end. `part_role` ties it to the parts of that
    role, as PART clocks are.
    """

    kind: ClockKind
    owner: Actor
    limit: int = Field(ge=1)
    unit: TimeUnit
    starts: Starts
    ends: Ends | None = None
    pauses: tuple[PauseWhy, ...] = ()
    part_role: str | None = None
    legal_basis: str
    confidence: Confidence

    @property
    def end(self) -> Ends:
        return self.ends or ENDS[self.kind]


class ItemProcedure(Entry):
    """
    特别程序 with its legal basis: without one it may not be used at all. Where the basis sets no
    limit of its own (`limit_in_basis` false), at most half the promised limit
    (皖民办字〔2018〕136号 五(三)); the item holds the two together.
    """

    code: str
    type: str
    name_zh: str
    legal_basis: str = Field(min_length=2)
    limit: int = Field(ge=1)
    unit: TimeUnit
    limit_in_basis: bool
    confidence: Confidence


class ItemFee(Entry):
    """A fee of the item. Without an amount the handling place's own list says it."""

    name_zh: str
    amount_fen: int | None = Field(default=None, ge=0)
    basis: str
    confidence: Confidence


class ItemResult(Entry):
    """What the applicant gets in the end, and the ways it may reach them (delivery_method)."""

    kind: Literal["DECISION", "BENEFIT", "LICENCE", "CERTIFICATE"]
    name_zh: str
    delivery: tuple[str, ...]
    licence_name_zh: str | None = None
    confidence: Confidence = "P"


class ItemContact(Entry):
    """Whom to ask or complain to; numbers of single bodies stand in the provinces' own tables."""

    kind: Literal["INQUIRY", "COMPLAINT"]
    name_zh: str
    phone: str | None = None
    basis: str
    confidence: Confidence


class ItemParts(Entry):
    """
    Whether a case of this item may be split among bodies, and into which roles.

    `joined`: of several parts that decide, ALL have to approve, or ANY of them is enough (project
    convention).
    """

    allowed: bool = False
    roles: tuple[str, ...] = ()
    joined: Literal["ALL", "ANY"] = "ALL"


class ItemRemedy(Entry):
    """What is open to the applicant against the decision."""

    kind: str
    body_zh: str
    limit: int = Field(ge=1)
    unit: TimeUnit
    legal_basis: str
    confidence: Confidence


def beyond_half(procedure: ItemProcedure, promised: ClockLimit | None) -> bool:
    """Whether a limit of ours is longer than half the promised one, or cannot be held to it."""
    if procedure.limit_in_basis:
        return False
    return (
        promised is None or promised.unit != procedure.unit or procedure.limit * 2 > promised.limit
    )


__all__ = [
    "ENDS",
    "ClockLimit",
    "CommitmentText",
    "Condition",
    "Confidence",
    "Duty",
    "Ends",
    "Entry",
    "ItemContact",
    "ItemFee",
    "ItemMaterial",
    "ItemParts",
    "ItemProcedure",
    "ItemRemedy",
    "ItemResult",
    "ItemStep",
    "PauseWhy",
    "Requirement",
    "Situation",
    "Starts",
    "Way",
    "beyond_half",
]
