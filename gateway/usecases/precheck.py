"""
Before a case exists: what this item needs at that handling place, and what may be done instead.

Nothing is stored and nothing about the applicant is asked beyond the answers named here.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.catalogue import find_item
from contracts.errors import Finding, InvalidDocument
from gateway.core import precheck as core
from gateway.core.routing import route
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


async def precheck(request: PrecheckRequest, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    All gaps at once, each with the ways it may be obtained at that place.

    Raises:
        InvalidDocument: the item is unknown, ended or named by no code.
        Unroutable: nobody handles it for that place.
    """
    on = request.application_date or local_date(gw.clock.now())
    code = request.catalogue_code or _resolve(request.local_code, caller=caller, gw=gw, on=on)
    found = find_item(catalogue_code=code, on=on, path="")
    if found.item is None:
        raise InvalidDocument(findings=found.findings)
    place = request.handling_place
    body = route(place, item=found.item.catalogue_code, bodies=gw.provinces.bodies(), on=on)
    system = gw.provinces.system(body.system, gw.environment)
    local = local_list(system.province if system else "", found.item.catalogue_code, on=on, gw=gw)
    result = core.precheck(
        found.item,
        local,
        situation=core.Situation(
            has=frozenset(request.has),
            subsidy_kinds=None
            if request.subsidy_kinds is None
            else frozenset(request.subsidy_kinds),
            on_minimum_allowance=request.on_minimum_allowance,
            by_agent=request.by_agent,
            child=request.child,
            situations=None if request.situations is None else frozenset(request.situations),
        ),
    )
    return {
        "item": {"catalogue_code": found.item.catalogue_code, "name_zh": found.item.name_zh},
        "handling_body": {"name": body.body_name, "credit_code": body.credit_code},
        "application_date": on.isoformat(),
        "complete": result.complete,
        "to_bring": sum(gap.to_bring for gap in result.gaps),
        "gaps": [
            {
                "code": gap.code,
                "name_zh": gap.name_zh,
                "to_bring": gap.to_bring,
                "ways": list(gap.ways),
                "how": list(gap.how),
            }
            for gap in result.gaps
        ],
        "questions": [{"field": name, "ask": text} for name, text in result.questions],
        "findings": [finding_body(finding) for finding in result.findings],
    }


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


__all__ = ["PrecheckRequest", "local_list", "precheck"]
