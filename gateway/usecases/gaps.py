"""
What an application lacks at its handling place: told at once, never a reason to refuse it.

The receiving place checks form only (收件地只作形式审查); whether something is missing is for the
handling place to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from contracts.catalogue import CatalogueItem
from contracts.errors import Finding
from gateway.core.precheck import Situation, precheck
from gateway.ports import Gateway
from gateway.usecases.precheck import local_list

CARD_AGE = 16
"""Whoever is younger need not hold an identity card (居民身份证法 第二条)."""


def missing(
    body: Any, *, item: CatalogueItem, province: str, on: date, gw: Gateway
) -> Iterator[Finding]:
    """One finding of level warn for every material somebody still has to bring."""
    local = local_list(province, item.catalogue_code, on=on, gw=gw)
    for gap in precheck(item, local, situation=_situation(body, on=on)).gaps:
        if gap.to_bring:
            how = ";".join(gap.how)
            yield Finding(
                rule="material.missing",
                level="warn",
                path="/body/materials",
                message=f"缺少材料“{gap.name_zh}”,已收下:{how}",
                message_en=f"the material {gap.code} is missing; taken in all the same, send it on",
            )


def _situation(body: Any, *, on: date) -> Situation:
    values = body.form.values if body.form is not None else None
    kinds = getattr(values, "subsidy_kinds", None)
    agent = body.agent
    return Situation(
        has=frozenset(one.code.code for one in body.materials or () if one.code is not None),
        subsidy_kinds=None if kinds is None else frozenset(kind.code for kind in kinds),
        on_minimum_allowance=getattr(values, "on_minimum_allowance", None),
        by_agent=agent is not None and (agent.authority is None or not agent.authority.material_id),
        child=_child(body.applicant, on=on),
        situations=None
        if (told := getattr(values, "situation", None)) is None
        else frozenset({told.code}),
    )


def _child(applicant: Any, *, on: date) -> bool:
    born = (applicant.id_number or "")[6:14]  # GB 11643: digits 7 to 14 are the day of birth
    if len(born) != 8 or not (born.isascii() and born.isdigit()):
        return False
    return int(f"{on:%Y%m%d}") - int(born) < CARD_AGE * 10_000


__all__ = ["CARD_AGE", "missing"]
