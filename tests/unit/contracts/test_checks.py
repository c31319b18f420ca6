import csv
import string
from pathlib import Path

import pytest

from contracts import checks

VECTORS = Path(__file__).parents[2] / "vectors" / "number_checks.csv"
CHECKS = {
    "id_number": checks.id_number,
    "uscc": checks.credit_code,
    "disability_certificate": checks.disability_certificate,
    "item_code": checks.item_code,
    "licence_id": checks.licence_id,
    "case_number": checks.long_case_number,
}
ROWS = [tuple(row.values()) for row in csv.DictReader(VECTORS.open(encoding="utf-8"))]

CHILD = "990002201503120024"
CHILD_CERTIFICATE = "99000220150312002421"


@pytest.mark.parametrize(("kind", "value", "valid", "note"), ROWS)
def test_every_vector_is_judged_as_written(kind, value, valid, note):
    findings = CHECKS[kind](value, path="/x")

    assert (not findings) == (valid == "yes"), note


@pytest.mark.parametrize(("kind", "value", "valid", "note"), ROWS)
def test_findings_warn_and_never_repeat_the_value(kind, value, valid, note):
    for finding in CHECKS[kind](value, path="/x"):
        assert finding.level == "warn"
        assert finding.path == "/x"
        assert value not in finding.message + str(finding.message_en)
        assert finding.rule.count(".") == 1


def rules(findings):
    return [finding.rule for finding in findings]


def test_identity_number_of_an_impossible_region_is_valid_but_noted():
    assert rules(checks.id_number(CHILD, path=None)) == ["id_number.region_unknown"]


def test_small_x_is_the_same_number():
    assert checks.id_number("11010519491231002x", path=None) == ()


@pytest.mark.parametrize("prefix", ["810000", "820000", "830000"])
def test_residence_permits_have_a_known_region(prefix):
    found = checks.id_number(prefix + "199001010000", path=None)

    assert "id_number.region_unknown" not in rules(found)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("110105491231002", "id_number.shape"),
        ("", "id_number.shape"),
        ("110105194912310021", "id_number.check"),
        ("110105194902300017", "id_number.birth_date"),
    ],
)
def test_identity_number_rules_have_stable_ids(value, rule):
    assert rule in rules(checks.id_number(value, path=None))


def test_every_single_digit_error_in_an_identity_number_is_noticed():
    good = "11010519491231002X"
    for place in range(17):
        for digit in string.digits.replace(good[place], ""):
            wrong = good[:place] + digit + good[place + 1 :]
            assert "id_number.check" in rules(checks.id_number(wrong, path=None)), wrong


def test_certificate_is_compared_with_the_form():
    assert (
        checks.disability_certificate(
            CHILD_CERTIFICATE, path=None, holder_id_number=CHILD, category="2", grade="1"
        )
        == ()
    )
    assert rules(
        checks.disability_certificate(
            CHILD_CERTIFICATE + "B2",
            path=None,
            holder_id_number="990002198706050041",
            category="1",
            grade="2",
        )
    ) == [
        "disability_certificate.id_number_differs",
        "disability_certificate.category_differs",
        "disability_certificate.grade_differs",
    ]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("9900022015031200242", "disability_certificate.shape"),
        ("99000220150312002421B", "disability_certificate.shape"),
        ("99000220150312003421", "disability_certificate.id_number"),
        ("99000220150312002401", "disability_certificate.category"),
        ("99000220150312002425", "disability_certificate.grade"),
    ],
)
def test_certificate_rules_have_stable_ids(value, rule):
    assert rule in rules(checks.disability_certificate(value, path=None))


def test_item_code_splits_into_body_level_catalogue_and_handling_item():
    assert checks.split_item_code("11310000MB2F30661Y231200356400001") == checks.ItemCode(
        body="11310000MB2F30661Y", level="2", catalogue_code="312003564000", handling_item="01"
    )
    assert checks.split_item_code("11440100007482575H3440118009000") == checks.ItemCode(
        body="11440100007482575H", level="3", catalogue_code="440118009000"
    )


def test_item_code_of_a_body_with_wrong_check_is_named():
    found = checks.item_code("11440100007482575J3440118009000", path=None)

    assert rules(found) == ["item_code.body_check"]


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("00000000003", True),
        ("+8613800000000", True),
        ("1380000000", False),
        ("1380000000a", False),
    ],
)
def test_mobile_number_has_eleven_digits(value, fits):
    assert (checks.mobile_number(value, path=None) == ()) is fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [("ABC000000000000", True), ("900000000000000000", True), ("800000000000000000", False)],
)
def test_both_generations_of_permanent_residence_cards_pass(value, fits):
    assert (checks.certificate_number("553", value, path=None) == ()) is fits


def test_certificate_types_without_a_rule_pass():
    assert checks.certificate_number("414", "anything", path=None) == ()


def test_mod37_36_of_the_standard_number_of_the_examples():
    assert checks.mod37_36("20260302530303T00017") == "T"
    assert checks.mod37_36("20260302530303T00019") == "P"
    with pytest.raises(ValueError, match="substring"):
        checks.mod37_36("ab")
