"""
One HTTP call, and precisely what is known when it fails: the only module that opens sockets.

The caller learns one of three things: an answer; that no byte of the request left (`NotSent`); or
that bytes left and no whole answer came (`Lost`). There is no retry, no redirect, no proxy from
the environment, no cookie.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from adapters.layers import Timeouts
from adapters.materials import size_of, stream
from contracts.adapter import BytePlan, MaterialReader


@dataclass(frozen=True, slots=True)
class HttpCall:
    method: str
    url: str
    headers: Mapping[str, str]
    body: BytePlan
    timeouts: Timeouts = field(default_factory=Timeouts)
    answer_limit: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A whole answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certain: not one byte of the request has left."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes left and no whole answer came. `status` is known if the answer had begun."""

    reason: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


HttpResult = HttpReply | NotSent | Lost


class HttpClient(Protocol):
    async def request(self, call: HttpCall, *, open_material: MaterialReader) -> HttpResult:
        """Never raises for anything the network or the other side does."""
        ...

    async def close(self) -> None: ...


class AiohttpClient:
    """
    Connections are kept per host and dropped after `keep_alive` seconds of rest: shorter than what
    servers allow, so that a request seldom meets a connection the server is just closing.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, limit: int = 256, keep_alive: float = 4.0
    ) -> None:
        self._tls = tls
        self._limit = limit
        self._keep_alive = keep_alive
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def request(self, call: HttpCall, *, open_material: MaterialReader) -> HttpResult:
        """See `HttpClient.request`."""
        if self._closed:
            return NotSent("the client is closed")
        state = _State()
        try:
            async with asyncio.timeout(call.timeouts.total):
                return await self._exchange(call, state, open_material)
        except TimeoutError:
            return state.failed(f"no whole answer within {call.timeouts.total:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # aiohttp raises ValueError for broken headers and addresses.
            return state.failed(_cause(error))

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def _exchange(
        self, call: HttpCall, state: _State, open_material: MaterialReader
    ) -> HttpResult:
        session = self._open()
        try:
            async with asyncio.timeout(None) as waiting:
                state.begin(waiting, call.timeouts)
                response = await session.request(
                    call.method,
                    call.url,
                    data=_body(call, state, open_material),
                    headers={**call.headers, **_length(call)},
                    allow_redirects=False,
                    ssl=self._tls if self._tls is not None else True,
                    trace_request_ctx=state,
                )
        except TimeoutError:
            return state.timed_out(call.timeouts)
        async with response:
            state.answering(response)
            return await _read(response, limit=call.answer_limit)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_connection_create_end.append(_on_connected)
            trace.on_connection_reuseconn.append(_on_connected)
            trace.on_request_headers_sent.append(_on_sent)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._limit,
                    keepalive_timeout=self._keep_alive,
                ),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
                trace_configs=[trace],
            )
            # One retry layer: aiohttp would repeat idempotent methods on a broken connection.
            self._session._retry_connection = False
        return self._session


class _State:
    """How far one call has come; its deadline moves with it."""

    def __init__(self) -> None:
        self.sent = False
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self._waiting: asyncio.Timeout | None = None
        self._timeouts = Timeouts()

    def begin(self, waiting: asyncio.Timeout, timeouts: Timeouts) -> None:
        self._waiting, self._timeouts = waiting, timeouts
        self._wait(timeouts.connect)

    def connected(self) -> None:
        self._wait(self._timeouts.first_byte)

    def moved(self) -> None:
        """A piece of the body went out: the wait for the first byte of the answer begins anew."""
        self.sent = True
        self._wait(self._timeouts.first_byte)

    def answering(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    def failed(self, reason: str) -> NotSent | Lost:
        if not self.sent:
            return NotSent(reason)
        return Lost(reason, self.status, self.headers)

    def timed_out(self, timeouts: Timeouts) -> NotSent | Lost:
        if not self.sent:
            return NotSent(f"not connected within {timeouts.connect:g} s")
        return Lost(f"no first byte within {timeouts.first_byte:g} s")

    def _wait(self, seconds: float) -> None:
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time() + seconds)


async def _on_connected(session: object, context: object, params: object) -> None:
    _state(context).connected()


async def _on_sent(session: object, context: object, params: object) -> None:
    # Fires when the head is handed to the transport; from here on nothing is certain.
    _state(context).moved()


def _state(context: object) -> _State:
    state = getattr(context, "trace_request_ctx", None)
    return state if isinstance(state, _State) else _State()


def _body(
    call: HttpCall, state: _State, open_material: MaterialReader
) -> bytes | AsyncIterator[bytes] | None:
    if not call.body.materials:
        return call.body.literal or None
    return _streamed(call.body, state, open_material)


async def _streamed(
    plan: BytePlan, state: _State, open_material: MaterialReader
) -> AsyncIterator[bytes]:
    async for chunk in stream(plan, open_material):
        yield chunk
        state.moved()


def _length(call: HttpCall) -> dict[str, str]:
    """A streamed body has a known length; old servers do not take chunked requests."""
    return {"Content-Length": str(size_of(call.body))} if call.body.materials else {}


async def _read(response: aiohttp.ClientResponse, *, limit: int) -> HttpResult:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.headers.get("Content-Encoding", "identity") != "identity":
        response.close()
        return Lost("the answer is compressed, which was not asked for", response.status, headers)
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit:
            response.close()
            return Lost(f"the answer is larger than {limit} bytes", response.status, headers)
        chunks.append(chunk)
    return HttpReply(response.status, headers, b"".join(chunks))


def _cause(error: Exception) -> str:
    """Kind of failure; texts of exceptions may hold addresses and are not repeated."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the host name cannot be resolved"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "TLS failed"
        case aiohttp.ClientConnectorError():
            return "connection refused or host not reachable"
        case aiohttp.ServerDisconnectedError():
            return "the other side closed the connection"
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case aiohttp.InvalidURL():
            return "the configured address is no URL"
        case ConnectionResetError() | aiohttp.ClientOSError():
            return "the connection was reset"
        case _:
            return f"the connection failed ({type(error).__name__})"


__all__ = ["AiohttpClient", "HttpCall", "HttpClient", "HttpReply", "HttpResult", "Lost", "NotSent"]
