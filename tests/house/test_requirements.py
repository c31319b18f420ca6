"""The coverage table of the READMEs: each demand of the policy papers, and what shows it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"

DEMANDS = (
    *("P-N1", "P-N2", "P-N3", "P-N4", "P-N5"),
    *("P-Y1", "P-Y2", "P-Y3", "P-Y4", "P-Y5", "P-Y6", "P-Y7", "P-Y8", "P-Y9", "P-Y10", "P-Y11"),
    *("P-Y12", "P-Y13", "P-Y15"),
    *("P-Z1", "P-Z2", "P-Z3", "P-Z4", "P-Z5", "P-Z6", "P-Z7", "P-Z8", "P-Z9"),
    *("P-S1", "P-S2", "P-S3", "P-S5", "P-S6", "P-S7"),
    *("P-A1", "P-A2", "P-A3", "P-A4", "P-A5", "P-A6", "P-A7", "P-A8", "P-A9"),
)
"""Ids of the page that collects what the five papers ask; some numbers were never given."""

_ROW = re.compile(r"^\| (P-[^|]+) \| ([^|]+) \| ([^|]*) \|$", flags=re.MULTILINE)


def rows(readme: Path) -> dict[str, tuple[str, str]]:
    """By id: what is done, and what shows it. A row may carry several ids."""
    found: dict[str, tuple[str, str]] = {}
    for ids, does, shown in _ROW.findall(readme.read_text("utf-8")):
        for name in re.split(r",\s*", ids.strip()):
            assert name not in found, f"{name} stands twice"
            found[name] = (does.strip(), shown.strip())
    return found


def functions_of(file: Path) -> set[str]:
    """Names of the test functions of a file, those of classes too."""
    tree = ast.parse(file.read_text("utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


@pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_every_demand_of_the_papers_has_its_row(readme: Path) -> None:
    assert sorted(rows(readme)) == sorted(DEMANDS)


def test_both_languages_name_the_same_evidence() -> None:
    english, chinese = rows(ENGLISH), rows(CHINESE)

    assert {name: row[1] for name, row in english.items()} == {
        name: row[1] for name, row in chinese.items()
    }


@pytest.mark.parametrize("name", DEMANDS)
def test_what_is_shown_names_a_test_that_exists(name: str) -> None:
    does, shown = rows(ENGLISH)[name]
    named = re.findall(r"`(tests/[^`:]+\.py)::(\w+)`", shown)

    assert named or does.startswith("later:"), f"{name}: neither a test nor `later:`"
    for file, test in named:
        assert test in functions_of(ROOT / file), f"{name}: {file} has no {test}"


def test_what_is_only_partly_done_says_what_comes_later() -> None:
    for name, (does, _) in rows(ENGLISH).items():
        if does.startswith("partly:"):
            assert "later:" in does, f"{name}: says partly, but not what is left"
