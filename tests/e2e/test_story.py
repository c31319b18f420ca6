"""Window to window over real sockets and processes, with kills in between."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.sandbox.faults import Fault, FaultScript
from gateway.sandbox.kills import kill_twice
from gateway.sandbox.play import Played, play, wait_for
from gateway.sandbox.reckon import reckon
from gateway.sandbox.stage import Stage
from gateway.sandbox.stories import CODES, FAULTS, STORIES, Story
from gateway.world import RealClock, RealIds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("processes"),
]

NATIONAL_CODES = ("ACCEPTED", "APPROVED", "UNREADABLE", "INCOMPLETE", "disability_subsidy")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("stage")
    stage = Stage(folder, CODES, RealClock(), RealIds(), faults=FAULTS)
    try:
        await stage.open()
        yield stage
    finally:
        await stage.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(stage: Stage) -> list[Played]:
    """The four stories of the demo, played side by side over two kills."""
    import asyncio

    stories = [Played(story) for story in STORIES]
    said: list[str] = []
    kills = asyncio.create_task(kill_twice(stories, stage=stage, seed=4, tell=said.append))
    await asyncio.gather(*(play(one, stage=stage, report=lambda _: None) for one in stories))
    assert [kill.under_way > 0 for kill in await kills] == [True, True]
    return stories


async def test_every_case_comes_through_two_kills_without_loss_or_duplicate(
    played: list[Played], stage: Stage
) -> None:
    told = [await reckon(one, stage=stage) for one in played]

    assert [(one.lost, one.duplicated) for one in told] == [(0, 0)] * len(STORIES)
    assert [one.case["status"] for one in told] == ["NOTIFIED"] * len(STORIES)
    assert [one.effects_at_handling_place for one in told] == [3] * len(STORIES)


async def test_a_window_reads_its_own_codes_and_numbers_only(
    played: list[Played], stage: Stage
) -> None:
    for one in played[:2]:
        received = await stage.desk(one.story.window, f"received?case={one.number}")
        text = json.dumps([row["record"] for row in received], ensure_ascii=False)

        assert one.number in text
        assert one.handling_number not in text
        assert [code for code in NATIONAL_CODES if f'"{code}"' in text] == []


async def test_every_file_arrives_as_it_was_scanned(played: list[Played], stage: Stage) -> None:
    for one in played:
        (sent,) = await stage.desk(one.story.window, f"cases?case={one.number}")
        (filed,) = await stage.desk(one.story.handler, f"cases?case={one.handling_number}")
        uploaded = await stage.desk(one.story.handler, "uploads")

        here = _digests(sent["record"])
        there = _digests(filed["record"]) or {row["digest"] for row in uploaded}
        assert len(here) == 3
        assert here <= there


async def test_the_faulty_place_was_asked_before_anything_was_sent_again(
    played: list[Played], stage: Stage
) -> None:
    faulty = next(one for one in played if one.story.handler == "990001")
    requests = await stage.desk("990001", "requests")
    serial = f"{faulty.case_number}.1"
    calls = [(row["operation"], row["fault"]) for row in requests if row["serial"] == serial]

    assert ("submit", "answer_503") in calls
    assert ("submit", "apply_then_drop") in calls
    dropped = calls.index(("submit", "apply_then_drop"))
    assert [operation for operation, _ in calls[dropped + 1 :]] == ["by_serial"]


async def test_a_withdrawal_reaches_the_handling_place(stage: Stage) -> None:
    one = await _hand_in(STORIES[0], stage)

    await _act(stage, one.story.window, "withdraw", one.number)
    await _until_received(stage, one.story.handler, one.handling_number, "withdrawal")

    case = await stage.admin("GET", f"/cases/{one.case_number}")
    assert case["status"] == "WITHDRAWN"


async def test_a_return_comes_back_to_the_window_and_is_no_refusal(stage: Stage) -> None:
    one = await _hand_in(STORIES[1], stage)

    await _act(stage, one.story.handler, "transfer", one.handling_number)
    await _until_received(stage, one.story.window, one.number, "transfer")

    case = await stage.admin("GET", f"/cases/{one.case_number}")
    assert (case["status"], case["turn"]) == ("TRANSFERRED", "RECEIVING")


async def test_a_business_no_comes_back_as_an_acknowledgement_in_the_windows_words(
    stage: Stage,
) -> None:
    refuse = FaultScript(rules=(Fault(kind="refuse", operation="application", system="990002"),))
    await stage.put_faults("990000", refuse)
    changes = {"household_place": "990002990000"}
    one = await _apply(
        Story(**{**_plain(STORIES[3]), "handler": "990002", "changes": changes}), stage
    )

    told = await _until_received(stage, one.story.window, one.number, "acknowledgement")

    (row,) = (await stage.admin("GET", f"/deliveries?case={one.case_number}&destination=990002"))[
        "items"
    ]
    assert row["state"] == "rejected"
    assert told["record"]["YWLX"] == "HZ"
    assert "REJECTED" not in json.dumps(told["record"])
    assert await stage.desk("990002", "effects") == []


# --- helpers --------------------------------------------------------------------------------


def _plain(story: Story) -> dict[str, Any]:
    return {name: getattr(story, name) for name in Story.__slots__}


async def _apply(story: Story, stage: Stage) -> Played:
    """Hand a case in at the window and wait for the gateway's number."""
    taken = await stage.desk(story.window, "applications", {"form": story.form, **story.changes})
    one = Played(story, number=taken["number"])

    async def answered() -> Any:
        rows = await stage.desk(story.window, f"outgoing?case={one.number}")
        return next((row for row in rows if row["state"] != "waiting"), None)

    sent = await wait_for("the answer", answered, clock=stage.clock)
    assert sent["state"] == "taken", sent["answer"]
    one.case_number = sent["case_number"]
    return one


async def _hand_in(story: Story, stage: Stage) -> Played:
    """The same, until the handling place has filed it."""
    one = await _apply(story, stage)

    async def filed() -> Any:
        return await stage.desk(story.handler, f"cases?case={one.case_number}")

    (row,) = await wait_for("the case filed", filed, clock=stage.clock)
    one.handling_number = row["number"]
    return one


async def _act(stage: Stage, system: str, act: str, number: str) -> None:
    await stage.desk(system, "acts", {"act": act, "number": number})


async def _until_received(stage: Stage, system: str, number: str, kind: str) -> Any:
    async def received() -> Any:
        rows = await stage.desk(system, f"received?case={number}")
        return next((row for row in rows if row["kind"] == kind), None)

    return await wait_for(f"{kind} at {system}", received, clock=stage.clock)


def _digests(record: Any) -> set[str]:
    import re

    return set(re.findall(r"[0-9a-f]{64}", json.dumps(record)))
