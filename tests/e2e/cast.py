"""
A window and a handling place over real sockets: hand in, act, wait for what the other side hears.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from gateway.sandbox.play import wait_for
from gateway.sandbox.stage import Stage


@dataclass(slots=True)
class Pair:
    """One case between two sandbox provinces, told in what people do."""

    stage: Stage
    window: str
    handler: str
    number: str = ""
    handling_number: str = ""
    case_number: str = ""
    heard: dict[str, int] = field(default_factory=dict)
    """system and kind → how many the last wait saw"""

    async def hand_in(self, **changes: Any) -> None:
        """Until the handling place has filed it."""
        await self.apply(**changes)

        async def filed() -> Any:
            return await self.stage.desk(self.handler, f"cases?case={self.case_number}")

        (row,) = await wait_for("the case filed", filed, clock=self.stage.clock)
        self.handling_number = row["number"]

    async def apply(self, **changes: Any) -> None:
        """Until the gateway has taken it."""
        form = {"form": "01-application", **changes}
        taken = await self.stage.desk(self.window, "applications", form)
        self.number = taken["number"]

        async def answered() -> Any:
            rows = await self.stage.desk(self.window, f"outgoing?case={self.number}")
            return next((row for row in rows if row["state"] != "waiting"), None)

        sent = await wait_for("the answer", answered, clock=self.stage.clock)
        assert sent["state"] == "taken", sent["answer"]
        self.case_number = sent["case_number"]

    async def window_says(self, act: str, kind: str) -> Mapping[str, Any]:
        """The window acts; what the handling place then hears, in its own words."""
        return await self._says(self.window, self.number, act, kind)

    async def handler_says(self, act: str, kind: str) -> Mapping[str, Any]:
        return await self._says(self.handler, self.handling_number, act, kind)

    async def case(self) -> Mapping[str, Any]:
        case: Mapping[str, Any] = await self.stage.admin("GET", f"/cases/{self.case_number}")
        return case

    async def native(self, system: str, document: Mapping[str, Any]) -> tuple[int, Any]:
        """A message in the national format, through the same door as any partner's."""
        url = f"{self.stage.gateway_url}/v1/cases/{self.case_number}/messages"
        headers = {"Authorization": f"Bearer {self.stage.tokens[system]}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, json=document, headers=headers) as reply,
        ):
            return reply.status, await reply.json(content_type=None)

    async def received(self, system: str, kind: str) -> list[Mapping[str, Any]]:
        own = self.number if system == self.window else self.handling_number
        rows = await self.stage.desk(system, f"received?case={own}")
        return [row["record"] for row in rows if row["kind"] == kind]

    async def hears(self, system: str, kind: str) -> Mapping[str, Any]:
        """The next message of a kind that comes to a side."""
        known = self.heard.get(f"{system}/{kind}", 0)

        async def look() -> Any:
            rows = await self.received(system, kind)
            return rows if len(rows) > known else None

        rows = await wait_for(f"{kind} at {system}", look, clock=self.stage.clock)
        self.heard[f"{system}/{kind}"] = known + 1
        record: Mapping[str, Any] = rows[known]
        return record

    async def _says(self, system: str, number: str, act: str, kind: str) -> Mapping[str, Any]:
        await self.stage.desk(system, "acts", {"act": act, "number": number})
        other = self.handler if system == self.window else self.window
        return await self.hears(other, kind)


def text(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)
