"""`tongban report`: for people, for programs, and as files; the file's name says its format."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from gateway.world import RealClock
from tests.e2e.test_cli import filled, told, tongban

pytestmark = pytest.mark.xdist_group("cli")

__all__ = ["filled"]


def test_a_report_is_printed_and_written_with_its_definitions(filled: Path, tmp_path: Path) -> None:
    today = RealClock().now()
    month, quarter = f"{today:%Y-%m}", f"{today:%Y}-Q{(today.month + 2) // 3}"

    made = told("report", "month", month, folder=filled)
    assert [row["received"] for row in made["totals"]] == [1, 1]
    people = tongban("report", "quarter", quarter, folder=filled).stdout
    assert "收件量" in people and "期内网关收到申请的办件" in people and "530303" in people

    for name in ("r.xlsx", "r.csv", "r.json"):
        done = tongban("report", "month", month, "--out", str(tmp_path / name), folder=filled)
        assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_bytes())["totals"] == made["totals"]
    assert openpyxl.load_workbook(tmp_path / "r.xlsx")["明细"].max_row == 4
    assert "000599999000" in (tmp_path / "r.csv").read_text("utf-8-sig")


def test_wrong_words_are_answered_with_the_cure(filled: Path, tmp_path: Path) -> None:
    done = tongban("report", "month", "2026-Q1", folder=filled)
    assert done.returncode == 2 and "YYYY-MM" in done.stderr
    done = tongban("report", "month", "2026-03", "--out", str(tmp_path / "r.pdf"), folder=filled)
    assert done.returncode == 2 and ".xlsx" in done.stderr
    done = tongban("report", "month", "2099-01", folder=filled)
    assert done.returncode == 4 and "period.ahead" in done.stderr
    assert "Traceback" not in done.stderr
