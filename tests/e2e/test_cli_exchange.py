"""`tongban exchange`: a run writes, the next one has nothing to add, what stays behind is said."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.e2e.test_cli import filled, told, tongban

pytestmark = pytest.mark.xdist_group("cli")

__all__ = ["filled"]


def test_a_feed_is_written_once_and_says_what_stays_behind(filled: Path, tmp_path: Path) -> None:
    out = tmp_path / "feed.db"
    words = ("exchange", "feed", "--province", "530000", "--source", "53", "--out", str(out))

    first = told(*words, folder=filled)
    second = told(*words, folder=filled)

    # the case is only collected: nothing of it belongs into these tables yet
    assert (first["cases"], first["inserted"], first["held_back"]) == (1, 0, 0)
    assert second["cases"] == 0 and second["batch"] > first["batch"]
    with sqlite3.connect(f"file:{out}?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM up_pro_accept").fetchone() == (0,)
    assert [path.name for path in tmp_path.iterdir()] == ["feed.db"]

    other = ("exchange", "feed", "--province", "150000", "--source", "15", "--out", str(out))
    done = tongban(*other, folder=filled)
    assert done.returncode == 4 and "530000" in done.stderr
    long = ("exchange", "feed", "--province", "150000", "--source", "1500", "--out", "x.db")
    assert tongban(*long, folder=filled).returncode == 2


def test_columns_without_a_counterpart_are_listed(filled: Path) -> None:
    listed = {one["column"]: one for one in told("exchange", "columns", folder=filled)}

    assert listed["up_pro_accept.applyer_name"]["source"] == "application:body.applicant.name"
    assert "取值表未知" in listed["up_lic_data.certificate_holder_type"]["note"]
    assert listed["up_task_general_basic.power_source"]["note"]
    assert all(one["source"] or one["note"] for one in listed.values())
    assert "不属于办件" in tongban("exchange", "columns", folder=filled).stdout
