"""
Contents of the messages that hand a case in and complete it.
"""

from __future__ import annotations

from contracts.case import CaseDates, CasePart, Clock
from contracts.coded import (
    AcceptanceResultCode,
    ApplyTypeCode,
    BusinessModeCode,
    CaseTypeCode,
    ContactMethodCode,
    PreReviewResultCode,
    RoutingRuleCode,
)
from contracts.fields import Content, Given, Opt, Some, expected, optional, required
from contracts.form import AnyForm
from contracts.material import Consent, Material
from contracts.outcomes import Delivery, Remedy
from contracts.parties import Agent, KnownBody, KnownPlace, Party
from contracts.scalars import (
    Count,
    Day,
    Flag,
    Para1000,
    Para2000,
    Text24,
    Text40,
    Text50,
    Text256,
    Text1000,
    Time,
)
from contracts.talk import Gap, GapAnswer
from contracts.vocabulary import AskPhase, ToldPerson


class Application(Content):
    """申请 hands a case in."""

    mode: BusinessModeCode = required(
        "通办模式", ref="4.11", column="up_task_general_extend.handle_area", leaf="plain"
    )
    routing_rule: Opt[RoutingRuleCode] = optional(
        "属地确定方式", "ambiguous = the window is asked", leaf="plain", by="both"
    )
    receiving_place: KnownPlace = required("收件地", leaf="plain")
    receiving_body: Opt[KnownBody] = optional("收件机构", leaf="plain")
    handling_place: Opt[KnownPlace] = optional(
        "办理地", "no route = reject", rule="R", leaf="plain", by="both"
    )
    handling_body: Opt[KnownBody] = optional(
        "办理机构", "from the dated table", leaf="plain", by="both"
    )
    parts: Opt[Some[CasePart]] = optional(
        "办理部分", "none = one implicit part main", rule="R", leaf="plain", by="both"
    )
    dates: CaseDates = required("办件日期", leaf="plain", by="both")
    applicant: Party = required(
        "申请人",
        ref="5.6-5.8",
        column="up_pro_accept.applyer_name",
        grade="sensitive",
        leaf="commitment",
    )
    household_members: Opt[Some[Party]] = optional(
        "共同申请人", "lead member = applicant", grade="sensitive", leaf="commitment"
    )
    agent: Opt[Agent] = optional(
        "代理人",
        ref="5.9-5.12",
        column="up_pro_accept.contact_name",
        grade="sensitive",
        leaf="commitment",
    )
    preferred_contact: Opt[Some[ContactMethodCode]] = optional(
        "告知方式", "TELEPHONE alone with category 2 or 3 = warn", form=True, grade="general"
    )
    form: Opt[AnyForm] = optional("申请表", grade="sensitive", leaf="commitment")
    materials: Opt[Some[Material]] = optional(
        "材料",
        ref="5.21-5.26",
        column="up_pro_material.material_name",
        grade="sensitive",
        leaf="plain",
    )
    consents: Opt[Some[Consent]] = optional("授权同意", grade="sensitive", leaf="plain")
    delivery_wish: Opt[Delivery] = optional("结果领取方式", rule="-", ref="8.10", grade="general")
    apply_type: Opt[ApplyTypeCode] = optional(
        "申请类型", column="up_pro_accept.apply_type", leaf="plain"
    )
    summary: Opt[Text1000] = optional(
        "办理摘要", rule="-", column="up_pro_accept.project_name", grade="general"
    )
    investment_project_no: Opt[Text24] = optional("投资项目编号", rule="-", ref="5.18")
    earlier_case: Given[Text40] = optional(
        "在先办件", "same person, same item, still open", rule="-", leaf="plain", by="gateway"
    )
    clocks: Given[Some[Clock]] = optional("时钟", rule="-", leaf="plain", by="gateway")


class PreReview(Content):
    """预审 staff look over an application before it is pushed: request and answer."""

    phase: AskPhase = required("阶段", "ASK, ANSWER", leaf="plain")
    result: Opt[PreReviewResultCode] = optional(
        "预审结果", "in ANSWER", rule="R", grade="general", leaf="commitment"
    )
    gaps: Opt[Some[Gap]] = optional(
        "缺项", "TO_COMPLETE: all at once", grade="general", leaf="plain"
    )
    note: Opt[Para1000] = optional("意见", rule="-", grade="general")
    clocks: Given[Some[Clock]] = optional(
        "时钟", "PRE_REVIEW", rule="-", leaf="plain", by="gateway"
    )


class Acceptance(Content):
    """受理/不予受理."""

    result: AcceptanceResultCode = required("受理结果", grade="general", leaf="commitment")
    accepted_at: Opt[Time] = expected(
        "受理时间", ref="6.8", column="up_pro_accept.accept_date", leaf="plain"
    )
    body: Opt[KnownBody] = expected(
        "受理机构", ref="6.5 6.6", column="up_pro_accept.org_name", leaf="plain"
    )
    place: Opt[KnownPlace] = optional("受理地", ref="6.13", leaf="plain")
    at_collection: Opt[Flag] = optional(
        "收件即受理", "true: issued by the receiving place", leaf="plain"
    )
    document_no: Opt[Text50] = optional(
        "受理文书编号",
        ref="6.9",
        column="up_pro_accept.accept_doc_no",
        grade="general",
        leaf="commitment",
    )
    case_type: Opt[CaseTypeCode] = optional(
        "办件类型", rule="-", ref="6.11 6.12", column="up_pro_accept.project_type", leaf="plain"
    )
    promised_on: Opt[Day] = optional(
        "承诺办结日期", ref="6.10", column="up_pro_accept.promise_date", leaf="plain"
    )
    reason: Opt[Para2000] = optional("不予受理理由", "needed when NOT_ACCEPTED", grade="sensitive")
    remedies: Opt[Some[Remedy]] = optional("救济途径", "when NOT_ACCEPTED", leaf="plain")
    clocks: Given[Some[Clock]] = optional("时钟", rule="-", leaf="plain", by="gateway")


class CorrectionRequest(Content):
    """补正告知 everything that is missing, told once."""

    round: Opt[Count] = expected("补正轮次", "2 and more = flagged", leaf="plain")
    gaps: Some[Gap] = required("补正事项", "all told once", grade="general", leaf="plain")
    due_on: Opt[Day] = optional("补正期限", leaf="plain")
    document_no: Opt[Text50] = optional("文书编号", rule="-", grade="general", leaf="commitment")
    legal_basis: Opt[Text256] = optional("依据", rule="-")
    clocks: Given[Some[Clock]] = optional("时钟", rule="-", leaf="plain", by="gateway")


class Correction(Content):
    """补正 the answer to a correction request."""

    round: Opt[Count] = expected("补正轮次", leaf="plain")
    answers: Opt[Some[GapAnswer]] = expected(
        "补正答复", "open gaps = finding", grade="sensitive", leaf="plain"
    )
    materials: Opt[Some[Material]] = optional(
        "材料",
        "new or replaced by material_id",
        ref="5.21-5.26",
        column="up_pro_material.material_name",
        grade="sensitive",
        leaf="plain",
    )
    completed_at: Opt[Time] = optional("材料齐全时间", leaf="plain")
    clocks: Given[Some[Clock]] = optional("时钟", rule="-", leaf="plain", by="gateway")


class Withdrawal(Content):
    """撤回 the applicant takes the application back."""

    requested_at: Time = required("提出时间", leaf="plain")
    requested_by: Opt[ToldPerson] = expected("提出人", grade="general", leaf="commitment")
    reason: Opt[Para1000] = optional("原因", rule="-", grade="general")
    originals_returned: Opt[Flag] = optional("原件是否退还", leaf="plain")


__all__ = [
    "Acceptance",
    "Application",
    "Correction",
    "CorrectionRequest",
    "PreReview",
    "Withdrawal",
]
