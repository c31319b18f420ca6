"""
What remains to be brought for an item between two places, and whether it is "zero" (零材料, P-S3):
computed from the lists of the item and of the handling place, never claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from contracts.catalogue import CatalogueItem
from gateway.core.precheck import Gap, Precheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """
    Codes of materials by what is to be done about them; one may be in several of the last three.

    `zero`: nobody brings anything for this item between these places, whatever is at hand now; None
    while a question is open. `zero_by_commitment`: so if the applicant chooses every commitment
    that is offered. `visits`: how often the applicant has to come, to the receiving place only;
    0 where the item is offered online on the date (project convention).
    """

    to_bring: tuple[Gap, ...]
    fetched: tuple[Gap, ...]
    may_owe: tuple[Gap, ...]
    may_commit: tuple[Gap, ...]
    zero: bool | None
    zero_by_commitment: bool | None
    visits: int
    modes: tuple[str, ...]


def remaining(checked: Precheck, bare: Precheck, *, item: CatalogueItem, on: date) -> Remaining:
    """
    `checked` with what is at hand, `bare` the same without anything at hand.

    A material that may be owed still has to be brought, later; it does not make a zero.
    """
    gaps = checked.gaps
    brought = [gap for gap in bare.gaps if gap.to_bring]
    certain = not bare.questions
    modes = tuple(dict.fromkeys(one.mode for one in item.modes if item.duty(one.mode, on)))
    return Remaining(
        to_bring=tuple(gap for gap in gaps if gap.to_bring),
        fetched=tuple(gap for gap in gaps if not gap.to_bring),
        may_owe=tuple(gap for gap in gaps if gap.to_bring and "OWED" in gap.ways),
        may_commit=tuple(gap for gap in gaps if gap.to_bring and "COMMITMENT" in gap.ways),
        zero=not brought if certain else None,
        zero_by_commitment=all("COMMITMENT" in g.ways for g in brought) if certain else None,
        visits=0 if "ONLINE" in modes else 1,
        modes=modes,
    )


__all__ = ["Remaining", "remaining"]
