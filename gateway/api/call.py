"""
One request on its way through a route: who asks, under which trace, in which language.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from contracts.errors import Finding, InFlight, IntegrityError, InvalidRequest
from gateway.api.bodies import Budget, read_body
from gateway.api.problems import Language
from gateway.api.tokens import Tokens
from gateway.ports import Gateway
from gateway.telemetry import metrics
from gateway.usecases.caller import Caller

JSON = "application/json"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")
_NO_TRACE = "0" * 32
_NAME = re.compile(r"[a-z_]{1,40}")

Query = TypeVar("Query", bound=BaseModel)


class Sparing:
    """Lets through `rate` a second, so that strangers cannot fill the log or the audit tree."""

    def __init__(self, rate: float = 5.0) -> None:
        self._rate = rate
        self._left = rate
        self._at: float | None = None

    def allow(self, now: float) -> bool:
        if self._at is not None:
            self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(slots=True)
class Services:
    """What all requests of one server share."""

    gw: Gateway
    tokens: Tokens
    budget: Budget = field(default_factory=Budget)
    in_flight: set[tuple[str, str]] = field(default_factory=set)
    strangers: Sparing = field(default_factory=Sparing)
    stopping: bool = False

    @classmethod
    def of(cls, gw: Gateway) -> Services:
        return cls(gw, Tokens(gw))


@dataclass(slots=True)
class Call:
    """
    `trace_id` is the caller's W3C trace id, or a new one; it stands in leaves, logs and answers.
    """

    request: web.Request
    services: Services
    route: str
    trace_id: str
    flags: str
    language: Language
    known: Caller | None = None
    held: int = 0
    """Bytes of the body taken from the budget; given back when the request ends."""

    @property
    def gw(self) -> Gateway:
        return self.services.gw

    @property
    def caller(self) -> Caller:
        """Who asks; only for routes that are not public."""
        if self.known is None:
            raise RuntimeError("a public route asked who is calling")
        return self.known

    @property
    def instance(self) -> str:
        """The address as it was sent, for the problem object."""
        return self.request.rel_url.raw_path[:200]

    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.gw.ids.hex(8)}-{self.flags}"

    async def body(self, limit: int) -> bytes:
        """
        The body as it came, held until the request ends.

        Raises:
            TooLarge, TooSlow, Overloaded, Unreadable: as `read_body`.
        """
        raw = await read_body(
            self.request, limit=limit, limits=self.gw.limits, budget=self.services.budget
        )
        self.held += len(raw)
        metrics.buffered(self.services.budget.held)
        return raw

    def release(self) -> None:
        self.services.budget.give(self.held)
        self.held = 0

    def query(self, model: type[Query]) -> Query:
        """
        The query string as a model; names nobody knows are refused, never ignored.

        Raises:
            InvalidRequest: with everything that is wrong.
        """
        self.no_repeats()
        try:
            return model.model_validate(dict(self.request.query.items()))
        except ValidationError as error:
            kinds = {str(e["loc"][0]) if e["loc"] else "": e["type"] for e in error.errors()}
            raise _wrong_query(kinds) from None

    def no_repeats(self) -> None:
        """
        Raises:
            InvalidRequest: a query name came more than once.
        """
        names = [name for name, _ in self.request.query.items()]
        if len(set(names)) < len(names):
            raise _wrong_query({name: "twice" for name in names if names.count(name) > 1})

    def no_query(self) -> None:
        """
        Raises:
            InvalidRequest: a query string came where none is known.
        """
        if self.request.query:
            raise _wrong_query(dict.fromkeys(self.request.query, "extra_forbidden"))

    def seal_cursor(self, last: str) -> str:
        """Where a page ended, sealed for this caller: no case number can be tried out with it."""
        sealed = self.gw.keys.seal(last.encode(), self._cursor_place())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open_cursor(self, cursor: str | None) -> str | None:
        """
        Raises:
            InvalidRequest: not a cursor this caller was given for this route.
        """
        if cursor is None:
            return None
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            return self.gw.keys.open(sealed, self._cursor_place()).decode()
        except (ValueError, IntegrityError):
            raise _wrong_query({"cursor": "foreign"}) from None

    def _cursor_place(self) -> str:
        return f"cursor:{self.route}:{self.caller.system or self.caller.client_id}"

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """
        Hold an idempotency key of this caller's system while the request is being worked on.

        Raises:
            InFlight: another request holds it.
        """
        mark = (self.caller.system or self.caller.client_id, key)
        if mark in self.services.in_flight:
            raise InFlight(retry_after=1)
        self.services.in_flight.add(mark)
        try:
            yield
        finally:
            self.services.in_flight.discard(mark)


def read_trace(header: str | None) -> tuple[str, str] | None:
    """Trace id and flags of a `traceparent` (W3C Trace Context level 1); None when unusable."""
    match = _TRACEPARENT.fullmatch(header) if header and len(header) < 256 else None
    if match is None or match[1] == _NO_TRACE or (header or "").startswith("ff"):
        return None
    return match[1], match[2]


def answer(
    body: Mapping[str, Any] | bytes,
    *,
    status: int = 200,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """An answer nobody may store on the way: it can hold personal data."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    response = web.Response(status=status, body=data, content_type=media_type)
    response.headers["Cache-Control"] = "no-store"
    if headers:
        response.headers.update(headers)
    return response


def wrong_header(name: str, rule: str, message: str, english: str) -> InvalidRequest:
    return InvalidRequest(findings=[Finding(rule, "reject", message, name, english)])


def _wrong_query(kinds: Mapping[str, str]) -> InvalidRequest:
    """`kinds` says per parameter what pydantic found; values are not repeated."""
    findings = []
    for name, kind in sorted(kinds.items()):
        shown = name if _NAME.fullmatch(name) else "?"
        if kind == "extra_forbidden":
            texts = ("query.unknown", f"没有查询参数 {shown}", f"there is no parameter {shown}")
        elif kind == "twice":
            texts = ("query.repeated", f"查询参数 {shown} 只能出现一次", f"{shown} came twice")
        else:
            texts = (
                "query.invalid",
                f"查询参数 {shown} 的值不符合要求",
                f"{shown} is wrong",
            )
        findings.append(Finding(texts[0], "reject", texts[1], f"?{shown}", texts[2]))
    return InvalidRequest(findings=findings)


__all__ = ["JSON", "Call", "Services", "Sparing", "answer", "read_trace", "wrong_header"]
