"""
`tongban report month` and `report quarter`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.cli.admin import ask, complain, query
from gateway.cli.failures import explained
from gateway.cli.output import print_json, print_table, say
from gateway.core.report.measures import SHARES

FORMATS = {".xlsx": "xlsx", ".csv": "csv", ".json": "json"}


def make(period: str, *, kind: str, out: Path | None, as_json: bool) -> int:
    """Print the report of a period, or write it in the format the file's name ends with."""
    if out is not None and out.suffix not in FORMATS:
        say(f"文件名须以 {'、'.join(FORMATS)} 结尾 the name ends with one of them")
        return 2
    if ("Q" in period) != (kind == "quarter"):
        say("月报期间为 YYYY-MM,季报为 YYYY-Qn month: YYYY-MM, quarter: YYYY-Qn")
        return 2
    with explained() as failure:
        status, report = ask("GET", query("/report", period=period))
        if status >= 400:
            return complain(status, report, as_json=as_json)
        if out is not None:
            out.write_bytes(_written(report, out.suffix))
            say(f"已写入 written {out}")
        elif as_json:
            print_json(report)
        else:
            _show(report)
    return failure.status


def _written(report: dict[str, Any], suffix: str) -> bytes:
    import orjson

    from gateway.usecases.report_sheets import to_csv, to_xlsx

    if suffix == ".json":
        return orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n"
    return to_xlsx(report) if suffix == ".xlsx" else to_csv(report)


def _show(report: dict[str, Any]) -> None:
    """Totals as a list, places as a table, then what every measure means."""
    totals = {row["role"]: row for row in report["totals"]}
    print(f"跨省通办统计 {report['period']}  {report['first_day']} 起,不含 {report['until']}")
    print_table(
        [
            {
                "label": one["label_zh"],
                "receiver": totals["receiver"][one["name"]],
                "handler": totals["handler"][one["name"]],
                "meaning": one["meaning_zh"],
            }
            for one in report["definitions"]
        ],
        (
            ("label", "指标"),
            ("receiver", "作为收件地"),
            ("handler", "作为办理地"),
            ("meaning", "口径"),
        ),
    )
    chosen = ("received", "closed", "late_receiving", "late_handling", "returned")
    labels = {one["name"]: one["label_zh"] for one in report["definitions"]}
    print_table(
        report["places"],
        (
            ("role", "口径"),
            ("place", "代码"),
            ("place_zh", "地区"),
            *((name, labels[name]) for name in (*chosen, *(one.name for one in SHARES[:4]))),
        ),
    )


__all__ = ["make"]
