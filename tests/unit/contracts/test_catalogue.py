import csv
from datetime import date
from importlib.resources import files

import pytest
import yaml
from pydantic import ValidationError

from contracts.catalogue import (
    CatalogueItem,
    ItemProcedure,
    find_item,
    item,
    item_version,
    items,
    lacks,
    material_name,
)
from contracts.codelist import code_list

NOW = date(2026, 3, 2)
SUBSIDIES = "000599999000"
CHILDREN, LICENCE = "000599998000", "000199996000"
SUBSISTENCE, EMERGENCY = "000599901000", "000599903000"
NATIONAL = """
学历公证|机动车驾驶证公证|失业登记|企业职工基本养老保险关系转移接续|城乡居民基本养老保险关系转移接续
职业资格证书核验|正常退休提取住房公积金|排污许可|内资企业及分支机构设立登记|工业产品生产许可证
就医结算备案(异地就医)|门诊费用跨省直接结算|社会保障卡申领|开具户籍类证明|开具无犯罪记录证明
工作调动户口迁移|大中专院校录取学生户口迁移|大中专学生毕业户口迁移|夫妻投靠户口迁移|父母投靠子女户口迁移
不动产抵押登记|购房提取住房公积金|残疾人两项补贴资格认定申请|孤儿、事实无人抚养儿童认定申请|新生儿入户
婚姻登记|社保参保缴费查询|首次申领居民身份证
"""
"""The 28 items with evidence (domain/cross_province_items.csv), by name."""
PAPERS = [
    "残疾人两项补贴资格认定申请",
    "孤儿、事实无人抚养儿童认定申请",
    "最低生活保障申请",
    "特困人员救助供养申请",
    "临时救助申请",
    "因病支出型贫困家庭生活救助申请",
    "重残无业人员生活补助申请",
    "救济对象定期定量补贴申请",
    "享受民政社会救助项目证明出具",
]
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


def test_every_national_item_with_evidence_is_in_the_catalogue():
    names = [name for line in NATIONAL.split() for name in line.split("|")]
    entries = [CatalogueItem.model_validate(yaml.safe_load(f.read_text("utf-8"))) for f in ENTRIES]

    assert len(names) == 28
    missing = [name for name in names if not any(name in one.name_zh for one in entries)]
    assert missing == []


def test_ten_items_are_complete_and_among_them_those_of_the_policy_papers():
    complete = {one.name_zh: one for one in items(NOW) if one.detail == "complete"}

    assert set(PAPERS) <= complete.keys()
    assert len(complete) == 10
    assert all(lacks(one) == () for one in complete.values())


@pytest.mark.parametrize(
    ("taken", "lacking"),
    [
        ("form_id", "form"),
        ("materials", "materials"),
        ("steps", "steps"),
        ("clocks", "clocks"),
        ("results", "results"),
        ("contacts", "contacts"),
        ("remedies", "remedies"),
        ("requirements", "requirements"),
        ("acceptance_basis", "acceptance basis"),
        ("fees", "fees"),
    ],
)
def test_an_item_that_lacks_something_may_not_call_itself_complete(taken, lacking):
    good = item(LICENCE, NOW).model_dump()
    empty = () if isinstance(good[taken], (list, tuple)) else None

    with pytest.raises(ValidationError, match=lacking):
        CatalogueItem.model_validate({**good, "special_procedures": (), taken: empty})


def test_every_code_of_an_item_says_that_it_is_invented():
    assert all(one.invented_code and one.catalogue_code[4:6] == "99" for one in items(NOW))


def test_appraisal_is_left_out_where_nobody_disputes():
    (appraisal,) = [one for one in item(SUBSISTENCE, NOW).steps if one.optional]

    assert appraisal.code == "democratic_appraisal"
    assert "没有争议" in appraisal.left_out_zh
    assert appraisal.confidence == "A"


def test_a_child_decided_case_by_case_has_its_own_way():
    children = item(CHILDREN, NOW)
    own = [one.code for one in children.steps if one.situations == ("CASE_BY_CASE",)]

    assert own == ["committee_certificate"]
    assert {one.code for one in children.situations} >= {"ORPHAN", "DE_FACTO", "CASE_BY_CASE"}
    listed = {row.code for row in code_list("child_situation")}
    assert {one.code for one in children.situations} == listed


def test_titles_that_tell_of_an_illness_are_sensitive():
    sensitive = {m.code for one in items(NOW) for m in one.materials if m.sensitive}

    assert {"hiv_diagnosis", "parents_death_proof", "medical_expense_proof"} <= sensitive


def test_a_commitment_says_its_text_what_a_false_one_costs_and_how_it_is_checked():
    offered = [m for one in items(NOW) for m in one.materials if "COMMITMENT" in m.ways]

    assert offered
    for material in offered:
        text = material.commitment
        assert text.text_version and text.consequence_zh and text.later_check_zh


def test_every_clock_says_where_it_ends():
    ends = {clock.kind: clock.end for one in items(NOW) for clock in one.clocks}

    assert ends["PUSH"] == "acknowledgement"
    assert ends["DECIDE"] == "decision"
    assert ends["OWED"] == "materials_complete"


PROCEDURE = ItemProcedure(
    code="x",
    type="2",
    name_zh="x",
    legal_basis="模拟依据",
    limit=5,
    unit="WORKING_DAY",
    limit_in_basis=False,
    confidence="P",
)


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"limit": 5}, True),
        ({"limit": 6}, False),
        ({"limit": 6, "limit_in_basis": True}, True),
        ({"unit": "CALENDAR_DAY"}, False),
    ],
)
def test_a_procedure_without_a_limit_of_its_own_has_half_the_promised_one(change, fits):
    subsidies = item(SUBSIDIES, NOW).model_dump()
    one = {**PROCEDURE.model_dump(), **change}

    if fits:
        CatalogueItem.model_validate({**subsidies, "special_procedures": [one]})
        return
    with pytest.raises(ValidationError, match="half the promised"):
        CatalogueItem.model_validate({**subsidies, "special_procedures": [one]})


def test_a_procedure_without_a_legal_basis_is_not_allowed():
    with pytest.raises(ValidationError, match="legal_basis"):
        ItemProcedure.model_validate({**PROCEDURE.model_dump(), "legal_basis": ""})


@pytest.mark.parametrize(
    "change",
    [
        {"ways": ["OWED"]},
        {"owed_days": 3},
        {"ways": ["COMMITMENT"]},
        {"ways": ["CARRIED_OVER"]},
        {"situations": ["UNHEARD_OF"]},
        {"code": "unheard_of"},
    ],
)
def test_a_material_says_the_terms_of_its_ways(change):
    good = item(EMERGENCY, NOW).model_dump()
    wrong = {"code": "photos", "name_zh": "照片", "needed": "always", **change}

    with pytest.raises(ValidationError):
        CatalogueItem.model_validate({**good, "materials": [wrong]})


def test_a_version_is_found_after_it_ended():
    assert item_version(MARRIAGE, "2023.1").valid_to == date(2025, 5, 9)
    assert item_version(MARRIAGE, "1999.1") is None


def test_a_material_has_its_name_from_the_item_or_the_lists():
    assert material_name("application_form", known=item(SUBSISTENCE, NOW)) == "最低生活保障申请表"
    assert material_name("hiv_diagnosis") == "国家医疗卫生机构出具的医学证明"
    assert material_name("unheard_of") == "unheard_of"
