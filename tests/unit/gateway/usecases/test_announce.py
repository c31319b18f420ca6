"""A province announces a changed implementation list: compared, recorded, put in force, watched."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import InvalidDocument
from gateway.usecases.announce import Announced, announce, list_status
from gateway.usecases.lists import in_force, read_list, restore_lists
from gateway.usecases.precheck import local_list
from gateway.usecases.times import local_date
from tests.unit.gateway.usecases.test_take_in import an_application, hand_in
from tests.world import WINDOW, World, a_world, caller

SUBSIDIES, YUNNAN = "000599999000", "530000"
ROW = {
    "local_code": "YN-MN-0530-01",
    "name": "残疾人两项补贴(模拟)",
    "catalogue_code": SUBSIDIES,
    "version": "3",
    "materials": "disability_certificate|bank_account",
    "decide_days": "10",
    "fee_fen": "0",
    "steps": "township_pre_check|cdpf_review|county_decision",
    "valid_from": "",
    "valid_to": "",
}
CAUSE, ASKED, APPROVED = date(2026, 2, 9), date(2026, 2, 13), date(2026, 2, 27)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


def a_list(*changes: dict[str, str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*ROW, "form_fields", "conditions", "procedures"])
    writer.writeheader()
    writer.writerows({**ROW, **change} for change in changes or ({},))
    return text.getvalue()


async def say(world: World, content: str, **changes: Any) -> dict[str, Any]:
    dates = {"cause_on": CAUSE, "requested_on": ASKED, "approved_on": APPROVED}
    said = Announced(province=YUNNAN, content=content, **{**dates, **changes})
    return await announce(said, caller=caller(), gw=world.gw)


def rules(answer: dict[str, Any]) -> list[str]:
    return [one["rule"] for one in answer["findings"]]


async def test_an_approved_list_that_only_takes_away_is_in_force(world: World) -> None:
    first = await say(world, a_list())
    second = await say(world, a_list({"version": "4", "materials": "bank_account"}))

    assert (first["state"], first["late"]) == ("adopted", [])
    assert (second["number"], second["state"], rules(second)) == (2, "adopted", [])
    today = local_date(world.clock.now())
    assert local_list(YUNNAN, SUBSIDIES, on=today, gw=world.gw).materials == ("bank_account",)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"materials": "bank_account|tax_return"}, "list.more_materials"),
        ({"decide_days": "15"}, "list.more_days"),
        ({"fee_fen": "500"}, "list.higher_fee"),
        ({"steps": "township_pre_check|village_vote"}, "list.more_steps"),
        ({"form_fields": "subsidy_kinds|religion"}, "list.more_form_fields"),
        ({"conditions": "ten_years_here"}, "list.more_conditions"),
        ({"procedures": "inspection:3:"}, "list.procedure_no_basis"),
        ({"procedures": "inspection:6:模拟依据"}, "list.procedure_too_long"),
        ({"catalogue_code": "000123456789"}, "item.unknown"),
    ],
)
async def test_a_list_that_asks_for_more_is_recorded_and_not_put_in_force(
    world: World, change: dict[str, str], rule: str
) -> None:
    await say(world, a_list())
    answer = await say(world, a_list({**change, "version": "4"}))

    assert answer["state"] == "refused"
    assert rule in rules(answer)
    assert next(one for one in answer["findings"] if one["rule"] == rule)["level"] == "reject"
    assert [one.version for one in world.provinces.local_items(YUNNAN)] == ["3"]


async def test_without_approval_a_list_is_only_compared(world: World) -> None:
    answer = await say(world, a_list(), approved_on=None)

    assert (answer["state"], answer["adjust_due"]) == ("requested", None)
    assert world.provinces.local_items(YUNNAN) == ()


async def test_the_same_announcement_again_gets_the_first_answer(world: World) -> None:
    first = await say(world, a_list())

    assert await say(world, a_list()) == first
    assert len(await world.gw.store.announcements()) == 1


async def test_both_limits_are_counted_in_working_days_of_the_province(world: World) -> None:
    # 2026-02-09 + 10 working days: the Spring Festival holidays and its swapped days lie between
    answer = await say(world, a_list(), requested_on=date(2026, 2, 27), approved_on=None)
    due = date.fromisoformat(answer["request_due"]["date"])

    assert due > date(2026, 2, 23)
    assert answer["request_due"]["calendar"].startswith("530000@")
    late = await say(
        world,
        a_list(),
        cause_on=date(2026, 1, 5),
        requested_on=date(2026, 1, 20),
        approved_on=date(2026, 1, 21),
    )
    assert late["request_due"]["date"] == "2026-01-19"
    assert late["adjust_due"]["date"] == "2026-01-26"
    assert late["late"] == ["request", "adjust"]
    assert {"list.request_late", "list.adjust_late"} <= set(rules(late))
    assert late["state"] == "adopted"  # a missed limit is told, the list is as good as it is


async def test_cases_that_began_before_keep_the_version_they_began_with(world: World) -> None:
    today = local_date(world.clock.now())
    await say(world, a_list())
    world.clock.pass_(days=40)
    later = local_date(world.clock.now())
    await say(world, a_list({"version": "4", "materials": "bank_account"}))

    before = local_list(YUNNAN, SUBSIDIES, on=today, gw=world.gw)
    after = local_list(YUNNAN, SUBSIDIES, on=later, gw=world.gw)
    assert (before.version, after.version) == ("3", "4")
    assert "disability_certificate" in before.materials
    held = [one for one in world.provinces.local_items(YUNNAN) if in_force(one, later)]
    assert [one.version for one in held] == ["4"]


async def test_a_restart_puts_the_adopted_lists_in_force_again(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await say(world, a_list())
        await say(world, a_list({"version": "9", "decide_days": "99"}))  # refused
    async with a_world(tmp_path) as world:
        assert world.provinces.local_items(YUNNAN) == ()
        await restore_lists(gw=world.gw)
        assert [one.version for one in world.provinces.local_items(YUNNAN)] == ["3"]


async def test_who_still_sends_the_old_version_is_told_and_counted(world: World) -> None:
    await say(world, a_list({"version": "3"}), valid_from=date(2026, 3, 2))
    for number, version in enumerate(("2", "2", "3"), start=1):
        document = an_application(number)
        document["item"] |= {"item_version": version}
        answer = await hand_in(world, document)
        told = [one["rule"] for one in answer.body["findings"]]
        assert ("item.old_version" in told) == (version == "2")
    (old,) = (await list_status(gw=world.gw))["old_versions"]

    assert (old["province"], old["system"], old["version"]) == (YUNNAN, WINDOW, "2")
    assert (old["cases"], old["catalogue_code"]) == (2, SUBSIDIES)


async def test_an_announcement_is_a_leaf_without_its_content(world: World) -> None:
    await say(world, a_list())
    leaves = [leaf for _, leaf in await world.gw.store.leaves() if b"catalogue.announced" in leaf]

    assert len(leaves) == 1
    assert b"disability_certificate" not in leaves[0]


@pytest.mark.parametrize(
    "change",
    [
        {"province": "650000"},
        {"requested_on": date(2026, 2, 8)},
        {"approved_on": date(2026, 2, 12)},
        {"cause_on": date(2030, 1, 1), "requested_on": date(2030, 1, 1), "approved_on": None},
        {"content": "local_code,name\n1,2\n"},
        {"content": "local_code,name,catalogue_code,version\n"},
        {"content": a_list({"decide_days": "ten"})},
        {"content": a_list({"valid_from": "2026-2-30"})},
    ],
)
async def test_what_cannot_be_right_is_refused_and_not_recorded(
    world: World, change: dict[str, Any]
) -> None:
    good = {
        "province": YUNNAN,
        "content": a_list(),
        "cause_on": CAUSE,
        "requested_on": ASKED,
        "approved_on": APPROVED,
    }
    with pytest.raises(InvalidDocument):
        await announce(Announced(**{**good, **change}), caller=caller(), gw=world.gw)
    assert await world.gw.store.announcements() == []


async def test_a_list_cannot_hold_from_before_the_last_one(world: World) -> None:
    await say(world, a_list())

    with pytest.raises(InvalidDocument):
        await say(world, a_list({"version": "4"}), valid_from=date(2026, 1, 1))


async def test_two_rows_of_one_code_on_one_day_are_refused(world: World) -> None:
    answer = await say(world, a_list({}, {"version": "4"}))

    assert answer["state"] == "refused"
    assert "list.overlap" in rules(answer)


def test_the_shipped_lists_are_read_alike() -> None:
    folder = Path(__file__).parents[4] / "mappings" / "provinces"
    lists = [file for file in sorted(folder.glob("*/items.csv")) if _offers(file)]
    assert len(lists) >= 6
    for file in lists:
        rows = read_list(file.read_text("utf-8"), province=file.parent.name)
        assert rows and all(row.item.local_code for row in rows)


def _offers(file: Path) -> bool:
    """Whether the place takes applications: a service that only answers has an empty list."""
    return len(file.read_text("utf-8").splitlines()) > 1
