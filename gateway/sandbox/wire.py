"""
How a faulty place answers: the ways in which an exchange breaks on a real network.

Whatever breaks here breaks after the ledger was written (but for `answer_503`), which is the whole
point: the other side can not tell from the wire whether its case was taken.
"""

from __future__ import annotations

from aiohttp import web

from contracts.adapter import WireReply
from gateway.ports import Clock
from gateway.sandbox.faults import Fault
from gateway.world import reset_connection

GARBAGE = b"\x00\xff<html>\xe6\xa8\xa1 502 simulated proxy page"


def busy(fault: Fault) -> web.Response:
    """A certain no: nothing was done; come back after so many seconds."""
    return web.Response(
        status=503, headers={"Retry-After": str(fault.retry_after)}, text="模拟:系统繁忙 busy"
    )


def answer(reply: WireReply) -> web.Response:
    headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
    return web.Response(status=reply.status, headers=headers, body=reply.body)


async def answer_broken(
    request: web.Request, reply: WireReply, *, fault: Fault, clock: Clock
) -> web.StreamResponse:
    """Answer as the fault says; returns what aiohttp may still try to write."""
    if fault.kind == "apply_then_hang":
        await clock.sleep(fault.seconds)
    if fault.kind in ("apply_then_hang", "apply_then_drop"):
        return _cut(request)
    if fault.kind == "garbage":
        return web.Response(status=200, headers=dict(reply.headers), body=GARBAGE)
    response = web.StreamResponse(status=reply.status, headers=dict(reply.headers))
    response.content_length = len(reply.body)
    await response.prepare(request)
    half = len(reply.body) // 2
    if fault.kind == "slow":
        for index in range(len(reply.body)):
            await response.write(reply.body[index : index + 1])
            await clock.sleep(fault.seconds / max(1, len(reply.body)))
        return response
    await response.write(reply.body[:half])
    if fault.kind == "reset_mid_reply" and request.transport is not None:
        reset_connection(request.transport)
    return _cut(request)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


__all__ = ["answer", "answer_broken", "busy"]
