"""
一次性告知单: everything an applicant still has to bring for an item, told once and on one page.

A commitment stands beside the ordinary proof as a box nobody ticked (design section 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from contracts.catalogue import CatalogueItem, ClockLimit
from gateway.core.precheck import Gap, Precheck
from gateway.core.printing.page import Node, Page, bullets, element, html_page, section, table
from gateway.core.printing.receipt import HIDDEN
from gateway.core.remaining import Remaining
from gateway.core.telling import HOTLINE

_BOX = "□ "
_UNITS = {"WORKING_DAY": "个工作日", "CALENDAR_DAY": "天", "MONTH": "个月", "HOUR": "小时"}
_LIMITS = {
    "PUSH": "材料齐全后 {limit}内由收件的地方送到办理地",
    "ACCEPT": "办理地收到后 {limit}内决定是否受理",
    "DECIDE": "办理地收到后 {limit}内作出决定",
    "NOTIFY": "作出决定后 {limit}内把结果告诉您",
    "CORRECTION": "需要补材料的，请在告知后 {limit}内补齐",
    "PRE_REVIEW": "预审在 {limit}内答复",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`sensitive`: codes of materials whose names are not printed."""

    item: CatalogueItem
    body_name: str
    receiving: str | None
    handling: str | None
    on: date
    checked: Precheck
    remaining: Remaining
    environment: str
    simulated: bool
    sensitive: frozenset[str] = frozenset()
    large: bool = False


def notice_page(notice: Notice) -> str:
    """The notice as one HTML document, without anything about a person."""
    rest = notice.remaining
    page = Page(
        title="一次性告知单",
        environment=notice.environment,
        simulated=notice.simulated,
        large=notice.large,
        lead=_lead(notice),
    )
    bring = [(_name(gap, notice), _how_to_bring(gap)) for gap in rest.to_bring]
    fetched = [(_name(gap, notice), "；".join(gap.how)) for gap in rest.fetched]
    boxes = [
        f"{_BOX}我自愿签告知承诺书代替“{_name(gap, notice)}”。不选的照常交材料，一样办理。"
        for gap in rest.may_commit
    ]
    questions = [_question(name, text, notice) for name, text in notice.checked.questions]
    return html_page(
        page,
        [
            table(_facts(notice)),
            *section("要带来的材料", *([table(bring, head=("材料", "怎么交"))] if bring else [])),
            *section("可以自己选的", *([_choices(boxes)] if boxes else [])),
            *section("不用带的", *([table(fetched, head=("材料", "怎么取得"))] if fetched else [])),
            *section("还要问清楚的", *([bullets(questions)] if questions else [])),
            *section("要多少时间", *_times(notice)),
            *section("到哪里问", element("p", f"收件窗口，或者拨打 {HOTLINE}。")),
        ],
    )


def _question(name: str, text: str, notice: Notice) -> str:
    if name != "situations":
        return text
    return text + "、".join(f"{_BOX}{one.name_zh}" for one in notice.item.situations)


def _lead(notice: Notice) -> str:
    if notice.checked.questions:
        return "先回答下面的问题，才能说全要带什么。"
    names = [_name(gap, notice) for gap in notice.remaining.to_bring]
    if not names:
        return "一样材料也不用再带。"
    return f"还要带 {len(names)} 样材料：{'、'.join(names)}。"


def _facts(notice: Notice) -> list[tuple[str, ...]]:
    rows = [("事项", notice.item.name_zh), ("办理单位", notice.body_name)]
    if notice.receiving:
        rows.append(("收件地", notice.receiving))
    if notice.handling:
        rows.append(("办理地", notice.handling))
    visits = notice.remaining.visits
    rows += [
        (
            "要跑几趟",
            "不用跑，可以在网上办" if visits == 0 else f"到收件地 {visits} 趟，不用到办理地",
        ),
        ("收费", "收费，按缴费单缴纳" if notice.item.fee else "不收费"),
        ("日期", f"{notice.on.year} 年 {notice.on.month} 月 {notice.on.day} 日"),
    ]
    return [tuple(row) for row in rows]


def _how_to_bring(gap: Gap) -> str:
    said = "带原件到收件窗口扫描，或者自己上传清楚的照片"
    if "OWED" in gap.ways:
        said += "；一时没有的，可以先受理后补交"
    if "COMMITMENT" in gap.ways:
        said += "；也可以选告知承诺（见下）"
    return said


def _times(notice: Notice) -> list[Node]:
    said = [_limit(one) for one in notice.item.clocks if one.kind in _LIMITS and not one.part_role]
    return [bullets(said)] if said else []


def _limit(clock: ClockLimit) -> str:
    return _LIMITS[clock.kind].format(limit=f"{clock.limit} {_UNITS[clock.unit]}") + "。"


def _choices(boxes: list[str]) -> Node:
    return element("div", *(element("p", text) for text in boxes))


def _name(gap: Gap, notice: Notice) -> str:
    return HIDDEN if gap.code in notice.sensitive else gap.name_zh


__all__ = ["Notice", "notice_page"]
