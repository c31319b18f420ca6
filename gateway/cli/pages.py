"""
Commands that make a page to print.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.cli.admin import ask, complain, query
from gateway.cli.output import print_json


def receipt(number: str, *, kind: str | None, large: bool, out: Path | None, as_json: bool) -> int:
    path = query(f"/cases/{number}/receipt", kind=kind, print="large" if large else None)
    status, page = ask("GET", path)
    if status >= 400:
        return complain(status, page, as_json=as_json)
    return write_page(page, out=out, as_json=as_json)


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


__all__ = ["receipt", "write_page"]
