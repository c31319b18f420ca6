"""
`tongban catalogue`: items as the product ships them, and lists as provinces announce them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from contracts.catalogue import CatalogueItem, find_item, items
from contracts.codelist import code_list
from contracts.errors import Finding
from gateway.cli.admin import ask, complain
from gateway.cli.output import print_json, print_table
from gateway.usecases.times import local_date
from gateway.world import RealClock

_STATE_ZH = {"requested": "已申请,待批准", "adopted": "已生效", "refused": "未采用:超出上级清单"}
_LATE_ZH = {"request": "申请逾期", "adjust": "调整逾期"}


def show_items(on: str | None, *, complete: bool, as_json: bool) -> int:
    if (day := _day(on)) is None:
        return _no_day()
    rows = [
        {
            "catalogue_code": one.catalogue_code,
            "version": one.version,
            "name_zh": one.name_zh,
            "detail": one.detail,
            "reach": one.reach,
            "modes": [duty.mode for duty in one.modes if one.duty(duty.mode, day) is duty],
            "invented_code": one.invented_code,
            "confidence": one.confidence,
        }
        for one in items(day)
        if one.detail == "complete" or not complete
    ]
    if as_json:
        print_json({"on": day.isoformat(), "items": rows})
        return 0
    modes = code_list("business_mode")
    shown = [{**row, "modes": "、".join(modes.label(m) for m in row["modes"])} for row in rows]  # type: ignore[attr-defined]
    columns = (
        ("catalogue_code", "基本编码"),
        ("name_zh", "事项"),
        ("detail", "要素"),
        ("reach", "范围"),
        ("modes", "模式"),
        ("confidence", "把握"),
    )
    print_table(shown, columns)
    return 0


def show_item(code: str, on: str | None, *, as_json: bool) -> int:
    if (day := _day(on)) is None:
        return _no_day()
    found = find_item(catalogue_code=code, on=day)
    if found.item is None:
        return _not_found(found.findings, as_json=as_json)
    if as_json:
        print_json(found.item.model_dump(mode="json", exclude_none=True))
    else:
        sys.stdout.write("\n".join(_lines(found.item)) + "\n")
    return 0


def announce_list(
    province: str, file: Path, *, dates: Mapping[str, str | None], as_json: bool
) -> int:
    """Exit status 1: recorded, but not put in force because it asks for too much."""
    try:
        content = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"错误 读不了 {file.name}:{type(error).__name__} cannot read the file\n")
        return 2
    form = {"content": content, **{name: day for name, day in dates.items() if day is not None}}
    status, body = ask("POST", f"/catalogue/announcements/{province}", form)
    if status >= 400:
        return complain(status, body, as_json=as_json)
    if as_json:
        print_json(body)
    else:
        _tell(body)
    return 1 if body["state"] == "refused" else 0


def show_status(*, as_json: bool) -> int:
    status, body = ask("GET", "/catalogue/status")
    if status >= 400:
        return complain(status, body, as_json=as_json)
    if as_json:
        print_json(body)
        return 0
    for one in body["announcements"]:
        _tell(one)
    columns = (
        ("province", "省份"),
        ("system", "系统"),
        ("catalogue_code", "事项"),
        ("version", "旧版本"),
        ("cases", "办件数"),
        ("last_on", "最近"),
    )
    if body["old_versions"]:
        sys.stdout.write("仍在使用旧版本 still sending an old version:\n")
        print_table(body["old_versions"], columns)
    return 0


def _tell(one: Mapping[str, Any]) -> None:
    late = "、".join(_LATE_ZH[name] for name in one["late"])
    adjust = f",应于 {one['adjust_due']['date']} 前调整" if one["adjust_due"] else ""
    sys.stdout.write(
        f"{one['province']} 第 {one['number']} 次  {_STATE_ZH[one['state']]}"
        f"{'(' + late + ')' if late else ''}\n"
        f"  事由 {one['cause_on']},应于 {one['request_due']['date']} 前申请,"
        f"申请 {one['requested_on']}{adjust}\n"
    )
    if one["valid_from"] and one["state"] == "adopted":
        sys.stdout.write(f"  自 {one['valid_from']} 起生效,在办件按原版本办理\n")
    for finding in one["findings"]:
        place = finding.get("path") or ""
        sys.stdout.write(f"  {finding['level']} {finding['rule']} {place} {finding['message']}\n")


def _lines(item: CatalogueItem) -> list[str]:
    mark = "(编码为虚构)" if item.invented_code else ""
    lines = [
        f"{item.name_zh}  {item.catalogue_code} {mark} 版本 {item.version}",
        f"来源 {item.source}(把握 {item.confidence})",
    ]
    for duty in item.modes:
        lines.append(f"模式 {code_list('business_mode').label(duty.mode)}")
        lines += [f"  收件地 {duty.receiving_zh}", f"  办理地 {duty.handling_zh}"]
    ways = code_list("material_acquisition")
    for one in item.materials:
        how = "、".join("填写表单" if way == "FORM" else ways.label(way) for way in one.ways)
        hidden = " [标题敏感]" if one.sensitive else ""
        lines.append(f"材料 {one.name_zh}{hidden}  {how}")
    for step in item.steps:
        left = f"  可省略:{step.left_out_zh}" if step.left_out_zh else ""
        lines.append(f"环节 {step.name_zh} {step.body_zh}{left}")
    units, kinds = code_list("time_unit"), code_list("clock_kind")
    lines += [
        f"时限 {kinds.label(one.kind)} {one.limit} {units.label(one.unit)}  依据 {one.legal_basis}"
        for one in item.clocks
    ]
    lines += [
        f"特别程序 {one.name_zh} 不超过 {one.limit} {units.label(one.unit)}  依据 {one.legal_basis}"
        for one in item.special_procedures
    ]
    return lines


def _day(text: str | None) -> date | None:
    if text is None:
        return local_date(RealClock().now())
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _no_day() -> int:
    sys.stderr.write("错误 日期写作 YYYY-MM-DD the day is written YYYY-MM-DD\n")
    return 2


def _not_found(findings: tuple[Finding, ...], *, as_json: bool) -> int:
    if as_json:
        print_json({"findings": [{"rule": one.rule, "message": one.message} for one in findings]})
    for one in findings:
        sys.stderr.write(f"错误 {one.rule} {one.message}\n")
    return 1


__all__ = ["announce_list", "show_item", "show_items", "show_status"]
