"""The gateway's own adapters against a simulated place that fails in every scripted way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from adapters.connection import load_connection
from adapters.http import AiohttpClient
from adapters.open import open_adapters
from contracts.adapter import (
    Absent,
    Adapter,
    Delivered,
    Found,
    Outcome,
    Prepared,
    Rejected,
    Unavailable,
    Unknown,
)
from gateway.sandbox.faults import Fault, FaultScript
from gateway.sandbox.invented import invent_connection
from gateway.sandbox.main import Sandbox, open_sandbox
from gateway.world import RealClock, RealIds
from mappings.load import PROVINCES

CODE = "990000"
GOLDEN = PROVINCES / CODE / "golden" / "01-application.application.out.record.json"


class Played:
    """A running sandbox and the gateway's adapters to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock, self.ids, self.http = RealClock(), RealIds(), AiohttpClient()
        self.sandbox: Sandbox
        self.adapters: dict[str, Adapter]
        self.url = ""
        self._runner: web.AppRunner
        self._secrets: dict[str, str] = {}

    async def start(self, port: int = 0) -> None:
        profile = load_connection(PROVINCES / CODE)
        if not self._secrets:
            invented = invent_connection(profile, url="http://unused", ids=self.ids)
            self._secrets = invented["secrets"] | {"gateway_token": "t"}
        self.sandbox = open_sandbox(
            CODE,
            gateway_url="http://127.0.0.1:9",
            ledger_dir=self.folder,
            secrets=self._secrets,
            clock=self.clock,
            ids=self.ids,
        )
        self._runner = web.AppRunner(self.sandbox.server.app())
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0][:2])
        self.adapters = open_adapters(
            PROVINCES / CODE,
            environment="test",
            addresses=invent_connection(profile, url=self.url, ids=self.ids)["addresses"],
            secrets=self._secrets,
            http=self.http,
            clock=self.clock,
            ids=self.ids,
        )

    async def stop(self) -> None:
        await self._runner.cleanup()
        await self.sandbox.close()

    def script(self, *rules: Fault) -> None:
        self.sandbox.ledger.forget("fault")
        self.sandbox.ledger.write("faults", FaultScript(rules=rules).model_dump_json())

    async def submit(self, system: str, *, serial: str = "TB-1.1") -> Outcome:
        record: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8")) | {"serial": serial}
        for material in record["materials"].values():
            material.pop("file", None)
        adapter = self.adapters[system]
        (step,) = adapter.encode("application", record)
        assert step.plan is not None
        prepared = await adapter.prepare(step.operation, step.plan, serial=serial, open_material=no)
        assert isinstance(prepared, Prepared)
        return await adapter.transmit(prepared, open_material=no)


async def no(digest: str) -> AsyncIterator[bytes]:
    raise AssertionError(f"nobody has {digest}")
    yield b""


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Played]:
    played = Played(tmp_path)
    await played.start()
    yield played
    await played.stop()
    await played.http.close()


async def test_a_place_without_faults_files_the_case_and_gives_its_own_number(
    played: Played,
) -> None:
    outcome = await played.submit("990001")

    assert isinstance(outcome, Delivered)
    (filed,) = played.sandbox.ledger.filed(system="990001")
    assert outcome.receipt.number == filed.number
    assert filed.number.startswith("MN")


@pytest.mark.parametrize("kind", ["apply_then_drop", "reset_mid_reply", "half_reply", "garbage"])
async def test_a_broken_answer_is_unknown_to_us_and_done_in_the_books(
    played: Played, kind: Any
) -> None:
    played.script(Fault(kind=kind, operation="application"))

    assert isinstance(await played.submit("990001"), Unknown)
    assert len(played.sandbox.ledger.effects(system="990001")) == 1
    assert isinstance(await played.adapters["990001"].query("TB-1.1"), Found)


async def test_busy_is_a_certain_no_with_the_time_to_wait(played: Played) -> None:
    played.script(Fault(kind="answer_503", operation="submit", retry_after=7))

    outcome = await played.submit("990001")

    assert isinstance(outcome, Unavailable)
    assert outcome.retry_after == timedelta(seconds=7)
    assert played.sandbox.ledger.effects() == []
    assert isinstance(await played.adapters["990001"].query("TB-1.1"), Absent)


async def test_a_slow_answer_is_still_an_answer(played: Played) -> None:
    played.script(Fault(kind="slow", operation="submit", seconds=0.2))

    assert isinstance(await played.submit("990001"), Delivered)


async def test_a_business_no_is_told_as_one_and_changes_nothing(played: Played) -> None:
    played.script(Fault(kind="refuse", operation="submit"))

    assert isinstance(await played.submit("990001"), Rejected)
    assert played.sandbox.ledger.effects() == []


@pytest.mark.parametrize(("system", "effects"), [("990001", 2), ("990002", 1), ("990003", 2)])
async def test_a_blind_repeat_is_a_second_effect_unless_the_place_recognises_it(
    played: Played, system: str, effects: int
) -> None:
    await played.submit(system)
    again = await played.submit(system)

    assert isinstance(again, Delivered)
    assert len(played.sandbox.ledger.effects(system=system)) == effects
    assert played.sandbox.ledger.counts()[system]["duplicated"] == effects - 1


async def test_the_books_and_the_used_up_faults_survive_a_restart(played: Played) -> None:
    played.script(Fault(kind="apply_then_drop", operation="submit", times=1))
    await played.submit("990001")
    await played.stop()
    await played.start()

    assert isinstance(await played.adapters["990001"].query("TB-1.1"), Found)
    assert isinstance(await played.submit("990001", serial="TB-1.2"), Delivered)


async def test_a_wrong_credential_is_turned_away_and_written_down(played: Played) -> None:
    async with ClientSession() as session:
        answer = await session.post(
            f"{played.url}/990001/cases", json={}, headers={"Authorization": "Bearer wrong"}
        )

    assert answer.status == 401
    assert [row.operation for row in played.sandbox.ledger.requests(system="990001")] == ["refused"]


async def test_the_desk_says_what_it_cannot_do(played: Played) -> None:
    async with ClientSession() as session:
        base = f"{played.url}/_sandbox/systems"
        absent = await session.post(
            f"{base}/990001/acts", json={"act": "accept", "number": "MN-none"}
        )
        unknown = await session.post(f"{base}/990009/acts", json={"act": "accept", "number": "x"})
        wrong = await session.post(f"{base}/990001/acts", json={"act": "dance", "number": "x"})

        assert [absent.status, unknown.status, wrong.status] == [404, 404, 404]
        assert "no case MN-none" in (await absent.json())["error"]
        assert "there are accept" in (await wrong.json())["error"]
