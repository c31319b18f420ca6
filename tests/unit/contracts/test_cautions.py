"""What is taken in and told: each caution by one change of a valid example."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.message import check, parse, parse_bundle, warnings
from tests.documents import changed

ORDINARY = {"id_number.region_unknown", "account.holder_not_beneficiary"}
ME = "/body/applicant"
FORM = "/body/form/values"


def coded(code: str, name: str) -> dict[str, str]:
    return {"code": code, "list": name}


@pytest.mark.parametrize(
    ("example", "changes", "rule", "path"),
    [
        ("acceptance", {"/body/accepted_at": ...}, "field.expected", "/body/accepted_at"),
        ("acceptance", {"/sequence": ...}, "field.expected", "/sequence"),
        ("application", {"/item/name": ...}, "field.expected", "/item/name"),
        (
            "application",
            {"/body/materials/0/code": ...},
            "field.expected",
            "/body/materials/0/code",
        ),
        (
            "application",
            {f"{FORM}/subsidy_kinds": ...},
            "field.expected",
            f"{FORM}/subsidy_kinds",
        ),
        ("application", {f"{ME}/sex/code": "7"}, "code.not_in_list", f"{ME}/sex"),
        ("application", {f"{ME}/id_type": ...}, "field.expected", f"{ME}/id_type"),
        (
            "application",
            {"/body/preferred_contact/1/code": "PIGEON"},
            "code.not_in_list",
            "/body/preferred_contact/1",
        ),
        ("application", {"/channel": {"list": "handling_channel"}}, "code.empty", "/channel"),
        (
            "application",
            {f"{ME}/id_number": "990002201503120025"},
            "id_number.check",
            f"{ME}/id_number",
        ),
        (
            "application",
            {f"{ME}/birth_month": "2015-04"},
            "party.birth_month_differs",
            f"{ME}/birth_month",
        ),
        ("application", {f"{ME}/sex/code": "1"}, "party.sex_differs", f"{ME}/sex"),
        ("application", {f"{ME}/phone": "请打座机"}, "phone.shape", f"{ME}/phone"),
        (
            "application",
            {f"{FORM}/disability_certificate_number": "99000220150312002431"},
            "disability_certificate.category_differs",
            f"{FORM}/disability_certificate_number",
        ),
        (
            "application",
            {f"{FORM}/disability_grade/code": "2"},
            "disability_certificate.grade_differs",
            f"{FORM}/disability_certificate_number",
        ),
        (
            "application",
            {"/body/preferred_contact": [coded("TELEPHONE", "contact_method")]},
            "contact.telephone_only",
            "/body/preferred_contact",
        ),
        (
            "application",
            {"/body/receiving_body/credit_code": "1199000230000001MF"},
            "credit_code.check",
            "/body/receiving_body/credit_code",
        ),
        (
            "application",
            {"/item/implementation_code": "YN-MN-0530-01"},
            "item_code.needs_mapping",
            "/item/implementation_code",
        ),
        (
            "application",
            {f"{ME}/household_place": {"code": "990001000000", "county": "990001"}},
            "region.unknown",
            f"{ME}/household_place/county",
        ),
        (
            "application",
            {f"{ME}/household_place": {"code": "530328000000", "county": "530328"}},
            "region.old_code",
            f"{ME}/household_place/county",
        ),
        (
            "application",
            {"/body/agent/authority": ...},
            "authority.missing",
            "/body/agent/authority",
        ),
        (
            "application",
            {"/body/agent/authority/valid_to": "2026-03-01"},
            "authority.expired",
            "/body/agent/authority/valid_to",
        ),
        (
            "application",
            {"/body/consents/0/expires_on": "2026-03-01"},
            "consent.past",
            "/body/consents/0/expires_on",
        ),
        (
            "application",
            {"/body/materials/1/files": ...},
            "material.evidence_missing",
            "/body/materials/1/files",
        ),
        (
            "application",
            {"/body/materials/1/acquisition/code": "OWED"},
            "material.evidence_missing",
            "/body/materials/1/owed",
        ),
        (
            "application",
            {"/body/materials/0/licence/licence_id": "1.2.3"},
            "licence_id.shape",
            "/body/materials/0/licence/licence_id",
        ),
        (
            "application",
            # one digit of the example's identifier changed: MOD 37,36 finds it
            {
                "/body/materials/0/licence/licence_id": "1.2.156.3005.2.1399000030000005X8001."
                "139900153000000317.MN2020000018.001.E"
            },
            "licence_id.check",
            "/body/materials/0/licence/licence_id",
        ),
        (
            "application",
            {"/body/delivery_wish/method/code": "POST"},
            "field.expected",
            "/body/delivery_wish/address",
        ),
        (
            "application_parts",
            {"/body/materials/2/commitment/chosen_by_applicant": False},
            "commitment.not_chosen",
            "/body/materials/2/commitment/chosen_by_applicant",
        ),
        ("application", {f"{ME}/name": "模拟\uf92c"}, "text.compatibility_ideograph", f"{ME}/name"),
        ("application", {f"{ME}/name": "模拟\ue000"}, "text.private_use", f"{ME}/name"),
        ("application", {f"{ME}/name": "模拟\u202e"}, "text.invisible", f"{ME}/name"),
        (
            "acceptance",
            {"/body/result/code": "NOT_ACCEPTED", "/body/reason": "模拟理由"},
            "field.expected",
            "/body/remedies",
        ),
        ("correction_request", {"/body/round": 2}, "correction_request.repeated", "/body/round"),
        (
            "decision",
            {
                "/body/remedies": ...,
                "/body/result/code": "REFUSED",
                "/body/reason": "模拟理由",
            },
            "field.expected",
            "/body/remedies",
        ),
        ("decision", {"/body/result/code": "LAPSED"}, "field.expected", "/body/reason"),
        (
            "decision",
            {"/body/entitlements/0/from_month": "2026-04"},
            "entitlement.first_month_differs",
            "/body/entitlements/0/from_month",
        ),
        (
            "decision",
            {"/body/licences": [{"name": "模拟证"}]},
            "field.expected",
            "/body/licences/0/number",
        ),
        ("decision", {"/body/supersedes": "d-0"}, "field.expected", "/body/supersede_reason"),
        (
            "decision_partly",
            {"/body/entitlements/1/reason": ...},
            "field.expected",
            "/body/entitlements/1/reason",
        ),
        (
            "transfer",
            {"/body/application_date": "2026-03-04"},
            "transfer.application_date_differs",
            "/body/application_date",
        ),
        ("transfer", {"/body/to_place": ...}, "field.expected", "/body/to_place"),
        ("fee", {"/body/fee/basis": ...}, "field.expected", "/body/fee/basis"),
        (
            "special_procedure_start",
            {"/body/legal_basis": ...},
            "field.expected",
            "/body/legal_basis",
        ),
        ("pre_review_answer", {"/body/gaps": ...}, "field.expected", "/body/gaps"),
        ("entitlement_change", {"/body/remedies": ...}, "field.expected", "/body/remedies"),
        ("inquiry_answer", {"/body/answer": ...}, "field.expected", "/body/answer"),
        ("complaint", {"/body/text": ...}, "field.expected", "/body/text"),
        ("acknowledgement_rejected", {"/body/problem": ...}, "field.expected", "/body/problem"),
    ],
)
def test_is_taken_in_and_told(example: str, changes: dict[str, Any], rule: str, path: str):
    found = warnings(parse(changed(example, changes), from_sender=False))
    assert (rule, path) in {(one.rule, one.path) for one in found}
    assert all(one.level == "warn" for one in found)


def test_a_fully_granted_decision_needs_no_remedies():
    assert warnings(parse(changed("decision", {"/body/remedies": ...}), from_sender=False)) == ()


def test_a_telephone_is_enough_for_other_disabilities():
    changes = {
        "/body/preferred_contact": [coded("TELEPHONE", "contact_method")],
        f"{FORM}/disability_category/code": "4",
    }
    found = warnings(parse(changed("application", changes), from_sender=False))
    assert "contact.telephone_only" not in {one.rule for one in found}


def test_the_form_of_each_case_of_a_bundle_is_compared_with_the_shared_applicant():
    path = "/cases/0/form/values/disability_certificate_number"
    document = changed("bundle", {path: "99000220150312002441"})
    found = {(one.rule, one.path) for one in warnings(parse_bundle(document, from_sender=False))}
    assert ("disability_certificate.id_number_differs", path) in found


def test_cautions_never_show_values():
    changes = {f"{ME}/phone": "SECRET", f"{ME}/name": "SECRET\ue000", f"{ME}/sex/code": "SECRET"}
    for one in warnings(parse(changed("application", changes), from_sender=False)):
        assert "SECRET" not in f"{one.message}{one.message_en}{one.path}"


def test_codes_are_looked_up_on_the_application_date_once_it_is_pinned():
    """A county that ended in 2015 is fine for a case of 2014, and an old code for one of 2026."""
    old = {"code": "530328000000", "county": "530328"}
    then = {f"{ME}/household_place": old, "/as_of_date": "2014-03-02"}
    now = {f"{ME}/household_place": old}
    rules = [
        {one.rule for one in warnings(parse(changed("application", changes), from_sender=False))}
        for changes in (then, now)
    ]
    assert "region.old_code" not in rules[0]
    assert "region.old_code" in rules[1]


def test_an_approval_that_withholds_one_benefit_names_remedies():
    changes = {"/body/remedies": ..., "/body/entitlements/1/granted": False}
    found = warnings(parse(changed("decision", changes), from_sender=False))
    assert ("field.expected", "/body/remedies") in {(one.rule, one.path) for one in found}


def test_check_says_what_parse_and_warnings_say():
    document = changed("application", {"/body/applicant/name": "模拟\ue000", "/sequence": ...})
    message = parse(document, from_sender=False)
    assert check(document, from_sender=False) == (message, warnings(message))
    assert {"text.private_use", "field.expected"} <= {one.rule for one in warnings(message)}
