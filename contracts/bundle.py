"""
The bundle 一件事: a document that intake turns into applications, not a message kind.
"""

from __future__ import annotations

from typing import Literal

from contracts.case import CaseDates, CasePart, Item
from contracts.coded import (
    BundleThemeCode,
    BusinessModeCode,
    ContactMethodCode,
    HandlingChannelCode,
)
from contracts.fields import Given, Opt, Some, TwoOrMore, Value, expected, optional, required
from contracts.form import AnyForm
from contracts.material import Consent, Material
from contracts.parties import Agent, KnownBody, KnownEndpoint, KnownPlace, Operator, Party
from contracts.scalars import (
    BundleNumber,
    CaseNumber,
    Count,
    Extensions,
    FormatVersion,
    Text40,
    Text64,
    Time,
)
from contracts.talk import Issue, MappingUse
from contracts.vocabulary import Environment, SimulationMark


class BundleCase(Value):
    """一件事中的一件 one case of a bundle."""

    case_number: Given[CaseNumber] = optional(
        "通办编号", "each becomes a full application", rule="R", leaf="plain", by="gateway"
    )
    item: Item = required("事项", leaf="plain")
    mode: BusinessModeCode = required("通办模式", leaf="plain")
    handling_place: Opt[KnownPlace] = optional("办理地", rule="R", leaf="plain", by="both")
    handling_body: Opt[KnownBody] = optional("办理机构", leaf="plain", by="both")
    parts: Opt[Some[CasePart]] = optional("办理部分", rule="R", leaf="plain", by="both")
    form: Opt[AnyForm] = optional("申请表", grade="sensitive", leaf="commitment")
    material_ids: Opt[Some[Text40]] = optional("所用材料", "out of the shared set")


class Bundle(Value):
    """一件事申请 one form and one set of materials for several cases; intake expands it."""

    format_version: FormatVersion = required("格式版本", leaf="plain")
    document: Literal["bundle"] = required("文档种类", "bundle", leaf="plain")
    environment: Environment = required("环境", leaf="plain")
    simulation_mark: Opt[SimulationMark] = optional("模拟标记", rule="R", leaf="plain", by="both")
    message_id: Text64 = required("消息标识", leaf="plain")
    data_version: Count = required("数据版本", leaf="plain")
    bundle_number: Given[BundleNumber] = optional(
        "一件事编号", rule="R", leaf="plain", by="gateway"
    )
    theme: Opt[BundleThemeCode] = expected("一件事主题", leaf="plain")
    sender: KnownEndpoint = required("发送方", leaf="plain", by="both")
    operator: Opt[Operator] = optional("经办人", grade="general", leaf="plain")
    channel: Opt[HandlingChannelCode] = optional("申报来源", ref="5.16", leaf="plain")
    occurred_at: Time = required("发生时间", leaf="plain")
    received_at: Given[Time] = optional("收到时间", rule="R", leaf="plain", by="gateway")
    receiving_place: KnownPlace = required("收件地", leaf="plain")
    receiving_body: Opt[KnownBody] = optional("收件机构", leaf="plain")
    dates: CaseDates = required("办件日期", leaf="plain")
    applicant: Party = required("申请人", ref="5.6-5.8", grade="sensitive", leaf="commitment")
    agent: Opt[Agent] = optional("代理人", ref="5.9-5.12", grade="sensitive", leaf="commitment")
    preferred_contact: Opt[Some[ContactMethodCode]] = optional("告知方式", grade="general")
    materials: Opt[Some[Material]] = optional(
        "材料", "shared once", ref="5.21-5.26", grade="sensitive", leaf="plain"
    )
    consents: Opt[Some[Consent]] = optional("授权同意", grade="sensitive", leaf="plain")
    cases: TwoOrMore[BundleCase] = required("办件", grade="sensitive", leaf="plain")
    mapping: Given[MappingUse] = optional(
        "映射来源", rule="R", grade="sensitive", leaf="plain", by="gateway"
    )
    findings: Given[Some[Issue]] = optional("问题", rule="R", leaf="plain", by="gateway")
    extensions: Opt[Extensions] = optional("扩展", grade="sensitive", by="both")


__all__ = ["Bundle", "BundleCase"]
