"""
Who asks: from an Authorization header to a caller.

A recognised token is remembered for `SECONDS`, so a revocation is seen everywhere within that time
(reliability S14 allows 5 s) and at once in the process that revoked. Unknown tokens are never
remembered.
"""

from __future__ import annotations

from contracts.errors import AccessDenied
from gateway.ports import AccessRow, Gateway
from gateway.usecases.access import in_force, recognise
from gateway.usecases.caller import Caller

SECONDS = 3.0
MOST = 10_000


class Tokens:
    """A short memory in front of the store's access table."""

    def __init__(self, gw: Gateway, *, seconds: float = SECONDS) -> None:
        self._gw = gw
        self._seconds = seconds
        self._known: dict[str, tuple[float, AccessRow]] = {}

    async def caller(self, authorization: str | None, *, trace_id: str) -> Caller:
        """
        The client a bearer token belongs to.

        Raises:
            AccessDenied: no token, not one of ours, expired, revoked, or of the other environment;
                the text says which of "missing" and "wrong", no more.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise AccessDenied(
                "缺少访问令牌,请使用 Authorization: Bearer", "send Authorization: Bearer <token>"
            )
        row = await self._row(token.strip())
        if row is None or not in_force(row, self._gw.clock.now()):
            raise AccessDenied("访问令牌无效或已过期", "the token is not valid or has expired")
        return Caller(
            client_id=row.client_id,
            role=row.role,
            system=row.system,
            province=row.province,
            trace_id=trace_id,
        )

    def forget(self) -> None:
        """Ask the store again from now on; called after a revocation in this process."""
        self._known.clear()

    async def _row(self, token: str) -> AccessRow | None:
        now = self._gw.clock.monotonic()
        held = self._known.get(token)
        if held is not None and now - held[0] < self._seconds:
            return held[1]
        row = await recognise(token, gw=self._gw)
        if row is None:
            self._known.pop(token, None)
            return None
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[token] = (now, row)
        return row


__all__ = ["SECONDS", "Tokens"]
