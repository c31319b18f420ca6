"""Who acts for whom: a child, its guardian, a village committee, and authority that falls short."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.usecases.take_in import Inbound, take_in
from tests.story import coded
from tests.world import World, a_world, caller, example

CHILD, GROWN = "990002201501150067", "990002196401150069"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


def an_agent(kind: str, **authority: Any) -> dict[str, Any]:
    agent: dict[str, Any] = {
        "kind": coded("agent_kind", kind),
        "person": {
            "kind": coded("service_object", "1"),
            "name": "模拟代理人",
            "id_type": coded("certificate_type", "111"),
            "id_number": GROWN,
        },
    }
    if authority:
        agent["authority"] = authority
    return agent


def covers(*scope: str, **dates: str) -> dict[str, Any]:
    return {"scope": [coded("authority_scope", one) for one in scope], **dates}


async def said(
    world: World, *, of: str, agent: dict[str, Any] | None, holder: str = "SELF"
) -> dict[str, str]:
    """Findings on who acts, by rule, with their Chinese words; and the case is taken in anyway."""
    document = example("application") | {"message_id": f"of-{of}-{agent is None}"}
    document.pop("numbers", None)
    body = document["body"]
    for name in ("materials", "agent"):
        body.pop(name, None)
    body["applicant"] |= {"id_number": of}
    body["applicant"].pop("birth_month", None)
    if agent is not None:
        body["agent"] = agent
    body["form"]["values"]["account"]["holder_relation"] = coded("family_relation", holder)
    inbound = Inbound(caller=caller(), raw=json.dumps(document).encode(), document=document)
    answer = await take_in(inbound, gw=world.gw)
    assert answer.status == 202
    prefixes = ("authority.", "minor.", "account.")
    return {
        one["rule"]: one["message"]
        for one in answer.body["findings"]
        if one["rule"].startswith(prefixes)
    }


async def test_a_child_applies_through_its_guardian_and_nothing_is_said(world: World) -> None:
    guardian = an_agent("GUARDIAN", **covers("ALL", valid_to="2033-01-15"))
    assert await said(world, of=CHILD, agent=guardian) == {}


async def test_a_child_alone_is_taken_in_and_the_cure_names_who_can_act(world: World) -> None:
    found = await said(world, of=CHILD, agent=None)
    assert list(found) == ["minor.without_guardian"]
    assert "监护人" in found["minor.without_guardian"]


async def test_a_neighbour_with_an_authority_is_no_guardian_of_a_child(world: World) -> None:
    found = await said(world, of=CHILD, agent=an_agent("OTHER", **covers("ALL")))
    assert list(found) == ["minor.without_guardian"]


async def test_a_village_committee_acts_for_a_person_who_cannot(world: World) -> None:
    committee = an_agent("COMMITTEE", **covers("APPLY", "CORRECT", valid_from="2026-01-01"))
    assert await said(world, of=GROWN, agent=committee) == {}
    assert await said(world, of=CHILD, agent=committee) == {}


@pytest.mark.parametrize(
    ("authority", "rule", "cure"),
    [
        (covers("ALL", valid_to="2026-03-01"), "authority.expired", "补交有效"),
        (covers("ALL", valid_from="2026-03-03"), "authority.not_yet", "生效日期"),
        (covers("RECEIVE"), "authority.out_of_scope", "包含该范围"),
    ],
)
async def test_a_committee_whose_authority_falls_short_is_told_what_to_bring(
    world: World, authority: dict[str, Any], rule: str, cure: str
) -> None:
    found = await said(world, of=GROWN, agent=an_agent("COMMITTEE", **authority))
    assert list(found) == [rule]
    assert cure in found[rule]


async def test_money_to_somebody_elses_account_warns_with_a_cure(world: World) -> None:
    found = await said(world, of=GROWN, agent=None, holder="SPOUSE")
    assert "本人账户" in found["account.holder_not_beneficiary"]


async def test_eighteen_is_reached_on_the_birthday(world: World) -> None:
    on_the_day, one_day_short = "99000220080302006X", "990002200803030066"
    assert await said(world, of=on_the_day, agent=None) == {}
    assert list(await said(world, of=one_day_short, agent=None)) == ["minor.without_guardian"]
