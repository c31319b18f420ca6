"""
Slow, silent and broken clients, over real sockets. Deadlines are shortened; the rules are the same.
"""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from gateway.api import door
from gateway.api.call import Call, answer
from gateway.api.route import PUBLIC, Route
from gateway.ports import Limits


async def _echo(call: Call):
    return answer({"size": len(await call.body(1000))})


async def _much(call: Call):
    return answer(b"x" * 30_000_000, media_type="application/octet-stream")


async def _slowly(call: Call):
    await asyncio.sleep(0.5)
    return answer({"done": True})


def _route(method, path, handler):
    return Route(
        method=method,
        path=path,
        name=path[1:],
        policy=PUBLIC,
        handler=handler,
        summary_zh="测试",
        summary="test",
    )


TABLE = [
    _route("POST", "/echo", _echo),
    _route("GET", "/much", _much),
    _route("GET", "/slowly", _slowly),
]


async def _until_closed(reader, *, within):
    """Seconds until the other side closes, and what it said before."""
    started, said = time.monotonic(), b""
    async with asyncio.timeout(within):
        try:
            while piece := await reader.read(65536):
                said += piece
        except ConnectionError:  # a reset after the answer is an end too
            pass
    return time.monotonic() - started, said


async def test_a_half_sent_head_is_cut_at_the_deadline(serve):
    server = await serve(TABLE, header_seconds=0.5)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Slow: ")

    took, said = await _until_closed(reader, within=3)

    assert 0.4 <= took < 1.5
    assert said == b""


async def test_dripped_header_bytes_do_not_prolong_the_deadline(serve):
    server = await serve(TABLE, header_seconds=0.5)
    reader, writer = await asyncio.open_connection(server.host, server.port)

    async def drip():
        writer.write(b"POST /echo HTTP/1.1\r\nX-Slow: ")
        while True:
            writer.write(b"a")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    took, _ = await _until_closed(reader, within=3)
    dripping.cancel()

    assert took < 1.5


async def test_a_half_head_after_a_good_request_is_cut_too(serve):
    server = await serve(TABLE, header_seconds=0.5)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiPOST /ec")

    took, said = await _until_closed(reader, within=3)

    assert b'{"size":2}' in said
    assert took < 1.5


async def test_a_dripping_body_is_refused_and_cut(serve, monkeypatch):
    monkeypatch.setattr(door, "LINGER_SECONDS", 0.2)
    server = await serve(TABLE, body_idle_seconds=0.5)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")

    async def drip():
        while True:
            writer.write(b"a")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    took, said = await _until_closed(reader, within=4)
    dripping.cancel()

    assert took < 2
    assert said.startswith(b"HTTP/1.1 408 ")
    assert json.loads(said.split(b"\r\n\r\n")[1])["code"] == "too_slow"
    assert server.services.budget.held == 0


async def test_a_slow_body_that_keeps_the_pace_is_read(serve):
    server = await serve(TABLE, body_idle_seconds=0.3)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
    writer.write(b"Content-Length: 900\r\n\r\n")
    for _ in range(9):
        writer.write(b"a" * 100)
        await asyncio.sleep(0.08)

    _, said = await _until_closed(reader, within=3)

    assert b'{"size":900}' in said


async def test_a_client_that_never_reads_its_answer_is_cut(serve, monkeypatch):
    monkeypatch.setattr(door, "STALL_SECONDS", 0.5)
    server = await serve(TABLE)
    _, writer = await asyncio.open_connection(server.host, server.port, limit=1024)
    writer.transport.pause_reading()
    writer.write(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(0.2)
    assert len(server.runner.server.connections) == 1

    await asyncio.sleep(1.0)

    assert server.runner.server.connections == []


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_refused_while_reading(serve, announced):
    server = await serve(TABLE)

    async def chunks():
        for _ in range(20):
            yield b"x" * 100

    data = b"x" * 2000 if announced else chunks()
    async with server.client.post(f"{server.url}/echo", data=data) as response:
        problem = await response.json(content_type="application/problem+json")

    assert (response.status, problem["code"]) == (413, "too_large")
    assert server.services.budget.held == 0


async def test_bodies_beyond_the_memory_budget_are_told_to_come_later(serve):
    server = await serve(TABLE)
    server.services.budget.limit = 500

    async with server.client.post(f"{server.url}/echo", data=b"x" * 800) as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "2"
    async with server.client.post(f"{server.url}/echo", data=b"x" * 400) as response:
        assert response.status == 200


async def test_headers_over_the_limit_are_refused(serve):
    server = await serve(TABLE, headers=2000)
    many = {f"X-{n}": "v" * 100 for n in range(30)}

    async with server.client.post(f"{server.url}/echo", data=b"", headers=many) as response:
        assert response.status == 413


async def test_a_compressed_body_is_refused(serve):
    server = await serve(TABLE)
    fields = {"Content-Encoding": "gzip"}

    async with server.client.post(f"{server.url}/echo", data=b"x", headers=fields) as response:
        problem = await response.json(content_type=None)

    assert problem["errors"][0]["rule"] == "header.content_encoding"


async def test_what_is_not_http_gets_a_problem_without_its_own_bytes_in_log_or_answer(
    serve, logged
):
    server = await serve(TABLE)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"GET / HTTP/1.1\r\nX-Name: \x00canary-zhangsan\r\n\r\n")

    _, said = await _until_closed(reader, within=3)

    assert said.startswith(b"HTTP/1.0 400 ")
    assert b"application/problem+json" in said
    assert b"canary" not in said
    assert b"canary" not in logged.getvalue()
    assert b"Traceback" not in logged.getvalue()


async def test_a_client_that_breaks_off_its_body_leaves_no_trace_in_the_log(serve, logged, capfd):
    server = await serve(TABLE)
    _, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc")
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.transport.abort()
    await asyncio.sleep(0.3)

    assert logged.getvalue() == b""
    assert capfd.readouterr().err == ""


async def test_a_stop_lets_requests_under_way_finish(serve):
    server = await serve(TABLE)
    asking = asyncio.create_task(server.client.get(f"{server.url}/slowly"))
    await asyncio.sleep(0.1)

    started = time.monotonic()
    await server.runner.cleanup()

    assert (await asking).status == 200
    assert time.monotonic() - started < 2


async def test_a_stop_does_not_wait_for_ever_for_a_hanging_body(serve, monkeypatch):
    monkeypatch.setattr(door, "DRAIN_SECONDS", 0.5)
    server = await serve(TABLE)
    _, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc")
    await asyncio.sleep(0.1)

    started = time.monotonic()
    await server.runner.cleanup()

    assert time.monotonic() - started < 2.5


def test_as_shipped_every_slow_client_is_cut_in_15_s_and_a_stop_takes_no_more_than_10_s():
    limits = Limits()

    assert limits.header_seconds <= 10
    assert limits.body_idle_seconds + door.LINGER_SECONDS <= 15
    assert door.STALL_SECONDS <= 15
    assert 2 * door.DRAIN_SECONDS <= 10
