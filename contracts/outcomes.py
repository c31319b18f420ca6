"""
What comes out of a case: benefits, payments, fees, delivery, remedies.
"""

from __future__ import annotations

from contracts.coded import (
    DeliveryMethodCode,
    DeliveryStateCode,
    FamilyRelationCode,
    FeeStateCode,
    PaymentStateCode,
    RemedyKindCode,
    SubsidyKindCode,
)
from contracts.fields import Opt, Value, expected, optional, required
from contracts.parties import KnownBody
from contracts.scalars import (
    Day,
    Fen,
    Flag,
    Month,
    Para2000,
    Text30,
    Text40,
    Text50,
    Text64,
    Text100,
    Text200,
    Text256,
    Text500,
    Text1000,
    Time,
    Whole,
)
from contracts.vocabulary import TimeUnit


class Remedy(Value):
    """救济途径 where and until when the applicant may object to a decision."""

    kind: Opt[RemedyKindCode] = expected("救济方式", leaf="plain")
    body_name: Opt[Text200] = expected("受理机关")
    limit: Opt[Whole] = expected("期限")
    unit: Opt[TimeUnit] = expected("单位")
    legal_basis: Opt[Text256] = optional("依据", rule="-")


class Entitlement(Value):
    """待遇核定 whether a benefit is granted, how much and from when."""

    benefit: Opt[SubsidyKindCode] = expected("待遇种类", grade="sensitive")
    granted: Opt[Flag] = expected("是否核定", grade="sensitive", leaf="commitment")
    amount_fen: Opt[Fen] = optional("每月金额", grade="sensitive")
    from_month: Opt[Month] = optional(
        "起始月份", "normally the month of application_date; other = warn", grade="general"
    )
    to_month: Opt[Month] = optional("截止月份", rule="-", grade="general")
    reason: Opt[Para2000] = optional("理由", "needed when not granted", grade="sensitive")


class BankAccount(Value):
    """银行账户 where a benefit is paid to."""

    bank_name: Opt[Text100] = expected("开户银行", form=True, grade="general")
    account_name: Opt[Text100] = expected("户名", form=True, grade="general", leaf="commitment")
    account_number: Opt[Text40] = expected(
        "银行卡号", form=True, grade="sensitive", leaf="commitment"
    )
    holder_relation: Opt[FamilyRelationCode] = optional(
        "开户人与申请人关系", "other than SELF = warn", grade="general"
    )


class Payment(Value):
    """待遇发放 one month of one benefit."""

    benefit: Opt[SubsidyKindCode] = expected("待遇种类", grade="sensitive")
    month: Month = required("所属月份", grade="general")
    amount_fen: Fen = required("金额", grade="sensitive", leaf="commitment")
    account: Opt[BankAccount] = optional("收款账户", grade="sensitive", leaf="commitment")
    state: PaymentStateCode = required("发放状态", grade="general", leaf="commitment")
    paid_on: Opt[Day] = optional("发放日期", grade="general")
    failure: Opt[Text500] = optional("失败原因", rule="-", grade="general")


class FeeOrder(Value):
    """缴费单 an order to pay a fee."""

    order_no: Text64 = required("缴费单号", leaf="plain")
    amount_fen: Fen = required("金额", grade="general")
    basis: Opt[Text256] = optional(
        "收费依据", "none = finding", column="up_task_general_basic.fee_basis"
    )
    payee: Opt[KnownBody] = optional("收款单位", rule="-")
    state: FeeStateCode = required("缴费状态", leaf="plain")
    paid_at: Opt[Time] = optional("缴费时间", grade="general")
    receipt_no: Opt[Text64] = optional("票据号", rule="-", grade="general", leaf="commitment")


class Delivery(Value):
    """送达 how a result reaches the applicant."""

    method: Opt[DeliveryMethodCode] = expected(
        "送达方式", "POST = 1", ref="8.10", column="up_pro_result.is_delivery_results", leaf="plain"
    )
    recipient: Opt[Text100] = optional("收件人", grade="general")
    phone: Opt[Text30] = optional("收件电话", rule="-", grade="general")
    address: Opt[Text1000] = optional("收件地址", grade="general")
    carrier: Opt[Text100] = optional("承运单位", rule="-")
    waybill: Opt[Text50] = optional("运单号", grade="general", leaf="commitment")
    state: Opt[DeliveryStateCode] = expected("送达状态", "RETURNED = work item", leaf="plain")
    sent_at: Opt[Time] = optional("寄出时间", rule="-", leaf="plain")
    signed_at: Opt[Time] = optional("签收时间", leaf="plain")
    signed_by: Opt[Text100] = optional("签收人", rule="-", grade="general")


__all__ = ["BankAccount", "Delivery", "Entitlement", "FeeOrder", "Payment", "Remedy"]
