import csv
from datetime import date
from importlib.resources import files

import pytest
import yaml
from pydantic import ValidationError

from contracts.catalogue import CatalogueItem, find_item, item, items
from contracts.codelist import code_list

NOW = date(2026, 3, 2)
SUBSIDIES = "000599999000"
MARRIAGE = "000799997000"


def test_subsidies_have_three_clocks_of_three_owners():
    clocks = {clock.kind: clock for clock in item(SUBSIDIES, NOW).clocks}

    assert (clocks["PUSH"].limit, clocks["PUSH"].owner) == (3, "RECEIVING")
    assert (clocks["DECIDE"].limit, clocks["DECIDE"].owner) == (10, "HANDLING")
    assert (clocks["NOTIFY"].limit, clocks["NOTIFY"].owner) == (3, "RECEIVING")
    assert {clocks[kind].unit for kind in ("PUSH", "DECIDE", "NOTIFY")} == {"WORKING_DAY"}
    assert {clocks[kind].confidence for kind in ("PUSH", "DECIDE", "NOTIFY")} == {"A"}


def test_subsidies_name_every_material_of_the_guides_and_no_other():
    text = (files("contracts") / "codelists" / "disability_subsidy_materials.csv").read_text(
        "utf-8"
    )
    listed = {row["code"]: row["name_zh"] for row in csv.DictReader(text.splitlines())}

    assert {m.code: m.name_zh for m in item(SUBSIDIES, NOW).materials} == listed


def test_a_mode_is_offered_from_its_own_day():
    subsidies = item(SUBSIDIES, NOW)

    assert subsidies.duty("ONLINE", date(2022, 5, 14)) is None
    assert subsidies.duty("ONLINE", date(2022, 5, 15)) is not None
    assert subsidies.duty("JOINT", NOW) is None


def test_a_mode_may_end_before_its_item():
    subsidies = item(SUBSIDIES, NOW)
    last = subsidies.modes[0].model_copy(update={"valid_to": NOW})
    ending = subsidies.model_copy(update={"modes": (last,)})

    assert ending.duty("PROXY", NOW) is last
    assert ending.duty("PROXY", date(2026, 3, 3)) is None


@pytest.mark.parametrize(
    ("code", "implementation", "on", "rule"),
    [
        (None, None, NOW, "item.unresolved"),
        (None, "511F0287300000-511602000000-000-11511301008778298W-1-00", NOW, "item.unresolved"),
        ("000599999001", None, NOW, "item.unknown"),
        (SUBSIDIES, "1399001530000003174002099998000", NOW, "item.codes_differ"),
        (SUBSIDIES, None, date(2021, 4, 21), "item.not_yet"),
        (MARRIAGE, None, date(2025, 5, 10), "item.ended"),
    ],
)
def test_what_does_not_resolve_is_rejected_with_its_reason(code, implementation, on, rule):
    found = find_item(catalogue_code=code, implementation_code=implementation, on=on)

    assert found.item is None
    assert [(one.rule, one.level) for one in found.findings] == [(rule, "reject")]
    assert found.findings[0].path.startswith("/item")


def test_marriage_registration_ended_with_the_regulation():
    assert find_item(catalogue_code=MARRIAGE, on=date(2025, 5, 9)).item.version == "2023.1"
    (finding,) = find_item(catalogue_code=MARRIAGE, on=date(2025, 5, 10)).findings
    assert "804" in finding.message


@pytest.mark.parametrize(
    "implementation",
    ["11990015300000041E4000599999000", "11990015300000041E400059999900001"],
)
def test_an_implementation_code_holds_the_catalogue_code(implementation):
    found = find_item(implementation_code=implementation, on=NOW)

    assert found.item.catalogue_code == SUBSIDIES
    both = find_item(catalogue_code=SUBSIDIES, implementation_code=implementation, on=NOW)
    assert both == found


def test_the_list_of_a_day_leaves_ended_items_out():
    codes = [one.catalogue_code for one in items(NOW)]

    assert SUBSIDIES in codes
    assert MARRIAGE not in codes
    assert codes == sorted(codes)


ENTRIES = sorted((files("contracts") / "catalogue" / "items").iterdir(), key=lambda one: one.name)


@pytest.mark.parametrize("file", ENTRIES, ids=lambda file: file.name)
def test_every_entry_is_named_by_its_code_and_says_where_it_comes_from(file):
    one = CatalogueItem.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))

    assert file.name.startswith(one.catalogue_code + "-")
    assert one.source
    assert one.item_type == one.catalogue_code[2:4]
    assert all(clock.legal_basis for clock in one.clocks)
    assert all(code in code_list("clock_kind") for code in (c.kind for c in one.clocks))


@pytest.mark.parametrize(
    "change",
    [
        {"routing_rule": "ANYWHERE"},
        {"item_type": "55"},
        {"valid_to": date(2020, 1, 1)},
        {"catalogue_code": "0005999990"},
        {"unheard_of": True},
        {"materials": [{"code": "x", "name_zh": "x", "needed": "always"}] * 2},
    ],
)
def test_wrong_data_does_not_load(change):
    good = item(SUBSIDIES, NOW).model_dump()

    with pytest.raises(ValidationError):
        CatalogueItem.model_validate({**good, **change})
