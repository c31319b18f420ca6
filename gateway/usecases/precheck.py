"""
Before a case exists: what this item needs at that handling place, and what may be done instead.

Nothing is stored and nothing about the applicant is asked beyond the answers named here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.catalogue import CatalogueItem, find_item
from contracts.errors import Finding, InvalidDocument
from contracts.places import place_name
from gateway.core import precheck as core
from gateway.core.printing.notice import Notice, notice_page
from gateway.core.remaining import Remaining, remaining
from gateway.core.routing import Destination, route
from gateway.ports import Gateway, LocalItem
from gateway.usecases.answers import finding_body
from gateway.usecases.caller import Caller
from gateway.usecases.lists import in_force
from gateway.usecases.times import local_date


class PrecheckRequest(BaseModel):
    """What a window knows before it takes an application; unknown answers are left away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    catalogue_code: str | None = Field(
        None, pattern=r"^[0-9]{12}$", description="基本编码 12-digit catalogue code"
    )
    local_code: str | None = Field(
        None, max_length=80, description="本省事项编码 the asking province's own item code"
    )
    handling_place: str = Field(
        pattern=r"^[0-9]{12}$", description="户籍地十二位区划 12-digit household place"
    )
    receiving_place: str | None = Field(
        None, pattern=r"^[0-9]{12}$", description="收件地十二位区划 12-digit place of the window"
    )
    application_date: date | None = Field(None, description="申请日期 today when absent")
    has: tuple[str, ...] = Field((), description="已有材料 national material codes at hand")
    subsidy_kinds: tuple[Literal["LIVING", "CARE"], ...] | None = Field(
        None, description="补贴类型 which subsidies are asked for"
    )
    on_minimum_allowance: bool | None = Field(None, description="是否享受低保")
    by_agent: bool | None = Field(None, description="是否由代理人申请")
    child: bool | None = Field(None, description="是否为尚未办证的儿童")
    situations: tuple[str, ...] | None = Field(
        None, description="情形 codes of the item's situations that hold"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What was found out for one request."""

    item: CatalogueItem
    body: Destination
    simulated: bool
    on: date
    checked: core.Precheck
    remaining: Remaining


async def precheck(request: PrecheckRequest, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    All gaps at once, each with the ways it may be obtained at that place; whether it is zero.

    Raises:
        InvalidDocument: the item is unknown, ended or named by no code.
        Unroutable: nobody handles it for that place.
    """
    found = _look(request, caller=caller, gw=gw)
    rest = found.remaining
    return {
        "item": {"catalogue_code": found.item.catalogue_code, "name_zh": found.item.name_zh},
        "handling_body": {"name": found.body.body_name, "credit_code": found.body.credit_code},
        "receiving_place": request.receiving_place,
        "handling_place": request.handling_place,
        "application_date": found.on.isoformat(),
        "complete": found.checked.complete,
        "to_bring": len(rest.to_bring),
        "gaps": [
            {
                "code": gap.code,
                "name_zh": gap.name_zh,
                "to_bring": gap.to_bring,
                "ways": list(gap.ways),
                "how": list(gap.how),
            }
            for gap in found.checked.gaps
        ],
        "fetched": [gap.code for gap in rest.fetched],
        "may_owe": [gap.code for gap in rest.may_owe],
        # beside the ordinary proof and never preselected (design section 2)
        "may_commit": [{"code": gap.code, "chosen": False} for gap in rest.may_commit],
        "zero": {
            "materials": rest.zero,
            "with_commitments": rest.zero_by_commitment,
            "visits": rest.visits,
            "modes": list(rest.modes),
        },
        "questions": [
            {"field": name, "ask": text, "options": _options(name, found.item)}
            for name, text in found.checked.questions
        ],
        "findings": [finding_body(finding) for finding in found.checked.findings],
    }


async def print_notice(
    request: PrecheckRequest, *, large: bool, caller: Caller, gw: Gateway
) -> str:
    """
    The same as the one-time notice 一次性告知单, a page to print.

    Raises:
        InvalidDocument, Unroutable: as `precheck`.
    """
    found = _look(request, caller=caller, gw=gw)
    receiving = request.receiving_place
    return notice_page(
        Notice(
            item=found.item,
            body_name=found.body.body_name,
            receiving=place_name(receiving) if receiving else None,
            handling=place_name(request.handling_place),
            on=found.on,
            checked=found.checked,
            remaining=found.remaining,
            environment=gw.environment,
            simulated=found.simulated,
            sensitive=frozenset(one.code for one in found.item.materials if one.sensitive),
            large=large,
        )
    )


def _look(request: PrecheckRequest, *, caller: Caller, gw: Gateway) -> _Looked:
    on = request.application_date or local_date(gw.clock.now())
    code = request.catalogue_code or _resolve(request.local_code, caller=caller, gw=gw, on=on)
    found = find_item(catalogue_code=code, on=on, path="")
    if found.item is None:
        raise InvalidDocument(findings=found.findings)
    place = request.handling_place
    body = route(place, item=found.item.catalogue_code, bodies=gw.provinces.bodies(), on=on)
    system = gw.provinces.system(body.system, gw.environment)
    local = local_list(system.province if system else "", found.item.catalogue_code, on=on, gw=gw)
    situation = core.Situation(
        has=frozenset(request.has),
        subsidy_kinds=None if request.subsidy_kinds is None else frozenset(request.subsidy_kinds),
        on_minimum_allowance=request.on_minimum_allowance,
        by_agent=request.by_agent,
        child=request.child,
        situations=None if request.situations is None else frozenset(request.situations),
    )
    checked = core.precheck(found.item, local, situation=situation)
    bare = core.precheck(found.item, local, situation=replace(situation, has=frozenset()))
    return _Looked(
        item=found.item,
        body=body,
        simulated=system is not None and system.simulated,
        on=on,
        checked=checked,
        remaining=remaining(checked, bare, item=found.item, on=on),
    )


def _options(field: str, item: CatalogueItem) -> list[dict[str, str]]:
    """What can be answered where it is one or more of a list."""
    if field != "situations":
        return []
    return [{"code": one.code, "name_zh": one.name_zh} for one in item.situations]


def _resolve(local_code: str | None, *, caller: Caller, gw: Gateway, on: date) -> str | None:
    if local_code is None or caller.province is None:
        return None
    for row in gw.provinces.local_items(caller.province):
        if row.local_code == local_code and in_force(row, on):
            return row.catalogue_code
    raise InvalidDocument(
        findings=[
            Finding(
                rule="item.unmapped",
                level="reject",
                path="/local_code",
                message=f"本省实施清单中没有编码 {local_code} 或已失效;请核对事项编码",
                message_en="your implementation list has no such code in force",
            )
        ]
    )


def local_list(province: str, code: str, *, on: date, gw: Gateway) -> LocalItem | None:
    """What a province asks for an item on a day; None where its list does not say."""
    rows = [
        row
        for row in gw.provinces.local_items(province)
        if row.catalogue_code == code and in_force(row, on)
    ]
    return rows[0] if rows else None


__all__ = ["PrecheckRequest", "local_list", "precheck", "print_notice"]
