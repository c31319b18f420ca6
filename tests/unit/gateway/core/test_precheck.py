from dataclasses import dataclass
from datetime import date

from contracts.catalogue import item
from gateway.core.precheck import Situation, precheck

SUBSIDIES = item("000599999000", date(2026, 3, 2))
CHILDREN = item("000599998000", date(2026, 3, 2))
ALL = tuple(material.code for material in SUBSIDIES.materials)
ADULT = Situation(
    subsidy_kinds=frozenset({"CARE"}), on_minimum_allowance=False, by_agent=False, child=False
)


@dataclass(frozen=True)
class Listed:
    materials: tuple[str, ...] = ALL
    may_owe: tuple[str, ...] = ()
    by_check: tuple[str, ...] = ()
    by_commitment: tuple[str, ...] = ()


def changed(**change):
    fields = {name: getattr(ADULT, name) for name in ADULT.__slots__}
    return Situation(**{**fields, **change})


def codes(result):
    return [gap.code for gap in result.gaps]


def test_all_gaps_are_told_at_once_in_the_order_of_the_item():
    result = precheck(SUBSIDIES, None, situation=ADULT)

    assert codes(result) == [
        "application_form",
        "disability_certificate",
        "identity_card",
        "bank_account",
    ]
    assert not result.complete
    assert result.questions == ()


def test_what_can_be_fetched_need_not_be_brought():
    gaps = {gap.code: gap for gap in precheck(SUBSIDIES, None, situation=ADULT).gaps}

    assert [code for code, gap in gaps.items() if gap.to_bring] == ["bank_account"]
    assert "电子证照" in gaps["disability_certificate"].how[0]
    assert "携带原件" in gaps["bank_account"].how[-1]


def test_nothing_is_missing_once_the_rest_is_at_hand():
    result = precheck(SUBSIDIES, None, situation=changed(has=frozenset({"bank_account"})))

    assert result.complete


def test_the_living_subsidy_asks_by_household():
    living = changed(subsidy_kinds=frozenset({"LIVING"}), on_minimum_allowance=True)
    assert "minimum_allowance_certificate" in codes(precheck(SUBSIDIES, None, situation=living))
    assert "income_proof" not in codes(precheck(SUBSIDIES, None, situation=living))
    without = changed(subsidy_kinds=frozenset({"LIVING", "CARE"}), on_minimum_allowance=False)
    assert "income_proof" in codes(precheck(SUBSIDIES, None, situation=without))


def test_an_agent_brings_the_proxy_and_a_child_may_have_no_card():
    result = precheck(SUBSIDIES, None, situation=changed(by_agent=True, child=True))

    assert "proxy_document" in codes(result)
    assert "identity_card" not in codes(result)


def test_open_questions_are_asked_all_at_once_and_keep_it_incomplete():
    result = precheck(SUBSIDIES, None, situation=Situation(has=frozenset({"bank_account"})))

    assert [name for name, _ in result.questions] == ["child", "subsidy_kinds", "by_agent"]
    assert not result.complete


def test_the_local_list_takes_away():
    local = Listed(materials=("bank_account", "photos"))

    assert codes(precheck(SUBSIDIES, local, situation=ADULT)) == ["photos", "bank_account"]


def test_what_the_local_list_adds_is_a_finding_and_not_asked_for():
    local = Listed(materials=("bank_account", "marriage_certificate"))
    result = precheck(SUBSIDIES, local, situation=ADULT)

    assert codes(result) == ["bank_account"]
    assert [finding.rule for finding in result.findings] == ["precheck.asks_more"]


def test_local_ways_stand_beside_the_national_ones():
    local = Listed(may_owe=("bank_account",), by_commitment=("photos",), by_check=("photos",))
    gaps = {gap.code: gap for gap in precheck(SUBSIDIES, local, situation=ADULT).gaps}

    assert gaps["bank_account"].ways == ("OWED",)
    assert gaps["bank_account"].to_bring
    assert gaps["photos"].ways == ("DATA_CHECK", "COMMITMENT")
    assert not gaps["photos"].to_bring
    assert any("自愿" in words for words in gaps["photos"].how)


def test_an_item_without_national_materials_follows_the_local_list():
    local = Listed(materials=("household_register",))
    result = precheck(CHILDREN, local, situation=Situation())

    assert [(gap.code, gap.name_zh) for gap in result.gaps] == [("household_register", "户口簿")]
    assert result.findings == ()


def test_a_material_of_a_situation_is_asked_for_in_that_one_only():
    local = Listed(materials=("parents_death_proof", "hiv_diagnosis", "committee_certificate"))
    orphan = precheck(CHILDREN, local, situation=Situation(situations=frozenset({"ORPHAN"})))
    unsaid = precheck(CHILDREN, local, situation=Situation())

    assert codes(orphan) == ["parents_death_proof"]
    assert codes(unsaid) == []
    assert [name for name, _ in unsaid.questions] == ["situations"]
    assert not unsaid.complete


def test_where_the_place_governs_the_materials_its_own_are_asked_for():
    local = Listed(materials=("household_register", "school_certificate"))
    result = precheck(CHILDREN, local, situation=Situation(situations=frozenset({"ORPHAN"})))

    assert codes(result) == ["household_register", "school_certificate"]
    assert result.findings == ()


def test_what_an_earlier_case_may_have_collected_is_said():
    proof = item("000599903000", date(2026, 3, 2))
    gaps = {gap.code: gap for gap in precheck(proof, None, situation=Situation()).gaps}

    assert "CARRIED_OVER" in gaps["bank_account"].ways
    assert any("不必再交" in words for words in gaps["bank_account"].how)
