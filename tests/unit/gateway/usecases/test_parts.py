"""One case at several bodies: each gets it when its part begins, and what the others found."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import TransitionNotAllowed, Unroutable
from gateway.core.case import Case
from gateway.ports import Body, CaseFilter
from gateway.usecases.read_cases import read_case
from gateway.usecases.stand import stand
from gateway.usecases.take_in import Inbound, take_in
from tests import story
from tests.story import CHILDREN, LICENCE, coded
from tests.world import HANDLER, OTHER, PROVINCES, WINDOW, World, a_world, caller, example, say_as

TOWNSHIP, FEDERATION, CIVIL = "150402-township", "150402-federation", HANDLER
THERE = "990001"


def body(code: str, serves: str, system: str, *roles: str) -> Body:
    return Body(
        credit_code=code,
        name=f"模拟·{system}",
        serves=serves,
        place=serves.ljust(12, "0"),
        system=system,
        roles=roles,
    )


BODIES = (
    body("11990015300000021C", "150402990", TOWNSHIP, "PRE_CHECK"),
    body("139900153000000317", "150402", FEDERATION, "REVIEW"),
    body("11990015300000041E", "150402", CIVIL, "DECISION"),
    body("11990015300000062K", THERE, OTHER, "DECISION"),
)


CODES = {"township": "11990015300000021C", "federation": "139900153000000317"}


def part(name: str, role: str, *after: str, county: str = "150402") -> dict[str, Any]:
    made = story.part(name, role, *after, county=county)
    made["body"]["credit_code"] = CODES.get(name, BODIES[3 if county == THERE else 2].credit_code)
    return made


CHAIN = [
    part("township", "PRE_CHECK"),
    part("federation", "REVIEW", "township"),
    part("civil", "DECISION", "federation"),
]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The township and the federation have systems of their own, beside the civil affairs one."""
    async with a_world(tmp_path) as opened:
        civil = opened.provinces.system(CIVIL, "test")
        assert civil is not None
        for name in (TOWNSHIP, FEDERATION):
            PROVINCES.setdefault(name, "150000")
            adapter = type(opened.handler)(name)
            opened.provinces.add(replace(civil, system=name, adapter=adapter))  # type: ignore[arg-type]
        opened.provinces.bodies = lambda: BODIES  # type: ignore[method-assign]
        yield opened


def sent(world: World, system: str) -> list[tuple[str, int]]:
    """(kind, arrival) of what a system was sent, in that order."""
    found = world.provinces.system(system, "test")
    assert found is not None
    records = [json.loads(one)["document"] for one in found.adapter.prepared]  # type: ignore[attr-defined]
    return [(one["kind"], one["arrival"]) for one in records]


async def say(
    world: World, document: dict[str, Any], *, by: str, number: str | None = None
) -> dict[str, Any]:
    say_as(document, by)
    document.pop("numbers", None)
    if number is not None:
        document["case_number"] = number
    raw = json.dumps(document).encode()
    inbound = Inbound(caller=caller(by), raw=raw, document=document, case_number=number)
    return (await take_in(inbound, gw=world.gw)).body


async def a_case(
    world: World, parts: Sequence[dict[str, Any]], *, mode: str = "PROXY", item: str | None = None
) -> str:
    document = example("application")
    del document["body"]["materials"]
    document["body"] |= {"parts": list(parts), "mode": coded("business_mode", mode)}
    if item is not None:
        document["item"] = {"catalogue_code": item, "name": "模拟事项"}
        document["body"].pop("form")
    number = str((await say(world, document, by=WINDOW))["case_number"])
    await world.drain()
    return number


def outcome(code: str, part_id: str, message_id: str) -> dict[str, Any]:
    document = example("progress")
    document["body"] = {"step_name": "模拟环节", "part_outcome": coded("part_outcome", code)}
    return {**document, "part_id": part_id, "message_id": message_id}


def decision(part_id: str, result: str, message_id: str) -> dict[str, Any]:
    document = example("decision")
    document["body"] = {
        "decision_id": message_id,
        "result": coded("decision_result", result),
        "decided_at": "2026-03-04T09:00:00+08:00",
        "reason": "模拟理由",
    }
    return {**document, "part_id": part_id, "message_id": message_id}


async def case_of(world: World, number: str) -> Case:
    standing = await stand(number, gw=world.gw)
    assert standing is not None
    return standing.case


def statuses(case: Case) -> list[str]:
    return [one.status for one in case.parts]


async def test_each_body_gets_the_application_when_its_part_begins(world: World) -> None:
    number = await a_case(world, CHAIN)

    assert sent(world, TOWNSHIP) == [("application", 1)]
    assert sent(world, FEDERATION) == sent(world, CIVIL) == []
    assert statuses(await case_of(world, number)) == ["PUSHED", "WAITING", "WAITING"]

    await say(world, outcome("PASSED", "township", "p-1"), by=TOWNSHIP, number=number)
    await world.drain()

    first = await case_of(world, number)
    assert statuses(first) == ["PASSED", "PUSHED", "WAITING"]
    assert sent(world, FEDERATION) == [("application", 1), ("progress", 3)]
    assert sent(world, CIVIL) == []

    # Not passing does not refuse: the body that decides hears of it and decides.
    await say(world, outcome("NOT_PASSED", "federation", "p-2"), by=FEDERATION, number=number)
    await world.drain()
    civil = [kind for kind, _ in sent(world, CIVIL)]
    assert civil == ["application", "progress", "progress"]

    await say(world, decision("civil", "APPROVED", "d-1"), by=CIVIL, number=number)
    await world.drain()
    case = await case_of(world, number)
    assert (case.status, statuses(case)) == ("APPROVED", ["PASSED", "NOT_PASSED", "APPROVED"])
    assert [kind for kind, _ in sent(world, WINDOW)].count("progress") == 2
    assert [one.system for one in case.holders] == [TOWNSHIP, FEDERATION, CIVIL]


async def test_every_part_has_its_own_clock_and_outcome(world: World) -> None:
    """A child without care: the township has its fifteen days, then the county its own."""
    chain = [part("township", "PRE_CHECK"), part("civil", "DECISION", "township")]
    number = await a_case(world, chain, item=CHILDREN)

    async def view() -> dict[str, Any]:
        case = await read_case(number, caller=caller(), gw=world.gw)
        return {one["part_id"]: one for one in case["parts"]}

    first = await view()
    assert (first["township"]["due_on"], first["civil"]["due_on"]) == ("2026-03-23", None)
    assert first["civil"]["after"] == ["township"]

    world.clock.pass_(days=7)
    await say(world, outcome("PASSED", "township", "p-1"), by=TOWNSHIP, number=number)
    await world.drain()

    then = await view()
    assert (then["township"]["status"], then["township"]["due_on"]) == ("PASSED", None)
    assert then["civil"]["due_on"] == "2026-03-30"
    running = [one for one in (await case_of(world, number)).clocks if one.running]
    assert [(one.kind, one.part_id) for one in running] == [("DECIDE", "civil")]


async def test_a_correction_reaches_the_body_that_begins_later(world: World) -> None:
    number = await a_case(world, CHAIN)
    asked = example("correction_request") | {"part_id": "township", "message_id": "ask-1"}
    await say(world, asked, by=TOWNSHIP, number=number)
    gap = asked["body"]["gaps"][0]["gap_id"]
    answer = example("correction") | {"in_reply_to": "ask-1", "part_id": "township"}
    answer["body"] = {"answers": [{"gap_id": gap}]}
    await say(world, answer, by=WINDOW, number=number)
    await world.drain()
    assert sent(world, FEDERATION) == []

    await say(world, outcome("PASSED", "township", "p-1"), by=TOWNSHIP, number=number)
    await world.drain()

    assert [kind for kind, _ in sent(world, FEDERATION)] == [
        "application",
        "correction",
        "progress",
    ]
    keys = {
        one.order_key
        for one in await world.gw.store.deliveries(_of(number))
        if one.destination == FEDERATION
    }
    assert keys == {f"{number}/federation/{FEDERATION}"}


def _of(number: str) -> Any:
    from gateway.ports import DeliveryFilter

    return DeliveryFilter(case_number=number, limit=200)


async def test_withdrawal_reaches_only_bodies_that_ever_got_the_case(world: World) -> None:
    number = await a_case(world, CHAIN)
    await say(world, example("withdrawal"), by=WINDOW, number=number)
    await world.drain()

    assert [kind for kind, _ in sent(world, TOWNSHIP)] == ["application", "withdrawal"]
    assert sent(world, FEDERATION) == sent(world, CIVIL) == []


async def test_a_body_may_not_end_the_part_of_another(world: World) -> None:
    number = await a_case(world, CHAIN)
    with pytest.raises(TransitionNotAllowed):
        await say(world, outcome("PASSED", "township", "p-1"), by=FEDERATION, number=number)


JOINT = [
    part("east", "DECISION"),
    part("west", "DECISION", county=THERE),
]


async def test_two_places_handle_one_case_jointly_and_hear_of_each_other(world: World) -> None:
    number = await a_case(world, JOINT, mode="JOINT", item=LICENCE)
    assert sent(world, CIVIL) == sent(world, OTHER) == [("application", 1)]
    case = await case_of(world, number)
    assert [one.province for one in case.parties] == ["530000", "150000", "990000"]
    assert len(case.own_numbers) == 2  # each body knows the case by a number of its own

    await say(world, decision("west", "APPROVED", "d-w"), by=OTHER, number=number)
    await world.drain()
    case = await case_of(world, number)
    assert (case.status, case.finished) == ("PUSHED", False)
    assert ("decision", 4) in sent(world, CIVIL)

    await say(world, decision("east", "REFUSED", "d-e"), by=CIVIL, number=number)
    await world.drain()
    assert (await case_of(world, number)).status == "REFUSED"


async def test_a_part_nobody_serves_asks_the_window(world: World) -> None:
    lost = part("west", "DECISION", county="460100")
    with pytest.raises(Unroutable) as refused:
        await a_case(world, [part("east", "DECISION"), lost], mode="JOINT", item=LICENCE)
    assert [(one.rule, one.path) for one in refused.value.findings] == [
        ("route.none", "/body/parts/1/place")
    ]


async def test_parts_that_all_decide_elsewhere_contradict_the_rule_of_the_item(
    world: World,
) -> None:
    with pytest.raises(Unroutable) as refused:
        await a_case(world, [part("west", "DECISION", county=THERE)], mode="JOINT", item=LICENCE)
    assert [one.rule for one in refused.value.findings] == ["route.parts_elsewhere"]


async def test_what_a_later_body_cannot_carry_is_said_at_the_window(world: World) -> None:
    world.provinces.remove(CIVIL)
    with pytest.raises(Unroutable):
        await a_case(world, CHAIN)
    assert not await world.gw.store.cases(CaseFilter())
