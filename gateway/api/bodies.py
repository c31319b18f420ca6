"""
Request bodies: read once, bounded in size, pace and in the memory all of them take together.

The pace rule: after a grace of `Limits.body_idle_seconds`, a body must have brought `PACE` bytes
for every further second. A body that drips is cut, one over a slow line is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import ClientPayloadError, StreamReader, web

from contracts.errors import Finding, InvalidRequest, Overloaded, TooLarge, TooSlow, Unreadable
from gateway.ports import Limits

PACE = 1024
"""Least bytes per second, project convention: a 64 kbit/s line brings eight times as much."""


class Budget:
    """
    Bytes of request bodies held in memory by all requests together.

    When it is used up, further bodies are told to come again later instead of filling the memory.
    """

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self.limit = limit
        self.held = 0

    def take(self, size: int) -> None:
        """
        Raises:
            Overloaded: the sum would pass the limit; nothing was taken.
        """
        if self.held + size > self.limit:
            raise Overloaded(retry_after=2)
        self.held += size

    def give(self, size: int) -> None:
        self.held -= size


async def read_body(
    request: web.BaseRequest, *, limit: int, limits: Limits, budget: Budget
) -> bytes:
    """
    The whole body as it came. The caller gives `len(body)` back to the budget when done with it.

    Raises:
        TooLarge: more than `limit` bytes, announced or sent.
        TooSlow: slower than the pace rule.
        Overloaded: too many bodies are being held.
        InvalidRequest: a content coding; Unreadable: broken chunks.
    """
    _refuse_coding(request)
    _refuse_announced(request, limit)
    if (
        request.content.is_eof()
    ):  # came with its head, as small ones do: there is nothing to wait for
        return _take_at_once(request.content, limit=limit, budget=budget)
    parts: list[bytes] = []
    size = 0
    try:
        async for chunk in _paced(request, limits):
            budget.take(len(chunk))
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            parts.append(chunk)
    except BaseException:
        budget.give(size)
        raise
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def stream_body(
    request: web.BaseRequest, *, limit: int, limits: Limits
) -> AsyncIterator[bytes]:
    """
    The body in pieces, under the same rules; nothing is held.

    Raises:
        TooLarge, TooSlow, InvalidRequest, Unreadable: as `read_body`.
    """
    _refuse_coding(request)
    _refuse_announced(request, limit)
    size = 0
    async for chunk in _paced(request, limits):
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        yield chunk


def _take_at_once(content: StreamReader, *, limit: int, budget: Budget) -> bytes:
    try:
        body = content.read_nowait()
    except (web.RequestPayloadError, ClientPayloadError):
        raise _broken_off() from None
    if len(body) > limit:
        raise _too_large(limit)
    budget.take(len(body))
    return body


async def _paced(request: web.BaseRequest, limits: Limits) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    content = request.content
    deadline = loop.time() + limits.body_idle_seconds
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                chunk = await content.readany()
        except TimeoutError:
            raise TooSlow from None
        except (web.RequestPayloadError, ClientPayloadError):
            raise _broken_off() from None
        if not chunk:
            return
        deadline += len(chunk) / PACE
        yield chunk


def _refuse_announced(request: web.BaseRequest, limit: int) -> None:
    if (length := request.content_length) is not None and length > limit:
        raise _too_large(limit)


def _refuse_coding(request: web.BaseRequest) -> None:
    """Compressed bodies are not taken: what a few bytes unpack to is not bounded by them."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise InvalidRequest(
            findings=[
                Finding(
                    rule="header.content_encoding",
                    level="reject",
                    path="Content-Encoding",
                    message="不接受压缩的请求体,请原样发送",
                    message_en="compressed bodies are not taken; send it plain",
                )
            ]
        )


def _broken_off() -> Unreadable:
    return Unreadable("请求体传输不完整", "the body is cut or badly framed")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"请求体超过上限 {limit} 字节", f"the body is over the limit of {limit} bytes")


__all__ = ["PACE", "Budget", "read_body", "stream_body"]
