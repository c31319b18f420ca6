"""
Every field of the county application form travels: each sender can say it, each handler is told it.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Any

import pytest

from mappings.engine import CompiledMapping
from mappings.golden import find_goldens
from mappings.load import PROVINCES, load

FORM = {
    "姓名": "applicant.name",
    "性别": "applicant.sex",
    "出生年月": "applicant.birth_month",
    "身份证号码": "applicant.id_number",
    "联系电话": "applicant.phone",
    "户籍地址": "applicant.household_address",
    "居住地址": "applicant.residence_address",
    "户籍地区划": "applicant.household_place",
    "残疾证号": "form.values.disability_certificate_number",
    "残疾类别": "form.values.disability_category",
    "残疾等级": "form.values.disability_grade",
    "是否享受低保": "form.values.on_minimum_allowance",
    "低保类别": "form.values.minimum_allowance_kind",
    "是否纳入特困人员供养保障": "form.values.in_destitute_support",
    "是否领取工伤保险生活护理费": "form.values.work_injury_care_fee",
    "是否纳入老年、因公致残、离休等生活补贴": "form.values.other_welfare_allowance",
    "开户银行": "form.values.account.bank_name",
    "户名": "form.values.account.account_name",
    "银行卡号": "form.values.account.account_number",
    "开户人与申请人关系": "form.values.account.holder_relation",
    "申请贫困原因": "form.values.reason",
    "申请人(或监护人)": "form.values.signed_by",
    "申请补贴类型": "form.values.subsidy_kinds",
    "申请时间": "dates.application_date",
    "代理人类型": "agent.kind",
    "代理人姓名": "agent.person.name",
    "代理人证件类型": "agent.person.id_type",
    "代理人证件号码": "agent.person.id_number",
    "代理人电话": "agent.person.phone",
    "与申请人关系": "agent.relation",
    "委托或监护证明": "agent.authority.material_id",
    "告知方式": "preferred_contact",
}
SENDERS = ("310000", "340000", "530000")
HANDLERS = ("150000", "310000", "510000", "990000")
# fields no message may lack, with another value to say
CHANGED: dict[str, Any] = {
    "applicant.name": "模拟·别人",
    "agent.person.name": "模拟·别人",
    "dates.application_date": "2026-03-01",
    "form.values.subsidy_kinds": [{"code": "CARE", "list": "subsidy_kind"}],
}


def _dig(document: Any, path: str) -> Any:
    for segment in path.split("."):
        document = document.get(segment) if isinstance(document, dict) else None
    return document


def _applications(code: str) -> list[dict[str, Any]]:
    """Bodies of the applications a sender's golden files become."""
    goldens = find_goldens(PROVINCES / code)
    files = [g.file("output") for g in goldens if (g.kind, g.direction) == ("application", "in")]
    return [json.loads(file.read_text(encoding="utf-8"))["body"] for file in files]


def _guardian_case() -> dict[str, Any]:
    """Zhanyi's child with guardian; LIVING only, which every handler has an item for."""
    file = PROVINCES / "150000" / "golden" / "01-application.application.out.national.json"
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    kinds = document["body"]["form"]["values"]["subsidy_kinds"]
    document["body"]["form"]["values"]["subsidy_kinds"] = kinds[:1]
    return document


@cache
def _mapping(code: str) -> CompiledMapping:
    return load(PROVINCES / code)


def _told(code: str, document: dict[str, Any]) -> dict[str, Any]:
    mapping = _mapping(code)
    context = {"system": mapping.system, "serial": "S.1", "case_number": "TB"}
    done = mapping.from_national("application", document, context=context, as_of=date(2026, 3, 2))
    return done.document


@pytest.mark.parametrize("code", SENDERS)
def test_a_sender_can_say_every_field_of_the_form(code: str) -> None:
    bodies = _applications(code)
    unsaid = [label for label, path in FORM.items() if all(_dig(b, path) is None for b in bodies)]
    assert unsaid == []


@pytest.mark.parametrize("code", HANDLERS)
def test_a_handler_is_told_every_field_of_the_form(code: str) -> None:
    whole = _told(code, _guardian_case())
    untold = []
    for label, path in FORM.items():
        other = _guardian_case()
        above, _, last = f"body.{path}".rpartition(".")
        if path in CHANGED:
            _dig(other, above)[last] = CHANGED[path]
        else:
            del _dig(other, above)[last]
        if _told(code, other) == whole:
            untold.append(label)
    assert untold == []
