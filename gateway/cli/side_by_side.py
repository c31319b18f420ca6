"""
One document in three languages, field by field: what the window wrote, what the national format
says, what the handling place received.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.codelist import code_list
from mappings.explain import explain
from mappings.load import PROVINCES, load

LABELS = {
    "/item": "事项",
    "/channel": "申报来源",
    "/body/apply_type": "申请类型",
    "/body/dates/application_date": "申请日期",
    "/body/dates/application_time": "申请时间",
    "/body/receiving_place": "收件地",
    "/body/applicant/name": "姓名",
    "/body/applicant/id_type": "证件类型",
    "/body/applicant/sex": "性别",
    "/body/applicant/household_place": "户籍地",
    "/body/applicant/residence_place": "居住地",
    "/body/preferred_contact": "告知方式",
    "/body/form/values/subsidy_kinds": "申请补贴类型",
    "/body/form/values/disability_category": "残疾类别",
    "/body/form/values/disability_grade": "残疾等级",
    "/body/form/values/on_minimum_allowance": "是否低保",
    "/body/form/values/account/holder_relation": "开户人关系",
    "/body/materials/0/code": "材料一",
    "/body/materials/0/acquisition": "取得方式",
    "/body/materials/0/files/0": "材料一内容",
}
"""National fields that show how two provinces differ, in reading order."""


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    sender: tuple[str, str]
    """field name, value"""
    national: str
    receiver: tuple[str, str]


def compare_documents(
    *,
    sender: str,
    sent: Mapping[str, Any],
    national: Mapping[str, Any],
    receiver: str,
    received: Mapping[str, Any],
) -> list[Row]:
    """
    Line up a window's record, the stored national message and the record that arrived.

    `sender` and `receiver` are folders. Names of fields come from the rules that fired; every value
    shown is the one that stands in the document itself.
    """
    given = {
        "environment": "test",
        "now": str(national["received_at"]),
        "serial": "-",
        "case_number": str(national["case_number"]),
        "receiving_number": str(national["numbers"]["receiving"]),
    }
    read, _ = explain(
        load(PROVINCES / sender),
        "application",
        "in",
        sent,
        context=given,
        as_of=None,
    )
    written, _ = explain(
        load(PROVINCES / receiver),
        "application",
        "out",
        national,
        context=given,
        as_of=date.fromisoformat(national["body"]["dates"]["application_date"]),
    )
    came_from = {one.target: one.source for one in read}
    went_to = {one.source: one.target for one in written}
    rows = []
    for pointer, label in LABELS.items():
        source, target = came_from.get(pointer), went_to.get(pointer)
        if not source or not target:
            continue
        rows.append(
            Row(
                label,
                (_name(source), _show(_at(sent, source))),
                _show(_at(national, pointer)),
                (_name(target), _show(_at(received, target))),
            )
        )
    return rows


def _at(document: Any, pointer: str) -> Any:
    """The value at a JSON Pointer; an element that occurs once may stand where a list was meant."""
    value = document
    for part in (piece.replace("~1", "/").replace("~0", "~") for piece in pointer.split("/")[1:]):
        if isinstance(value, list) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value if part == "0" and part not in value else value.get(part)
        else:
            return None
    return value


def _name(pointer: str) -> str:
    parts = [part for part in pointer.split("/") if part and not part.isdigit()]
    return "/".join(parts[-2:])


def _show(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(_show(one) for one in value)
    if isinstance(value, dict) and "list" in value:
        code = value.get("code")
        return f"{code} {code_list(value['list']).label(code)}" if code else "(无对应)"
    if isinstance(value, dict) and "digest" in value:
        return f"{value['size']} 字节 {value['digest'][:8]}…"
    if isinstance(value, dict) and "catalogue_code" in value:
        return str(value["catalogue_code"])
    if isinstance(value, dict):
        return str(value.get("code", ""))
    if isinstance(value, bool):
        return "是" if value else "否"
    text = str(value)
    if text.startswith("material:"):
        _, digest, size = text.split(":")
        return f"{size} 字节 {digest[:8]}…"
    return text


__all__ = ["LABELS", "Row", "compare_documents"]
