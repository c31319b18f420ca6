"""
A lower list against the upper one: only less, never more (只减不加, 沾区政办发〔2023〕2号 4).

办结时限、受理条件、办理流程、材料目录、申请表单、收费标准 may only shrink; and a special procedure
needs a legal basis and a limit (皖民办字〔2018〕136号 五(三)).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from contracts.catalogue.find import find_item
from contracts.catalogue.model import CatalogueItem
from contracts.errors import Finding
from contracts.form import FORMS


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOffer:
    """
    What one row of an implementation list says, as far as it can be held against the catalogue.

    None: the list does not say. `fee_fen` is in fen, `decide_days` in working days;
    `procedures` are (code, legal basis, limit in working days or None).
    """

    catalogue_code: str
    materials: tuple[str, ...] = ()
    decide_days: int | None = None
    fee_fen: int | None = None
    steps: tuple[str, ...] | None = None
    form_fields: tuple[str, ...] | None = None
    requirements: tuple[str, ...] | None = None
    procedures: tuple[tuple[str, str, int | None], ...] = ()


def compare(offer: LocalOffer, on: date, *, path: str = "") -> tuple[Finding, ...]:
    """
    Everything in which a row asks for more than the item in force on `on`. Empty: it only takes
    away. What the catalogue itself leaves open (materials_open, no steps, no form) is not compared.
    """
    found = find_item(catalogue_code=offer.catalogue_code, on=on)
    if found.item is None:
        return found.findings
    return tuple(_beyond(offer, found.item, path))


def _beyond(offer: LocalOffer, item: CatalogueItem, path: str) -> Iterator[Finding]:
    known = {one.code for one in item.materials}
    if known and not item.materials_open:
        yield from _more("materials", "材料", offer.materials, known, path)
    steps = {one.code for one in item.steps}
    if steps and offer.steps is not None:
        yield from _more("steps", "环节", offer.steps, steps, path)
    if item.form_id is not None and offer.form_fields is not None:
        fields = set(FORMS[item.form_id].model_fields)
        yield from _more("form_fields", "表单字段", offer.form_fields, fields, path)
    conditions = {one.code for one in item.requirements}
    if conditions and offer.requirements is not None:
        yield from _more("conditions", "受理条件", offer.requirements, conditions, path)
    yield from _days(offer, item, path)
    yield from _fee(offer, item, path)
    yield from _procedures(offer, item, path)


def _more(
    what: str, zh: str, asked: tuple[str, ...], known: set[str], path: str
) -> Iterator[Finding]:
    extra = [one for one in asked if one not in known]
    if extra:
        names = ", ".join(extra)
        yield _finding(
            f"list.more_{what}",
            path,
            f"{zh}多于上级清单:{names};按“只减不加”应删去",
            f"more {what} than the upper list: {names}; take them out",
        )


def _days(offer: LocalOffer, item: CatalogueItem, path: str) -> Iterator[Finding]:
    limit = item.clock("DECIDE")
    if limit is None or offer.decide_days is None or limit.unit != "WORKING_DAY":
        return
    if offer.decide_days > limit.limit:
        yield _finding(
            "list.more_days",
            path,
            f"办理时限 {offer.decide_days} 个工作日,长于上级清单的 {limit.limit} 个工作日",
            f"{offer.decide_days} working days, the upper list says {limit.limit}",
        )


def _fee(offer: LocalOffer, item: CatalogueItem, path: str) -> Iterator[Finding]:
    if not offer.fee_fen:
        return
    amounts = [one.amount_fen for one in item.fees]
    if item.fee and None in amounts:
        return  # the upper list leaves the amount to the place
    most = sum(one or 0 for one in amounts) if item.fee else 0
    if offer.fee_fen > most:
        yield _finding(
            "list.higher_fee",
            path,
            f"收费 {offer.fee_fen} 分,高于上级清单的 {most} 分",
            f"a fee of {offer.fee_fen} fen, the upper list says {most}",
        )


def _procedures(offer: LocalOffer, item: CatalogueItem, path: str) -> Iterator[Finding]:
    upper = {one.code: one for one in item.special_procedures}
    promised = offer.decide_days
    if promised is None and (limit := item.clock("DECIDE")) is not None:
        promised = limit.limit
    for code, basis, days in offer.procedures:
        known = upper.get(code)
        if not basis and known is None:
            yield _finding(
                "list.procedure_no_basis",
                path,
                f"特别程序 {code} 没有法律法规依据,应取消",
                f"special procedure {code} has no legal basis: it is not allowed",
            )
        elif known is not None and known.limit_in_basis:
            if days is not None and days > known.limit:
                yield _long(code, days, known.limit, path)
        elif promised is not None and (days is None or days * 2 > promised):
            yield _long(code, days, promised // 2, path)


def _long(code: str, days: int | None, most: int, path: str) -> Finding:
    said = "未写明时限" if days is None else f"时限 {days} 个工作日"
    return _finding(
        "list.procedure_too_long",
        path,
        f"特别程序 {code} {said},最多 {most} 个工作日(依据未规定的不超过承诺时限的一半)",
        f"special procedure {code}: at most {most} working days (half the promised limit)",
    )


def _finding(rule: str, path: str, zh: str, en: str) -> Finding:
    return Finding(rule=rule, level="reject", path=path, message=zh, message_en=en)


__all__ = ["LocalOffer", "compare"]
