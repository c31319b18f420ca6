"""
The connection itself: deadlines against slow clients, and no library text in answers or logs.

- Headers: a connection that has not brought a whole request head within `Limits.header_seconds` of
  its opening, or of the answer before, is closed; dripped header bytes do not prolong that. An idle
  kept-alive connection ends the same way.
- Bodies: `bodies.py`.
- Answers: a client that does not read what waits for it for `STALL_SECONDS` is cut. Every byte the
  kernel does not take at once counts as waiting, so no answer can be parked here for long.

aiohttp 3.14 alone lets bodies drip and answers wait for ever (reliability 0.8).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from contracts.errors import GatewayError, Unreadable
from gateway.api.problems import respond
from gateway.ports import Limits
from gateway.telemetry import QuietHandler, log, metrics

STALL_SECONDS = 12.0
LINGER_SECONDS = 2.0
"""How long a refused body is still read, so that its sender can see the refusal."""
DRAIN_SECONDS = 4.0
"""At a stop, how long requests under way may finish; aiohttp waits up to twice as long."""
NO_TRACE = "0" * 32


class Door(RequestHandler):
    """One connection."""

    __slots__ = ("_stall",)

    def __init__(self, server: DoorServer, **options: Any) -> None:
        self._stall: asyncio.TimerHandle | None = None
        super().__init__(server, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport) or hasattr(
            transport, "set_write_buffer_limits"
        ):
            transport.set_write_buffer_limits(high=0)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall = self._loop.call_later(STALL_SECONDS, self._cut, self.transport)

    def resume_writing(self) -> None:
        self._relax()
        super().resume_writing()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._relax()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """
        Answer what is not HTTP, or what no handler caught, as a problem without details.

        The texts of aiohttp quote the bytes they choked on, so they are not used.
        """
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is already under way")
        error: GatewayError = Unreadable() if status == 400 else GatewayError()
        log.warning("request.failed", error=type(exc).__name__ if exc else None, status=status)
        response = respond(error, language="zh", instance="/", trace_id=NO_TRACE)
        response.force_close()
        return response

    def _relax(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _cut(self, transport: asyncio.Transport | None) -> None:
        self._stall = None
        if transport is not None:
            metrics.cut(reason="unread_answer")
            transport.abort()


class DoorServer(web.Server):
    """Makes a `Door` per connection."""

    def __init__(self, handler: Any, *, options: dict[str, Any], **kw: Any):
        super().__init__(handler, **kw)
        self._options = options

    def __call__(self) -> RequestHandler:
        return Door(self, loop=self._loop, **self._options)


class DoorRunner(web.AppRunner):
    """Runs an application behind doors; stops within 10 s, letting requests under way finish."""

    def __init__(self, app: web.Application, *, limits: Limits) -> None:
        super().__init__(app, shutdown_timeout=DRAIN_SECONDS)
        logger = logging.Logger("aiohttp.server", logging.WARNING)
        logger.addHandler(QuietHandler())
        self._options: dict[str, Any] = {
            "keepalive_timeout": limits.header_seconds,
            "lingering_time": LINGER_SECONDS,
            "max_line_size": 4096,
            "max_field_size": 4096,
            "max_headers": 64,
            "auto_decompress": False,
            "access_log": None,
            "logger": logger,
        }

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return DoorServer(
            made.request_handler,
            request_factory=made.request_factory,
            options=self._options,
        )


__all__ = ["DRAIN_SECONDS", "STALL_SECONDS", "Door", "DoorRunner"]
