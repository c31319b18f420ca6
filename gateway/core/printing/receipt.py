"""
Receipts for the applicant: taken in, arrived at the handling place, decided.

They name no person: the case number and the item are enough to ask with (project convention). A
material whose title is sensitive is counted, never named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from contracts.calendar import SHIPPED, Calendars
from contracts.catalogue import CatalogueItem
from contracts.codelist import code_list
from contracts.places import place_name
from gateway.core.case import FINAL, Case
from gateway.core.printing.page import Node, Page, bullets, element, html_page, section, table
from gateway.core.telling import tell_applicant
from gateway.core.times import national_time

ReceiptKind = Literal["accepted", "delivered", "decided"]
HIDDEN = "名称不便显示的材料"
_NOT_HELD = frozenset({"COLLECTED", "PRE_REVIEW"})
_UNITS = {"WORKING_DAY": "个工作日", "CALENDAR_DAY": "日", "MONTH": "个月", "HOUR": "小时"}
_NEXT = {
    "accepted": (
        "材料由收件的地方送到办理地，您不用自己送。",
        "缺材料时会一次告诉您缺什么；补材料也交到收件的地方。",
        "办好以后按您选的方式告诉您。",
    ),
    "delivered": (
        "办理地审查材料并作出决定，不需要您到场。",
        "办好以后按您选的方式告诉您。",
    ),
    "decided": (
        "请收好决定书；有证照的，按您选的方式领取。",
        "情况有变化（例如户口迁移）请告诉当地窗口。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    What a receipt is made from. `application` and `decision` are stored national messages;
    `decision` is the latest decision or refusal to accept, if there is one.
    """

    kind: ReceiptKind
    case: Case
    item: CatalogueItem | None
    application: Mapping[str, Any]
    decision: Mapping[str, Any] | None
    today: date
    calendars: Calendars = SHIPPED
    large: bool = False


def kinds_due(case: Case) -> tuple[ReceiptKind, ...]:
    """The receipts a case has come far enough for, the latest last."""
    kinds: list[ReceiptKind] = ["accepted"]
    if case.holders and case.status not in _NOT_HELD:
        kinds.append("delivered")
    if case.status in FINAL | {"NOTIFIED", "WITHDRAWN"}:
        kinds.append("decided")
    return tuple(kinds)


def receipt_page(receipt: Receipt) -> str:
    """The receipt as one HTML document. The same case gives the same page on the same day."""
    case = receipt.case
    told = tell_applicant(case, today=receipt.today, calendars=receipt.calendars)
    page = Page(
        title=_title(receipt),
        environment=case.environment,
        simulated="simulation_mark" in receipt.application,
        large=receipt.large,
        code=case.number,
        lead=f"{told.stands}。",
    )
    due = [f"{one}。" for one in told.until]
    todo = [f"{one}。" for one in told.todo]
    content = [
        table(_facts(receipt)),
        *section("最晚什么时候", *([bullets(due)] if due else [])),
        *section("您要做什么", *([bullets(todo)] if todo else [])),
        *(_decided(receipt) if receipt.kind == "decided" else _materials(receipt)),
        *section("接下来", bullets(_next(receipt))),
        *section("到哪里问", element("p", f"{told.ask}，说出上面的办件编号。")),
        _small(receipt),
    ]
    return html_page(page, content)


def _next(receipt: Receipt) -> tuple[str, ...]:
    if receipt.kind == "decided" and receipt.decision is None:
        return ("这件申请已经结束，没有决定书。",)  # withdrawn, ended or void
    return _NEXT[receipt.kind]


def _title(receipt: Receipt) -> str:
    if receipt.kind == "delivered":
        return "送达回执"
    if receipt.kind == "decided":
        return "不予受理告知" if receipt.case.status == "NOT_ACCEPTED" else "办结告知"
    # collected is not accepted, unless the item says so (P-Y5)
    return "受理回执" if receipt.case.accepted_at_collection else "收件回执"


def _facts(receipt: Receipt) -> list[tuple[str, ...]]:
    case = receipt.case
    rows: list[tuple[str, ...]] = [
        ("事项", receipt.item.name_zh if receipt.item else str(case.item.get("name") or "未说明")),
        ("申请日期", _day(case.application_date)),
        ("收件地", place_name(case.receiving_place) or case.receiving_place),
        ("办理地", place_name(case.handling_place) or case.handling_place),
    ]
    if receipt.kind == "accepted":
        rows.append(("收件时间", _time(receipt.application["occurred_at"])))
    if receipt.kind == "delivered":
        rows.append(("送达时间", _time(national_time(case.holders[-1].from_at))))
    return rows


def _materials(receipt: Receipt) -> list[Node]:
    materials = receipt.application["body"].get("materials", ())
    rows = []
    for number, material in enumerate(materials, start=1):
        name = title_of(material, receipt.item)
        way = (material.get("acquisition") or {}).get("code")
        due = (material.get("owed") or {}).get("due_on")
        how = code_list("material_acquisition").label(way) if way else ""
        rows.append((str(number), name, f"{how}，{due} 前补交" if due else how))
    return section("收到的材料", table(rows, head=("序号", "材料", "怎么取得"))) if rows else []


def title_of(material: Mapping[str, Any], item: CatalogueItem | None) -> str:
    """What a material is called in print: nothing where its sender or the catalogue marks it."""
    code = (material.get("code") or {}).get("code")
    marked = any(one.code == code and one.sensitive for one in (item.materials if item else ()))
    hidden = marked or material.get("sensitive_title")
    return HIDDEN if hidden else str(material.get("name") or "材料")


def _decided(receipt: Receipt) -> list[Node]:
    if receipt.decision is None:
        return []
    body = receipt.decision["body"]
    decided = body.get("decided_at") or receipt.decision["occurred_at"]
    rows = [
        ("结果", str(body.get("wording") or _label(body["result"]))),
        ("决定时间", _time(decided)),
        ("决定机关", str((body.get("body") or {}).get("name") or "见决定书")),
    ]
    for heading, name in (("文书编号", "document_no"), ("依据", "legal_basis"), ("理由", "reason")):
        if body.get(name):
            rows.append((heading, str(body[name])))
    remedies = [_remedy(one) for one in body.get("remedies", ())] or _remedies_of(receipt.item)
    return [
        *section("决定", table(rows)),
        *section("不服怎么办", *([bullets(remedies)] if remedies else [])),
    ]


def _remedy(remedy: Mapping[str, Any]) -> str:
    """The deciding body's own words about a remedy."""
    said = _label(remedy.get("kind"))
    if remedy.get("limit") and remedy.get("unit"):
        said = f"收到决定之日起 {remedy['limit']} {_UNITS[remedy['unit']]}内可以{said}"
    if remedy.get("body_name"):
        said += f"，向{remedy['body_name']}提出"
    return f"{said}（{remedy['legal_basis']}）。" if remedy.get("legal_basis") else f"{said}。"


def _remedies_of(item: CatalogueItem | None) -> list[str]:
    """What the catalogue says of an item, where the decision names no remedy."""
    return [
        _remedy(
            {
                "kind": {"code": one.kind, "list": "remedy_kind"},
                "body_name": one.body_zh,
                "limit": one.limit,
                "unit": one.unit,
                "legal_basis": f"{one.legal_basis}；以决定书为准",
            }
        )
        for one in (item.remedies if item else ())
    ]


def _small(receipt: Receipt) -> Node:
    said = f"打印日期 {_day(receipt.today)}。带“暂定”的日期在放假安排公布后可能改变。"
    trace = receipt.application.get("trace_id")
    return element("p", said, f"追踪号 {trace}" if trace else "", **{"class": "small"})


def _label(value: Mapping[str, Any] | None) -> str:
    if not value:
        return "未说明"
    if value.get("code") is not None:
        return code_list(value["list"]).label(value["code"])
    return str((value.get("source") or {}).get("label") or "其他")


def _day(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _time(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{_day(at.date())} {at:%H:%M}"


def latest_decision(documents: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The last decision among messages in order of arrival, or the refusal to accept."""
    found = None
    for document in documents:
        refused = (
            document["kind"] == "acceptance"
            and document["body"]["result"]["code"] == "NOT_ACCEPTED"
        )
        if document["kind"] == "decision" or refused:
            found = document
    return found


__all__ = ["Receipt", "ReceiptKind", "kinds_due", "latest_decision", "receipt_page", "title_of"]
