"""
Commands that make a page to print.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.cli.admin import ask, complain, query
from gateway.cli.output import print_json


def receipt(number: str, *, kind: str | None, large: bool, out: Path | None, as_json: bool) -> int:
    path = query(f"/cases/{number}/receipt", kind=kind, print="large" if large else None)
    status, page = ask("GET", path)
    if status >= 400:
        return complain(status, page, as_json=as_json)
    return write_page(page, out=out, as_json=as_json)


def slip(number: str, *, code: str | None, large: bool, out: Path | None, as_json: bool) -> int:
    path = query(f"/cases/{number}/handover", code=code, print="large" if large else None)
    status, page = ask("GET", path)
    if status >= 400:
        return complain(status, page, as_json=as_json)
    return write_page(page, out=out, as_json=as_json)


def check_ahead(form: Mapping[str, Any], *, notice: Path | None, large: bool, as_json: bool) -> int:
    """Ask what is still needed; 1 where something has to be brought or answered, 0 where not."""
    status, found = ask("POST", "/precheck", form)
    if status >= 400:
        return complain(status, found, as_json=as_json)
    if notice is not None:
        path = query("/precheck/notice", print="large" if large else None)
        status, page = ask("POST", path, form)
        if status >= 400:
            return complain(status, page, as_json=as_json)
        notice.write_text(page, encoding="utf-8")
        sys.stderr.write(f"已写入 written: {notice}\n")
    if as_json:
        print_json(found)
    else:
        print("\n".join(precheck_lines(found)))
    return 0 if found["complete"] else 1


def precheck_lines(found: Mapping[str, Any]) -> list[str]:
    """The answer of a precheck, first in a sentence, then material by material."""
    zero = {True: "零材料", False: "不是零材料", None: "零材料与否要先回答问题"}
    lines = [f"{found['item']['name_zh']}:还要带 {found['to_bring']} 样材料"]
    visits = found["zero"]["visits"]
    lines.append(f"{zero[found['zero']['materials']]};到收件地 {visits} 趟,到办理地 0 趟")
    for gap in found["gaps"]:
        lines.append(f"  {'要带  ' if gap['to_bring'] else '不用带'} {gap['name_zh']}")
        lines += [f"         {one}" for one in gap["how"]]
    for one in found["questions"]:
        lines.append(f"  要问  {one['ask']}")
        lines += [f"         {option['code']} {option['name_zh']}" for option in one["options"]]
    lines += [f"  {one['rule']} {one['message']}" for one in found["findings"]]
    return lines


def write_page(page: str, *, out: Path | None, as_json: bool) -> int:
    """The page into a file or to standard output; with --json inside of an object."""
    if out is not None:
        out.write_text(page, encoding="utf-8")
        sys.stderr.write(f"已写入 written: {out}\n")
    if as_json:
        print_json({"file": str(out)} if out is not None else {"html": page})
    elif out is None:
        print(page)
    return 0


__all__ = ["check_ahead", "precheck_lines", "receipt", "slip", "write_page"]
