"""
The slip that travels with paper from one place to another: one code for all that is in the cover.

Whoever opens the cover reads what to do and how many papers there are; titles marked sensitive and
everything about a person stay away (national format, handover: the code reveals nothing).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.catalogue import CatalogueItem
from contracts.codelist import code_list
from contracts.places import place_name
from gateway.core.printing.page import Page, bullets, element, html_page, section, table
from gateway.core.printing.receipt import HIDDEN, title_of
from gateway.core.telling import HOTLINE

_DO = (
    "收到后扫上面的码，或者在系统里输入流转码，登记签收。",
    "对照清单点数；缺少、破损的，在签收时写明，不要自行补写。",
    "送错地方的，登记“退还”并原样退回移出地。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """`documents` are the stored messages of the case that may name materials."""

    handover: Mapping[str, Any]
    documents: tuple[Mapping[str, Any], ...]
    environment: str
    item: CatalogueItem | None = None
    large: bool = False


def slip_page(slip: Slip) -> str:
    """The slip as one HTML document."""
    body = slip.handover["body"]
    page = Page(
        title="材料流转单",
        environment=slip.environment,
        simulated="simulation_mark" in slip.handover,
        large=slip.large,
        code=body["handover_code"],
        code_name="流转码",
        lead=f"内装材料 {len(body.get('material_ids', ()))} 件。",
    )
    names = names_of(slip.documents, item=slip.item)
    rows = [
        (str(number), names.get(one, "材料"))
        for number, one in enumerate(body.get("material_ids", ()), start=1)
    ]
    facts: list[tuple[str, ...]] = [
        ("移出地", _place(body.get("from_place"))),
        ("移入地", _place(body.get("to_place"))),
        ("状态", code_list("handover_event").label(body["event"]["code"])),
        ("时间", f"{datetime.fromisoformat(body['happened_at']):%Y-%m-%d %H:%M}"),
    ]
    return html_page(
        page,
        [
            table(facts),
            *section("清单", *([table(rows, head=("序号", "材料"))] if rows else [])),
            *section("收到的人要做什么", bullets(_DO)),
            *section("到哪里问", element("p", f"移出地的窗口，或者拨打 {HOTLINE}。")),
        ],
    )


def names_of(
    documents: Iterable[Mapping[str, Any]], *, item: CatalogueItem | None = None
) -> dict[str, str]:
    """Titles of materials by id; once marked sensitive in any message, never named again."""
    names: dict[str, str] = {}
    for document in documents:
        for material in document["body"].get("materials", ()):
            key = material["material_id"]
            hidden = names.get(key) == HIDDEN
            names[key] = HIDDEN if hidden else title_of(material, item)
    return names


def _place(place: Mapping[str, Any] | None) -> str:
    if not place:
        return "未说明"
    return place_name(place["code"]) or str(place["code"])


__all__ = ["Slip", "names_of", "slip_page"]
