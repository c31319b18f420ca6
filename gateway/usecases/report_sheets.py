"""
A report as a workbook (xlsx) or as comma-separated text; codes are text, so that no zero is lost.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any

from gateway.core.report.measures import MEASURES
from gateway.core.report.tally import ROLES

_SHARED = (("role", "口径 side"), ("place", "区划代码 place"), ("place_zh", "地区 region"))
_MEASURES = tuple((one.name, f"{one.label_zh} {one.name}") for one in MEASURES)
SHEETS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("totals", "合计", (("role", "口径 side"), *_MEASURES)),
    ("places", "各地", (*_SHARED, *_MEASURES)),
    (
        "rows",
        "明细",
        (*_SHARED, ("item", "基本编码 item"), ("item_zh", "事项 name"), *_MEASURES),
    ),
    (
        "definitions",
        "口径说明",
        (
            ("name", "指标 measure"),
            ("label_zh", "名称"),
            ("meaning_zh", "口径"),
            ("meaning_en", "definition"),
        ),
    ),
)
"""(part of the report, name of its sheet, columns: key and heading)"""


def to_xlsx(report: Mapping[str, Any]) -> bytes:
    """One sheet for each part; the same report gives the same bytes."""
    import xlsxwriter

    out = BytesIO()
    made = datetime.fromisoformat(report["made_on"])
    # Texts stay texts: a code of twelve digits is no number, and no cell is a formula or a link.
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_numbers": False,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        },
    )
    book.set_properties({"title": _title(report), "created": made})
    text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
    for part, name, columns in SHEETS:
        sheet = book.add_worksheet(name)
        sheet.write_string(0, 0, _title(report), bold)
        for at, (_, heading) in enumerate(columns):
            sheet.write_string(1, at, heading, bold)
        for line, row in enumerate(report[part], start=2):
            for at, (key, _) in enumerate(columns):
                value = _cell(key, row.get(key))
                if isinstance(value, str):
                    sheet.write_string(line, at, value, text)
                elif value is not None:
                    sheet.write_number(line, at, value)
        sheet.freeze_panes(2, 0)
        sheet.set_column(0, len(columns) - 1, 16)
    book.close()
    return out.getvalue()


def to_csv(report: Mapping[str, Any]) -> bytes:
    """
    The rows and, behind an empty line, the definitions; UTF-8 with the mark spreadsheets look for.
    """
    out = StringIO()
    for part, _, columns in SHEETS[2:]:
        _write(out, columns, report[part])
        if part == "rows":
            out.write("\r\n")
    return out.getvalue().encode("utf-8-sig")


def _write(
    out: StringIO, columns: Sequence[tuple[str, str]], rows: Sequence[Mapping[str, Any]]
) -> None:
    writer = csv.writer(out)
    writer.writerow([heading for _, heading in columns])
    for row in rows:
        writer.writerow([_cell(key, row.get(key)) for key, _ in columns])


def _cell(key: str, value: Any) -> Any:
    return f"{ROLES[value]} {value}" if key == "role" else value


def _title(report: Mapping[str, Any]) -> str:
    return (
        f"跨省通办统计 {report['period']}({report['first_day']} 起,不含 {report['until']};"
        f"{report['made_on']} 生成;环境 {report['environment']})"
    )


__all__ = ["SHEETS", "to_csv", "to_xlsx"]
