"""Warnings, deemed acceptance, owed materials and recounting, in a real store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.calendar import SHIPPED
from contracts.calendar_file import calendars_to_text, read_calendar
from contracts.catalogue import item
from contracts.errors import InvalidDocument, TransitionNotAllowed
from contracts.message import parse
from gateway.core.case import Case
from gateway.core.lifecycle import Arrived, Opening, Rules, advance, open_case
from gateway.ports import CalendarRow, CaseFilter, Change, DeliveryFilter
from gateway.usecases.calendars import load_calendar, read_almanac, recount_cases, show_calendar
from gateway.usecases.caller import Caller
from gateway.usecases.deadlines import list_deadlines
from gateway.usecases.read_cases import read_case, worklist
from gateway.usecases.sealed import open_message
from gateway.usecases.speak import Said, speak
from gateway.usecases.stand import Standing, role_for, stand
from gateway.usecases.take_in import Inbound, take_in
from gateway.usecases.watch_clocks import watch_clocks
from tests.story import LICENCE, SECOND_START, START, SUBSIDIES, coded, moved
from tests.world import HANDLER, OTHER, WINDOW, World, a_world, caller, example

FILE = (Path(__file__).parents[3] / "vectors" / "calendars" / "2027_invented.csv").read_text(
    "utf-8"
)
OPERATOR = Caller(
    client_id="os:clerk", role="operator", system=None, province=None, trace_id="b" * 32
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


def an_application(*, start: datetime = START, code: str = SUBSIDIES) -> dict[str, Any]:
    document: dict[str, Any] = moved(example("application"), start)
    del document["body"]["materials"]
    if code != SUBSIDIES:
        document["item"] = {"catalogue_code": code, "name": "模拟许可事项"}
        document["body"]["handling_body"] = {
            "name": "模拟·红山区民政局",
            "credit_code": "11990015300000041E",
        }
        del document["body"]["form"]
    return document


async def hand_in(world: World, document: dict[str, Any], *, by: str = WINDOW) -> str:
    raw = json.dumps(document).encode()
    number = document.get("case_number")
    inbound = Inbound(caller=caller(by), raw=raw, document=document, case_number=number)
    return str((await take_in(inbound, gw=world.gw)).body["case_number"])


async def standing_of(world: World, number: str) -> Standing:
    found = await stand(number, gw=world.gw)
    assert found is not None
    return found


async def said(world: World, number: str) -> list[dict[str, Any]]:
    """What the gateway said in the case, in order."""
    key = (await standing_of(world, number)).key
    return [
        open_message(row, key=key).document
        for row in await world.gw.store.messages(number)
        if row.system == "gateway"
    ]


async def refold(world: World, number: str) -> Case:
    """The case again from its stored messages, each with the calendars its document names."""
    final = await standing_of(world, number)
    rules = Rules.of(item(final.case.catalogue_code, final.case.application_date))  # type: ignore[arg-type]
    arrived: dict[int, Arrived] = {}
    case: Case | None = None
    for row in await world.gw.store.messages(number):
        document = open_message(row, key=final.key).document
        one = Arrived(
            message=parse(document, from_sender=False),
            role=role_for(final.case, row.system, row.kind),
            system=row.system,
            arrival=row.arrival,
            at=row.received_at,
            calendars=world.gw.almanac.versions[document["calendar_version"]],
        )
        arrived[row.arrival] = one
        if case is None:
            opening = Opening(
                number=number,
                handling_place=final.case.handling_place,
                parties=final.case.parties,
                catalogue_code=final.case.catalogue_code,
                catalogue_version=final.case.catalogue_version,
                item=final.case.item,
            )
            case = open_case(one, opening=opening, rules=rules)
        else:
            pending = {at: arrived[at] for at in case.pending}
            case = advance(case, one, pending=pending, rules=rules).case
    assert case is not None
    return case


# --- warnings -------------------------------------------------------------------------------


async def test_each_warning_is_given_once_and_outlives_a_restart(tmp_path):
    async with a_world(tmp_path) as world:
        number = await hand_in(world, an_application())
        assert (await watch_clocks(gw=world.gw)).given == 0
        world.clock.pass_(days=2)
        assert (await watch_clocks(gw=world.gw)).given == 1
        assert (await watch_clocks(gw=world.gw)).given == 0
    async with a_world(tmp_path) as world:
        world.clock.pass_(days=2)
        assert (await watch_clocks(gw=world.gw)).given == 0
        world.clock.pass_(days=2)
        assert (await watch_clocks(gw=world.gw)).given == 1
        assert (await watch_clocks(gw=world.gw)).given == 0

        told = [document["body"]["cause"] for document in await said(world, number)]
        assert told == ["DUE_SOON", "MISSED"]
        assert await refold(world, number) == (await standing_of(world, number)).case


async def test_two_looks_at_once_warn_once(world):
    number = await hand_in(world, an_application())
    world.clock.pass_(days=2)

    await asyncio.gather(*(watch_clocks(gw=world.gw) for _ in range(4)))

    assert len(await said(world, number)) == 1


async def test_the_owner_is_told_in_its_own_system_and_on_the_worklist(world):
    number = await hand_in(world, an_application())
    await world.drain()
    world.clock.pass_(days=20)
    assert (await watch_clocks(gw=world.gw)).given == 1

    (reminder,) = await said(world, number)
    assert reminder["body"]["to"] == "HANDLING"
    assert reminder["body"]["text"] == "办理时限已超期,到期日 2026-03-16"
    sent = await world.gw.store.deliveries(DeliveryFilter(case_number=number, destination=HANDLER))
    assert sorted(row.kind for row in sent) == ["application", "reminder"]
    page = await worklist(caller=caller(HANDLER), gw=world.gw)
    (warned,) = page["items"][0]["warnings"]
    assert (warned["kind"], warned["cause"]) == ("DECIDE", "MISSED")
    leaves = [json.loads(data) for _, data in await world.gw.store.leaves(number)]
    mine = [leaf for leaf in leaves if leaf.get("kind") == "reminder"]
    assert [leaf["actor"] for leaf in mine if leaf["event"] == "message.received"] == [
        {"kind": "gateway"}
    ]


async def test_the_applicants_clock_is_told_to_the_window(world):
    number = await hand_in(world, an_application())
    await world.drain()
    await hand_in(
        world,
        {
            **example("correction_request"),
            "case_number": number,
            "message_id": "ask-1",
            "occurred_at": "2026-03-02T10:00:00+08:00",
        }
        | {"sender": {"system": HANDLER, "province": "150000", "role": "HANDLING"}},
        by=HANDLER,
    )
    world.clock.pass_(days=60)
    await watch_clocks(gw=world.gw)

    reminders = [one["body"] for one in await said(world, number)]
    assert [one["to"] for one in reminders] == ["APPLICANT"]
    sent = await world.gw.store.deliveries(DeliveryFilter(case_number=number, destination=WINDOW))
    assert "reminder" in {row.kind for row in sent}


async def test_a_system_without_reminders_still_has_the_worklist(world):
    world.handler.kinds = frozenset({"application"})
    number = await hand_in(world, an_application())
    await world.drain()
    world.clock.pass_(days=20)

    assert (await watch_clocks(gw=world.gw)).given == 1
    sent = await world.gw.store.deliveries(DeliveryFilter(case_number=number))
    assert "reminder" not in {row.kind for row in sent}
    page = await worklist(caller=caller(HANDLER), gw=world.gw)
    assert page["items"][0]["warnings"]


async def test_a_case_that_cannot_be_read_hinders_no_other(world):
    first = await hand_in(world, an_application())
    document = an_application() | {"message_id": "app-2", "numbers": {"receiving": "MN-2"}}
    await hand_in(world, document)
    row = await world.gw.store.case(first)
    assert row is not None
    broken = replace(row, revision=row.revision + 1, sealed=b"x" * 64)
    await world.gw.store.commit(Change(case=broken))
    world.clock.pass_(days=2)

    looked = await watch_clocks(gw=world.gw)

    assert (looked.given, list(looked.failed)) == (1, [first])


async def test_the_watch_reads_only_cases_that_have_to_be_looked_at(world):
    await hand_in(world, an_application())
    today = world.clock.at.date()

    assert not await world.gw.store.cases(CaseFilter(watch_by=today))
    assert await world.gw.store.cases(CaseFilter(watch_by=today + timedelta(days=2)))


# --- what follows by law or by the item -----------------------------------------------------


async def test_a_licence_case_is_deemed_accepted_by_a_message_of_the_gateway(world):
    number = await hand_in(world, an_application(code=LICENCE))
    await world.drain()
    world.clock.pass_(days=8)
    await watch_clocks(gw=world.gw)
    await watch_clocks(gw=world.gw)

    spoken = await said(world, number)
    (accepted,) = [one for one in spoken if one["kind"] == "acceptance"]
    assert accepted["body"]["result"]["code"] == "DEEMED_ACCEPTED"
    assert accepted["body"]["accepted_at"].startswith("2026-03-02")
    case = (await standing_of(world, number)).case
    assert case.status == "ACCEPTED"
    assert {one.kind: one.state for one in case.clocks if one.kind == "ACCEPT"} == {
        "ACCEPT": "MISSED"
    }
    sent = await world.gw.store.deliveries(DeliveryFilter(case_number=number))
    told = {row.destination for row in sent if row.kind == "acceptance"}
    assert told == {WINDOW, HANDLER}
    assert await refold(world, number) == case


async def test_an_item_that_is_no_licence_is_never_deemed_accepted(world):
    number = await hand_in(world, an_application())
    await world.drain()
    world.clock.pass_(days=60)
    await watch_clocks(gw=world.gw)

    assert {one["kind"] for one in await said(world, number)} == {"reminder"}


async def test_an_owed_material_that_does_not_come_is_a_finding_for_who_decides(world):
    document = an_application()
    document["body"]["materials"] = [
        {
            "material_id": "m-9",
            "acquisition": coded("material_acquisition", "OWED"),
            "owed": {"due_on": "2026-03-09", "list_basis": "模拟容缺清单"},
        }
    ]
    number = await hand_in(world, document)
    await world.drain()
    world.clock.pass_(days=8)
    await watch_clocks(gw=world.gw)
    await watch_clocks(gw=world.gw)

    (finding,) = [one["body"] for one in await said(world, number) if one["kind"] == "finding"]
    assert finding["issues"][0]["rule"] == "material.owed_missed"
    sent = await world.gw.store.deliveries(DeliveryFilter(case_number=number, destination=HANDLER))
    assert "finding" in {row.kind for row in sent}
    assert await refold(world, number) == (await standing_of(world, number)).case


# --- calendars ------------------------------------------------------------------------------


@pytest.fixture
async def december(world: World) -> World:
    world.clock.at = SECOND_START.astimezone(UTC)
    return world


async def load(world: World, text: str = FILE, **given: Any) -> dict[str, Any]:
    asked = {"declared": (), "based_on": None, "dry_run": False, **given}
    return await load_calendar(text, caller=OPERATOR, gw=world.gw, **asked)


async def crossing(world: World) -> str:
    """A case whose decision falls due in 2027."""
    number = await hand_in(world, an_application(start=SECOND_START))
    world.clock.pass_(days=11)
    await world.drain()
    return number


async def test_loading_a_year_recounts_open_cases_as_a_recorded_event(december):
    world = december
    number = await crossing(world)
    before = await standing_of(world, number)
    assert [one.provisional for one in before.case.clocks if one.running] == [True]

    told = await load(world)

    assert (told["written"], told["recounted"], told["becomes"]) == (True, 1, "2026.1+1")
    after = await standing_of(world, number)
    assert after.row.revision == before.row.revision + 1
    assert [one.provisional for one in after.case.clocks if one.running] == [False]
    assert [one["body"]["cause"] for one in await said(world, number)] == ["RECOUNTED"]
    assert await refold(world, number) == after.case
    leaves = [json.loads(data) for _, data in await world.gw.store.leaves()]
    (changed,) = [leaf for leaf in leaves if leaf["event"] == "config.changed"]
    assert (changed["actor"]["client_id"], changed["policy"]) == ("os:clerk", "2026.1+1")


async def test_only_the_difference_is_told_before_writing(december):
    world = december
    number = await crossing(world)

    told = await load(world, dry_run=True)

    assert not told["written"]
    assert told["announced"] == [{"year": 2027, "region": None}]
    assert {one["before"] for one in told["differences"]} == {None}
    assert await world.gw.store.calendars() == []
    assert await said(world, number) == []


async def test_loading_the_same_twice_changes_nothing(december):
    await load(december)
    again = await load(december)

    assert not again["written"]
    assert again["becomes"] == again["version"] == "2026.1+1"
    assert len(await december.gw.store.calendars()) == 1


async def test_a_comparison_that_is_out_of_date_is_refused(december):
    await load(december)

    with pytest.raises(TransitionNotAllowed):
        await load(december, FILE.replace("2027-09-15", "2027-09-14"), based_on="2026.1")


async def test_a_wrong_file_writes_nothing(december):
    with pytest.raises(InvalidDocument):
        await load(december, FILE + "2027-01-02,day_off\n")

    assert await december.gw.store.calendars() == []
    assert december.gw.almanac.current.revision == "2026.1"


async def test_a_recount_that_was_cut_short_is_finished_later(tmp_path):
    async with a_world(tmp_path) as world:
        world.clock.at = SECOND_START.astimezone(UTC)
        number = await crossing(world)
        await world.gw.store.commit(Change(calendars=(loaded_and_no_more(),)))
    async with a_world(tmp_path) as world:
        world.clock.at = SECOND_START.astimezone(UTC) + timedelta(days=12)
        assert world.gw.almanac.current.revision == "2026.1+1"
        assert await recount_cases(gw=world.gw) == 1
        assert await recount_cases(gw=world.gw) == 0
        case = (await standing_of(world, number)).case
        assert not any(one.provisional for one in case.clocks if one.running)
        assert await refold(world, number) == case


def loaded_and_no_more() -> CalendarRow:
    """What a load has written before it counts anything anew."""
    loaded, _ = read_calendar(FILE)
    after = SHIPPED.with_years(loaded.days, loaded.announced, revision="2026.1+1")
    return CalendarRow(
        version="2026.1+1",
        base="2026.1",
        loaded_at=SECOND_START,
        client="os:clerk",
        digest="0" * 64,
        content=calendars_to_text(after),
    )


async def test_a_newer_product_keeps_the_years_it_does_not_ship_itself(december):
    await load(december)
    (row,) = await december.gw.store.calendars()

    class Held:
        async def calendars(self) -> Any:
            return [replace(row, base="2025.9")]

    almanac = await read_almanac(Held())  # type: ignore[arg-type]

    assert almanac.current.revision == "2026.1/2026.1+1"
    assert 2027 in almanac.current.of("530000").years


async def test_a_newer_product_recounts_what_it_ships_itself(december):
    world = december
    number = await crossing(world)
    assert await recount_cases(gw=world.gw) == 0
    loaded, _ = read_calendar(FILE)
    shipped = SHIPPED.with_years(loaded.days, loaded.announced, revision="2027.1")
    world.gw.almanac.enact(shipped)

    assert await recount_cases(gw=world.gw) == 1
    assert await recount_cases(gw=world.gw) == 0

    rows = await world.gw.store.calendars()
    assert [(row.version, row.client) for row in rows] == [
        ("2026.1", "product"),
        ("2027.1", "product"),
    ]
    assert await refold(world, number) == (await standing_of(world, number)).case


async def test_what_is_shown_is_what_counts(december):
    assert not show_calendar(year=2027, region=None, gw=december.gw)["announced"]
    await load(december)
    shown = show_calendar(year=2027, region=None, gw=december.gw)

    assert shown["announced"]
    assert len(shown["items"]) == len(FILE.splitlines()) - 1
    guangxi = show_calendar(year=2021, region="450102", gw=december.gw)
    assert {"date": "2021-04-16", "kind": "day_off", "region": "450000"} in guangxi["items"]


async def test_what_comes_in_after_a_load_is_counted_with_it_and_says_so(december):
    world = december
    await load(world)
    number = await crossing(world)

    standing = await standing_of(world, number)
    (clock,) = [one for one in standing.case.clocks if one.kind == "DECIDE"]
    assert (clock.calendar, clock.provisional) == ("150000@2026.1+1", False)
    row = await world.gw.store.message(number, 1)
    assert row is not None
    assert open_message(row, key=standing.key).document["calendar_version"] == "2026.1+1"


async def test_the_gateway_never_says_the_same_thing_twice(world):
    number = await hand_in(world, an_application())
    same = Said(kind="reminder", message_id="remind.x", body={"to": "HANDLING", "count": 1})

    assert await speak(number, lambda standing: same, gw=world.gw)
    assert not await speak(number, lambda standing: same, gw=world.gw)
    assert len(await said(world, number)) == 1


# --- deadlines ------------------------------------------------------------------------------


async def test_deadlines_say_who_what_until_when_and_how_late(december):
    world = december
    number = await crossing(world)

    (line,) = (await list_deadlines(days=30, province=None, caller=OPERATOR, gw=world.gw))["items"]
    assert (line["case_number"], line["kind"], line["owner"]) == (number, "DECIDE", "HANDLING")
    assert (line["due_on"], line["provisional"]) == ("2027-01-04", True)
    assert line["remaining"] == "还剩 10 个工作日(暂定,待公布放假安排)"
    assert (line["left"], line["late"], line["overdue"]) == (10, 0, False)

    world.clock.pass_(days=20)
    (late,) = (await list_deadlines(days=0, province=None, caller=OPERATOR, gw=world.gw))["items"]
    assert (late["left"], late["late"], late["overdue"]) == (0, 4, True)


async def test_deadlines_are_of_a_province_and_of_a_party(december):
    world = december
    await crossing(world)

    async def count(province: str | None, who: Caller) -> int:
        found = await list_deadlines(days=30, province=province, caller=who, gw=world.gw)
        return len(found["items"])

    assert await count("150000", OPERATOR) == 1
    assert await count("530000", OPERATOR) == 0
    assert await count(None, caller(HANDLER)) == 1
    assert await count(None, caller(OTHER)) == 0


async def test_a_case_says_its_dates_with_the_calendar_in_force(december):
    number = await crossing(december)
    await load(december)

    shown = await read_case(number, caller=OPERATOR, gw=december.gw)

    assert "暂定" not in shown["sentence"]
    assert "2027 年 1 月 4 日" in shown["sentence"]
