"""
`tongban exchange feed` and `tongban exchange columns`.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

from contracts.exchange import exchange_tables
from gateway.cli.failures import explained
from gateway.cli.output import print_json, print_table, say
from gateway.core.exchange.rows import Codes, Draft, shape
from gateway.core.exchange.sources import BY_FEED, NO_SOURCE, NOT_FED, SOURCES


def feed(province: str, *, out: Path, source: str, codes: Path | None, as_json: bool) -> int:
    """
    Add to the database what changed since the last run; say what had to stay behind.

    Exit status 1 when rows were held back.
    """
    from gateway.cli.admin import ask, complain, query
    from gateway.storage.exchange import ExchangeStore
    from gateway.world import RealClock

    with explained() as failure:
        table = _read_codes(codes)
        if not source.isascii() or not source.isalnum() or len(source) > _SOURCE_LENGTH:
            raise ValueError("--source 至多三个字母或数字 at most three letters or digits")
        store = ExchangeStore(out, province=province)
        try:
            done, gaps, held, cases = Counter[str](), Counter[tuple[str, str]](), 0, 0
            batch = store.begin(RealClock().now(), source=source)
            began, after = None, None
            while True:
                asked = query("/exchange", province=province, since=store.since, after=after)
                status, page = ask("GET", asked)
                if status >= 400:
                    return complain(status, page, as_json=as_json)
                began = began or page["began"]
                for item in page["items"]:
                    shaped = [shape(_draft(row), codes=table) for row in item["rows"]]
                    done.update(store.put(item["case_number"], shaped, batch))
                    gaps.update((gap.column, gap.why) for row in shaped for gap in row.gaps)
                    held += sum(row.values is None for row in shaped)
                    cases += 1
                after = page["next"]
                if after is None:
                    break
            store.finish(began)
        finally:
            store.close()
        _say(out, batch.name, cases, done, gaps, held, as_json=as_json)
        return 1 if held else 0
    return failure.status


def columns(*, as_json: bool) -> int:
    """Every column of the exchange tables: where its value comes from, or why it has none."""
    found = [
        {
            "column": column.full_name,
            "label_zh": column.label_zh,
            "type": column.type,
            "length": column.length,
            "not_null": column.not_null,
            "source": " | ".join(SOURCES.get(table, {}).get(column.name, ())) or None,
            "note": _note(table, column.name),
        }
        for table, listed in exchange_tables().items()
        for column in listed
    ]
    if as_json:
        print_json(found)
    else:
        print_table(
            found,
            (
                ("column", "列"),
                ("label_zh", "名称"),
                ("not_null", "必填"),
                ("source", "来源"),
                ("note", "说明"),
            ),
        )
    return 0


_SOURCE_LENGTH = 3


def _note(table: str, name: str) -> str | None:
    if table in NOT_FED:
        return NOT_FED[table]
    if name in BY_FEED:
        return "由推送程序填写 filled by the feed"
    return NO_SOURCE.get(f"{table}.{name}")


def _read_codes(path: Path | None) -> Codes:
    """
    Raises:
        ValueError: no such columns, or a row without them.
    """
    if path is None:
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"column", "national", "exchange"} <= set(reader.fieldnames or ()):
            raise ValueError(f"{path}: 列须为 columns have to be column,national,exchange")
        return {(row["column"], row["national"]): row["exchange"] for row in reader}


def _draft(row: dict[str, Any]) -> Draft:
    return Draft(row["table"], row["guid"], row["values"])


def _say(
    out: Path,
    batch: str,
    cases: int,
    done: Counter[str],
    gaps: Counter[tuple[str, str]],
    held: int,
    *,
    as_json: bool,
) -> None:
    missing = [
        {"column": column, "why": why, "rows": count}
        for (column, why), count in sorted(gaps.items())
    ]
    if as_json:
        print_json(
            {
                "file": str(out),
                "batch": batch,
                "cases": cases,
                "inserted": done["I"],
                "updated": done["U"],
                "deleted": done["D"],
                "held_back": held,
                "gaps": missing,
            }
        )
        return
    print(
        f"批次 {batch}  办件 {cases}  新增 {done['I']}  更新 {done['U']}  删除 {done['D']}"
        f"  未推送 {held}"
    )
    if missing:
        print_table(missing, (("column", "列"), ("why", "原因"), ("rows", "行数")))
    if held:
        say("未推送的行缺少必填值或代码;补充代码表(--codes)或来文后再推送 rows held back")


__all__ = ["columns", "feed"]
