"""
The shape of a catalogue entry: data of one item in one version, checked when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from contracts.catalogue.parts import (
    ClockLimit,
    Confidence,
    Duty,
    Entry,
    ItemContact,
    ItemFee,
    ItemMaterial,
    ItemParts,
    ItemProcedure,
    ItemRemedy,
    ItemResult,
    ItemStep,
    Requirement,
    Situation,
    beyond_half,
)
from contracts.codelist import code_list
from contracts.form import FormId

Reach = Literal["NATIONAL", "EXTENSION", "ALLIANCE"]
"""
Where a case may cross a border: between any two provinces; the same as an extension of single
provinces (on no national list that could be read); or only inside an alliance that names the item.
"""


class CatalogueItem(Entry):
    """
    One item of the catalogue in one version. `valid_from` and `valid_to` are inclusive and are
    compared with the application date; `ended_because` says why an item no longer exists.

    `detail` complete: all that `lacks` asks for is there. `materials_open`: the handling place's
    list is the authority on materials and may name further ones.
    """

    catalogue_code: str = Field(pattern=r"^[0-9]{12}$")
    version: str
    name_zh: str
    name_en: str
    item_type: str
    invented_code: bool
    source: str
    confidence: Confidence = "B"
    detail: Literal["complete", "generic"] = "generic"
    reach: Reach = "NATIONAL"
    valid_from: date
    valid_to: date | None = None
    ended_because: str | None = None
    routing_rule: str
    modes: tuple[Duty, ...] = Field(min_length=1)
    form_id: str | None = None
    form_version: str | None = None
    prescribed_channel_zh: str | None = None
    acceptance_at_collection: bool = False
    acceptance_basis: str | None = None
    fee: bool = False
    fee_pauses: bool = False
    parts: ItemParts = ItemParts()
    situations: tuple[Situation, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    material_list: str = "civil_affairs_materials"
    materials_open: bool = False
    materials: tuple[ItemMaterial, ...] = ()
    steps: tuple[ItemStep, ...] = ()
    clocks: tuple[ClockLimit, ...] = ()
    special_procedures: tuple[ItemProcedure, ...] = ()
    fees: tuple[ItemFee, ...] = ()
    results: tuple[ItemResult, ...] = ()
    contacts: tuple[ItemContact, ...] = ()
    remedies: tuple[ItemRemedy, ...] = ()

    @model_validator(mode="after")
    def _codes_are_known(self) -> Self:
        for name, code in self._coded():
            if code not in code_list(name):
                raise ValueError(f"{code} is not a code of {name}")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        if self.form_id is not None and self.form_id not in get_args(FormId):
            raise ValueError(f"no form {self.form_id}")
        for what in (self.materials, self.steps, self.situations, self.special_procedures):
            codes = [one.code for one in what]
            if len(codes) != len(set(codes)):
                raise ValueError("a code is named twice")
        known = {one.code for one in self.situations}
        named = [(one.code, one.situations) for one in self.materials]
        named += [(one.code, one.situations) for one in self.steps]
        for code, situations in named:
            if not set(situations) <= known:
                raise ValueError(f"{code}: an unknown situation")
        return self

    @model_validator(mode="after")
    def _procedures_are_bounded(self) -> Self:
        """皖民办字〔2018〕136号 五(三): no limit in the basis, at most half the promised one."""
        for procedure in self.special_procedures:
            if beyond_half(procedure, self.clock("DECIDE")):
                raise ValueError(f"{procedure.code}: longer than half the promised limit")
        return self

    @model_validator(mode="after")
    def _complete_is_complete(self) -> Self:
        if self.detail == "complete" and (missing := lacks(self)):
            raise ValueError(f"said to be complete, but lacks {', '.join(missing)}")
        return self

    def _coded(self) -> Iterator[tuple[str, str]]:
        yield "item_type", self.item_type
        yield "routing_rule", self.routing_rule
        yield from (("part_role", role) for role in self.parts.roles)
        yield from (("part_role", one.part_role) for one in self.clocks if one.part_role)
        yield from (("part_role", one.role) for one in self.steps if one.role)
        yield from (("remedy_kind", one.kind) for one in self.remedies)
        yield from (("special_procedure_type", one.type) for one in self.special_procedures)
        yield from (("delivery_method", way) for one in self.results for way in one.delivery)
        yield from ((self.material_list, one.code) for one in self.materials)

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


def lacks(item: CatalogueItem) -> tuple[str, ...]:
    """
    What a complete item still lacks: a form, materials, steps, the three clocks of the two places
    and the applicant's own, results, both kinds of contact, remedies, conditions; and a reason for
    acceptance at collection and an amount or basis for a fee, where there are any.
    """
    clocks = {one.kind for one in item.clocks}
    contacts = {one.kind for one in item.contacts}
    checks = {
        "form": item.form_id is not None and item.form_version is not None,
        "materials": bool(item.materials),
        "steps": bool(item.steps),
        "clocks": {"PUSH", "DECIDE", "NOTIFY", "CORRECTION"} <= clocks,
        "results": bool(item.results),
        "contacts": {"INQUIRY", "COMPLAINT"} <= contacts,
        "remedies": bool(item.remedies),
        "requirements": bool(item.requirements),
        "acceptance basis": item.acceptance_basis is not None,
        "fees": item.fee == bool(item.fees),
    }
    return tuple(name for name, there in checks.items() if not there)


__all__ = ["CatalogueItem", "Reach", "lacks"]
