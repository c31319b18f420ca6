"""
Small real pieces for tests of adapters: a fixed world, materials in memory, HTTP without sockets.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from adapters.http import HttpCall, HttpReply, HttpResult
from adapters.materials import stream
from contracts.adapter import MaterialReader, WireReply, WireRequest

PROVINCES = Path(__file__).resolve().parent.parent / "mappings" / "provinces"
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SECRETS = {
    name: f"{name}-for-tests"
    for name in (
        "app_key",
        "app_secret",
        "client_id",
        "client_secret",
        "gateway_licence",
        "gateway_token",
        "place_token",
        "window_licence",
        "wss_password",
        "wss_username",
    )
}


class StillClock:
    """Moves only when told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


class CountedIds:
    """Different every time, the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def token(self, size: int = 32) -> bytes:
        self._count += 1
        return hashlib.shake_256(str(self._count).encode()).digest(size)

    def hex(self, size: int = 16) -> str:
        return self.token(size).hex()


class Scans:
    """Materials by digest; hands them out in odd pieces so that base64 has to carry over."""

    def __init__(self, *contents: bytes) -> None:
        self._by_digest = {hashlib.sha256(content).hexdigest(): content for content in contents}

    def token(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self._by_digest[digest] = content
        return f"material:{digest}:{len(content)}"

    async def open(self, digest: str) -> AsyncIterator[bytes]:
        content = self._by_digest[digest]
        for start in range(0, len(content), 1001):
            yield content[start : start + 1001]

    def into(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record with each invented token replaced by one that has content."""

        def real(match: re.Match[str]) -> str:
            return self.token(f"scan {match.group(1)}".encode() * 40)

        text = json.dumps(record, ensure_ascii=False)
        return dict(json.loads(re.sub(r"material:([0-9a-f]{64}):[0-9]+", real, text)))


Handler = Callable[[WireRequest], Awaitable[WireReply]]


class DirectHttp:
    """Carries a call to a handler without a socket; remembers what went over."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.requests: list[WireRequest] = []

    async def request(self, call: HttpCall, *, open_material: MaterialReader) -> HttpResult:
        url = urlsplit(call.url)
        body = b"".join([chunk async for chunk in stream(call.body, open_material)])
        request = WireRequest(
            method=call.method,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in call.headers.items()},
            body=body,
        )
        self.requests.append(request)
        reply = await self._handler(request)
        return HttpReply(reply.status, dict(reply.headers), reply.body)

    async def close(self) -> None:
        return None


def golden(code: str, name: str) -> dict[str, Any]:
    return dict(json.loads((PROVINCES / code / "golden" / name).read_text(encoding="utf-8")))
