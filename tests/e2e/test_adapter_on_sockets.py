"""
An adapter against a played province on a real aiohttp server: what the worker will live through.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from adapters.counterpart import open_counterparts
from adapters.http import AiohttpClient
from adapters.open import open_adapters
from contracts.adapter import Absent, Delivered, Found, Unavailable, Unknown, WireRequest
from gateway.world import RealClock, RealIds
from tests.adapter_tools import PROVINCES, SECRETS, Scans, golden

SERIAL = {"310000": "serialNo", "990000": "serial"}


class Place:
    """A province on a port; `mishap` may answer instead of it, before or after it has acted."""

    def __init__(self, code, system):
        self.counterpart = open_counterparts(
            PROVINCES / code,
            addresses={},
            secrets=SECRETS,
            http=None,
            clock=RealClock(),
            ids=RealIds(),
        )[system]
        self.taken = {}
        self.seen = []
        self.mishap = None

    async def handle(self, request):
        wire = WireRequest(
            request.method,
            request.path,
            dict(request.query),
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
        )
        if self.mishap is not None and (answer := self.mishap(request, acted=False)) is not None:
            return answer
        reply = self._act(wire)
        if self.mishap is not None and (answer := self.mishap(request, acted=True)) is not None:
            return answer
        return web.Response(status=reply.status, body=reply.body, headers=dict(reply.headers))

    def _act(self, wire):
        try:
            call = self.counterpart.receive(wire, now=RealClock().now())
        except Exception as error:
            return self.counterpart.deny(wire, error)
        self.seen.append(call)
        if call.purpose == "token":
            return self.counterpart.give_token(call)
        if call.purpose == "query":
            number = self.taken.get(call.serial)
            if number is None:
                return self.counterpart.absent(call)
            return self.counterpart.found(call, number=number)
        self.taken[call.serial] = f"N-{len(self.taken) + 1}"
        return self.counterpart.accept(call, number=self.taken[call.serial])


@asynccontextmanager
async def standing(code, system):
    place = Place(code, system)
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", place.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    http = AiohttpClient()
    adapter = open_adapters(
        PROVINCES / code,
        environment="test",
        addresses={"base": f"http://127.0.0.1:{runner.addresses[0][1]}"},
        secrets=SECRETS,
        http=http,
        clock=RealClock(),
        ids=RealIds(),
    )[system]
    try:
        yield place, adapter
    finally:
        await http.close()
        await runner.cleanup()


def application(code, scans, serial="S-1"):
    names = sorted((PROVINCES / code / "golden").glob("*.application.out.record.json"))
    record = scans.into(golden(code, names[0].name))
    return {**record, SERIAL[code]: serial}


async def deliver(adapter, record, scans, serial="S-1"):
    (step,) = adapter.encode("application", record)
    prepared = await adapter.prepare(
        step.operation, step.plan, serial=serial, open_material=scans.open
    )
    assert not isinstance(prepared, Unavailable), prepared
    return await adapter.transmit(prepared, open_material=scans.open)


async def test_a_two_megabyte_scan_arrives_inside_the_document():
    scans = Scans()
    record = application("310000", scans)
    scan = bytes(range(256)) * 8192
    record["materials"][0]["files"][0]["content"] = scans.token(scan)
    async with standing("310000", "310000") as (place, adapter):
        outcome = await deliver(adapter, record, scans)

    assert isinstance(outcome, Delivered)
    assert outcome.receipt.number == "N-1"
    assert [call.purpose for call in place.seen] == ["token", "message"]
    assert scan in [material.content for material in place.seen[-1].materials]


async def test_a_token_the_other_side_forgot_is_renewed_within_the_same_attempt():
    scans = Scans()
    record = application("310000", scans)
    async with standing("310000", "310000") as (place, adapter):
        await deliver(adapter, record, scans)
        place.counterpart.forget_tokens()
        outcome = await deliver(adapter, record, scans)

    assert isinstance(outcome, Delivered)
    assert [call.purpose for call in place.seen] == ["token", "message", "token", "message"]


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_busy_place_names_when_to_come_back(form):
    scans = Scans()
    record = application("990000", scans)
    async with standing("990000", "990001") as (place, adapter):
        at = RealClock().now() + timedelta(seconds=30)
        after = "30" if form == "seconds" else format_datetime(at, usegmt=True)
        place.mishap = lambda request, acted: web.Response(
            status=503, headers={"Retry-After": after}, text="busy"
        )
        outcome = await deliver(adapter, record, scans)

    assert isinstance(outcome, Unavailable)
    assert outcome.retry_after is not None
    assert timedelta(seconds=27) < outcome.retry_after <= timedelta(seconds=30)
    assert place.taken == {}


async def test_a_case_taken_before_the_connection_dropped_is_found_by_asking():
    scans = Scans()
    record = application("990000", scans)

    def drop_after_acting(request, *, acted):
        if acted and request.method == "POST":
            request.transport.close()
            return web.Response()
        return None

    async with standing("990000", "990001") as (place, adapter):
        before = await adapter.query("S-1")
        place.mishap = drop_after_acting
        outcome = await deliver(adapter, record, scans)
        answer = await adapter.query("S-1")

    assert isinstance(before, Absent)
    assert isinstance(outcome, Unknown)
    assert isinstance(answer, Found)
    assert answer.receipt.number == "N-1"
    assert len([call for call in place.seen if call.purpose == "message"]) == 1
