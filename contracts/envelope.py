"""
The envelope of every message.
"""

from __future__ import annotations

from contracts.case import KnownItem
from contracts.coded import HandlingChannelCode
from contracts.fields import Content, Given, Opt, Some, Value, expected, optional, required
from contracts.material import Signature
from contracts.parties import KnownEndpoint, Numbers, Operator
from contracts.scalars import (
    BundleNumber,
    CaseNumber,
    Count,
    Day,
    Extensions,
    FormatVersion,
    Text20,
    Text40,
    Text64,
    Text128,
    Time,
    TraceId,
)
from contracts.talk import Issue, MappingUse
from contracts.vocabulary import Environment, MessageKind, SimulationMark


class Envelope(Value):
    """消息信封 what stands around every message."""

    format_version: FormatVersion = required("格式版本", "1.0", leaf="plain")
    kind: MessageKind = required("消息种类", leaf="plain")
    environment: Environment = required(
        "环境", "must agree with connection and case number", leaf="plain"
    )
    simulation_mark: Opt[SimulationMark] = optional(
        "模拟标记", "required for sandbox places", rule="R", leaf="plain", by="both"
    )
    message_id: Text64 = required(
        "消息标识",
        "row_guid of every table; unique per sender and environment, kept for the life of the case",
        column="up_pro_accept.row_guid",
        leaf="plain",
    )
    idempotency_key: Opt[Text128] = optional(
        "幂等键", "header or dialect template; leaf holds an HMAC", rule="R"
    )
    data_version: Count = required("数据版本", "1…; a higher one is a new message", leaf="plain")
    sequence: Opt[Count] = expected(
        "顺序号", "sender's count in this case; gap or repeat = finding", leaf="plain"
    )
    arrival: Given[Count] = optional(
        "到达序号", "order in which the case is folded", rule="R", leaf="plain", by="gateway"
    )
    case_number: Opt[CaseNumber] = optional(
        "通办编号", "set by us on application, then required", rule="R", leaf="plain", by="both"
    )
    bundle_number: Given[BundleNumber] = optional(
        "一件事编号", rule="-", leaf="plain", by="gateway"
    )
    part_id: Opt[Text20] = optional(
        "办理部分",
        "required when the case has parts and the kind moves one",
        rule="R",
        leaf="plain",
    )
    in_reply_to: Opt[Text64] = optional("答复消息", "required on answers", rule="R", leaf="plain")
    sender: KnownEndpoint = required("发送方", "checked against the token", leaf="plain", by="both")
    receivers: Opt[Some[KnownEndpoint]] = optional(
        "接收方", "normally by routing", rule="R", leaf="plain", by="both"
    )
    occurred_at: Time = required("发生时间", column="up_pro_process.event_start_time", leaf="plain")
    received_at: Given[Time] = optional(
        "收到时间", rule="R", column="up_pro_accept.cd_time", leaf="plain", by="gateway"
    )
    operator: Opt[Operator] = optional(
        "经办人", "none for acts of systems", grade="general", leaf="plain"
    )
    channel: Opt[HandlingChannelCode] = optional(
        "申报来源", ref="4.13 5.16", column="up_task_general_basic.handle_type", leaf="plain"
    )
    calendar_version: Given[Text40] = optional(
        "日历版本",
        "working calendars the case was counted with when this arrived",
        rule="R",
        leaf="plain",
        by="gateway",
    )
    as_of_date: Given[Day] = optional(
        "代码取值日期", "the application date of the case", rule="R", leaf="plain", by="gateway"
    )
    item: Opt[KnownItem] = optional(
        "事项",
        "required in application; pinned afterwards",
        rule="R",
        ref="5.2 5.3 6.2-6.4",
        column="up_pro_accept.task_code",
        leaf="plain",
        by="both",
    )
    numbers: Opt[Numbers] = optional(
        "各方编号",
        "project_no of each table: the number of the side that feeds it",
        ref="5.1",
        column="up_pro_accept.project_no",
        grade="general",
        leaf="commitment",
        by="both",
    )
    trace_id: Opt[TraceId] = optional("跟踪标识", "W3C", leaf="plain", by="both")
    mapping: Given[MappingUse] = optional(
        "映射来源",
        "absent when national format came in",
        rule="R",
        grade="sensitive",
        leaf="plain",
        by="gateway",
    )
    findings: Given[Some[Issue]] = optional("问题", rule="R", leaf="plain", by="gateway")
    signatures: Opt[Some[Signature]] = optional("签名签章", grade="general")
    extensions: Opt[Extensions] = optional(
        "扩展",
        "{system: {source path: value}}; unmapped, never dropped, 64 KiB",
        grade="sensitive",
        by="both",
    )
    body: Content = required("消息内容", "by kind", grade="sensitive")


__all__ = ["Envelope"]
