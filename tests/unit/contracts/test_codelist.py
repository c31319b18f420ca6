import csv
import itertools
from datetime import date
from importlib.resources import files

import pytest

from contracts.codelist import Code, CodeList, code_list, code_list_names

DAY = date(2026, 3, 2)


def test_codes_of_standards_and_of_the_project_are_found_by_name():
    assert code_list("sex").label("2") == "女性"
    assert code_list("certificate_type").get("217", DAY).name_zh == "残疾证"
    assert code_list("decision_result").label("APPROVED") == "准予或合格"
    assert code_list("disability_subsidy_materials").label("bank_account") == "银行存折/卡"
    assert code_list("message_kind").kind == "enum"
    assert code_list("gap_code").kind == "code"


def test_an_unknown_code_has_itself_as_label():
    assert code_list("sex").get("7", DAY) is None
    assert code_list("sex").label("7") == "7"
    assert "7" not in code_list("sex")


def test_an_unknown_list_is_an_error():
    with pytest.raises(KeyError):
        code_list("local_jining_push_type")


def test_an_ended_code_is_told_from_an_unknown_one():
    old = Code("1", "旧", "old", valid_to=date(2020, 12, 31))
    new = Code("1", "新", "new", valid_from=date(2021, 1, 1), valid_to=date(2022, 12, 31))
    dated = CodeList(name="dated", kind="code", rows={"1": (old, new)})

    assert dated.get("1", date(2020, 12, 31)) is old
    assert dated.get("1", date(2021, 1, 1)) is new
    assert dated.get("1", date(2023, 1, 1)) is None
    assert dated.latest("1") is new
    assert dated.latest("2") is None


@pytest.mark.parametrize("name", code_list_names())
def test_every_list_has_names_and_no_overlapping_rows(name):
    codes = code_list(name)
    assert list(codes)
    for code, rows in codes.rows.items():
        assert all(row.code == code and row.name_zh for row in rows)
        for before, after in itertools.pairwise(rows):
            assert before.valid_to is not None
            assert after.valid_from is not None
            assert before.valid_to < after.valid_from


def test_every_list_of_a_standard_names_its_source():
    text = (files("contracts") / "codelists" / "sources.csv").read_text(encoding="utf-8")
    sources = {row["list"]: row for row in csv.DictReader(text.splitlines())}
    own = {
        entry.name.removesuffix(".csv")
        for entry in (files("contracts") / "codelists").iterdir()
        if entry.name not in {"conventions.csv", "sources.csv"}
    }
    assert set(sources) == own
    assert all(row["source"] and row["what_was_read"] for row in sources.values())
    assert {row["confidence"] for row in sources.values()} <= {"A", "B"}
