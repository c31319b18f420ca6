"""
Checks of level warn on the content of messages: what a result needs, what the parts of an
application say about each other (format 4, "needed by condition").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from contracts import checks
from contracts.bundle import Bundle
from contracts.coded import Code
from contracts.cross_checks import Check, Scene
from contracts.errors import Finding
from contracts.fields import Value
from contracts.form import DisabilitySubsidyForm, Form
from contracts.kinds_after import (
    Acknowledgement,
    Complaint,
    DataFinding,
    Evaluation,
    Inquiry,
    Objection,
    Supervision,
    Verification,
)
from contracts.kinds_apply import Acceptance, Application, CorrectionRequest, PreReview
from contracts.kinds_handle import Decision, EntitlementChange, Transfer
from contracts.parties import Agent, Authority, Party
from contracts.words import notice

_ACT_FOR_MINORS = frozenset({"GUARDIAN", "SUPPORTER", "COMMITTEE"})
HEARING_OR_SPEECH = frozenset({"2", "3"})
"""Categories of the disability certificate, digit 19."""


def check_application(body: Application, path: str, scene: Scene) -> Iterator[Finding]:
    yield from _form(body.form, f"{path}/form", applicant=body.applicant)
    yield from _contact(body.preferred_contact, [body.form], path)
    yield from _acting_for(body.applicant, body.agent, path, scene)
    if (wish := body.delivery_wish) is not None:
        by_post = _code(wish.method) == "POST"
        yield from _need(wish, f"{path}/delivery_wish", "recipient", "address", when=by_post)


def check_bundle(bundle: Bundle, path: str, scene: Scene) -> Iterator[Finding]:
    for index, case in enumerate(bundle.cases):
        yield from _form(case.form, f"{path}/cases/{index}/form", applicant=bundle.applicant)
    yield from _contact(bundle.preferred_contact, [case.form for case in bundle.cases], path)
    yield from _acting_for(bundle.applicant, bundle.agent, path, scene)


def _form(form: Form | None, path: str, *, applicant: Party) -> Iterator[Finding]:
    """The certificate against the applicant and the two fields it contains."""
    values = _subsidy(form)
    if values is None or values.disability_certificate_number is None:
        return
    yield from checks.disability_certificate(
        values.disability_certificate_number,
        path=f"{path}/values/disability_certificate_number",
        holder_id_number=applicant.id_number,
        category=_code(values.disability_category),
        grade=_code(values.disability_grade),
    )


def _subsidy(form: Form | None) -> DisabilitySubsidyForm | None:
    values = getattr(form, "values", None)
    return values if isinstance(values, DisabilitySubsidyForm) else None


def _contact(
    wanted: tuple[Code, ...] | None, forms: list[Form | None], path: str
) -> Iterator[Finding]:
    """Somebody who does not hear or speak is not told by telephone alone (guide section 5)."""
    if wanted is None or {one.code for one in wanted} != {"TELEPHONE"}:
        return
    subsidies = [values for form in forms if (values := _subsidy(form)) is not None]
    categories = {_code(values.disability_category) for values in subsidies}
    if categories & HEARING_OR_SPEECH:
        yield notice("contact.telephone_only", f"{path}/preferred_contact")


def _acting_for(
    applicant: Party, agent: Agent | None, path: str, scene: Scene
) -> Iterator[Finding]:
    """
    Whoever applies for somebody needs an authority that says so; for a minor the guardian acts
    (民法典第二十三条、第二十七条), a committee where there is none (第三十二条).
    """
    kind = _code(agent.kind) if agent is not None else None
    if _is_minor(applicant, scene.as_of) and kind not in _ACT_FOR_MINORS:
        yield notice("minor.without_guardian", f"{path}/agent" if agent else f"{path}/applicant")
    if agent is not None and agent.authority is not None:
        yield from authority_covers(agent.authority, "APPLY", f"{path}/agent/authority")


def authority_covers(authority: Authority, act: str, path: str) -> Iterator[Finding]:
    """Whether an authority that names its scope covers an act (list authority_scope)."""
    scope = {one.code for one in authority.scope or ()}
    if scope and not scope & {act, "ALL"}:
        yield notice("authority.out_of_scope", f"{path}/scope", what=act)


def _is_minor(party: Party, on: date) -> bool:
    """Under eighteen on a day (民法典第十七条), by the day of birth in the ID card number."""
    kind = _code(party.id_type) or checks.ID_CARD
    number = party.id_number or ""
    if kind != checks.ID_CARD or len(number) != 18 or not number[6:14].isdigit():
        return False
    born = number[6:14]
    return f"{on.year - 18:04d}{on.month:02d}{on.day:02d}" < born


def check_pre_review(body: PreReview, path: str, scene: Scene) -> Iterator[Finding]:
    yield from _need(body, path, "gaps", when=_code(body.result) == "TO_COMPLETE")


def check_acceptance(body: Acceptance, path: str, scene: Scene) -> Iterator[Finding]:
    refused = body.result.code == "NOT_ACCEPTED"
    yield from _need(body, path, "reason", "remedies", when=refused)


def check_correction_request(body: CorrectionRequest, path: str, scene: Scene) -> Iterator[Finding]:
    if body.round is not None and body.round > 1:
        yield notice("correction_request.repeated", f"{path}/round")


def check_decision(body: Decision, path: str, scene: Scene) -> Iterator[Finding]:
    entitlements = body.entitlements or ()
    approved = body.result.code == "APPROVED"
    fully = approved and all(one.granted is not False for one in entitlements)
    yield from _need(body, path, "reason", when=not approved)
    yield from _need(body, path, "remedies", when=not fully)
    yield from _need(body, path, "supersede_reason", when=body.supersedes is not None)
    for index, licence in enumerate(body.licences or ()):
        yield from _need(licence, f"{path}/licences/{index}", "number", when=approved)
    for index, one in enumerate(entitlements):
        place = f"{path}/entitlements/{index}"
        yield from _need(one, place, "reason", when=one.granted is False)
        yield from _need(one, place, "amount_fen", "from_month", when=one.granted is True)
        if scene.pinned and one.from_month and one.from_month != scene.pinned[:7]:
            yield notice("entitlement.first_month_differs", f"{place}/from_month")


def check_transfer(body: Transfer, path: str, scene: Scene) -> Iterator[Finding]:
    yield from _need(body, path, "to_place", when=body.transfer_kind.code == "FORWARD")
    if scene.pinned and body.application_date and body.application_date != scene.pinned:
        yield notice("transfer.application_date_differs", f"{path}/application_date")


def check_entitlement_change(body: EntitlementChange, path: str, scene: Scene) -> Iterator[Finding]:
    worse = body.change.code in ("STOPPED", "RECOVERY")
    yield from _need(body, path, "reason", "remedies", when=worse)
    yield from _need(body, path, "recover_fen", when=body.change.code == "RECOVERY")
    proof = body.change.code == "RECERTIFIED"
    yield from _need(body, path, "verification_id", when=proof)
    moved = worse and _code(body.reason_code) == "MOVED"
    yield from _need(body, path, "new_place", when=moved)


def check_evaluation(body: Evaluation, path: str, scene: Scene) -> Iterator[Finding]:
    yield from _need(body, path, "outcome", when=body.phase in ("HANDLING", "REPLY"))


def check_words(
    body: Objection | Inquiry | Complaint, path: str, scene: Scene
) -> Iterator[Finding]:
    yield from _need(body, path, "text", when=body.phase == "ASK")
    yield from _need(body, path, "answer", when=body.phase == "ANSWER")


def check_data_finding(body: DataFinding, path: str, scene: Scene) -> Iterator[Finding]:
    yield from _need(body, path, "answer", when=body.phase == "ANSWER")


def check_supervision(body: Supervision, path: str, scene: Scene) -> Iterator[Finding]:
    yield from _need(body, path, "result", when=body.phase == "ANSWER")


def check_verification(body: Verification, path: str, scene: Scene) -> Iterator[Finding]:
    yield from _need(body, path, "answered_at", when=body.phase == "ANSWER")


def check_acknowledgement(body: Acknowledgement, path: str, scene: Scene) -> Iterator[Finding]:
    yield from _need(body, path, "problem", when=body.status == "REJECTED")


def _need(value: Value, path: str, *names: str, when: bool) -> Iterator[Finding]:
    if when:
        for name in names:
            if getattr(value, name) is None:
                yield notice("field.expected", f"{path}/{name}")


def _code(coded: Code | None) -> str | None:
    return coded.code if coded is not None else None


CONTENT_CHECKS: Mapping[type[Value], Check] = {
    Acceptance: check_acceptance,
    Acknowledgement: check_acknowledgement,
    Application: check_application,
    Bundle: check_bundle,
    Complaint: check_words,
    CorrectionRequest: check_correction_request,
    DataFinding: check_data_finding,
    Decision: check_decision,
    EntitlementChange: check_entitlement_change,
    Evaluation: check_evaluation,
    Inquiry: check_words,
    Objection: check_words,
    PreReview: check_pre_review,
    Supervision: check_supervision,
    Transfer: check_transfer,
    Verification: check_verification,
}

__all__ = ["CONTENT_CHECKS"]
