"""
Contents of the messages around a case: reviews, questions, supervision, verification.
"""

from __future__ import annotations

from contracts.case import Clock
from contracts.coded import (
    ComplaintKindCode,
    HandoverEventCode,
    ObjectionResultCode,
    SatisfactionCode,
    SupervisionDirectionCode,
    VerificationResultCode,
    VerificationSubjectCode,
)
from contracts.fields import Content, Given, Opt, Some, expected, optional, required
from contracts.material import Consent, File
from contracts.outcomes import Delivery
from contracts.parties import KnownBody, KnownPlace, Party
from contracts.scalars import (
    Day,
    Para1000,
    Para2000,
    Text40,
    Text50,
    Text64,
    Text100,
    Text200,
    Text300,
    Text500,
    Text1000,
    Time,
    Whole,
)
from contracts.talk import Fact, Issue
from contracts.vocabulary import AckStatus, Actor, AskPhase, ClockKind, ReminderCause, ReviewPhase


class Evaluation(Content):
    """好差评 review by the applicant, its handling, the reply."""

    phase: ReviewPhase = required("阶段", "REVIEW, HANDLING, REPLY", leaf="plain")
    satisfaction: Opt[SatisfactionCode] = optional(
        "满意度",
        "in REVIEW; 1 = best; other scales keep source",
        rule="R",
        ref="9.6 9.7",
        column="up_pro_result.satisfaction",
        leaf="plain",
    )
    channel: Opt[Text50] = optional("评价渠道", ref="9.2", leaf="plain")
    evaluator: Opt[Text100] = optional("评价人", rule="-", ref="9.3", grade="general")
    evaluated_at: Opt[Time] = expected("评价时间", ref="9.4", leaf="plain")
    times: Opt[Whole] = optional("评价次数", rule="-", ref="9.5", leaf="plain")
    text: Opt[Para2000] = optional(
        "文字评价", "free text may hold anything", rule="-", ref="9.8", grade="sensitive"
    )
    place: Opt[KnownPlace] = optional("评价地", rule="-", ref="9.9", leaf="plain")
    target: Opt[Actor] = optional("被评价方", "receiving or handling side", leaf="plain")
    outcome: Opt[Para2000] = optional("处理情况", "HANDLING, REPLY", grade="sensitive")


class Objection(Content):
    """异议 to a step or a value, and the answer."""

    phase: AskPhase = required("阶段", "ASK, ANSWER", leaf="plain")
    about: Opt[Text64] = optional("异议对象", "message_id", leaf="plain")
    path: Opt[Text300] = optional("异议字段", rule="-", leaf="plain")
    text: Opt[Para2000] = optional("异议内容", grade="sensitive")
    result: Opt[ObjectionResultCode] = optional(
        "处理结果", "in ANSWER", rule="R", grade="general", leaf="commitment"
    )
    answer: Opt[Para2000] = optional("答复", grade="sensitive")
    due_on: Opt[Day] = optional("答复期限", rule="-", leaf="plain")


class Inquiry(Content):
    """咨询 a question and its answer."""

    phase: AskPhase = required("阶段", "ASK, ANSWER; needs no case", leaf="plain")
    text: Opt[Para2000] = optional("咨询内容", grade="sensitive")
    answer: Opt[Para2000] = optional("答复", grade="sensitive")


class Complaint(Content):
    """投诉/办不成事 and the answer."""

    phase: AskPhase = required("阶段", "ASK, ANSWER; needs no case", leaf="plain")
    complaint_kind: Opt[ComplaintKindCode] = expected("种类", leaf="plain")
    complainant: Opt[Party] = optional("投诉人", rule="-", grade="sensitive")
    text: Opt[Para2000] = optional("反映内容", grade="sensitive")
    wanted: Opt[Para1000] = optional("诉求", rule="-", grade="sensitive")
    answer: Opt[Para2000] = optional("处理答复", grade="sensitive")
    due_on: Opt[Day] = optional("答复期限", leaf="plain")


class Reminder(Content):
    """催办."""

    clock_kind: Opt[ClockKind] = optional("催办时限", rule="-", leaf="plain")
    about: Opt[Text64] = optional("所催消息", rule="-", leaf="plain")
    to: Actor = required("被催办方", leaf="plain")
    count: Opt[Whole] = expected("催办次数", leaf="plain")
    text: Opt[Text500] = optional("催办内容", rule="-", grade="general")
    cause: Given[ReminderCause] = optional(
        "提醒缘由", "why the gateway reminds", rule="R", leaf="plain", by="gateway"
    )
    clocks: Given[Some[Clock]] = optional(
        "时钟", "the clocks meant, as they stand now", rule="R", leaf="plain", by="gateway"
    )


class DataFinding(Content):
    """数据问题反馈 what is wrong with data of an earlier message, and what became of it."""

    phase: AskPhase = required("阶段", "ASK, ANSWER", leaf="plain")
    about: Opt[Text64] = optional("问题消息", leaf="plain")
    issues: Some[Issue] = required("问题", leaf="plain")
    wanted: Opt[Text500] = optional("希望处理", rule="-")
    answer: Opt[Para1000] = optional("处理说明", grade="general")


class Supervision(Content):
    """审管双推送 results to the supervisor, and findings back."""

    phase: AskPhase = required("阶段", "ASK = push, ANSWER", leaf="plain")
    direction: SupervisionDirectionCode = required("方向", leaf="plain")
    authority: Opt[KnownBody] = expected("监管机构", leaf="plain")
    subject: Opt[Text200] = expected("监管事项", leaf="plain")
    facts: Opt[Some[Fact]] = optional(
        "推送内容", "only what the subscription covers", grade="sensitive", leaf="commitment"
    )
    legal_basis: Text500 = required("依据", leaf="plain")
    due_on: Opt[Day] = optional("反馈期限", rule="-", leaf="plain")
    result: Opt[Para2000] = optional("监管结果", "in ANSWER", grade="sensitive")


class Handover(Content):
    """物料流转 paper moves between places under one code."""

    handover_code: Text64 = required("流转码", "printable; reveals nothing", leaf="plain")
    event: HandoverEventCode = required("流转动作", leaf="plain")
    material_ids: Opt[Some[Text40]] = expected("流转材料")
    from_place: Opt[KnownPlace] = optional("移出地", leaf="plain")
    to_place: Opt[KnownPlace] = optional("移入地", leaf="plain")
    delivery: Opt[Delivery] = optional("运送", rule="-", grade="general", leaf="plain")
    condition: Opt[Text200] = optional("完好情况", rule="-")
    happened_at: Time = required("流转时间", leaf="plain")


class Verification(Content):
    """在线核验 ask and answer; without a legal basis it is refused and recorded."""

    phase: AskPhase = required("阶段", "ASK, ANSWER; needs no case", leaf="plain")
    subject: VerificationSubjectCode = required("核验内容", leaf="plain")
    legal_basis: Text500 = required("核验依据", "missing = refused and recorded", leaf="plain")
    purpose: Text200 = required("用途", leaf="plain")
    person: Opt[Party] = optional(
        "被核验人", "in ASK", rule="R", grade="sensitive", leaf="commitment"
    )
    consents: Opt[Some[Consent]] = optional(
        "授权同意",
        "where the subject requires; each person, unexpired",
        rule="R",
        grade="sensitive",
        leaf="plain",
    )
    question: Opt[Some[Fact]] = optional(
        "核验条件", "values to be compared", rule="-", grade="sensitive"
    )
    due_at: Opt[Time] = optional(
        "期望答复时间", "long-running answers allowed", rule="-", leaf="plain"
    )
    result: Opt[VerificationResultCode] = optional(
        "核验结果", "in ANSWER", rule="R", grade="general", leaf="commitment"
    )
    facts: Opt[Some[Fact]] = optional("核验事实", grade="sensitive", leaf="commitment")
    evidence: Opt[File] = optional("证据文件", rule="-", grade="sensitive")
    answered_at: Opt[Time] = optional("答复时间", leaf="plain")
    valid_until: Opt[Day] = optional("结果有效期")


class Acknowledgement(Content):
    """回执 what became of a message at its receiver."""

    of: Text64 = required("所回执消息", "message_id", leaf="plain")
    status: AckStatus = required("回执状态", leaf="plain")
    number: Opt[Text50] = optional(
        "对方编号", "must be ours to count as delivered", grade="general", leaf="commitment"
    )
    problem: Opt[Text50] = optional("问题代码", "stable code", leaf="plain")
    text: Opt[Text1000] = optional("说明", "in the sender's own words", rule="-", grade="general")
    side: Opt[Actor] = optional("由哪一方处理", leaf="plain")


__all__ = [
    "Acknowledgement",
    "Complaint",
    "DataFinding",
    "Evaluation",
    "Handover",
    "Inquiry",
    "Objection",
    "Reminder",
    "Supervision",
    "Verification",
]
