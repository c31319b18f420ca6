"""
One message class per kind: the envelope with the content of that kind.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.envelope import Envelope
from contracts.fields import required
from contracts.kinds_after import (
    Acknowledgement,
    Complaint,
    DataFinding,
    Evaluation,
    Handover,
    Inquiry,
    Objection,
    Reminder,
    Supervision,
    Verification,
)
from contracts.kinds_apply import (
    Acceptance,
    Application,
    Correction,
    CorrectionRequest,
    PreReview,
    Withdrawal,
)
from contracts.kinds_handle import (
    BenefitPayment,
    Decision,
    DeliveryOfResult,
    EntitlementChange,
    Fee,
    Notification,
    Progress,
    SpecialProcedure,
    Transfer,
)


def _kind() -> Any:
    return required("消息种类", leaf="plain")


def _content() -> Any:
    return required("消息内容", grade="sensitive")


class ApplicationMessage(Envelope):
    kind: Literal["application"] = _kind()
    body: Application = _content()


class PreReviewMessage(Envelope):
    kind: Literal["pre_review"] = _kind()
    body: PreReview = _content()


class AcceptanceMessage(Envelope):
    kind: Literal["acceptance"] = _kind()
    body: Acceptance = _content()


class CorrectionRequestMessage(Envelope):
    kind: Literal["correction_request"] = _kind()
    body: CorrectionRequest = _content()


class CorrectionMessage(Envelope):
    kind: Literal["correction"] = _kind()
    body: Correction = _content()


class ProgressMessage(Envelope):
    kind: Literal["progress"] = _kind()
    body: Progress = _content()


class SpecialProcedureMessage(Envelope):
    kind: Literal["special_procedure"] = _kind()
    body: SpecialProcedure = _content()


class DecisionMessage(Envelope):
    kind: Literal["decision"] = _kind()
    body: Decision = _content()


class TransferMessage(Envelope):
    kind: Literal["transfer"] = _kind()
    body: Transfer = _content()


class FeeMessage(Envelope):
    kind: Literal["fee"] = _kind()
    body: Fee = _content()


class BenefitPaymentMessage(Envelope):
    kind: Literal["benefit_payment"] = _kind()
    body: BenefitPayment = _content()


class DeliveryOfResultMessage(Envelope):
    kind: Literal["delivery_of_result"] = _kind()
    body: DeliveryOfResult = _content()


class NotificationMessage(Envelope):
    kind: Literal["notification"] = _kind()
    body: Notification = _content()


class WithdrawalMessage(Envelope):
    kind: Literal["withdrawal"] = _kind()
    body: Withdrawal = _content()


class EntitlementChangeMessage(Envelope):
    kind: Literal["entitlement_change"] = _kind()
    body: EntitlementChange = _content()


class EvaluationMessage(Envelope):
    kind: Literal["evaluation"] = _kind()
    body: Evaluation = _content()


class ObjectionMessage(Envelope):
    kind: Literal["objection"] = _kind()
    body: Objection = _content()


class InquiryMessage(Envelope):
    kind: Literal["inquiry"] = _kind()
    body: Inquiry = _content()


class ComplaintMessage(Envelope):
    kind: Literal["complaint"] = _kind()
    body: Complaint = _content()


class ReminderMessage(Envelope):
    kind: Literal["reminder"] = _kind()
    body: Reminder = _content()


class DataFindingMessage(Envelope):
    kind: Literal["finding"] = _kind()
    body: DataFinding = _content()


class SupervisionMessage(Envelope):
    kind: Literal["supervision"] = _kind()
    body: Supervision = _content()


class HandoverMessage(Envelope):
    kind: Literal["handover"] = _kind()
    body: Handover = _content()


class VerificationMessage(Envelope):
    kind: Literal["verification"] = _kind()
    body: Verification = _content()


class AcknowledgementMessage(Envelope):
    kind: Literal["acknowledgement"] = _kind()
    body: Acknowledgement = _content()


Message = Annotated[
    ApplicationMessage
    | PreReviewMessage
    | AcceptanceMessage
    | CorrectionRequestMessage
    | CorrectionMessage
    | ProgressMessage
    | SpecialProcedureMessage
    | DecisionMessage
    | TransferMessage
    | FeeMessage
    | BenefitPaymentMessage
    | DeliveryOfResultMessage
    | NotificationMessage
    | WithdrawalMessage
    | EntitlementChangeMessage
    | EvaluationMessage
    | ObjectionMessage
    | InquiryMessage
    | ComplaintMessage
    | ReminderMessage
    | DataFindingMessage
    | SupervisionMessage
    | HandoverMessage
    | VerificationMessage
    | AcknowledgementMessage,
    Field(discriminator="kind"),
]
"""Any message of the national format; `kind` says which."""

MODELS: dict[str, type[Envelope]] = {
    "application": ApplicationMessage,
    "pre_review": PreReviewMessage,
    "acceptance": AcceptanceMessage,
    "correction_request": CorrectionRequestMessage,
    "correction": CorrectionMessage,
    "progress": ProgressMessage,
    "special_procedure": SpecialProcedureMessage,
    "decision": DecisionMessage,
    "transfer": TransferMessage,
    "fee": FeeMessage,
    "benefit_payment": BenefitPaymentMessage,
    "delivery_of_result": DeliveryOfResultMessage,
    "notification": NotificationMessage,
    "withdrawal": WithdrawalMessage,
    "entitlement_change": EntitlementChangeMessage,
    "evaluation": EvaluationMessage,
    "objection": ObjectionMessage,
    "inquiry": InquiryMessage,
    "complaint": ComplaintMessage,
    "reminder": ReminderMessage,
    "finding": DataFindingMessage,
    "supervision": SupervisionMessage,
    "handover": HandoverMessage,
    "verification": VerificationMessage,
    "acknowledgement": AcknowledgementMessage,
}
"""Kind -> message class."""

__all__ = [
    "MODELS",
    "AcceptanceMessage",
    "AcknowledgementMessage",
    "ApplicationMessage",
    "BenefitPaymentMessage",
    "ComplaintMessage",
    "CorrectionMessage",
    "CorrectionRequestMessage",
    "DataFindingMessage",
    "DecisionMessage",
    "DeliveryOfResultMessage",
    "EntitlementChangeMessage",
    "EvaluationMessage",
    "FeeMessage",
    "HandoverMessage",
    "InquiryMessage",
    "Message",
    "NotificationMessage",
    "ObjectionMessage",
    "PreReviewMessage",
    "ProgressMessage",
    "ReminderMessage",
    "SpecialProcedureMessage",
    "SupervisionMessage",
    "TransferMessage",
    "VerificationMessage",
    "WithdrawalMessage",
]
