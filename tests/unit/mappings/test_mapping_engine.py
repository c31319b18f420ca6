"""What rules do, both ways, on a small province that uses the whole language."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import contracts
from contracts.adapter import Translation
from contracts.errors import InvalidDocument, Unrenderable
from mappings.engine import CompiledMapping
from mappings.explain import explain
from mappings.load import PROVINCES, load, read_package
from mappings.runtime import merge
from tests.unit.mappings.small import DIGEST, RECORD, write_small

CONTEXT = {"serial": "S-1", "now": "2026-03-02T09:14:06+08:00"}
TODAY = date(2026, 3, 2)
EXAMPLES = Path(contracts.__file__).parent / "examples" / "v1" / "valid"


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> CompiledMapping:
    return load(write_small(tmp_path_factory.mktemp("small")))


@pytest.fixture
def record() -> dict[str, Any]:
    return copy.deepcopy(RECORD)


@pytest.fixture
def read(mapping: CompiledMapping) -> Callable[..., Translation]:
    def to_national(record: dict[str, Any], kind: str = "application") -> Translation:
        return mapping.to_national(kind, record, context=CONTEXT, as_of=None)

    return to_national


@pytest.fixture
def write(mapping: CompiledMapping) -> Callable[..., dict[str, Any]]:
    def from_national(
        document: dict[str, Any], kind: str = "application", **context: str
    ) -> dict[str, Any]:
        given = {**CONTEXT, **context}
        return mapping.from_national(kind, document, context=given, as_of=TODAY).document

    return from_national


def rules_of(translation: Translation) -> list[tuple[str, str | None]]:
    return [(f.rule, f.path) for f in translation.findings]


def test_record_comes_back_as_it_was(read, write, record) -> None:
    del record["Head"]["Sign"]  # transport field, ignored

    back = write(read(record).document)

    assert back.pop("Head") == record.pop("Head") | {"Sent": "20260302091406"}
    assert back == record


def test_keys_are_written_in_the_order_of_the_rules(read, write, record) -> None:
    assert list(write(read(record).document)) == [
        *("Head", "Person", "Agent", "Kinds", "Amount", "Poor", "Reason", "Bank", "List")
    ]


def test_coded_value_keeps_the_code_it_came_from(read, record) -> None:
    assert read(record).document["body"]["applicant"]["sex"] == {
        "code": "2",
        "list": "sex",
        "source": {
            "system": "990009",
            "list": "性别",
            "code": "F",
            "label": "女",
            "equivalence": "equal",
        },
    }


def test_wider_code_is_a_finding_and_goes_back_as_it_came(read, write, record) -> None:
    done = read(record)

    assert ("code.wider", "/body/agent/relation") in rules_of(done)
    assert write(done.document)["Agent"]["Relation"] == "MU"


def test_unknown_code_keeps_its_source_and_is_a_finding(read, write, record) -> None:
    record["Person"]["Sex"] = "?"
    done = read(record)

    assert done.document["body"]["applicant"]["sex"]["code"] is None
    assert done.document["body"]["applicant"]["sex"]["source"]["code"] == "?"
    assert ("code.unmapped", "/body/applicant/sex") in rules_of(done)
    assert write(done.document)["Person"]["Sex"] == "?"


def test_code_that_ended_before_the_application_date_is_a_finding(read, record) -> None:
    record["Person"]["Sex"] = "X"
    done = read(record)

    assert done.document["body"]["applicant"]["sex"]["code"] is None
    assert ("code.ended", "/body/applicant/sex") in rules_of(done)


def test_codes_are_looked_up_as_of_the_application_date(read, record) -> None:
    record["Person"]["Sex"] = "X"
    record["Head"]["Day"] = "20200301"
    record["Head"]["Item"] = "L-0"

    assert read(record).document["body"]["applicant"]["sex"]["code"] == "9"


@pytest.mark.parametrize(
    ("national", "written"),
    [("GRANDPARENT", "GF"), ("SIBLING", "QT"), ("PARENT", None), ("SPOUSE", None)],
    ids=["only one wider", "narrower", "several wider", "none"],
)
def test_code_of_another_system_is_written_only_if_one_row_may_stand_for_it(
    mapping, read, record, national, written
) -> None:
    document = read(record).document
    document["body"]["agent"]["relation"] = {"code": national, "list": "family_relation"}

    done = mapping.from_national("application", document, context=CONTEXT, as_of=TODAY)

    assert done.document["Agent"].get("Relation") == written
    assert [f.path for f in done.findings] == ["/body/agent/relation"]


def test_foreign_source_code_is_not_taken_for_an_own_one(read, write, record) -> None:
    document = read(record).document
    document["body"]["applicant"]["sex"]["source"]["system"] = "340100-window"
    document["body"]["applicant"]["sex"]["source"]["code"] = "M"

    assert write(document)["Person"]["Sex"] == "F"


def test_item_is_chosen_by_its_condition(read, write, record) -> None:
    record["Head"]["Item"], record["Kinds"] = "L-2", "1,2"
    document = read(record).document
    document["item"]["source"]["system"] = "elsewhere"

    assert write(document)["Head"]["Item"] == "L-2"


@pytest.mark.parametrize(("code", "rule"), [("L-0", "item.ended"), ("L-77", "item.unmapped")])
def test_item_that_is_unknown_or_ended_is_rejected(read, record, code, rule) -> None:
    record["Head"]["Item"] = code
    done = read(record)

    assert [(f.rule, f.level) for f in done.findings if f.path == "/item"] == [(rule, "reject")]
    assert done.document["item"]["source"]["code"] == code


def test_item_without_a_fitting_row_cannot_be_rendered(read, write, record) -> None:
    document = read(record).document
    document["item"]["source"]["system"] = "elsewhere"
    document["body"]["form"]["values"]["subsidy_kinds"] = [{"code": "CARE", "list": "subsidy_kind"}]

    with pytest.raises(Unrenderable) as refused:
        write(document)

    assert ("item.unmapped", "/item") in [(f.rule, f.path) for f in refused.value.findings]


def test_source_field_without_a_rule_is_kept_and_put_back(read, write, record) -> None:
    record["Person"]["Nick"] = "模拟"
    record["List"]["Item"][1]["Remark"] = "模拟备注"
    record["Other"] = {"Deep": ["x"]}
    done = read(record)

    assert done.document["extensions"] == {
        "990009": {
            "/Person/Nick": "模拟",
            "/List/Item/1/Remark": "模拟备注",
            "/Other": {"Deep": ["x"]},
        }
    }
    assert ("mapping.unmapped", "/extensions/990009") in rules_of(done)
    back = write(done.document)
    assert back["Person"]["Nick"] == "模拟"
    assert back["List"]["Item"][1]["Remark"] == "模拟备注"
    assert back["Other"] == {"Deep": ["x"]}


def test_extensions_never_replace_what_a_rule_wrote(read, write, record) -> None:
    document = read(record).document
    document["extensions"] = {"990009": {"/Person/Name": "another", "/Person/Name/x": "y"}}

    assert write(document)["Person"]["Name"] == "模拟·其其格"


def test_extensions_of_another_system_stay_where_they_are(read, write, record) -> None:
    document = read(record).document
    document["extensions"] = {"340100-window": {"/Person/Nick": "x"}}

    assert "Nick" not in write(document)["Person"]


def test_constant_that_differs_is_kept(read, record) -> None:
    record["Head"]["Version"] = "1.9"

    assert read(record).document["extensions"]["990009"] == {"/Head/Version": "1.9"}


@pytest.mark.parametrize(
    ("path", "value", "target"),
    [
        (("Head", "Day"), "20261302", "/body/dates/application_date"),
        (("Amount",), "很多", "/body/form/values/amount_fen"),
        (("Poor",), "maybe", "/body/form/values/poor"),
        (("Bank",), "no branch", "/body/form/values/bank"),
        (("Person", "Name"), {"@lang": "zh", "#text": "x"}, "/body/applicant/name"),
        (("Person", "Region"), "五三", "/body/applicant/household_place"),
        (("Head", "OnTime"), "0914", "/occurred_at"),
    ],
)
def test_value_in_another_form_is_kept_and_found(read, write, record, path, value, target) -> None:
    place = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    done = read(record)

    assert ("mapping.invalid", target) in rules_of(done)
    assert done.document["extensions"]["990009"]["/" + "/".join(path)] == value


def test_half_of_a_joined_value_is_kept(read, record) -> None:
    del record["Head"]["OnDay"]
    done = read(record)

    assert "occurred_at" not in done.document
    assert done.document["extensions"]["990009"] == {"/Head/OnTime": "091405"}


def test_placeholder_is_dropped_with_a_finding(read, record) -> None:
    record["Reason"] = "无"
    done = read(record)

    assert "reason" not in done.document["body"]["form"]["values"]
    assert ("mapping.placeholder", "/body/form/values/reason") in rules_of(done)
    assert "extensions" not in done.document


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_empty_source_values_are_absent(read, record, empty) -> None:
    record["Person"]["Number"] = record["Amount"] = record["Unknown"] = empty
    done = read(record)

    assert "id_number" not in done.document["body"]["applicant"]
    assert "amount_fen" not in done.document["body"]["form"]["values"]
    assert "extensions" not in done.document


def test_rule_whose_condition_fails_leaves_the_field_alone(read, write, record) -> None:
    record["Kinds"], record["Head"]["Item"] = "2", "L-77"
    done = read(record)

    assert "poor" not in done.document["body"]["form"]["values"]
    assert done.document["extensions"]["990009"] == {"/Poor": "Y"}
    assert write(done.document)["Poor"] == "Y"


def test_constants_alone_do_not_make_an_object(read, record) -> None:
    record["Agent"] = {"Relation": ""}
    assert "agent" not in read(record).document["body"]

    del record["Agent"]
    assert "agent" not in read(record).document["body"]


def test_missing_required_field_is_a_warning_inwards(read, record) -> None:
    del record["Person"]["Name"]
    done = read(record)

    assert [(f.rule, f.level, f.path) for f in done.findings if f.rule == "mapping.missing"] == [
        ("mapping.missing", "warn", "/body/applicant/name")
    ]


def test_missing_required_fields_are_told_all_at_once_outwards(read, write, record) -> None:
    document = read(record).document
    del document["body"]["applicant"]["name"]
    del document["body"]["dates"]

    with pytest.raises(Unrenderable) as refused:
        write(document)

    assert [f.path for f in refused.value.findings if f.rule == "mapping.missing"] == [
        *("/body/dates/application_date", "/body/applicant/name")
    ]


def test_value_that_cannot_be_written_back_stops_the_rendering(read, write, record) -> None:
    document = read(record).document
    document["body"]["form"]["values"]["amount_fen"] = -5

    with pytest.raises(Unrenderable) as refused:
        write(document)

    assert [f.rule for f in refused.value.findings] == ["mapping.unwritable"]


def test_one_element_standing_alone_is_a_list_of_one(read, record) -> None:
    alone = record["List"]["Item"][0]
    record["List"]["Item"] = alone
    materials = read(record).document["body"]["materials"]

    assert [m["material_id"] for m in materials] == ["m-1"]
    assert materials[0]["files"] == [
        {"digest": DIGEST, "size": 2097152, "media_type": "application/pdf"}
    ]


def test_plain_value_among_the_elements_is_kept(read, record) -> None:
    record["List"]["Item"][1] = "模拟"
    done = read(record)

    assert len(done.document["body"]["materials"]) == 1
    assert done.document["extensions"]["990009"] == {"/List/Item/1": "模拟"}


def test_second_file_does_not_fit_where_one_stands(read, write, record) -> None:
    document = read(record).document
    files = document["body"]["materials"][0]["files"]
    files.append(dict(files[0]))

    with pytest.raises(Unrenderable) as refused:
        write(document)

    assert [(f.rule, f.path) for f in refused.value.findings] == [
        ("mapping.too_many", "/body/materials/0/files")
    ]


def test_default_fills_what_the_source_left_out(read, record) -> None:
    del record["List"]["Item"][0]["Type"]

    files = read(record).document["body"]["materials"][0]["files"]

    assert files[0]["media_type"] == "image/jpeg"


def test_region_that_is_cut_short_is_told(read, write, record, mapping) -> None:
    document = read(record).document
    place = document["body"]["applicant"]["household_place"]
    place.update(code="150402990000")
    place["source"]["system"] = "elsewhere"

    done = mapping.from_national("application", document, context=CONTEXT, as_of=TODAY)

    assert done.document["Person"]["Region"] == "150402"
    assert rules_of(done) == [("place.coarser", "/body/applicant/household_place")]


PROGRESS = {
    "Told": "g",
    "Files": {
        "HKB": [f"material:{DIGEST}:5", f"material:{DIGEST}:6"],
        "SFZ": f"material:{DIGEST}:7",
        "ZZZ": "unknown",
    },
}


def test_pivot_turns_fields_into_a_list_and_back(read, write) -> None:
    done = read(PROGRESS, "progress")

    materials = done.document["body"]["materials"]
    assert [(m["code"]["code"], m["files"][0]["size"]) for m in materials] == [
        *(("household_register", 5), ("household_register", 6), ("identity_card", 7))
    ]
    assert done.document["extensions"] == {"990009": {"/Files/ZZZ": "unknown"}}
    assert write(done.document, "progress") == PROGRESS


def test_pivot_without_a_field_for_an_element_cannot_be_rendered(read, write) -> None:
    document = read(PROGRESS, "progress").document
    document["body"]["materials"][0]["code"] = {
        "code": "photos",
        "list": "disability_subsidy_materials",
    }

    with pytest.raises(Unrenderable) as refused:
        write(document, "progress")

    assert [f.path for f in refused.value.findings] == ["/body/materials/0/code"]


def test_plain_code_without_counterpart_is_kept(read, write) -> None:
    done = read({"Told": "?"}, "progress")

    assert done.document == {"extensions": {"990009": {"/Told": "?"}}}
    assert write(done.document, "progress") == {"Told": "?"}


def test_context_names_the_system_of_a_folder_with_several(mapping, record) -> None:
    done = mapping.to_national(
        "application", record, context={**CONTEXT, "system": "990008"}, as_of=None
    )

    assert done.document["item"]["source"]["system"] == "990008"


def test_kind_without_rules_is_refused(mapping) -> None:
    with pytest.raises(InvalidDocument):
        mapping.to_national("decision", {}, context=CONTEXT, as_of=TODAY)
    with pytest.raises(Unrenderable):
        mapping.from_national("decision", {}, context=CONTEXT, as_of=TODAY)


def test_findings_and_lineage_hold_no_value_of_the_document(read, record) -> None:
    record["Person"]["Sex"] = record["Amount"] = "秘密"
    done = read(record)

    assert "秘密" not in repr(done.findings) + repr(done.lineage)
    assert all(type(rule) is int and type(row) is int for rule, row in done.lineage)


def test_record_is_not_changed(read, record) -> None:
    before = copy.deepcopy(record)
    read(record)

    assert record == before


def test_explanation_names_rule_row_and_both_values(mapping, record) -> None:
    told, done = explain(mapping, "application", "in", record, context=CONTEXT, as_of=None)

    sex = next(one for one in told if one.target == "/body/applicant/sex")
    assert (sex.source, sex.raw, sex.value["code"]) == ("/Person/Sex", "F", "2")
    assert sex.text == "codes sex"
    assert sex.row == "codes/sex.csv:3"
    assert sex.rule.startswith("mapping.yaml:")
    assert [(one.number, one.row is not None) for one in told] == [
        (rule, row >= 0) for rule, row in done.lineage
    ]
    assert done == mapping.to_national("application", record, context=CONTEXT, as_of=None)


def test_explanation_of_the_way_out_gives_the_same_record(mapping, read, record) -> None:
    document = read(record).document
    told, done = explain(mapping, "application", "out", document, context=CONTEXT, as_of=TODAY)

    assert done == mapping.from_national("application", document, context=CONTEXT, as_of=TODAY)
    number = next(one for one in told if one.target == "/Head/No")
    assert (number.source, number.raw, number.value) == ("/numbers/receiving", "17", "N-17")


def test_package_names_folder_and_version(mapping, tmp_path: Path) -> None:
    assert mapping.package == "990009@1"
    same, other = write_small(tmp_path / "a"), write_small(tmp_path / "b")
    (other / "codes" / "told.csv").write_text("province,national\na,APPLICANT\n")

    assert load(same).package_digest == mapping.package_digest
    assert load(other).package_digest != mapping.package_digest


def test_a_field_written_into_a_coded_value_stays_in_its_document() -> None:
    shared = {"code": "1", "list": "sex", "source": {"code": "m"}}
    document = {"sex": shared}

    merge(document, {"sex": {"source": {"label": "男"}}})

    assert document["sex"] == {"code": "1", "list": "sex", "source": {"code": "m", "label": "男"}}
    assert shared == {"code": "1", "list": "sex", "source": {"code": "m"}}


def test_a_known_code_with_a_label_of_its_own_keeps_it(read, record) -> None:
    before = read(record).document["body"]["applicant"]["sex"]
    assert read(record).document["body"]["applicant"]["sex"] is before

    record["Person"]["SexName"] = "男(甲)"
    other = read(record).document["body"]["applicant"]["sex"]

    assert other["source"]["label"] == "男(甲)"
    assert before["source"]["label"] != "男(甲)"


def test_a_known_code_is_known_for_its_day_only(read, record) -> None:
    record["Person"] |= {"Sex": "X", "SexName": ""}
    record["Head"]["Day"] = "20190302"
    assert read(record).document["body"]["applicant"]["sex"]["code"] == "9"

    record["Head"]["Day"] = "20260302"
    assert read(record).document["body"]["applicant"]["sex"]["code"] is None


@pytest.mark.parametrize("code", ["150000", "310000", "510000", "990000"])
def test_a_form_the_destination_has_no_fields_for_is_told(code: str) -> None:
    document = json.loads((EXAMPLES / "application.json").read_text("utf-8"))
    kinds = document["body"]["form"]["values"]["subsidy_kinds"]
    del kinds[1:]  # Sichuan has an item of its own for each
    handler = CompiledMapping(read_package(PROVINCES / code))
    context = {**CONTEXT, "case_number": "TB-1", "simulation_mark": "模拟直连", "system": code}

    def lost() -> list[str]:
        done = handler.from_national("application", document, context=context, as_of=TODAY)
        return [one.rule for one in done.findings if one.path == "/body/form"]

    assert lost() == []
    document["item"] = {"name": "最低生活保障申请", "catalogue_code": "000599901000"}
    document["body"]["form"] = {
        "form_id": "subsistence_allowance",
        "version": "1",
        "values": {"member_count": 3},
    }
    assert lost() == ["form.not_carried"]
