"""Every standard the code cites has a row in the registry."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CITED = re.compile(
    r"\b(RFC ?[0-9]{3,5}|GB/T [0-9]+(?:\.[0-9]+)?|GB [0-9]{4,5}|GA/T [0-9.]+[0-9]|ISO [0-9]{3,5})"
)
with (ROOT / "contracts" / "standards.csv").open(encoding="utf-8") as table:
    ROWS = list(csv.DictReader(table))


def test_every_cited_standard_is_registered():
    known = {re.sub(r"-[0-9]{4}$", "", row["standard"]) for row in ROWS}
    missing = {
        (name, path.relative_to(ROOT).as_posix())
        for package in ("contracts", "mappings", "adapters", "gateway")
        for path in (ROOT / package).rglob("*.py")
        for name in CITED.findall(path.read_text(encoding="utf-8"))
        if re.sub(r"^RFC ?", "RFC ", name) not in known
    }
    assert not missing, "add a row to contracts/standards.csv"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["standard"])
def test_a_row_says_what_was_read_and_how_sure_we_are(row):
    assert row["title"] and row["what_is_used"] and row["what_was_read"]
    assert row["confidence"] in ("A", "B", "C")
    for place in row["where"].split():
        assert (ROOT / place).exists(), place
