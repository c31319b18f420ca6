"""
Application forms of items. A further form adds a class here and its id to `FormId`.
"""

from __future__ import annotations

from typing import Literal

from contracts.coded import (
    DisabilityCategoryCode,
    DisabilityGradeCode,
    MinimumAllowanceKindCode,
    SubsidyKindCode,
)
from contracts.fields import Opt, Some, Value, expected, optional, required
from contracts.outcomes import BankAccount
from contracts.scalars import Flag, Para1000, Text20, Text26, Text100

FormId = Literal["disability_subsidy"]


class DisabilitySubsidyForm(Value):
    """残疾人两项补贴申请表 the rest of the form lies in applicant, agent and dates."""

    subsidy_kinds: Opt[Some[SubsidyKindCode]] = expected(
        "申请补贴类型", "one or both", form=True, grade="sensitive"
    )
    disability_certificate_number: Opt[Text26] = expected(
        "残疾证号",
        "20 + B1…; compare the first 20",
        form=True,
        grade="sensitive",
        leaf="commitment",
    )
    disability_category: Opt[DisabilityCategoryCode] = expected(
        "残疾类别", "= digit 19", form=True, grade="sensitive"
    )
    disability_grade: Opt[DisabilityGradeCode] = expected(
        "残疾等级", "= digit 20", form=True, grade="sensitive"
    )
    on_minimum_allowance: Opt[Flag] = optional("是否享受低保", form=True, grade="sensitive")
    minimum_allowance_kind: Opt[MinimumAllowanceKindCode] = optional(
        "低保类别", form=True, grade="sensitive"
    )
    in_destitute_support: Opt[Flag] = optional(
        "是否纳入特困供养", "carried, not judged", form=True, grade="sensitive"
    )
    work_injury_care_fee: Opt[Flag] = optional(
        "是否领取工伤护理费", "carried, not judged", form=True, grade="sensitive"
    )
    other_welfare_allowance: Opt[Flag] = optional(
        "是否享受其他生活补贴", "carried, not judged", form=True, grade="sensitive"
    )
    reason: Opt[Para1000] = optional("申请贫困原因", "LIVING only", form=True, grade="sensitive")
    account: Opt[BankAccount] = expected(
        "收款账户", form=True, grade="sensitive", leaf="commitment"
    )
    signed_by: Opt[Text100] = optional(
        "申请人或监护人签名", "applicant_or_guardian", form=True, grade="general", leaf="commitment"
    )


class Form(Value):
    """申请表 the form of the item; its values are typed by form_id."""

    form_id: FormId = required("表单标识", leaf="plain")
    version: Text20 = required("表单版本", leaf="plain")
    values: Opt[DisabilitySubsidyForm] = expected(
        "表单内容",
        "typed by form_id; unknown form_id = reject, unknown key = reject, missing key = warn",
        grade="sensitive",
        leaf="commitment",
    )


__all__ = ["DisabilitySubsidyForm", "Form"]
