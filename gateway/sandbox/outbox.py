"""
What a simulated place sends by itself: its waiting messages, and its questions to our mailbox.

A message stays waiting until the gateway has answered it; after a lost answer the very same message
goes again. Messages of one case keep their order. Materials go up before the message names them.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.counterpart import Page
from adapters.http import HttpCall, HttpClient, HttpReply
from contracts.adapter import (
    BytePlan,
    Delivered,
    MaterialReader,
    MaterialRef,
    Outcome,
    Rejected,
    Unavailable,
)
from gateway.sandbox.place import Place
from gateway.sandbox.rows import Outgoing

_DIGEST = re.compile(r"(material:)?([0-9a-f]{64})")
_CHUNK = 64 * 1024
CONCURRENCY = 8


@dataclass(slots=True)
class Outbox:
    """
    Sends for the places of one sandbox until it is told to stop.

    `pause` is in seconds: between two tries of a message, and between two questions to the mailbox.
    """

    places: Mapping[str, Place]
    http: HttpClient
    gateway_url: str
    tokens: Mapping[str, str]
    scans: Path
    pause: float
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: set[str] = field(default_factory=set)
    _later: dict[int, float] = field(default_factory=dict)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for place in self.places.values():
                if place.profile.capabilities.mailbox:
                    tasks.create_task(self._fetch(place))
                if place.counterpart.fetches_data:
                    tasks.create_task(self._fetch_data(place))
            await self._send_all(tasks)

    # --- sending --------------------------------------------------------------------------

    async def _send_all(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self.woken.clear()
            for message in self._due():
                self._busy.add(_line(message))
                tasks.create_task(self._send(message))
            try:
                await asyncio.wait_for(self.woken.wait(), self.pause)
            except TimeoutError:
                continue

    def _due(self) -> list[Outgoing]:
        """The oldest waiting message of every case that is not being sent right now."""
        found: dict[str, Outgoing] = {}
        for place in self.places.values():
            now = place.clock.monotonic()
            for one in place.ledger.outgoing(system=place.system, way="push", state="waiting"):
                line = _line(one)
                if line not in self._busy and self._later.get(one.seq, 0.0) <= now:
                    found.setdefault(line, one)
        return list(found.values())[: max(0, CONCURRENCY - len(self._busy))]

    async def _send(self, message: Outgoing) -> None:
        place = self.places[message.system]
        try:
            outcome = await self._put_materials(message, place=place)
            if outcome is None:
                outcome = await place.counterpart.send(
                    message.kind, message.record, open_material=self._reader()
                )
            self._settle(message, outcome, place=place)
        finally:
            self._busy.discard(_line(message))
            self.woken.set()

    def _settle(self, message: Outgoing, outcome: Outcome, *, place: Place) -> None:
        ledger = place.ledger
        match outcome:
            case Delivered(receipt):
                with ledger.transaction():
                    ledger.settle_outgoing(message.seq, state="taken", case_number=receipt.number)
                    if message.kind == "application" and message.number and receipt.number:
                        ledger.name_case(message.number, case_number=receipt.number)
            case Rejected(code, text):
                ledger.settle_outgoing(message.seq, state="refused", answer=f"{code} {text}")
            case _:
                ledger.settle_outgoing(message.seq, state="waiting", answer=outcome.reason)
                self._later[message.seq] = place.clock.monotonic() + self.pause

    async def _put_materials(self, message: Outgoing, *, place: Place) -> Outcome | None:
        """Bring up every file the message names by digest; None when all are there."""
        for digest, media_type, size in place.ledger.materials(_named(message)):
            call = HttpCall(
                "PUT",
                f"{self.gateway_url}/v1/materials/{digest}",
                {
                    "Authorization": f"Bearer {self.tokens[message.system]}",
                    "Content-Type": media_type,
                },
                BytePlan((MaterialRef(digest, size),)),
            )
            answer = await self.http.request(call, open_material=self._reader())
            if not isinstance(answer, HttpReply):
                return Unavailable(answer.reason)
            if answer.status >= 500 or answer.status in (408, 409, 429):
                return Unavailable(f"HTTP {answer.status}")
            if answer.status >= 400:
                return Rejected(f"HTTP {answer.status}", "material")
        return None

    def _reader(self) -> MaterialReader:
        async def read(digest: str) -> AsyncIterator[bytes]:
            content = (self.scans / digest).read_bytes()
            for start in range(0, len(content), _CHUNK):
                yield content[start : start + _CHUNK]

        return read

    # --- fetching -------------------------------------------------------------------------

    async def _fetch(self, place: Place) -> None:
        """Ask the mailbox again and again; the cursor is kept with what it brought."""
        name = f"cursor:{place.system}"
        while True:
            cursor = place.ledger.read(name) or ""
            page = await place.counterpart.fetch(cursor)
            if isinstance(page, Page) and page.cursor != cursor:
                with place.ledger.transaction():
                    request = place.ledger.note_request(
                        at=place.at,
                        system=place.system,
                        operation="fetch",
                        serial=None,
                        digest="",
                        fault=None,
                    )
                    for record in page.records:
                        place.take_fetched(record, request=request)
                    place.ledger.write(name, page.cursor)
                continue
            await place.clock.sleep(self.pause)

    async def _fetch_data(self, place: Place) -> None:
        """Fetch what the numbers stand for that the gateway pushed; each until it is held."""
        while True:
            for serial in place.numbers():
                record = await place.counterpart.fetch_data(serial)
                if record is None:
                    continue
                with place.ledger.transaction():
                    request = place.ledger.note_request(
                        at=place.at,
                        system=place.system,
                        operation="fetch_data",
                        serial=serial,
                        digest="",
                        fault=None,
                    )
                    place.take_data(serial, record, request=request)
            await place.clock.sleep(self.pause)


def _line(message: Outgoing) -> str:
    return f"{message.system}/{message.number or message.message_id}"


def _named(message: Outgoing) -> set[str]:
    """Digests in a document, but for those that travel inside it."""
    text = json.dumps(message.record)
    return {digest for inline, digest in _DIGEST.findall(text) if not inline}


__all__ = ["CONCURRENCY", "Outbox"]
