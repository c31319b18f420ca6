"""
The shape of a catalogue entry: data of one item in one version, checked when it is loaded.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.codelist import code_list
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

Way = Literal["FORM", "E_LICENCE", "DATA_CHECK", "COMMITMENT", "OWED"]
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
]
"""
The event from whose next day a limit is counted. acknowledgement: the handling place holds the
case; part_held: the part itself begins, later than that where it waits for another one.
"""
Confidence = Literal["A", "B", "C", "P"]
"""A read in the notice itself, B one real source, C inference, P project convention."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Duty(_Entry):
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


class ItemMaterial(_Entry):
    """
    A material by its national code, and the ways it may be had beside paper: electronic licence,
    data check, commitment, owed (容缺), or the filled-in form itself. `child_exempt`: a child that
    has none may leave it out. What a place adds or takes away stands in its own list.
    """

    code: str
    name_zh: str
    needed: Condition
    ways: tuple[Way, ...] = ()
    child_exempt: bool = False
    confidence: Confidence = "B"


class ClockLimit(_Entry):
    """
    A time limit of the item. `part_role` ties it to the parts of that role, as PART clocks are.
    """

    kind: ClockKind
    owner: Actor
    limit: int = Field(ge=1)
    unit: TimeUnit
    starts: Starts
    pauses: tuple[PauseWhy, ...] = ()
    part_role: str | None = None
    legal_basis: str
    confidence: Confidence


class ItemParts(_Entry):
    """Whether a case of this item may be split among bodies, and into which roles."""

    allowed: bool = False
    roles: tuple[str, ...] = ()


class ItemRemedy(_Entry):
    """What is open to the applicant against the decision."""

    kind: str
    body_zh: str
    limit: int = Field(ge=1)
    unit: TimeUnit
    legal_basis: str
    confidence: Confidence


class CatalogueItem(_Entry):
    """
    One item of the catalogue in one version. `valid_from` and `valid_to` are inclusive and are
    compared with the application date; `ended_because` says why an item no longer exists.
    """

    catalogue_code: str = Field(pattern=r"^[0-9]{12}$")
    version: str
    name_zh: str
    name_en: str
    item_type: str
    invented_code: bool
    source: str
    valid_from: date
    valid_to: date | None = None
    ended_because: str | None = None
    routing_rule: str
    modes: tuple[Duty, ...]
    form_id: str | None = None
    form_version: str | None = None
    prescribed_channel_zh: str | None = None
    acceptance_at_collection: bool = False
    fee: bool = False
    fee_pauses: bool = False
    parts: ItemParts = ItemParts()
    materials: tuple[ItemMaterial, ...] = ()
    clocks: tuple[ClockLimit, ...] = ()
    remedies: tuple[ItemRemedy, ...] = ()

    @model_validator(mode="after")
    def _codes_are_known(self) -> Self:
        expected = [
            ("item_type", self.item_type),
            ("routing_rule", self.routing_rule),
            *(("part_role", role) for role in self.parts.roles),
            *(("part_role", clock.part_role) for clock in self.clocks if clock.part_role),
            *(("remedy_kind", remedy.kind) for remedy in self.remedies),
        ]
        for name, code in expected:
            if code not in code_list(name):
                raise ValueError(f"{code} is not a code of {name}")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        codes = [material.code for material in self.materials]
        if len(codes) != len(set(codes)):
            raise ValueError("a material is named twice")
        return self

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def duty(self, mode: str, on: date) -> Duty | None:
        """The duties of a mode on a date; None when the item is not offered in it."""
        return next(
            (
                duty
                for duty in self.modes
                if duty.mode == mode
                and (duty.valid_from is None or duty.valid_from <= on)
                and (duty.valid_to is None or on <= duty.valid_to)
            ),
            None,
        )

    def clock(self, kind: str, *, part_role: str | None = None) -> ClockLimit | None:
        """The limit of a kind, for a part's role where the limit is tied to one."""
        return next(
            (one for one in self.clocks if one.kind == kind and one.part_role == part_role), None
        )


__all__ = [
    "CatalogueItem",
    "ClockLimit",
    "Condition",
    "Duty",
    "ItemMaterial",
    "ItemParts",
    "ItemRemedy",
    "Way",
]
