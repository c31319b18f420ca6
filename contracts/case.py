"""
The case itself: its dates, its item, its parts, its clocks and its holders.
"""

from __future__ import annotations

from typing import Annotated

from contracts.coded import CaseTypeCode, CodeSource, ExerciseLevelCode, ItemTypeCode, PartRoleCode
from contracts.fields import Given, Opt, Some, Value, expected, optional, required
from contracts.parties import Body, KnownBody, Place
from contracts.recall import Recall
from contracts.scalars import (
    Day,
    Flag,
    Text12,
    Text18,
    Text20,
    Text36,
    Text40,
    Text50,
    Text64,
    Text80,
    Text200,
    Text256,
    Text1000,
    Time,
    Whole,
)
from contracts.vocabulary import Actor, ClockKind, ClockState, PauseReason, TimeUnit


class CaseDates(Value):
    """办件日期 the dates of a case; the application date decides money and never changes."""

    application_date: Day = required(
        "申请日期",
        "decides money; never changed, never computed by us",
        ref="5.17",
        column="up_pro_accept.apply_date",
        leaf="plain",
    )
    application_time: Opt[Time] = optional(
        "申请时间", rule="-", ref="5.17", column="up_pro_accept.apply_date"
    )
    first_submitted_at: Opt[Time] = optional("首次提交时间", by="both")
    completed_at: Opt[Time] = optional("材料齐全时间", "starts PUSH", leaf="plain", by="both")
    pushed_at: Given[Time] = optional("推送时间", rule="-", leaf="plain", by="gateway")
    arrived_at: Given[Time] = optional(
        "到达办理地时间", "starts DECIDE", rule="-", leaf="plain", by="gateway"
    )


class Item(Value):
    """事项 the service item; it must resolve to one national item."""

    name: Opt[Text1000] = expected("事项名称", ref="4.1", column="up_pro_accept.task_name")
    catalogue_code: Opt[Text12] = optional(
        "基本编码",
        "join key; one of catalogue_code, implementation_code, source must resolve to one item",
        rule="R",
        ref="4.2",
        column="up_pro_accept.catalog_code",
        leaf="plain",
    )
    implementation_code: Opt[Text36] = optional(
        "实施编码", "31 or 33 characters", ref="4.3", column="up_pro_accept.task_code", leaf="plain"
    )
    handling_item: Opt[Text50] = optional(
        "办理项", column="up_pro_accept.task_handle_item", leaf="plain"
    )
    exercise_level: Opt[ExerciseLevelCode] = optional(
        "行使层级",
        "part of the code",
        rule="-",
        ref="4.5",
        column="up_task_general_basic.use_level",
    )
    implementing_body_code: Opt[Text18] = optional(
        "实施主体代码",
        "part of the code",
        ref="4.7",
        column="up_task_general_basic.dept_code",
        leaf="plain",
    )
    local_catalogue_code: Opt[Text50] = optional(
        "地方基本编码", rule="-", column="up_pro_accept.local_catalog_code", leaf="plain"
    )
    local_code: Opt[Text80] = optional(
        "地方实施编码",
        "80: hyphenated compounds have 55",
        rule="-",
        column="up_pro_accept.local_task_code",
        leaf="plain",
    )
    item_version: Opt[Text20] = optional(
        "事项版本", "pinned by the case", column="up_pro_accept.task_version", leaf="plain"
    )
    catalogue_version: Given[Text20] = optional(
        "国家目录版本", "always set by the gateway", rule="R", leaf="plain", by="gateway"
    )
    item_type: Opt[ItemTypeCode] = optional(
        "事项类型",
        "never matched on",
        rule="-",
        ref="4.4",
        column="up_task_general_basic.task_type",
    )
    case_type: Opt[CaseTypeCode] = optional(
        "办件类型", ref="5.4 5.5", column="up_pro_accept.project_type", leaf="plain"
    )
    situations: Opt[Some[Text200]] = optional("情形", rule="-")
    source: Opt[CodeSource] = optional("原编码", leaf="plain")


KnownItem = Annotated[Item, Recall()]
"""An item as messages hold it."""


class CasePart(Value):
    """办理部分 the share of one body in a case; none named: one part called main."""

    part_id: Text20 = required("部分标识", leaf="plain", by="both")
    role: Opt[PartRoleCode] = expected("职责", leaf="plain")
    body: Body = required("办理机构", column="up_task_general_extend.other_dept", leaf="plain")
    place: Place = required("办理地点", leaf="plain")
    after: Opt[tuple[Text20, ...]] = optional(
        "前置部分", "empty = from the start; unknown or circular = reject", rule="R", leaf="plain"
    )
    required: Opt[Flag] = expected("必经", leaf="plain")


class Pause(Value):
    """暂停 an interruption of a clock."""

    reason: PauseReason = required("原因", leaf="plain", by="gateway")
    from_at: Time = required("开始", ref="7.13", leaf="plain", by="gateway")
    to_at: Opt[Time] = optional("结束", rule="-", ref="7.16", leaf="plain", by="gateway")
    message_id: Text64 = required("依据消息", leaf="plain", by="gateway")


class Clock(Value):
    """时钟 a snapshot of a time limit as the message started, paused or ended it."""

    kind: ClockKind = required("时限种类", leaf="plain", by="gateway")
    owner: Actor = required("责任方", leaf="plain", by="gateway")
    part_id: Opt[Text20] = optional("办理环节方", rule="-", leaf="plain", by="gateway")
    material_id: Opt[Text40] = optional("所欠材料", "of OWED", rule="-", leaf="plain", by="gateway")
    calendar: Text40 = required("日历", "region + version of the owner", leaf="plain", by="gateway")
    limit: Whole = required(
        "期限",
        ref="4.9 4.10",
        column="up_task_general_basic.anticipate_day up_task_general_basic.promise_day",
        leaf="plain",
        by="gateway",
    )
    unit: TimeUnit = required(
        "单位",
        column="up_task_general_basic.anticipate_type up_task_general_basic.promise_type",
        leaf="plain",
        by="gateway",
    )
    started_at: Time = required(
        "起算时间", "counting begins the day after", leaf="plain", by="gateway"
    )
    pauses: Opt[Some[Pause]] = optional("暂停", rule="-", leaf="plain", by="gateway")
    due_on: Day = required("到期日", leaf="plain", by="gateway")
    provisional: Flag = required("暂定", "year not announced", leaf="plain", by="gateway")
    promised_on: Opt[Day] = optional(
        "承诺办结日期",
        "partner's own promise, never recomputed",
        ref="6.10",
        column="up_pro_accept.promise_date",
        leaf="plain",
    )
    ended_at: Opt[Time] = optional("结束时间", rule="-", leaf="plain", by="gateway")
    state: ClockState = required("状态", leaf="plain", by="gateway")
    legal_basis: Opt[Text256] = optional("依据", rule="-", by="gateway")


class Holder(Value):
    """经手方 who held the case, and when."""

    place: Place = required("地点", leaf="plain", by="gateway")
    body: Opt[KnownBody] = optional("机构", rule="-", leaf="plain", by="gateway")
    from_at: Time = required("接收时间", leaf="plain", by="gateway")
    to_at: Opt[Time] = optional("移出时间", rule="-", leaf="plain", by="gateway")


__all__ = ["CaseDates", "CasePart", "Clock", "Holder", "Item", "KnownItem", "Pause"]
