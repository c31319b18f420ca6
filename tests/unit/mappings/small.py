"""A small province that uses every part of the language, as files."""

from __future__ import annotations

from pathlib import Path

MAPPING = """
format: 1
version: "1"
system: "990009"
lists:
  sex: {file: codes/sex.csv, label: 性别, national: sex}
  relation: {file: codes/relation.csv, label: 关系, national: family_relation}
  subsidy: {file: codes/subsidy.csv, label: 补贴, national: subsidy_kind}
  told: {file: codes/told.csv}
  materials: {file: materials.csv, label: 材料, national: disability_subsidy_materials}
items: {label: 事项}
groups:
  person:
    - {national: name, province: Name, required: true}
    - {national: id_number, province: Number, transform: upper}
    - {national: sex, province: Sex, label: SexName, codes: sex}
kinds:
  application:
    fields:
      - {province: Head/Version, const: "2.0"}
      - {province: Head/Serial, context: serial}
      - {province: Head/Sign, ignore: transport}
      - {province: Head/Sent, context: now, transform: datetime("%Y%m%d%H%M%S"), direction: out}
      - national: body.dates.application_date
        province: Head/Day
        transform: date("%Y%m%d")
        as_of: true
        required: true
      - national: occurred_at
        province: [Head/OnDay, Head/OnTime]
        join: " "
        transform: datetime("%Y%m%d %H%M%S")
      - {national: item, province: Head/Item, items: true, label: Head/ItemName, required: true}
      - {national: numbers.receiving, province: Head/No, transform: prefixed("N-")}
      - {national: body.mode, const: {code: PROXY, list: business_mode}}
      - at: {national: body.applicant, province: Person}
        use: person
      - {national: body.applicant.household_place, province: Person/Region, transform: place(6)}
      - {national: body.applicant.household_place.name, province: Person/RegionName}
      - at: {national: body.agent, province: Agent}
        fields:
          - {national: kind, const: {code: GUARDIAN, list: agent_kind}}
          - {national: relation, province: Relation, codes: relation}
          - {at: {national: person}, use: person}
      - {national: body.form.values.subsidy_kinds, province: Kinds, codes: subsidy, many: ","}
      - {national: body.form.values.amount_fen, province: Amount, transform: fen_yuan}
      - national: body.form.values.poor
        province: Poor
        transform: flag("Y", "N")
        when: {national: body.form.values.subsidy_kinds, is: LIVING}
      - national: body.form.values.reason
        province: Reason
        transform: absent("无", "undefined")
      - {national: [body.form.values.bank, body.form.values.branch], province: Bank, split: "/"}
      - each: {national: body.materials, province: List/Item}
        fields:
          - {national: material_id, index: "m-"}
          - {national: name, province: "@name", required: true}
          - each: {national: files, province: "."}
            fields:
              - {national: ".", province: Content, transform: material}
              - {national: media_type, province: Type, default: {in: image/jpeg}}
  progress:
    fields:
      - {national: body.told, province: Told, codes: told, plain: true}
      - pivot: {national: body.materials, province: Files, key: code, codes: materials}
        fields:
          - each: {national: files, province: "."}
            fields:
              - {national: ".", province: ".", transform: material}
"""

CODES = "province,province_label,national,equivalence,valid_from,valid_to\n"

FILES = {
    "mapping.yaml": MAPPING,
    "codes/sex.csv": CODES
    + "M,男,1,,,\nF,女,2,equal,,\nFEM,女,2,,,\nX,,9,,2000-01-01,2020-12-31\n",
    "codes/relation.csv": CODES
    + "MU,母亲,PARENT,wider,,\nFU,父亲,PARENT,wider,,\nQT,其他亲属,SIBLING,narrower,,\n"
    "GF,祖父,GRANDPARENT,wider,,\n",
    "codes/subsidy.csv": CODES + "1,生活,LIVING,,,\n2,护理,CARE,,,\n",
    "codes/told.csv": CODES + "a,,APPLICANT,,,\ng,,GUARDIAN,,,\n",
    "materials.csv": CODES + "SFZ,身份证,identity_card,,,\nHKB,户口簿,household_register,,,\n",
    "items.csv": "local_code,name,catalogue_code,implementation_code,version,situation,when,"
    "valid_from,valid_to\n"
    "L-1,模拟·生活补贴,000599999000,11990015300000041E4000599999000,3,只申请生活补贴,"
    "body.form.values.subsidy_kinds=LIVING,,\n"
    "L-2,模拟·两项补贴,000599999000,,3,,body.form.values.subsidy_kinds=LIVING+CARE,,\n"
    "L-0,模拟·旧事项,000599999000,,2,,body.form.values.subsidy_kinds=LIVING,,2025-12-31\n",
}


def write_small(folder: Path, **changes: str) -> Path:
    """The folder on disk; `changes` replace files (mapping.yaml as `mapping`)."""
    place = folder / "990009"
    files = FILES | ({"mapping.yaml": changes["mapping"]} if "mapping" in changes else {})
    for name, text in files.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return place


DIGEST = "ab" * 32

RECORD = {
    "Head": {
        "Version": "2.0",
        "Serial": "S-1",
        "Sign": "00ff",
        "Day": "20260302",
        "OnDay": "20260302",
        "OnTime": "091405",
        "Item": "L-1",
        "ItemName": "模拟·生活补贴",
        "No": "N-17",
    },
    "Person": {
        "Name": "模拟·其其格",
        "Number": "99000219900101001X",
        "Sex": "F",
        "SexName": "女",
        "Region": "150402",
        "RegionName": "模拟·红山区",
    },
    "Agent": {"Relation": "MU", "Name": "模拟·乌兰"},
    "Kinds": "1",
    "Amount": "100.50",
    "Poor": "Y",
    "Reason": "模拟",
    "Bank": "模拟银行/模拟支行",
    "List": {
        "Item": [
            {"@name": "户口簿", "Content": f"material:{DIGEST}:2097152", "Type": "application/pdf"},
            {"@name": "照片"},
        ]
    },
}
