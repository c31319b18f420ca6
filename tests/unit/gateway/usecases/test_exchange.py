"""The exchange tables a province reads: types, operations, versions; nothing twice, nothing cut."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import IntegrityError, TransitionNotAllowed
from contracts.exchange import exchange_tables
from gateway.core.exchange.rows import Draft, Shaped, shape
from gateway.core.exchange.sources import SOURCES
from gateway.storage.exchange import ExchangeStore
from gateway.usecases.caller import Caller
from gateway.usecases.exchange_rows import exchange_rows
from tests.cases import SCAN, apply, close, follow
from tests.world import WINDOW, World, a_world

OPERATOR = Caller(
    client_id="os.tester", role="operator", system=None, province=None, trace_id="1" * 32
)
CODES = {
    ("up_pro_accept.apply_type", "NEW"): "1",
    ("up_pro_process.event_name", "PASS"): "1",
    ("up_pro_result.result_type", "APPROVED"): "1",
    ("up_pro_result.result_type", "REFUSED"): "2",
    ("up_pro_material.get_type", "E_LICENCE"): "4",
}
"""Invented: the tables' own value lists are not known."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


class Feed:
    """One run after the other into one database, as the command does it."""

    def __init__(self, world: World, path: Path, province: str = "150000") -> None:
        self.world, self.path, self.province = world, path, province

    async def run(self) -> dict[str, int]:
        store = ExchangeStore(self.path, province=self.province)
        try:
            batch = store.begin(self.world.clock.now(), source="150")
            since = datetime.fromisoformat(store.since) if store.since else None
            done = {"I": 0, "U": 0, "D": 0, "held": 0}
            page = await exchange_rows(
                self.province, since=since, after=None, caller=OPERATOR, gw=self.world.gw
            )
            for item in page["items"]:
                rows = [
                    shape(Draft(one["table"], one["guid"], one["values"]), codes=CODES)
                    for one in json.loads(json.dumps(item["rows"]))
                ]
                done["held"] += sum(one.values is None for one in rows)
                for operation, count in store.put(item["case_number"], rows, batch).items():
                    done[operation] += count
            store.finish(page["began"])
        finally:
            store.close()
        return done

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Read by another SQLite library, as the province would."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY rowid")]


LICENCE = {
    "name": "模拟证照",
    "number": "模拟〔2026〕1号",
    "licence_id": "1.2.156.3005.2.模拟",
    "type_code": "11100000000000000X001",
    "type_name": "模拟证照类型",
    "area": {"code": "150402000000", "county": "150402"},
    "holder_name": "模拟·其其格",
    "holder_code": "990002201503120024",
    "issuer": {"name": "模拟·红山区民政局", "credit_code": "11990015300000041E"},
    "issued_on": "2026-03-02",
}


async def a_rich_case(world: World) -> str:
    """Every table has something: a step, a special procedure, a licence, a material."""
    number = await apply(world, scan=SCAN)
    await follow(world, number, "acceptance")
    action = {"list": "progress_action", "code": "PASS"}
    await follow(world, number, "progress", action=action, opinion="模拟:材料齐全")
    kind = {"list": "special_procedure_type", "code": "1"}
    special = {"type": kind, "name": "模拟听证", "reason": "模拟:申请人要求听证"}
    times = {"started_at": "2026-03-02T09:20:00+08:00"}
    await follow(world, number, "special_procedure", tag="start", phase="START", **times, **special)
    return number


async def ended(world: World, number: str) -> None:
    await follow(
        world,
        number,
        "special_procedure",
        tag="end",
        phase="END",
        started_at="2026-03-02T09:20:00+08:00",
        ended_at="2026-03-02T17:00:00+08:00",
        result="模拟:已听证",
    )
    approved = {"list": "decision_result", "code": "APPROVED"}
    await follow(world, number, "decision", result=approved, licences=[LICENCE])


async def test_every_column_has_the_type_and_length_of_the_table(
    world: World, tmp_path: Path
) -> None:
    feed = Feed(world, tmp_path / "feed.db")
    await ended(world, await a_rich_case(world))

    done = await feed.run()

    assert done == {"I": 6, "U": 0, "D": 0, "held": 0}
    for table in SOURCES:
        (row,) = feed.rows(table)
        assert list(row) == [column.name for column in exchange_tables()[table]]
        for column in exchange_tables()[table]:
            value = row[column.name]
            assert value is not None or not column.not_null, column.full_name
            if value is None:
                continue
            assert isinstance(value, int if column.type == "int" else str), column.full_name
            assert column.length is None or len(str(value)) <= column.length
            if column.type == "datetime":
                datetime.strptime(value, "%Y-%m-%d %H:%M:%S").astimezone()
    (accepted,) = feed.rows("up_pro_accept")
    assert accepted["catalog_code"] == "000599999000"
    assert (accepted["task_version"], accepted["apply_type"]) == (3, "1")
    assert (accepted["cd_operation"], accepted["data_source"]) == ("I", "150")
    assert accepted["apply_date"] == "2026-03-02 00:00:00"
    assert feed.rows("up_lic_data")[0]["certificate_area_code"] == "150402000000"
    assert feed.rows("up_pro_special_procedure")[0]["end_time"] == "2026-03-02 17:00:00"


async def test_nothing_goes_twice_and_a_changed_case_goes_as_an_update(
    world: World, tmp_path: Path
) -> None:
    feed = Feed(world, tmp_path / "feed.db")
    number = await a_rich_case(world)
    first = await feed.run()
    assert first == {"I": 3, "U": 0, "D": 0, "held": 1}  # the special procedure has not ended
    # read again, since it changed in the very moment of the first run; and given out no second time
    assert await feed.run() == {"I": 0, "U": 0, "D": 0, "held": 1}
    world.clock.pass_(seconds=60)
    assert await feed.run() == {"I": 0, "U": 0, "D": 0, "held": 1}
    assert await feed.run() == {"I": 0, "U": 0, "D": 0, "held": 0}  # not even read

    await ended(world, number)
    assert await feed.run() == {"I": 3, "U": 0, "D": 0, "held": 0}
    world.clock.pass_(seconds=60)
    mark = {"list": "satisfaction_gbt39046", "code": "2"}
    await follow(world, number, "notification", by=WINDOW)
    await follow(world, number, "evaluation", by=WINDOW, satisfaction=mark)

    assert await feed.run() == {"I": 0, "U": 1, "D": 0, "held": 0}
    before, after = feed.rows("up_pro_result")
    assert (before["satisfaction"], after["satisfaction"]) == (None, "2")
    assert before["row_guid"] == after["row_guid"]
    assert (before["cd_operation"], after["cd_operation"]) == ("I", "U")
    assert before["cd_batch"] < after["cd_batch"] and len(after["cd_batch"]) <= 32
    versions = [
        (row["operation"], row["version"])
        for row in feed.rows("tongban_feed")
        if row["table_name"] == "up_pro_result"
    ]
    assert versions == [("I", 1), ("U", 2)]


async def test_a_row_that_no_longer_stands_goes_as_deleted(world: World, tmp_path: Path) -> None:
    feed = Feed(world, tmp_path / "feed.db")
    number = await a_rich_case(world)
    await ended(world, number)
    await feed.run()
    refused = {"list": "decision_result", "code": "REFUSED"}
    await follow(
        world,
        number,
        "decision",
        tag="second",
        decision_id="d-2",
        supersedes="d-1",
        result=refused,
        reason="模拟:纠错",
    )

    assert await feed.run() == {"I": 0, "U": 1, "D": 1, "held": 0}
    given, taken = feed.rows("up_lic_data")
    assert (given["cd_operation"], taken["cd_operation"]) == ("I", "D")
    assert taken["certificate_number"] == LICENCE["number"]
    assert [row["result_type"] for row in feed.rows("up_pro_result")] == ["1", "2"]
    assert await feed.run() == {"I": 0, "U": 0, "D": 0, "held": 0}


async def test_each_province_gets_its_cases_under_its_own_number(
    world: World, tmp_path: Path
) -> None:
    number = await apply(world)
    await close(world, number)

    async def numbers(province: str) -> set[str]:
        page = await exchange_rows(province, since=None, after=None, caller=OPERATOR, gw=world.gw)
        return {row["values"]["project_no"] for item in page["items"] for row in item["rows"]}

    assert await numbers("150000") == {f"N-{number}.1"}
    assert await numbers("530000") == {"MN-1"}
    assert await numbers("310000") == set()
    read = [json.loads(data) for _, data in await world.gw.store.leaves(number)][-2:]
    assert [(one["event"], one["purpose"], one["peer"]) for one in read] == [
        ("case.read", "exchange", "150000"),
        ("case.read", "exchange", "530000"),
    ]
    other = ExchangeStore(tmp_path / "a.db", province="150000")
    other.close()
    with pytest.raises(TransitionNotAllowed):
        ExchangeStore(tmp_path / "a.db", province="530000")


def shaped(table: str, codes: dict[tuple[str, str], str] | None = None, **values: Any) -> Shaped:
    return shape(Draft(table, "0" * 32, values), codes=codes or {})


def test_what_does_not_fit_is_neither_cut_nor_invented() -> None:
    row = shaped("up_pro_material", material_name="模" * 201, get_type=None, remark="模" * 1001)

    assert row.values is None
    assert {(gap.column, gap.held_back) for gap in row.gaps} == {
        ("up_pro_material.project_no", True),
        ("up_pro_material.material_name", True),
        ("up_pro_material.get_type", True),
        ("up_pro_material.remark", False),
    }
    scan = {"list": "material_acquisition", "code": "SCAN"}
    given = {"project_no": "1", "material_name": "模" * 200, "get_type": scan}
    assert shaped("up_pro_material", **given).values is None  # no code of the receiver
    codes = {("up_pro_material.get_type", "SCAN"): "2"}
    filled = shaped("up_pro_material", codes, **given, remark="模" * 1001)
    assert filled.values is not None
    assert (filled.values["get_type"], filled.values["remark"]) == ("2", None)
    assert [gap.column for gap in filled.gaps] == ["up_pro_material.remark"]


@pytest.mark.parametrize("text", ["v3", "12345678901", "-1", "1.5", "3"])
def test_a_version_that_is_no_number_is_said(text: str) -> None:
    gaps = {gap.column: gap.why for gap in shaped("up_pro_accept", task_version=text).gaps}

    assert ("不是整数" in gaps.get("up_pro_accept.task_version", "")) == (text != "3")


def test_the_database_itself_refuses_what_the_table_does_not_allow(tmp_path: Path) -> None:
    store = ExchangeStore(tmp_path / "feed.db", province="150000")
    batch = store.begin(datetime.fromisoformat("2026-03-02T09:00:00+08:00"), source="150")
    wrong = Shaped("up_pro_material", "0" * 32, {"project_no": "1", "material_name": "x" * 201})

    with pytest.raises(IntegrityError):
        store.put("TB-1", [wrong], batch)
    store.close()
    with sqlite3.connect(tmp_path / "feed.db") as db:
        assert db.execute("SELECT count(*) FROM tongban_feed").fetchone() == (0,)
