from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace

import pytest

from contracts.errors import Unroutable
from gateway.core.routing import Destination, deciding_place, route

NOW = date(2026, 3, 2)
ITEM = "000599999000"


@dataclass(frozen=True)
class Row:
    serves: str
    credit_code: str = "11990015300000041E"
    name: str = "模拟民政局"
    place: str = "150402000000"
    system: str = "150000"
    items: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    roles: tuple[str, ...] = ()


def found(
    *rows: Row, place: str = "150402990000", on: date = NOW, named: str | None = None
) -> Destination:
    return route(place, item=ITEM, bodies=rows, on=on, named=named)


def test_the_body_that_serves_the_place_is_found():
    assert found(Row("1504"), Row("53")) == Destination(
        system="150000",
        place="150402990000",
        credit_code="11990015300000041E",
        body_name="模拟民政局",
    )


def test_the_narrowest_area_wins():
    zone = Row("150402990", credit_code="zone", system="zone")

    assert found(Row("15"), zone, Row("150402")).system == "zone"


def test_a_body_serves_only_its_items_and_its_time():
    other = Row("150402", items=("000199996000",), system="other")
    ended = Row("1504029", valid_to=date(2026, 3, 1), system="ended")
    later = Row("15040299", valid_from=date(2026, 3, 3), system="later")

    assert found(Row("15"), other, ended, later).system == "150000"
    assert found(Row("15"), ended, on=date(2026, 3, 1)).system == "ended"


def refusal(*rows: Row, **given):
    with pytest.raises(Unroutable) as refused:
        found(*rows, **given)
    (finding,) = refused.value.findings
    return finding


def test_a_place_nobody_serves_is_refused():
    finding = refusal(Row("53"))

    assert (finding.rule, finding.level) == ("route.none", "reject")
    assert "户籍地区划" in finding.message


def test_an_ambiguity_is_refused_and_names_the_choices():
    finding = refusal(Row("150402", credit_code="A"), Row("150402", credit_code="B"))

    assert finding.rule == "route.ambiguous"
    assert "A, B" in finding.message
    assert "A, B" in finding.message_en


def test_the_body_the_sender_names_settles_an_ambiguity():
    rows = (Row("150402", credit_code="A"), Row("150402", credit_code="B"))

    assert found(*rows, named="B").credit_code == "B"
    assert found(Row("150402", credit_code="A"), named="B").credit_code == "A"


def test_one_body_reached_in_two_systems_is_ambiguous_too():
    assert refusal(Row("150402"), Row("150402", system="other")).rule == "route.ambiguous"


def test_the_same_row_twice_is_no_ambiguity():
    assert found(Row("150402"), Row("150402")).system == "150000"


def test_an_old_county_code_leads_to_the_body_of_the_county_in_force():
    rows = (Row("530303", system="530000"), Row("15"))

    assert found(*rows, place="530328000000").place == "530303000000"
    assert found(*rows, place="530328990000").system == "530000"


def test_an_old_county_code_is_kept_while_it_is_in_force():
    rows = (Row("530328", system="old"), Row("530303", system="new"))

    assert found(*rows, place="530328000000", on=date(2015, 6, 1)).system == "old"


def application(*, household=None, residence=None, named=None):
    def at(code):
        return SimpleNamespace(code=code) if code else None

    applicant = SimpleNamespace(household_place=at(household), residence_place=at(residence))
    return SimpleNamespace(applicant=applicant, handling_place=at(named))


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("HOUSEHOLD", "150402990000"),
        ("LEAD_MEMBER", "150402990000"),
        ("RESIDENCE", "530303990000"),
    ],
)
def test_the_rule_of_the_item_names_the_place(rule, place):
    both = application(household="150402990000", residence="530303990000")

    assert deciding_place(both, rule=rule, on=NOW) == place


@pytest.mark.parametrize("rule", ["NAMED", "EMERGENCY", "ORIGIN", "RESIDENCE_PERMIT"])
def test_other_rules_need_the_sender_to_name_it(rule):
    named = application(household="150402990000", named="530303990000")
    assert deciding_place(named, rule=rule, on=NOW) == "530303990000"

    with pytest.raises(Unroutable) as refused:
        deciding_place(application(household="150402990000"), rule=rule, on=NOW)
    assert refused.value.findings[0].rule == "route.unnamed"


@pytest.mark.parametrize(
    ("given", "rule", "finding"),
    [
        ({}, "HOUSEHOLD", "route.no_household"),
        ({}, "RESIDENCE", "route.no_residence"),
        ({"household": "150402990000", "named": "150403000000"}, "HOUSEHOLD", "route.differs"),
    ],
)
def test_a_missing_or_contradicting_place_asks_the_window(given, rule, finding):
    with pytest.raises(Unroutable) as refused:
        deciding_place(application(**given), rule=rule, on=NOW)

    assert refused.value.findings[0].rule == finding


def test_an_old_code_and_its_successor_are_no_contradiction():
    old = application(household="530328000000", named="530303990000")

    assert deciding_place(old, rule="HOUSEHOLD", on=NOW) == "530328000000"
