"""
The yardstick: a bare aiohttp forwarder. Takes a POST, sends it on, answers; no storage, no checks.

`python -m tests.bench.forwarder <backend url>`; prints where it listens.
"""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp
from aiohttp import web


async def serve(target: str) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:

        async def forward(request: web.Request) -> web.Response:
            body = await request.read()
            async with session.post(target, data=body) as answer:
                return web.Response(status=answer.status, body=await answer.read())

        app = web.Application(client_max_size=1 << 20)
        app.router.add_post("/{path:.*}", forward)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        print(
            json.dumps({"event": "forwarder.started", "url": f"http://{host}:{port}"}), flush=True
        )
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(serve(sys.argv[1]))
    except ImportError:
        asyncio.run(serve(sys.argv[1]))
