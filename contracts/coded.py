"""
Coded values: a national code, the list it belongs to, and the code it came from.

The list is fixed per field, so that a scale cannot be taken for another one. `code` is null only if
the source value has no national counterpart: then `source` stays and a finding is written. The
lists that decide what a message does are closed: there, an unknown or null code is refused.
Membership of all others is looked up as of a date and warned about (contracts/cautions.py).
"""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from contracts import vocabulary as v
from contracts.fields import Given, Opt, Value, optional, required
from contracts.recall import Recall
from contracts.scalars import Text40, Text50, Text80, Text100, Text200


class CodeSource(Value):
    """来源编码 the code as the province wrote it; a reply goes back in these words."""

    system: Text40 = required("来源系统", "province or system id", leaf="plain")
    list: Opt[Text80] = optional(
        "来源代码表", "with its version, because local lists are redefined", rule="-", leaf="plain"
    )
    code: Text100 = required("原代码", "exactly as received, words included", grade="by_use")
    label: Opt[Text200] = optional("原名称", rule="-", grade="by_use")
    equivalence: Given[v.Equivalence] = optional(
        "对应关系", "not equal = finding", leaf="plain", by="gateway"
    )


class Code(Value):
    """编码值 a value of a code list."""

    code: Text50 | None = optional(
        "代码",
        "null only when the source value has no national counterpart",
        grade="by_use",
        leaf="plain",
    )
    list: Text50 = required("代码表", "name of a national list", leaf="plain")
    source: Opt[CodeSource] = optional(
        "原值",
        "absent when no province code stood behind it: national speaker, or set by a rule",
        grade="by_use",
    )


class ListOf:
    """Ties a coded field to its list; `closed` also ties its codes. Checked in compiled schema."""

    def __init__(self, name: str, closed: Any = None) -> None:
        self.name = name
        self.codes: tuple[str, ...] = get_args(closed)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        field, absent = core_schema.model_field, core_schema.with_default_schema
        code = handler.generate_schema(Text50)
        fields = {
            "list": field(core_schema.literal_schema([self.name])),
            "source": field(absent(handler.generate_schema(CodeSource), default=None)),
            "code": field(core_schema.literal_schema(list(self.codes)))
            if self.codes
            else field(absent(core_schema.nullable_schema(code), default=None)),
        }
        coded = core_schema.model_schema(
            Code,
            core_schema.model_fields_schema(fields, model_name="Code", extra_behavior="forbid"),
            frozen=True,
        )
        return Recall().wrap(coded)


AcceptanceResultCode = Annotated[Code, ListOf("acceptance_result", v.AcceptanceResult)]
AgentKindCode = Annotated[Code, ListOf("agent_kind")]
ApplyTypeCode = Annotated[Code, ListOf("apply_type")]
AssistanceKindCode = Annotated[Code, ListOf("assistance_kind")]
AuthorityScopeCode = Annotated[Code, ListOf("authority_scope")]
BundleThemeCode = Annotated[Code, ListOf("bundle_theme")]
BusinessModeCode = Annotated[Code, ListOf("business_mode", v.BusinessMode)]
CareArrangementCode = Annotated[Code, ListOf("care_arrangement")]
CaseTypeCode = Annotated[Code, ListOf("case_type")]
CertificateTypeCode = Annotated[Code, ListOf("certificate_type")]
ChildSituationCode = Annotated[Code, ListOf("child_situation")]
CommitmentCheckCode = Annotated[Code, ListOf("commitment_check")]
ComplaintKindCode = Annotated[Code, ListOf("complaint_kind")]
ContactMethodCode = Annotated[Code, ListOf("contact_method")]
DecisionResultCode = Annotated[Code, ListOf("decision_result", v.DecisionResult)]
DeliveryMethodCode = Annotated[Code, ListOf("delivery_method")]
DeliveryStateCode = Annotated[Code, ListOf("delivery_state")]
DisabilityCategoryCode = Annotated[Code, ListOf("disability_category")]
DisabilityGradeCode = Annotated[Code, ListOf("disability_grade")]
EntitlementChangeKindCode = Annotated[Code, ListOf("entitlement_change_kind")]
EntitlementReasonCode = Annotated[Code, ListOf("entitlement_reason")]
EthnicGroupCode = Annotated[Code, ListOf("ethnic_group")]
ExerciseLevelCode = Annotated[Code, ListOf("exercise_level")]
FamilyRelationCode = Annotated[Code, ListOf("family_relation")]
FeeStateCode = Annotated[Code, ListOf("fee_state")]
GapCodeCode = Annotated[Code, ListOf("gap_code")]
HandlingChannelCode = Annotated[Code, ListOf("handling_channel")]
HandoverEventCode = Annotated[Code, ListOf("handover_event")]
IdentityMethodCode = Annotated[Code, ListOf("identity_method")]
ImplementingBodyNatureCode = Annotated[Code, ListOf("implementing_body_nature")]
ItemTypeCode = Annotated[Code, ListOf("item_type")]
LicenceStatusCode = Annotated[Code, ListOf("licence_status")]
MaritalStatusCode = Annotated[Code, ListOf("marital_status")]
MaterialAcquisitionCode = Annotated[Code, ListOf("material_acquisition")]
MinimumAllowanceKindCode = Annotated[Code, ListOf("minimum_allowance_kind")]
NoticeKindCode = Annotated[Code, ListOf("notice_kind", v.NoticeKind)]
ObjectionResultCode = Annotated[Code, ListOf("objection_result")]
OriginalHolderCode = Annotated[Code, ListOf("original_holder")]
PartOutcomeCode = Annotated[Code, ListOf("part_outcome", v.PartOutcome)]
PartRoleCode = Annotated[Code, ListOf("part_role")]
PaymentStateCode = Annotated[Code, ListOf("payment_state")]
PreReviewResultCode = Annotated[Code, ListOf("pre_review_result", v.PreReviewResult)]
ProgressActionCode = Annotated[Code, ListOf("progress_action")]
RemedyKindCode = Annotated[Code, ListOf("remedy_kind")]
RoutingRuleCode = Annotated[Code, ListOf("routing_rule")]
SatisfactionCode = Annotated[Code, ListOf("satisfaction_gbt39046")]
ServiceObjectCode = Annotated[Code, ListOf("service_object", v.ServiceObject)]
SexCode = Annotated[Code, ListOf("sex")]
SpecialProcedureTypeCode = Annotated[Code, ListOf("special_procedure_type")]
StepStatusCode = Annotated[Code, ListOf("step_status")]
SubsidyKindCode = Annotated[Code, ListOf("subsidy_kind")]
SupersedeReasonCode = Annotated[Code, ListOf("supersede_reason")]
SupervisionDirectionCode = Annotated[Code, ListOf("supervision_direction")]
TransferKindCode = Annotated[Code, ListOf("transfer_kind", v.TransferKind)]
TransferReasonCode = Annotated[Code, ListOf("transfer_reason")]
TrustLevelCode = Annotated[Code, ListOf("trust_level")]
VerificationResultCode = Annotated[Code, ListOf("verification_result")]
VerificationSubjectCode = Annotated[Code, ListOf("verification_subject", v.VerificationSubject)]
