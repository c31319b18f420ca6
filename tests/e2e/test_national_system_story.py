"""
Where the national disability-subsidy system is in force as the prescribed channel: the number is
pushed to it, it fetches the data, and only then the case counts as pushed; a correction reaches it
as a higher data version. Real processes, real sockets; every system is 模拟.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from gateway.sandbox.faults import Fault, FaultScript
from gateway.sandbox.play import Played, play, wait_for
from gateway.sandbox.stage import Stage
from gateway.sandbox.stories import STORIES
from gateway.world import RealClock, RealIds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("processes"),
]

NATIONAL = "960001"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("national")
    stage = Stage(
        folder,
        ("530000", "150000", "960000"),
        RealClock(),
        RealIds(),
        settings={"TONGBAN_PRESCRIBED_CHANNELS": NATIONAL},
    )
    try:
        await stage.open()
        yield stage
    finally:
        await stage.close()


async def test_a_case_counts_as_pushed_when_the_national_system_holds_it(stage: Stage) -> None:
    deaf = FaultScript(
        rules=(Fault(kind="answer_503", operation="number", system=NATIONAL, times=3),)
    )
    await stage.put_faults("960000", deaf)
    number = await _apply(stage)
    await _until_delivered(stage, number, "150000")
    held_here = await stage.admin("GET", f"/cases/{number}")
    await _until_delivered(stage, number, NATIONAL)
    held_there = await stage.admin("GET", f"/cases/{number}")

    assert (held_here["status"], held_there["status"]) == ("COLLECTED", "PUSHED")
    (filed,) = await stage.desk(NATIONAL, f"cases?case={number}")
    assert (filed["record"]["bh"], filed["record"]["bb"]) == (number, 1)
    calls = [row["operation"] for row in await stage.desk(NATIONAL, "requests")]
    assert calls.index("fetch_data") > calls.index("push_number")


async def test_a_correction_reaches_it_as_a_higher_version_and_the_case_is_decided(
    stage: Stage,
) -> None:
    one = Played(STORIES[0])
    await play(one, stage=stage, report=lambda _: None)
    assert one.failed == ""

    async def twice() -> Any:
        rows = [
            row
            for row in await stage.desk(NATIONAL, "received")
            if row["case_number"] == one.case_number
        ]
        return rows if len(rows) == 2 else None

    first, second = await wait_for("the second version", twice, clock=stage.clock)
    assert [row["record"]["bb"] for row in (first, second)] == [1, 2]
    assert first["number"] == second["number"]
    assert first["record"]["sqr"] == second["record"]["sqr"]
    case = await stage.admin("GET", f"/cases/{one.case_number}")
    assert case["status"] == "NOTIFIED"


async def test_only_the_system_a_number_was_pushed_to_fetches_its_data(stage: Stage) -> None:
    number = await _apply(stage)
    (row,) = await _deliveries(stage, number, NATIONAL)

    async def fetch(serial: str, system: str) -> int:
        url = f"{stage.gateway_url}/provinces/960000/shuju/{serial}"
        given = {"Authorization": f"Bearer {stage.tokens[system]}"}
        async with aiohttp.ClientSession() as session, session.get(url, headers=given) as reply:
            return reply.status

    assert await fetch(row["serial"], NATIONAL) == 200
    assert await fetch(row["serial"], "150000") in (401, 403)
    (other,) = await _deliveries(stage, number, "150000")
    assert await fetch(other["serial"], NATIONAL) == 404


# --- helpers --------------------------------------------------------------------------------


async def _apply(stage: Stage) -> str:
    """Hand a case in at the window; returns the gateway's number."""
    story = STORIES[0]
    taken = await stage.desk(story.window, "applications", {"form": story.form, **story.changes})

    async def answered() -> Any:
        rows = await stage.desk(story.window, f"outgoing?case={taken['number']}")
        return next((row for row in rows if row["state"] != "waiting"), None)

    sent = await wait_for("the answer", answered, clock=stage.clock)
    assert sent["state"] == "taken", sent["answer"]
    return str(sent["case_number"])


async def _deliveries(stage: Stage, number: str, system: str) -> list[dict[str, Any]]:
    found = await stage.admin("GET", f"/deliveries?case={number}&destination={system}")
    return list(found["items"])


async def _until_delivered(stage: Stage, number: str, system: str) -> None:
    async def delivered() -> Any:
        return [r for r in await _deliveries(stage, number, system) if r["state"] == "delivered"]

    await wait_for(f"delivery to {system}", delivered, clock=stage.clock)
