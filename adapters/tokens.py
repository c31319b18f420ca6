"""
OAuth 2.0 client credentials (RFC 6749 section 4.4): one token, renewed early, by one task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

from adapters.codecs import read_json
from adapters.connection import OAuth2
from adapters.http import HttpCall, HttpClient, HttpReply
from adapters.names import Names
from adapters.world import Clock
from contracts.adapter import BytePlan, Unavailable
from contracts.errors import Unreadable

ANSWER_LIMIT = 64 * 1024


class TokenCache:
    """The token of one credential of one system."""

    def __init__(self, profile: OAuth2, *, names: Names, http: HttpClient, clock: Clock) -> None:
        self._profile = profile
        self._names = names
        self._http = http
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._until = 0.0

    @property
    def ready(self) -> bool:
        """Whether `get` has a token at hand."""
        return self._good(None) is not None

    async def get(self, *, stale: str | None = None) -> str | Unavailable:
        """
        A token that is still good. `stale` is one that was just refused: it is not given out again.

        Raises:
            NotConfiguredError: address, client id or secret is not set.
        """
        if token := self._good(stale):
            return token
        async with self._lock:
            if token := self._good(stale):
                return token
            return await self._renew()

    def _good(self, stale: str | None) -> str | None:
        if self._token is None or self._token == stale:
            return None
        return self._token if self._clock.monotonic() < self._until else None

    async def _renew(self) -> str | Unavailable:
        profile = self._profile
        fields = {
            "grant_type": "client_credentials",
            "client_id": self._names.secret(profile.client_id),
            "client_secret": self._names.secret(profile.client_secret),
        }
        if profile.scope:
            fields["scope"] = profile.scope
        call = HttpCall(
            method="POST",
            url=self._names.address(profile.address) + profile.path,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=BytePlan((urlencode(fields).encode("ascii"),)),
            answer_limit=ANSWER_LIMIT,
        )
        result = await self._http.request(call, open_material=_no_material)
        if not isinstance(result, HttpReply):
            return Unavailable(f"token call: {result.reason}")
        if result.status != 200:
            return Unavailable(f"token call: HTTP {result.status}")
        return self._keep(result)

    def _keep(self, reply: HttpReply) -> str | Unavailable:
        try:
            answer = read_json(reply.body.decode("utf-8"))
            token, seconds = answer["access_token"], float(answer.get("expires_in", 60))
        except (Unreadable, KeyError, TypeError, ValueError):
            return Unavailable("token call: the answer cannot be read")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            return Unavailable("token call: the answer has no token")
        # Never renewed so early that the token could not be used at all.
        early = min(self._profile.early_seconds, seconds / 2)
        self._token, self._until = token, self._clock.monotonic() + seconds - early
        return token


async def _no_material(digest: str) -> AsyncIterator[bytes]:
    raise LookupError("a token call carries no material")
    yield b""


__all__ = ["TokenCache"]
