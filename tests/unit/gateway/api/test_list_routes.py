"""Announcing a list through the admin socket, and the command line that does it."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner

from gateway.api.server import serving_admin
from gateway.cli.main import app

LIST = (
    "local_code,name,catalogue_code,version,materials,decide_days,steps\n"
    "MN-1,残疾人两项补贴(模拟),000599999000,3,bank_account,{days},county_decision\n"
)
DATES = {"cause_on": "2026-02-09", "requested_on": "2026-02-13", "approved_on": "2026-02-27"}


@pytest.fixture
async def admin(gw, tmp_path):
    async with serving_admin(gw, socket=tmp_path / "admin.sock"):
        connector = aiohttp.UnixConnector(path=str(tmp_path / "admin.sock"))
        async with aiohttp.ClientSession("http://admin", connector=connector) as session:
            yield session


async def said(admin, province="530000", **changes):
    form = {"content": LIST.format(days=10), **DATES, **changes}
    async with admin.post(f"/catalogue/announcements/{province}", json=form) as response:
        return response.status, await response.json(content_type=None)


async def test_a_list_is_announced_and_its_limits_are_shown(admin, gw):
    province = gw.provinces.systems("test")[0].province
    status, body = await said(admin, province)
    async with admin.get("/catalogue/status") as response:
        shown = await response.json()

    assert (status, body["state"]) == (201, "adopted")
    assert shown["announcements"] == [body]
    assert [one.local_code for one in gw.provinces.local_items(province)] == ["MN-1"]


async def test_a_list_of_nobody_is_refused_with_its_place(admin):
    status, body = await said(admin, "650000")

    assert status == 422
    assert [one["rule"] for one in body["errors"]] == ["list.announcement"]


def invoke(*arguments):
    done = CliRunner().invoke(app, ["catalogue", *arguments])
    return done.exit_code, done.stdout


def test_the_command_line_lists_and_shows_items():
    status, listed = invoke("list", "--on", "2026-03-02", "--complete", "--json")
    assert (status, len(json.loads(listed)["items"])) == (0, 10)
    status, shown = invoke("show", "000599901000", "--on", "2026-03-02")
    assert status == 0
    assert "可省略:对申请家庭没有争议的" in shown
    assert invoke("show", "000799997000", "--on", "2026-03-02")[0] == 1
    assert invoke("list", "--on", "yesterday")[0] == 2


def test_the_command_line_announces_and_tells_a_list_that_asks_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TONGBAN_DATA_DIR", str(tmp_path / "data"))
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(LIST.format(days=10), encoding="utf-8")
    bad.write_text(LIST.format(days=30), encoding="utf-8")
    dates = [part for name, day in DATES.items() for part in (f"--{name.replace('_', '-')}", day)]

    assert invoke("announce", "530000", str(bad), *dates)[0] == 1
    status, told = invoke("announce", "530000", str(good), *dates, "--json")
    assert (status, json.loads(told)["number"]) == (0, 2)
    status, shown = invoke("status")
    assert status == 0
    assert "list.more_days" in shown and "已生效" in shown
    assert invoke("announce", "530000", str(tmp_path / "none.csv"), *dates)[0] == 2
