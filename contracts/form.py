"""
Application forms of items. A further form adds its values and a `Form` here and its id to `FormId`.

Only what neither applicant, agent, materials nor dates already say; the fields of the forms beside
the subsidies' are project convention.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.coded import (
    AssistanceKindCode,
    CareArrangementCode,
    ChildSituationCode,
    DisabilityCategoryCode,
    DisabilityGradeCode,
    MinimumAllowanceKindCode,
    SubsidyKindCode,
)
from contracts.fields import Opt, Some, Value, expected, optional, required
from contracts.outcomes import BankAccount
from contracts.scalars import (
    Day,
    Fen,
    Flag,
    Para1000,
    Text20,
    Text26,
    Text100,
    Text200,
    Text500,
    Whole,
)

FormId = Literal[
    "disability_subsidy",
    "child_support",
    "subsistence_allowance",
    "destitute_support",
    "temporary_assistance",
    "medical_cost_relief",
    "severe_disability_living",
    "regular_relief",
    "assistance_proof",
    "licence_application",
]


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


class ChildSupportForm(Value):
    """孤儿、事实无人抚养儿童认定申请表 the child is the applicant, the guardian the agent."""

    situation: Opt[ChildSituationCode] = expected(
        "申请情形", "decides materials and steps", grade="sensitive"
    )
    parents_situation: Opt[Para1000] = expected("父母情况", grade="sensitive")
    carer: Opt[Text100] = optional("实际抚养人或机构", grade="sensitive")
    account: Opt[BankAccount] = expected("收款账户", grade="sensitive", leaf="commitment")


class SubsistenceAllowanceForm(Value):
    """最低生活保障申请表 members stand by their authorisations, one each."""

    member_count: Opt[Whole] = expected("家庭人口", grade="general")
    monthly_income_fen: Opt[Fen] = expected("家庭月收入", "分", grade="sensitive")
    property_note: Opt[Para1000] = expected("家庭财产状况", grade="sensitive")
    poverty_reason: Opt[Para1000] = expected("致贫原因", grade="sensitive")
    account: Opt[BankAccount] = expected("收款账户", grade="sensitive", leaf="commitment")


class DestituteSupportForm(Value):
    """特困人员救助供养申请表."""

    care_arrangement: Opt[CareArrangementCode] = expected("供养方式", grade="sensitive")
    self_care_note: Opt[Text500] = expected("生活自理情况", grade="sensitive")
    no_supporter_note: Opt[Para1000] = expected(
        "无法定义务人或其无履行能力的情况", grade="sensitive"
    )
    account: Opt[BankAccount] = optional("收款账户", grade="sensitive", leaf="commitment")


class TemporaryAssistanceForm(Value):
    """临时救助申请表."""

    emergency: Opt[Para1000] = expected("急难情形", grade="sensitive")
    occurred_on: Opt[Day] = expected("发生日期", grade="general")
    requested_fen: Opt[Fen] = optional("申请金额", "分", grade="sensitive")
    account: Opt[BankAccount] = expected("收款账户", grade="sensitive", leaf="commitment")


class MedicalCostReliefForm(Value):
    """因病支出型贫困家庭生活救助申请表."""

    member_count: Opt[Whole] = expected("家庭人口", grade="general")
    monthly_income_fen: Opt[Fen] = expected("家庭月收入", "分", grade="sensitive")
    own_medical_cost_fen: Opt[Fen] = expected("自付医疗费用", "分", grade="sensitive")
    cost_from: Opt[Day] = optional("费用起", grade="sensitive")
    cost_to: Opt[Day] = optional("费用止", grade="sensitive")
    account: Opt[BankAccount] = expected("收款账户", grade="sensitive", leaf="commitment")


class SevereDisabilityLivingForm(Value):
    """重残无业人员生活补助申请表."""

    disability_certificate_number: Opt[Text26] = expected(
        "残疾证号", grade="sensitive", leaf="commitment"
    )
    without_employment: Opt[Flag] = expected("是否无业", grade="sensitive")
    other_income_fen: Opt[Fen] = optional("其他月收入", "分", grade="sensitive")
    account: Opt[BankAccount] = expected("收款账户", grade="sensitive", leaf="commitment")


class RegularReliefForm(Value):
    """救济对象定期定量补贴申请表."""

    relief_ground: Opt[Text500] = expected(
        "救济对象类别", "as the handling place names it", grade="sensitive"
    )
    monthly_income_fen: Opt[Fen] = optional("月收入", "分", grade="sensitive")
    account: Opt[BankAccount] = expected("收款账户", grade="sensitive", leaf="commitment")


class AssistanceProofForm(Value):
    """享受民政社会救助项目证明申请表."""

    assistance_kinds: Opt[Some[AssistanceKindCode]] = expected("救助项目", grade="sensitive")
    purpose: Opt[Text200] = expected("证明用途", grade="general")


class LicenceApplicationForm(Value):
    """模拟许可事项申请表 of the invented licence."""

    subject: Opt[Text200] = expected("申请许可的内容", grade="general")
    site: Opt[Text200] = optional("实施地点", grade="general")


class Form(Value):
    """申请表 the form of the item; its values are typed by form_id."""

    form_id: FormId = required("表单标识", leaf="plain")
    version: Text20 = required("表单版本", leaf="plain")


_VALUES = "typed by form_id; unknown form_id = reject, unknown key = reject, missing key = warn"


def _values() -> Any:
    return expected("表单内容", _VALUES, grade="sensitive", leaf="commitment")


class DisabilitySubsidy(Form):
    """残疾人两项补贴申请表 form_id disability_subsidy."""

    form_id: Literal["disability_subsidy"] = required("表单标识", leaf="plain")
    values: Opt[DisabilitySubsidyForm] = _values()


class ChildSupport(Form):
    """儿童认定申请表 form_id child_support."""

    form_id: Literal["child_support"] = required("表单标识", leaf="plain")
    values: Opt[ChildSupportForm] = _values()


class SubsistenceAllowance(Form):
    """最低生活保障申请表 form_id subsistence_allowance."""

    form_id: Literal["subsistence_allowance"] = required("表单标识", leaf="plain")
    values: Opt[SubsistenceAllowanceForm] = _values()


class DestituteSupport(Form):
    """特困供养申请表 form_id destitute_support."""

    form_id: Literal["destitute_support"] = required("表单标识", leaf="plain")
    values: Opt[DestituteSupportForm] = _values()


class TemporaryAssistance(Form):
    """临时救助申请表 form_id temporary_assistance."""

    form_id: Literal["temporary_assistance"] = required("表单标识", leaf="plain")
    values: Opt[TemporaryAssistanceForm] = _values()


class MedicalCostRelief(Form):
    """因病支出型救助申请表 form_id medical_cost_relief."""

    form_id: Literal["medical_cost_relief"] = required("表单标识", leaf="plain")
    values: Opt[MedicalCostReliefForm] = _values()


class SevereDisabilityLiving(Form):
    """重残无业补助申请表 form_id severe_disability_living."""

    form_id: Literal["severe_disability_living"] = required("表单标识", leaf="plain")
    values: Opt[SevereDisabilityLivingForm] = _values()


class RegularRelief(Form):
    """定期定量补贴申请表 form_id regular_relief."""

    form_id: Literal["regular_relief"] = required("表单标识", leaf="plain")
    values: Opt[RegularReliefForm] = _values()


class AssistanceProof(Form):
    """救助证明申请表 form_id assistance_proof."""

    form_id: Literal["assistance_proof"] = required("表单标识", leaf="plain")
    values: Opt[AssistanceProofForm] = _values()


class LicenceApplication(Form):
    """模拟许可申请表 form_id licence_application."""

    form_id: Literal["licence_application"] = required("表单标识", leaf="plain")
    values: Opt[LicenceApplicationForm] = _values()


AnyForm = Annotated[
    DisabilitySubsidy
    | ChildSupport
    | SubsistenceAllowance
    | DestituteSupport
    | TemporaryAssistance
    | MedicalCostRelief
    | SevereDisabilityLiving
    | RegularRelief
    | AssistanceProof
    | LicenceApplication,
    Field(discriminator="form_id"),
]

FIRST_FORM: FormId = "disability_subsidy"

FORMS: dict[str, type[Value]] = {
    "disability_subsidy": DisabilitySubsidyForm,
    "child_support": ChildSupportForm,
    "subsistence_allowance": SubsistenceAllowanceForm,
    "destitute_support": DestituteSupportForm,
    "temporary_assistance": TemporaryAssistanceForm,
    "medical_cost_relief": MedicalCostReliefForm,
    "severe_disability_living": SevereDisabilityLivingForm,
    "regular_relief": RegularReliefForm,
    "assistance_proof": AssistanceProofForm,
    "licence_application": LicenceApplicationForm,
}
"""The values of each form; their fields are what a lower list may ask for and no more."""

__all__ = [
    "FIRST_FORM",
    "FORMS",
    "AnyForm",
    "AssistanceProof",
    "AssistanceProofForm",
    "ChildSupport",
    "ChildSupportForm",
    "DestituteSupport",
    "DestituteSupportForm",
    "DisabilitySubsidy",
    "DisabilitySubsidyForm",
    "Form",
    "FormId",
    "LicenceApplication",
    "LicenceApplicationForm",
    "MedicalCostRelief",
    "MedicalCostReliefForm",
    "RegularRelief",
    "RegularReliefForm",
    "SevereDisabilityLiving",
    "SevereDisabilityLivingForm",
    "SubsistenceAllowance",
    "SubsistenceAllowanceForm",
    "TemporaryAssistance",
    "TemporaryAssistanceForm",
]
