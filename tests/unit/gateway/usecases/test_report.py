"""Reports over a built set of cases: every number is known beforehand; rows add up to totals."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import InvalidRequest
from gateway.core.report.facts import Facts
from gateway.core.report.measures import MEASURES, NAMES, SHARES
from gateway.core.report.period import Period
from gateway.core.report.tally import Tally, report
from gateway.usecases.report import make_report
from gateway.usecases.report_sheets import to_csv, to_xlsx
from gateway.usecases.stand import stand
from tests.cases import apply, close, follow
from tests.world import START, WINDOW, World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


def coded(name: str, code: str) -> dict[str, str]:
    return {"list": name, "code": code}


def on(world: World, day: str) -> None:
    """Move to a day, at the hour the world began."""
    world.clock.at = START + (date.fromisoformat(day) - date(2026, 3, 2))


def material(name: str, way: str, **more: Any) -> dict[str, Any]:
    return {"material_id": name, "acquisition": coded("material_acquisition", way), **more}


async def decided(world: World, number: str, result: str) -> None:
    await close(world, number, result=result)


async def corrected(world: World, number: str, round_: int) -> None:
    """Asked for corrections today, corrected tomorrow."""
    name = f"{number}-{round_}"
    gap = {"gap_id": "g-1", "what": "模拟缺项"}
    await follow(world, number, "correction_request", tag=name, round=round_, gaps=[gap])
    world.clock.pass_(days=1)
    standing = await stand(number, gw=world.gw)
    assert standing is not None
    now = (world.clock.now() + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S+08:00")
    await follow(
        world,
        number,
        "correction",
        by=WINDOW,
        tag=name,
        reply_to=standing.case.open_request,
        round=round_,
        answers=[{"gap_id": "g-1"}],
        materials=[material("m-9", "OWED")],
        completed_at=now,
    )


async def a_spring(world: World) -> None:
    """Six cases of March 2026, told in order of their days."""
    licence, owed = material("m-1", "E_LICENCE"), material("m-2", "OWED")
    first = await apply(world, "bad review", channel="2", materials=[licence, owed])
    on(world, "2026-03-03")
    await decided(world, first, "APPROVED")
    bad = coded("satisfaction_gbt39046", "5")
    await follow(world, first, "evaluation", by=WINDOW, satisfaction=bad)
    await follow(world, first, "evaluation", by=WINDOW, tag="reply", phase="REPLY")

    twice = await apply(world, "corrected twice")
    on(world, "2026-03-04")
    await corrected(world, twice, 1)
    await corrected(world, twice, 2)  # Friday 6 March: the limit begins anew
    on(world, "2026-03-09")
    await decided(world, twice, "REFUSED")

    taken_back = await apply(world, "asked once, then withdrawn")
    gap = {"gap_id": "g-1", "what": "模拟缺项"}
    await follow(world, taken_back, "correction_request", round=1, gaps=[gap])
    await follow(world, taken_back, "withdrawal", by=WINDOW)

    on(world, "2026-03-10")
    late = await apply(world, "late")
    on(world, "2026-03-25")  # the tenth working day was the 24th
    await decided(world, late, "APPROVED")

    on(world, "2026-03-26")
    await apply(world, "left lying")
    on(world, "2026-03-27")
    april = await apply(world, "closed in April")
    on(world, "2026-04-01")
    await decided(world, april, "APPROVED")
    on(world, "2026-04-20")


MARCH = {
    "received": 6,
    "closed": 4,
    "on_time": 3,
    "late_receiving": 0,
    "late_handling": 1,
    "late_applicant": 0,
    "closed_approved": 2,
    "closed_refused": 1,
    "closed_not_accepted": 0,
    "closed_withdrawn": 1,
    "closed_other": 0,
    "returned": 0,
    "corrected": 2,
    "corrected_twice": 1,
    "total_days": 1 + 4 + 0 + 11,
    "limited": 3,
    "limit_days": 30,
    "used_days": 1 + 1 + 11,
    "online": 1,
    "wholly_online": 0,
    "materials": 2,
    "materials_spared": 1,
    "reviewed": 1,
    "badly_reviewed": 1,
    "followed_up": 1,
    "open": 1,
    "open_overdue": 1,
    "on_time_rate": 75.0,
    "returned_rate": 0.0,
    "corrected_twice_rate": 25.0,
    "average_days": 4.3,
    "average_total_days": 4.0,
    "online_rate": 25.0,
    "wholly_online_rate": 0.0,
    "review_rate": 25.0,
    "follow_up_rate": 100.0,
    "materials_saved_rate": 50.0,
    "limit_saved_rate": 56.7,
}


async def test_a_built_month_gives_the_known_numbers(world: World) -> None:
    await a_spring(world)

    made = await make_report("2026-03", gw=world.gw)

    handler, receiver = made["totals"]
    assert handler == {"role": "handler", **MARCH}
    assert receiver == {"role": "receiver", **MARCH}
    assert [(row["role"], row["place"], row["item"]) for row in made["rows"]] == [
        ("handler", "150402", "000599999000"),
        ("receiver", "530303", "000599999000"),
    ]
    assert [one["name"] for one in made["definitions"]] == list(MARCH)
    assert all(one["meaning_zh"] and one["meaning_en"] for one in made["definitions"])


async def test_a_case_counts_where_it_was_received_and_where_it_was_closed(world: World) -> None:
    await a_spring(world)

    april = (await make_report("2026-04", gw=world.gw))["totals"][0]
    assert (april["received"], april["closed"], april["open"]) == (0, 1, 1)
    assert april["average_days"] == 3.0  # 30 March to 1 April
    quarter = await make_report("2026-Q1", gw=world.gw)
    assert quarter["totals"][0] == {"role": "handler", **MARCH}
    assert (quarter["first_day"], quarter["until"]) == ("2026-01-01", "2026-04-01")
    february = (await make_report("2026-02", gw=world.gw))["totals"][0]
    assert {february[name] for name in NAMES} == {0}
    assert february["on_time_rate"] is None


async def test_who_never_told_the_outcome_is_late_as_receiver(world: World) -> None:
    number = await apply(world)
    await follow(world, number, "acceptance")
    await follow(world, number, "decision", result=coded("decision_result", "APPROVED"))

    on(world, "2026-03-05")  # three working days to tell: until this day
    (total, _) = (await make_report("2026-03", gw=world.gw))["totals"]
    assert (total["late_receiving"], total["on_time"]) == (0, 1)

    on(world, "2026-03-06")
    (total, _) = (await make_report("2026-03", gw=world.gw))["totals"]
    assert (total["late_receiving"], total["on_time"]) == (1, 0)


async def test_a_returned_case_is_counted_once_it_is_closed(world: World) -> None:
    number = await apply(world)
    await follow(world, number, "transfer", transfer_kind=coded("transfer_kind", "RETURN"))
    await follow(world, number, "withdrawal", by=WINDOW)

    (total, _) = (await make_report("2026-03", gw=world.gw))["totals"]

    assert (total["returned"], total["closed_withdrawn"], total["returned_rate"]) == (1, 1, 100.0)


@pytest.mark.parametrize("name", ["2026", "2026-13", "2026-Q5", "2026-3", "2027-01", "", "x"])
async def test_what_is_no_period_or_not_begun_is_refused(world: World, name: str) -> None:
    with pytest.raises(InvalidRequest):
        await make_report(name, gw=world.gw)


async def test_no_name_and_no_number_of_a_person_or_case_is_in_it(world: World) -> None:
    await a_spring(world)
    told = json.dumps(await make_report("2026-03", gw=world.gw), ensure_ascii=False)

    assert "TB-" not in told and "MN-" not in told and "乌兰" not in told


# --- files -----------------------------------------------------------------------------------


async def test_the_workbook_keeps_codes_as_text_and_prints_the_definitions(world: World) -> None:
    await a_spring(world)
    made = await make_report("2026-03", gw=world.gw)

    data = to_xlsx(made)

    assert data == to_xlsx(made)
    book = openpyxl.load_workbook(BytesIO(data))
    assert book.sheetnames == ["合计", "各地", "明细", "口径说明"]
    headings = [cell.value for cell in book["明细"][2]]
    row = dict(zip(headings, book["明细"][3], strict=True))
    item = row["基本编码 item"]
    assert (item.value, item.data_type, item.number_format) == ("000599999000", "s", "@")
    assert row["区划代码 place"].data_type == "s"
    assert (row["收件量 received"].value, row["收件量 received"].data_type) == (6, "n")
    assert row["按时办结率 on_time_rate"].value == 75
    told = [line[0].value for line in book["口径说明"].iter_rows(min_row=3)]
    assert told == [one.name for one in MEASURES]


async def test_comma_separated_rows_keep_their_zeros_and_carry_the_definitions(
    world: World,
) -> None:
    await a_spring(world)

    data = to_csv(await make_report("2026-03", gw=world.gw))

    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["基本编码 item"] == "000599999000"
    assert first["办结量 closed"] == "4"
    assert ["limit_saved_rate", "时限压缩率"] in [row[:2] for row in rows]


# --- sums ------------------------------------------------------------------------------------

FACTS = st.builds(
    Facts,
    receiving_county=st.sampled_from(["530303", "310101", "340102"]),
    handling_county=st.sampled_from(["530303", "150402"]),
    item=st.sampled_from(["000599999000", "000199996000"]),
    counts=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 1000)),
)


@given(st.lists(FACTS, max_size=30))
def test_rows_and_places_add_up_to_the_totals(cases: list[Facts]) -> None:
    tally = Tally()
    for one in cases:
        tally.add(one)
    period = Period.parse("2026-03")

    made = report(tally, period, today=date(2026, 4, 1), environment="test")

    said: Counter[str] = Counter()
    for one in cases:
        said.update(one.counts)
    for total in made["totals"]:
        for part in ("rows", "places"):
            mine = [row for row in made[part] if row["role"] == total["role"]]
            for name in NAMES:
                assert sum(row[name] for row in mine) == total[name] == said[name]
    for share in SHARES:
        assert all((row[share.name] is None) == (row[share.base] == 0) for row in made["rows"])


@given(st.integers(0, 19 * 365 * 24))
def test_every_moment_lies_in_one_month_and_one_quarter(hours: int) -> None:
    at = moment = datetime(2020, 6, 1, tzinfo=UTC) + timedelta(hours=hours)
    for names in (
        [f"{at.year + by}-{month:02d}" for by in (-1, 0, 1) for month in range(1, 13)],
        [f"{at.year + by}-Q{quarter}" for by in (-1, 0, 1) for quarter in range(1, 5)],
    ):
        periods = [Period.parse(name) for name in names]
        assert sum(one.holds(moment) for one in periods) == 1
        for one in periods:
            assert one.holds(moment) + one.begins_after(moment) + one.ended_before(moment) == 1
