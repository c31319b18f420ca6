"""
Commands that ask the gateway: through its admin socket while it runs, else by opening it here.

Either way the same handlers answer, and the operating-system user stands in the audit leaf.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, BinaryIO
from urllib.parse import urlencode

from gateway.cli.output import print_json, print_table
from gateway.settings import Settings

_SILENCE = 60.0
"""seconds"""
COLUMNS: dict[str, Sequence[tuple[str, str]]] = {
    "/access": (
        ("client_id", "客户端"),
        ("role", "角色"),
        ("system", "系统"),
        ("in_force", "有效"),
        ("expires_at", "到期"),
    ),
    "/cases": (
        ("case_number", "办件编号"),
        ("status_zh", "状态"),
        ("turn_zh", "轮到"),
        ("due_on", "到期日"),
        ("from", "收件"),
        ("to", "办理"),
    ),
    "/deliveries": (
        ("serial", "流水号"),
        ("destination", "目的系统"),
        ("kind", "种类"),
        ("state", "状态"),
        ("attempt", "次数"),
        ("next_at", "下次"),
        ("reason", "原因"),
    ),
    "/deadlines": (
        ("due_on", "到期日"),
        ("remaining", "剩余"),
        ("owner_zh", "责任方"),
        ("place", "地点"),
        ("kind_zh", "时限"),
        ("provisional", "暂定"),
        ("case_number", "办件编号"),
    ),
    "/worklist": (("due_on", "到期日"), ("case_number", "办件编号"), ("sentence", "要办的事")),
}


def query(path: str, **asked: Any) -> str:
    given = {name: value for name, value in asked.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def show(method: str, path: str, form: Mapping[str, Any] | None = None, *, as_json: bool) -> int:
    """Ask and print: a table for lists, JSON otherwise or with --json. Returns the exit status."""
    status, body = ask(method, path, form)
    if status >= 400:
        return complain(status, body, as_json=as_json)
    columns = COLUMNS.get(path.split("?")[0])
    if as_json or columns is None or "items" not in body:
        print_json(body)
    else:
        print_table(body["items"], columns)
        if body.get("next"):
            sys.stderr.write(f"还有更多 more: --after {body['next']}\n")
    return 0


def complain(status: int, problem: Mapping[str, Any], *, as_json: bool) -> int:
    if as_json:
        print_json(problem)
    else:
        sys.stderr.write(f"错误 {problem.get('code', status)}  {problem.get('detail', '')}\n")
        for one in problem.get("errors", ()):
            sys.stderr.write(f"  {one.get('rule')} {one.get('path', '')} {one.get('message')}\n")
        sys.stderr.write(f"下一步 {problem.get('remedy', '')}\n")
    if status == 404:
        return 1
    return 3 if status >= 500 else 4


def ask(method: str, path: str, form: Mapping[str, Any] | None = None) -> tuple[int, Any]:
    """
    One request to the admin application of this data directory: status and JSON, or text of a page.

    Raises:
        GatewayError: no gateway runs and the data directory cannot be opened.
    """
    return asyncio.run(_reach(Settings(), lambda used: _request(used, method, path, form)))


def fetch(path: str, form: Mapping[str, Any], sink: BinaryIO) -> tuple[int, Any]:
    """
    The same for an answer that is a file: it is written to `sink`, and its headers are returned.

    Raises:
        GatewayError: as `ask`.
        OSError: the file did not come whole, or cannot be written.
    """
    return asyncio.run(_reach(Settings(), lambda used: _download(used, path, form, sink)))


async def _reach(
    settings: Settings, request: Callable[[Settings], Awaitable[tuple[int, Any]]]
) -> tuple[int, Any]:
    import aiohttp

    try:
        return await request(settings)
    except aiohttp.ClientConnectorError:
        pass
    from gateway.api.server import serving_admin
    from gateway.app import open_gateway

    async with (
        open_gateway(settings) as opened,
        serving_admin(opened.gw, socket=settings.admin_socket),
    ):
        return await request(settings)


async def _download(
    settings: Settings, path: str, form: Mapping[str, Any], sink: BinaryIO
) -> tuple[int, Any]:
    import aiohttp

    connector = aiohttp.UnixConnector(path=str(settings.admin_socket))
    # Large materials take their time: only silence is a reason to give up.
    timeout = aiohttp.ClientTimeout(total=None, sock_read=_SILENCE)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        session.post(f"http://admin{path}", json=form) as reply,
    ):
        if reply.status >= 400:
            return reply.status, json.loads(await reply.read())
        try:
            async for chunk in reply.content.iter_any():
                sink.write(chunk)
        except aiohttp.ClientPayloadError as error:
            raise OSError(f"归档包未能完整取得 the package did not come whole: {path}") from error
        return reply.status, dict(reply.headers)


async def _request(
    settings: Settings, method: str, path: str, form: Mapping[str, Any] | None
) -> tuple[int, Any]:
    import aiohttp

    connector = aiohttp.UnixConnector(path=str(settings.admin_socket))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.request(method, f"http://admin{path}", json=form) as reply,
    ):
        data = await reply.read()
        if reply.content_type == "text/html":
            return reply.status, data.decode()
        return reply.status, json.loads(data)


__all__ = ["ask", "complain", "fetch", "query", "show"]
