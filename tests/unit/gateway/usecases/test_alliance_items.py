"""An item of alliances at the window: refused outside of them, one path inside a province."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import InvalidDocument
from gateway.ports import CaseFilter
from gateway.usecases.opening import clock_rules
from tests.story import Story
from tests.unit.gateway.usecases.test_take_in import an_application, hand_in
from tests.world import World, a_world

CARD = "002099908000"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


def a_card_application(receiving: str) -> dict[str, Any]:
    """The example, its handling place in Inner Mongolia, for an item of alliances only."""
    document = an_application()
    document["item"] = {"name": "老年人优待证办理", "catalogue_code": CARD}
    body = document["body"]
    body.pop("form", None)
    body.pop("parts", None)
    county = receiving[:6]
    body["receiving_place"] = {"code": receiving, "county": county, "name": "模拟地点"}
    return document


async def test_outside_its_alliances_the_item_is_refused_and_nothing_is_kept(world: World) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await hand_in(world, a_card_application("530303001000"))

    assert [one.rule for one in refused.value.findings] == ["item.outside_alliance"]
    assert await world.gw.store.cases(CaseFilter()) == []


async def test_between_two_cities_of_one_province_it_takes_the_same_path(world: World) -> None:
    answer = await hand_in(world, a_card_application("150102001000"))
    (case,) = await world.gw.store.cases(CaseFilter())

    assert case.number == answer.body["case_number"]
    assert (case.item, case.receiving_county[:2], case.handling_county[:2]) == (CARD, "15", "15")
    assert set(await world.drain()) == {"delivered"}


def test_a_case_under_way_keeps_the_limits_of_the_version_it_began_with() -> None:
    case = Story().case
    # by its date alone no version would be found
    old = replace(case, application_date=date(1999, 1, 1))

    assert clock_rules(old) == clock_rules(case)
    assert clock_rules(case).clock("DECIDE", None).limit == 10
