"""
`tongban calendar show` and `calendar load`: the difference is shown before anything is written.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.cli.admin import ask, complain, query
from gateway.cli.failures import explained
from gateway.cli.output import print_json, print_table, say

_KINDS = {"day_off": "放假", "working_weekend": "调休上班", None: "按星期"}


def show_year(year: int | None, *, region: str | None, as_json: bool) -> int:
    with explained() as failure:
        status, told = ask("GET", query("/calendar", year=year, region=region))
        if status >= 400:
            return complain(status, told, as_json=as_json)
        if as_json:
            print_json(told)
            return 0
        where = told["region"] or "全国"
        state = "已公布" if told["announced"] else "未公布,按周一至周五暂定"
        print(f"{told['year']} 年 {where}:{state}  日历版本 {told['version']}")
        lines = [{**one, "kind": _KINDS[one["kind"]]} for one in told["items"]]
        print_table(lines, (("date", "日期"), ("kind", "安排"), ("region", "地区")))
    return failure.status


def load(file: Path, *, complete: Sequence[int], yes: bool, as_json: bool) -> int:
    """
    Compare, then write when told so: with `--yes`, or when a person at the terminal says yes.
    """
    with explained() as failure:
        form: dict[str, Any] = {
            "text": file.read_text(encoding="utf-8"),
            "complete": list(complete),
            "dry_run": True,
        }
        status, told = ask("POST", "/calendar", form)
        if status >= 400:
            return complain(status, told, as_json=as_json)
        news = told["becomes"] != told["version"]
        if not as_json:
            _tell(told, news=news)
        if not news or not (yes or _agreed(as_json=as_json)):
            if as_json:
                print_json(told)
            return 0
        form |= {"dry_run": False, "based_on": told["version"]}
        status, told = ask("POST", "/calendar", form)
        if status >= 400:
            return complain(status, told, as_json=as_json)
        if as_json:
            print_json(told)
        else:
            print(f"已写入,日历版本 {told['becomes']};重算办件 {told['recounted']} 件")
    return failure.status


def _tell(told: dict[str, Any], *, news: bool) -> None:
    if not news:
        print(f"与现行日历 {told['version']} 相同,无需加载")
        return
    for one in told["announced"]:
        print(f"新公布:{one['year']} 年 {one['region'] or '全国'}")
    lines = [
        {**one, "before": _KINDS[one["before"]], "after": _KINDS[one["after"]]}
        for one in told["differences"]
    ]
    print_table(
        lines, (("date", "日期"), ("region", "地区"), ("before", "原安排"), ("after", "新安排"))
    )


def _agreed(*, as_json: bool) -> bool:
    if as_json or not sys.stdin.isatty():
        say("未写入:确认后加 --yes 再执行 nothing written: add --yes to write")
        return False
    return input("写入?(y/N) ").strip().lower() in ("y", "yes")


__all__ = ["load", "show_year"]
