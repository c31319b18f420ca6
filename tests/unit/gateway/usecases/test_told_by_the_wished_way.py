"""
A notification by a way that does not reach the applicant is taken in and warned about.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.story import coded
from tests.unit.gateway.usecases.test_take_in import an_application, follow_up, hand_in
from tests.world import WINDOW, World, a_world, example


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


async def told_by(world: World, method: str, *, wished: str, category: str) -> list[str]:
    application = an_application()
    application["body"]["preferred_contact"] = [coded("contact_method", wished)]
    application["body"]["form"] = example("application")["body"]["form"]
    application["body"]["form"]["values"]["disability_category"] = coded(
        "disability_category", category
    )
    number = (await hand_in(world, application)).body["case_number"]
    notification = follow_up("notification", number, by=WINDOW)
    notification["body"]["method"] = coded("contact_method", method)
    answer = await hand_in(world, notification, by=WINDOW)
    return [one["rule"] for one in answer.body["findings"]]


async def test_a_call_to_somebody_who_does_not_hear_is_warned_about(world: World) -> None:
    rules = await told_by(world, "TELEPHONE", wished="TELEPHONE", category="2")

    assert "notification.telephone_only" in rules


async def test_a_text_message_instead_of_the_call_is_right(world: World) -> None:
    rules = await told_by(world, "SMS", wished="TELEPHONE", category="2")

    assert not [rule for rule in rules if rule.startswith("notification.")]


async def test_another_way_than_the_wished_one_is_warned_about(world: World) -> None:
    assert "notification.other_way" in await told_by(world, "SMS", wished="LETTER", category="4")
