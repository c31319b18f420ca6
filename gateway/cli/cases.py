"""
`tongban case show` and `case timeline`: a case as a person would tell it.
"""

from __future__ import annotations

import sys
from typing import Any

from gateway.cli.admin import ask, complain
from gateway.cli.output import print_json, print_table


def show_case(number: str, *, as_json: bool) -> int:
    status, case = ask("GET", f"/cases/{number}")
    if status >= 400:
        return complain(status, case, as_json=as_json)
    if as_json:
        print_json(case)
        return 0
    print(case["sentence"])
    print(
        f"办件编号 {case['case_number']}  {case['status_zh']}  申请日期 {case['application_date']}"
    )
    for name, number_ in case["numbers"].items():
        print(f"  {_SIDES.get(name, name)}编号 {number_}")
    print_table(case["clocks"], _CLOCKS)
    print_table(case["deliveries"], _DELIVERIES)
    return 0


def show_bundle(number: str, *, as_json: bool) -> int:
    status, bundle = ask("GET", f"/bundles/{number}")
    if status >= 400:
        return complain(status, bundle, as_json=as_json)
    if as_json:
        print_json(bundle)
        return 0
    print(f"{bundle['theme_zh'] or '一件事'} {bundle['bundle_number']}")
    print(bundle["sentence"])
    for case in bundle["cases"]:
        print(f"  {case['case_number']}  {case['status_zh']}  {case['sentence']}")
    return 0


def show_timeline(number: str, *, as_json: bool) -> int:
    status, case = ask("GET", f"/cases/{number}")
    if status >= 400:
        return complain(status, case, as_json=as_json)
    if as_json:
        print_json(case["timeline"])
        return 0
    print("\n".join(timeline_lines(case)))
    return 0


def tell_applicant(number: str, *, by: str, as_json: bool) -> int:
    """What to say to the applicant; usage error (2) where the way is none of ours."""
    status, case = ask("GET", f"/cases/{number}")
    if status >= 400:
        return complain(status, case, as_json=as_json)
    told = case["applicant"]
    if as_json:
        print_json(told)
        return 0
    if by == "telephone":
        print(told["telephone"])
    elif by == "sms":
        print("\n".join(told["sms"]))
    elif by == "large_print":
        print("\n".join(f"{one['heading']}:{one['text']}" for one in told["large_print"]))
    else:
        sys.stderr.write("没有这种方式 no such way: telephone|sms|large_print\n")
        return 2
    return 0


def timeline_lines(case: dict[str, Any]) -> list[str]:
    """The sentence of the case, then one line per message: when, who, what."""
    return [case["sentence"], *(entry["text"] for entry in case["timeline"])]


_SIDES = {"receiving": "收件地", "handling": "办理地", "national": "国家系统"}
_CLOCKS = (
    ("kind", "时限"),
    ("owner", "责任方"),
    ("state", "状态"),
    ("due_on", "到期日"),
    ("provisional", "暂定"),
)
_DELIVERIES = (
    ("serial", "送达"),
    ("kind", "种类"),
    ("to", "目的系统"),
    ("state", "状态"),
    ("attempt", "次数"),
    ("next_at", "下次"),
)

__all__ = ["show_bundle", "show_case", "show_timeline", "tell_applicant", "timeline_lines"]
