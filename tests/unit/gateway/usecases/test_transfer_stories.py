"""Three ways a case comes to the wrong place, and how it finds the right one unrefused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.core.case import Case
from gateway.usecases.read_cases import read_messages
from gateway.usecases.stand import stand
from gateway.usecases.take_in import Inbound, take_in
from tests.story import coded
from tests.world import HANDLER, OTHER, WINDOW, World, a_world, caller, example, say_as

HERE = {"code": "150402990000", "county": "150402"}
THERE = {"code": "990001990000", "county": "990001"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


async def say(world: World, kind: str, *, by: str, number: str = "", **body: Any) -> Any:
    document = example(kind)
    if kind == "application":
        del document["body"]["materials"]
    if kind in ("transfer", "decision"):
        document["body"] = {}
    document["body"] |= body
    document["message_id"] = f"{kind}-{by}-{world.clock.now().timestamp()}"
    for name in ("numbers", "in_reply_to"):
        document.pop(name, None)
    say_as(document, by)
    if number:
        document["case_number"] = number
    raw = json.dumps(document).encode()
    inbound = Inbound(caller=caller(by), raw=raw, document=document, case_number=number or None)
    answer = (await take_in(inbound, gw=world.gw)).body
    await world.drain()
    return answer


async def a_case(world: World) -> str:
    number = str((await say(world, "application", by=WINDOW))["case_number"])
    world.clock.pass_(days=2)
    return number


async def hand_on(
    world: World, number: str, how: str, reason: str, *, to: dict[str, str] | None, by: str
) -> Any:
    says = {
        "transfer_kind": coded("transfer_kind", how),
        "reason": reason,
        "from_place": HERE if by == HANDLER else THERE,
        **({"to_place": to} if to else {}),
    }
    return await say(world, "transfer", by=by, number=number, **says)


async def case_of(world: World, number: str) -> Case:
    standing = await stand(number, gw=world.gw)
    assert standing is not None
    return standing.case


async def reasons(world: World, number: str) -> list[str]:
    items = (await read_messages(number, caller=caller(), gw=world.gw))["items"]
    bodies = [one["message"]["body"] for one in items if one["message"]["kind"] == "transfer"]
    return [str(one["reason"]) for one in bodies]


def clocks(case: Case, kind: str) -> list[tuple[str, date]]:
    return [(one.state, one.due_on) for one in case.clocks if one.kind == kind]


async def approve(world: World, number: str, *, by: str) -> None:
    await say(
        world,
        "decision",
        by=by,
        number=number,
        decision_id="d-1",
        result=coded("decision_result", "APPROVED"),
        decided_at="2026-03-05T09:00:00+08:00",
    )


async def test_a_wrong_household_place_goes_on_to_the_right_one_with_its_date(
    world: World,
) -> None:
    """The window wrote the wrong county. The county forwards the case, with the reason."""
    number = await a_case(world)
    ((_, first_due),) = clocks(await case_of(world, number), "DECIDE")

    await hand_on(world, number, "FORWARD", "户籍地填写有误", to=THERE, by=HANDLER)

    case = await case_of(world, number)
    assert case.application_date == date(2026, 3, 2)  # nobody loses a day by our mistake
    assert case.status == "PUSHED"
    assert await reasons(world, number) == ["户籍地填写有误"]
    (state, _), (again, new_due) = clocks(case, "DECIDE")
    assert (state, again) == ("CANCELLED", "RUNNING")
    assert new_due > first_due  # the new place has its whole time
    assert [(one.system, one.to_at is None) for one in case.holders] == [
        (HANDLER, False),
        (OTHER, True),
    ]
    await approve(world, number, by=OTHER)
    assert (await case_of(world, number)).status == "APPROVED"


async def test_a_household_that_moved_is_followed_and_every_holder_stays_on_record(
    world: World,
) -> None:
    """The household moved away and back again: three holders, one case, one date."""
    number = await a_case(world)
    await hand_on(world, number, "FORWARD", "户籍已迁出", to=THERE, by=HANDLER)
    world.clock.pass_(days=1)
    await hand_on(world, number, "FORWARD", "户籍已迁回", to=HERE, by=OTHER)

    case = await case_of(world, number)
    assert await reasons(world, number) == ["户籍已迁出", "户籍已迁回"]
    assert [one.system for one in case.holders] == [HANDLER, OTHER, HANDLER]
    assert [one.to_at is None for one in case.holders] == [False, False, True]
    assert case.application_date == date(2026, 3, 2)
    assert case.status == "PUSHED"
    await approve(world, number, by=HANDLER)
    assert (await case_of(world, number)).status == "APPROVED"


async def test_a_place_that_is_not_competent_returns_the_case_to_the_window(world: World) -> None:
    """Nobody is refused: the window has the turn, finds the competent place and sends it on."""
    number = await a_case(world)
    await hand_on(world, number, "RETURN", "本机构无此职权", to=None, by=HANDLER)

    returned = await case_of(world, number)
    assert (returned.status, returned.turn) == ("TRANSFERRED", "RECEIVING")
    assert returned.decisions == {}
    assert [state for state, _ in clocks(returned, "DECIDE")] == ["CANCELLED"]

    world.clock.pass_(days=1)
    await hand_on(world, number, "FORWARD", "改送有权机构", to=THERE, by=WINDOW)
    case = await case_of(world, number)
    assert (case.status, case.turn) == ("PUSHED", "HANDLING")
    assert case.application_date == date(2026, 3, 2)
    assert await reasons(world, number) == ["本机构无此职权", "改送有权机构"]
    assert [one.system for one in case.holders if one.system] == [HANDLER, OTHER]
    assert [one.to_at is None for one in case.holders].count(True) == 1
