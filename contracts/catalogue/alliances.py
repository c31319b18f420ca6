"""
Alliances of regions: who serves whom for which item, and since when (西南、泛珠三角、川渝、长三角).

Data stand in `alliances.yaml`. Inside one province nothing has to be agreed with anybody: a case
between two of its cities takes the same path without an alliance (省内通办).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Self

import yaml
from pydantic import Field, model_validator

from contracts.catalogue.model import CatalogueItem
from contracts.catalogue.parts import Confidence, Entry
from contracts.errors import Finding


class Alliance(Entry):
    """
    One alliance in one period, both dates inclusive. `members` and `pairs` are prefixes of place
    codes; without pairs every two members serve each other. `items` are catalogue codes.
    """

    code: str
    name_zh: str
    name_en: str
    valid_from: date
    valid_to: date | None = None
    members: tuple[str, ...] = Field(min_length=2)
    pairs: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...]
    source: str
    confidence: Confidence

    @model_validator(mode="after")
    def _pairs_are_of_members(self) -> Self:
        if not {one for pair in self.pairs for one in pair} <= set(self.members):
            raise ValueError("a pair names a place that is no member")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def joins(self, receiving: str, handling: str) -> bool:
        """Whether two places serve each other here, whichever of them takes the case in."""
        pairs = self.pairs or tuple((one, other) for one in self.members for other in self.members)
        return any(
            _within(receiving, one) and _within(handling, other)
            for pair in pairs
            for one, other in (pair, pair[::-1])
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """The two places of a case, by place codes of any length."""

    receiving: str
    handling: str

    @property
    def in_one_province(self) -> bool:
        return self.receiving[:2] == self.handling[:2]


def alliances(
    on: date, *, receiving: str, handling: str, item: str | None = None
) -> tuple[Alliance, ...]:
    """The alliances in force on a day that join two places, for an item where one is named."""
    return tuple(
        one
        for one in _all()
        if one.valid_on(on)
        and one.joins(receiving, handling)
        and (item is None or item in one.items)
    )


def alliances_on(on: date) -> tuple[Alliance, ...]:
    """All alliances in force on a day."""
    return tuple(one for one in _all() if one.valid_on(on))


def refuse_outside(
    item: CatalogueItem, on: date, *, receiving: str, handling: str
) -> Iterator[Finding]:
    """A finding of level reject where an item of alliances is asked for outside of them."""
    pair = Pair(receiving, handling)
    if item.reach != "ALLIANCE" or pair.in_one_province:
        return
    code = item.catalogue_code
    if alliances(on, receiving=receiving, handling=handling, item=code):
        return
    offered = [one for one in _all() if code in one.items and one.valid_on(on)]
    names = "、".join(one.name_zh for one in offered) or "(目前无联盟开通)"
    yield Finding(
        rule="item.outside_alliance",
        level="reject",
        path="/body/handling_place",
        message=f"事项“{item.name_zh}”只在区域联盟内跨省通办:{names};"
        f"{pair.receiving[:2]} 与 {pair.handling[:2]} 两地在申请日不在同一联盟,请到办理地申请",
        message_en="the item crosses borders only inside alliances, and on the application date "
        f"none joins {pair.receiving[:2]} and {pair.handling[:2]}: apply at the handling place",
    )


def _within(place: str, prefix: str) -> bool:
    return place.startswith(prefix)


@cache
def _all() -> tuple[Alliance, ...]:
    text = (files("contracts") / "catalogue" / "alliances.yaml").read_text(encoding="utf-8")
    return tuple(Alliance.model_validate(one) for one in yaml.safe_load(text))


__all__ = ["Alliance", "Pair", "alliances", "alliances_on", "refuse_outside"]
