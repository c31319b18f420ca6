"""A lower list only takes away (只减不加)."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.catalogue import LocalOffer, compare

NOW = date(2026, 3, 2)
SAME = LocalOffer(
    catalogue_code="000599999000",
    materials=("disability_certificate", "bank_account"),
    decide_days=10,
    fee_fen=0,
    steps=("township_pre_check", "cdpf_review", "county_decision"),
    form_fields=("subsidy_kinds", "account"),
    requirements=("certificate",),
    procedures=(("certificate_check", "", 5),),
)


def rules(offer, on=NOW):
    return [one.rule for one in compare(offer, on)]


def test_a_list_that_asks_for_the_same_or_less_is_fine():
    assert rules(SAME) == []
    assert rules(LocalOffer(catalogue_code="000599999000", decide_days=5)) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"materials": ("bank_account", "income_tax_return")}, "list.more_materials"),
        ({"decide_days": 11}, "list.more_days"),
        ({"fee_fen": 1}, "list.higher_fee"),
        ({"steps": ("township_pre_check", "village_vote")}, "list.more_steps"),
        ({"form_fields": ("subsidy_kinds", "religion")}, "list.more_form_fields"),
        ({"requirements": ("certificate", "ten_years_here")}, "list.more_conditions"),
        ({"procedures": (("inspection", "", 2),)}, "list.procedure_no_basis"),
        ({"procedures": (("inspection", "模拟依据", 6),)}, "list.procedure_too_long"),
        ({"procedures": (("inspection", "模拟依据", None),)}, "list.procedure_too_long"),
        ({"decide_days": 8}, "list.procedure_too_long"),
        ({"catalogue_code": "000123456789"}, "item.unknown"),
    ],
)
def test_whatever_it_adds_is_found(change, rule):
    (finding,) = compare(replace(SAME, **change), NOW, path="items.csv:2")

    assert finding.rule == rule
    assert finding.level == "reject"


def test_where_the_place_governs_the_materials_they_are_not_compared():
    children = LocalOffer(catalogue_code="000599998000", materials=("school_certificate",))

    assert rules(children) == []


def test_a_procedure_whose_basis_has_a_limit_is_held_to_that_one():
    licence = LocalOffer(catalogue_code="000199996000", decide_days=10)

    assert rules(replace(licence, procedures=(("extension", "", 10),))) == []
    assert rules(replace(licence, procedures=(("extension", "", 11),))) == [
        "list.procedure_too_long"
    ]


def test_the_amount_of_a_fee_the_catalogue_leaves_open_is_the_places():
    assert rules(LocalOffer(catalogue_code="000199996000", fee_fen=1000)) == []
