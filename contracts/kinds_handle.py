"""
Contents of the messages of the handling place, up to the applicant being told.
"""

from __future__ import annotations

from contracts.case import Clock, Holder
from contracts.coded import (
    ContactMethodCode,
    DecisionResultCode,
    EntitlementChangeKindCode,
    EntitlementReasonCode,
    NoticeKindCode,
    PartOutcomeCode,
    ProgressActionCode,
    SpecialProcedureTypeCode,
    StepStatusCode,
    SubsidyKindCode,
    SupersedeReasonCode,
    TransferKindCode,
    TransferReasonCode,
)
from contracts.fields import Content, Given, Opt, Some, expected, optional, required
from contracts.material import Licence
from contracts.outcomes import Delivery, Entitlement, FeeOrder, Payment, Remedy
from contracts.parties import KnownBody, KnownPlace
from contracts.scalars import (
    Day,
    Fen,
    Flag,
    Month,
    Para1000,
    Para2000,
    Text40,
    Text50,
    Text64,
    Text100,
    Text256,
    Text500,
    Text1000,
    Time,
    Whole,
)
from contracts.vocabulary import SpanPhase, TimeUnit, ToldPerson


class Progress(Content):
    """过程环节 a step of handling; ends a part that does not decide."""

    step_name: Opt[Text1000] = expected(
        "环节名称",
        "open list per item",
        ref="7.3",
        column="up_pro_process.process_name",
        leaf="plain",
    )
    action: Opt[ProgressActionCode] = optional(
        "业务动作", ref="7.2", column="up_pro_process.event_name", leaf="plain"
    )
    step_status: Opt[StepStatusCode] = optional("环节状态", ref="7.10", leaf="plain")
    started_at: Opt[Time] = expected(
        "开始时间", ref="7.6", column="up_pro_process.event_start_time", leaf="plain"
    )
    ended_at: Opt[Time] = optional(
        "结束时间",
        "none on the way out: repeat the start",
        ref="7.7",
        column="up_pro_process.event_end_time",
        leaf="plain",
    )
    body: Opt[KnownBody] = optional("处理机构", ref="7.8 7.9", leaf="plain")
    opinion: Opt[Para2000] = optional(
        "处理意见", rule="-", ref="7.5", column="up_pro_process.handle_explain", grade="sensitive"
    )
    part_outcome: Opt[PartOutcomeCode] = optional(
        "部分结论", "ends a part that does not decide", rule="R", grade="general", leaf="commitment"
    )
    skipped: Opt[Flag] = optional(
        "省略环节", "optional step of the item, with opinion", leaf="plain"
    )
    remark: Opt[Text256] = optional(
        "备注", rule="-", column="up_pro_process.remark", grade="general"
    )


class SpecialProcedure(Content):
    """特别程序 hearing, inspection, extension and the like; pauses the clock."""

    phase: SpanPhase = required("阶段", "START, END", leaf="plain")
    type: Opt[SpecialProcedureTypeCode] = expected(
        "特别程序种类", ref="7.12", column="up_pro_special_procedure.special_type", leaf="plain"
    )
    name: Opt[Text1000] = expected(
        "种类名称", ref="7.11", column="up_pro_special_procedure.special_name", leaf="plain"
    )
    started_at: Time = required(
        "开始时间", ref="7.13", column="up_pro_special_procedure.special_time", leaf="plain"
    )
    ended_at: Opt[Time] = optional(
        "结束时间",
        "in END",
        rule="R",
        ref="7.16",
        column="up_pro_special_procedure.end_time",
        leaf="plain",
    )
    reason: Opt[Para2000] = expected(
        "启动理由或依据",
        ref="7.14",
        column="up_pro_special_procedure.special_reason",
        grade="sensitive",
    )
    requested_by: Opt[Text100] = optional(
        "提出人",
        rule="-",
        ref="7.15",
        column="up_pro_special_procedure.applyer_user_name",
        grade="general",
    )
    legal_basis: Opt[Text500] = expected("法律依据", "none = finding (P-A5)")
    limit: Opt[Whole] = optional("期限", leaf="plain")
    unit: Opt[TimeUnit] = optional("单位", leaf="plain")
    result: Opt[Para2000] = optional(
        "结果", ref="7.17", column="up_pro_special_procedure.result", grade="sensitive"
    )
    opinion: Opt[Para2000] = optional(
        "办理意见",
        rule="-",
        ref="7.18",
        column="up_pro_special_procedure.special_explain",
        grade="sensitive",
    )
    remark: Opt[Text256] = optional(
        "备注", rule="-", column="up_pro_special_procedure.remark", grade="general"
    )
    body: Opt[KnownBody] = optional("办理机构", ref="7.19 7.20", leaf="plain")


class Decision(Content):
    """办结 the decision on a case or part; may supersede an earlier one."""

    decision_id: Text40 = required("决定标识", "unique in the case", leaf="plain")
    result: DecisionResultCode = required(
        "办结结果", column="up_pro_result.result_type", grade="sensitive", leaf="commitment"
    )
    wording: Opt[Text50] = optional(
        "结果用语", "准予… for licences, 审定合格… for subsidies", rule="-", grade="sensitive"
    )
    decided_at: Time = required(
        "办结时间", ref="8.3", column="up_pro_result.result_date", leaf="plain"
    )
    body: Opt[KnownBody] = expected("决定机构", ref="8.8", leaf="plain")
    place: Opt[KnownPlace] = optional("办结地", ref="8.9", leaf="plain")
    document_no: Opt[Text100] = optional(
        "决定文书编号", rule="-", grade="general", leaf="commitment"
    )
    reason: Opt[Para2000] = optional(
        "理由",
        "needed unless APPROVED",
        ref="8.6",
        column="up_pro_result.result_explain",
        grade="sensitive",
    )
    legal_basis: Opt[Text500] = optional("依据")
    licences: Opt[Some[Licence]] = optional(
        "结果证照",
        "number needed when issued",
        ref="8.4 8.5 8.7",
        column="up_pro_result.result_cetr_name",
        grade="sensitive",
        leaf="commitment",
    )
    entitlements: Opt[Some[Entitlement]] = optional(
        "待遇核定", grade="sensitive", leaf="commitment"
    )
    remedies: Opt[Some[Remedy]] = optional(
        "救济途径", "expected unless fully granted", leaf="plain"
    )
    supersedes: Opt[Text40] = optional("取代决定", "unknown = not_applied", rule="R", leaf="plain")
    supersede_reason: Opt[SupersedeReasonCode] = optional(
        "取代原因", grade="general", leaf="commitment"
    )
    charged: Opt[Flag] = optional("是否收费", rule="-", ref="8.11")
    remark: Opt[Text256] = optional(
        "备注", rule="-", column="up_pro_result.remark", grade="general"
    )
    service: Opt[Delivery] = optional("送达证明", ref="8.10", grade="general", leaf="plain")
    clocks: Given[Some[Clock]] = optional(
        "时钟", "NOTIFY starts", rule="-", leaf="plain", by="gateway"
    )


class Transfer(Content):
    """退回/转办 a place that is not competent returns or forwards; never a refusal."""

    transfer_kind: TransferKindCode = required("方式", leaf="plain")
    reason_code: Opt[TransferReasonCode] = expected("原因代码", leaf="plain")
    reason: Opt[Para1000] = expected("原因", grade="general")
    from_place: KnownPlace = required("转出地", leaf="plain")
    to_place: Opt[KnownPlace] = optional("转入地", "the right place, if known", leaf="plain")
    to_body: Opt[KnownBody] = optional("转入机构", rule="-", leaf="plain")
    application_date: Opt[Day] = expected(
        "申请日期",
        "must equal the case's; other = warn, ours kept",
        ref="5.17",
        column="up_pro_accept.apply_date",
        leaf="plain",
    )
    holders: Given[Some[Holder]] = optional("经手记录", rule="-", leaf="plain", by="gateway")
    clocks: Given[Some[Clock]] = optional(
        "时钟", "DECIDE anew", rule="-", leaf="plain", by="gateway"
    )


class Fee(Content):
    """缴费."""

    fee: FeeOrder = required(
        "缴费单", ref="8.11", column="up_task_general_basic.is_fee", grade="general", leaf="plain"
    )


class BenefitPayment(Content):
    """发放."""

    payments: Some[Payment] = required("发放", grade="sensitive", leaf="plain")
    batch_no: Opt[Text64] = optional("发放批次", rule="-", leaf="plain")


class EntitlementChange(Content):
    """复核/变更/停发/续发/追回 a benefit changes after the decision."""

    change: EntitlementChangeKindCode = required("变动种类", grade="sensitive", leaf="commitment")
    benefit: Opt[SubsidyKindCode] = optional(
        "待遇种类", "absent = all of the case", grade="sensitive"
    )
    effective_month: Month = required("生效月份", grade="general")
    reason_code: Opt[EntitlementReasonCode] = expected("原因代码", grade="sensitive")
    reason: Opt[Para1000] = optional("原因", grade="sensitive")
    amount_fen: Opt[Fen] = optional("变更后金额", rule="-", grade="sensitive")
    recover_fen: Opt[Fen] = optional("追回金额", "RECOVERY", grade="sensitive")
    verification_id: Opt[Text64] = optional("核验消息", "proof of life", leaf="plain")
    new_place: Opt[KnownPlace] = optional("迁入地", grade="general")
    body: Opt[KnownBody] = optional("决定机构", leaf="plain")
    remedies: Opt[Some[Remedy]] = optional(
        "救济途径", "when to the person's disadvantage", leaf="plain"
    )


class DeliveryOfResult(Content):
    """结果送达."""

    delivery: Delivery = required(
        "送达",
        ref="8.10",
        column="up_pro_result.is_delivery_results",
        grade="general",
        leaf="plain",
    )
    decision_id: Opt[Text40] = optional("决定标识", leaf="plain")
    documents: Opt[Some[Text40]] = optional(
        "送达材料", "material_id or licence number masked", rule="-"
    )


class Notification(Content):
    """告知申请人 the applicant was told, or could not be reached."""

    notice_kind: NoticeKindCode = required("告知事项", "OUTCOME closes", leaf="plain")
    about: Opt[Text64] = optional("所告知消息", "message_id", leaf="plain")
    method: Opt[ContactMethodCode] = expected(
        "告知方式", "the preferred way is obeyed", grade="general", leaf="commitment"
    )
    told_at: Time = required("告知时间", leaf="plain")
    told_person: Opt[ToldPerson] = expected("被告知人", grade="general", leaf="commitment")
    succeeded: Flag = required("是否告知到", "false keeps the turn", leaf="plain")
    text: Opt[Para2000] = optional("告知内容", "no sensitive titles", rule="-", grade="sensitive")


__all__ = [
    "BenefitPayment",
    "Decision",
    "DeliveryOfResult",
    "EntitlementChange",
    "Fee",
    "Notification",
    "Progress",
    "SpecialProcedure",
    "Transfer",
]
