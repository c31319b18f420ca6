"""
The closed vocabularies: values that only protocol or gateway set, and the lists whose codes decide
what a message does. Their Chinese names stand in the code lists; a house test holds both equal.
"""

from __future__ import annotations

from typing import Literal

MessageKind = Literal[
    "application",
    "pre_review",
    "acceptance",
    "correction_request",
    "correction",
    "progress",
    "special_procedure",
    "decision",
    "transfer",
    "fee",
    "benefit_payment",
    "delivery_of_result",
    "notification",
    "withdrawal",
    "entitlement_change",
    "evaluation",
    "objection",
    "inquiry",
    "complaint",
    "reminder",
    "finding",
    "supervision",
    "handover",
    "verification",
    "acknowledgement",
]
Environment = Literal["test", "production"]
SimulationMark = Literal["模拟", "模拟直连"]
Equivalence = Literal["equal", "wider", "narrower", "none"]
EndpointRole = Literal["RECEIVING", "HANDLING", "NATIONAL", "SERVICE", "AUTHORITY", "GATEWAY"]
Actor = Literal["RECEIVING", "HANDLING", "APPLICANT", "SERVICE", "GATEWAY"]
ClockKind = Literal[
    "PUSH", "ACCEPT", "DECIDE", "PART", "NOTIFY", "CORRECTION", "PRE_REVIEW", "OWED", "ANSWER"
]
ReminderCause = Literal["DUE_SOON", "DUE_TODAY", "MISSED", "RECOUNTED"]
ClockState = Literal["RUNNING", "PAUSED", "MET", "MISSED", "CANCELLED"]
TimeUnit = Literal["WORKING_DAY", "CALENDAR_DAY", "HOUR", "MONTH"]
PauseReason = Literal["CORRECTION", "SPECIAL_PROCEDURE", "FEE", "OTHER"]
SignatureKind = Literal["HANDWRITTEN", "PERSON", "SEAL", "SYSTEM"]
FindingLevel = Literal["reject", "warn", "info"]
ToldPerson = Literal["APPLICANT", "AGENT", "GUARDIAN"]
AckStatus = Literal["RECEIVED", "APPLIED", "NOT_APPLIED", "DUPLICATE", "REJECTED"]
PartStatus = Literal[
    "WAITING",
    "COLLECTED",
    "PRE_REVIEW",
    "PUSHED",
    "CORRECTION_REQUESTED",
    "CORRECTED",
    "ACCEPTED",
    "SUSPENDED",
    "TRANSFERRED",
    "PASSED",
    "NOT_PASSED",
    "APPROVED",
    "REFUSED",
    "NOT_ACCEPTED",
    "LAPSED",
    "TERMINATED",
    "VOID",
    "WITHDRAWN",
    "NOTIFIED",
]

AskPhase = Literal["ASK", "ANSWER"]
SpanPhase = Literal["START", "END"]
ReviewPhase = Literal["REVIEW", "HANDLING", "REPLY"]

# Code lists whose codes move a case: an unknown one would leave the message without meaning.
BusinessMode = Literal["ONLINE", "PROXY", "JOINT", "DELEGATED"]
ServiceObject = Literal["1", "2", "3", "4", "5", "6"]
PreReviewResult = Literal["PASSED", "TO_COMPLETE", "REJECTED"]
AcceptanceResult = Literal["ACCEPTED", "NOT_ACCEPTED", "DEEMED_ACCEPTED"]
PartOutcome = Literal["PASSED", "NOT_PASSED"]
DecisionResult = Literal[
    "APPROVED", "PARTLY_APPROVED", "REFUSED", "LAPSED", "WITHDRAWN", "TERMINATED", "VOID"
]
TransferKind = Literal["RETURN", "FORWARD"]
NoticeKind = Literal["GAPS", "ACCEPTANCE", "OUTCOME", "PAYMENT", "TRANSFER", "OTHER"]
VerificationSubject = Literal[
    "DISABILITY_CERTIFICATE",
    "HOUSEHOLD",
    "ECONOMIC",
    "MINIMUM_ALLOWANCE",
    "PROOF_OF_LIFE",
    "LICENCE",
    "IDENTITY",
    "OTHER",
]
