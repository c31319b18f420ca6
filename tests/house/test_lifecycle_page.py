"""The documented lifecycle is the table that runs; every way of printing it says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.core.transitions import TRANSITIONS, lifecycle_markdown

PAGE = Path(__file__).parents[2] / "gateway" / "LIFECYCLE.md"


def printed(*options: str) -> str:
    result = CliRunner().invoke(app, ["lifecycle", *options])
    assert result.exit_code == 0
    return result.stdout


def test_the_page_is_the_table():
    table = PAGE.read_text(encoding="utf-8").split("\n\n", 2)[2]

    assert table == lifecycle_markdown(), "run: tongban lifecycle --markdown"
    assert printed("--markdown") == lifecycle_markdown()


def test_as_json_every_row_is_there_with_its_own_words():
    rows = json.loads(printed("--json"))

    assert [(row["kind"], row["when"], row["to"]) for row in rows] == [
        (row.kind, row.when, row.to) for row in TRANSITIONS
    ]
    assert [row["clocks"] for row in rows] == [list(row.clocks) for row in TRANSITIONS]


@pytest.mark.parametrize("word", ["deemed", "视为受理", "pause ACCEPT", "benefit_payment"])
def test_as_text_a_person_finds_what_the_rows_say(word):
    assert word in printed()
