"""
A light answering machine: every system the bench delivers to, with the answers of its own folder.

No ledger, no checks: it must not be what is measured. `python -m tests.bench.backend <secrets file>
<port>`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from pathlib import Path

from aiohttp import web

from adapters.counterpart import Call, Counterpart, open_counterparts
from adapters.http import AiohttpClient
from gateway.world import RealClock, RealIds
from mappings.load import PROVINCES

SERIAL, NUMBER = "TB-SERIAL-HERE", "MN-NUMBER-HERE"


class Machine:
    """Answers are made once per operation by the folder itself; only serial and number change."""

    def __init__(self, places: dict[str, Counterpart]) -> None:
        self.places = places
        self.counts: Counter[str] = Counter()
        self._templates: dict[tuple[str, str], bytes] = {}
        self._types: dict[tuple[str, str], str] = {}
        for system, operation in (
            ("510000", "submit"),
            ("310000", "status"),
            ("310000", "apply"),
            ("150000", "submit_case"),
        ):
            call = Call(operation, "message", serial=SERIAL)
            reply = places[system].accept(call, number=NUMBER)
            self._templates[system, operation] = reply.body
            self._types[system, operation] = reply.headers["content-type"]
        events = places["150000"].page(Call("get_events", "pull"), events=[], cursor="0")
        self._events, self._events_type = events.body, events.headers["content-type"]

    def app(self) -> web.Application:
        app = web.Application(client_max_size=16 << 20)
        app.router.add_get("/_count", self.count)
        app.router.add_post("/plain", self.plain)
        app.router.add_post("/310000/oauth2/token", self.token)
        app.router.add_post(
            "/310000/api/v2/status", self._answering("310000", "status", "serialNo")
        )
        app.router.add_post(
            "/510000/openapi/projects", self._answering("510000", "submit", "serial_no")
        )
        app.router.add_post("/150000/services/case", self.soap)
        return app

    async def count(self, request: web.Request) -> web.Response:
        return web.json_response(dict(self.counts))

    async def plain(self, request: web.Request) -> web.Response:
        await request.read()
        self.counts["plain"] += 1
        return web.Response(body=b'{"ok":true}', content_type="application/json")

    async def token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        call = Call("token", "token", record=form)
        reply = self.places["310000"].give_token(call)
        return web.Response(status=reply.status, body=reply.body, headers=dict(reply.headers))

    async def soap(self, request: web.Request) -> web.Response:
        body = await request.read()
        if b"SubmitCase" not in body:
            return web.Response(body=self._events, headers={"content-type": self._events_type})
        found = re.search(rb"Serial>([^<]+)<", body)
        return self._reply("150000", "submit_case", found)

    def _answering(self, system: str, operation: str, field: str):  # type: ignore[no-untyped-def]
        pattern = re.compile(rb'"%s":\s*"([^"]+)"' % field.encode())

        async def answer(request: web.Request) -> web.Response:
            return self._reply(system, operation, pattern.search(await request.read()))

        return answer

    def _reply(self, system: str, operation: str, found: re.Match[bytes] | None) -> web.Response:
        if found is None:
            return web.Response(status=400, text="no serial")
        self.counts[f"{system}.{operation}"] += 1
        number = b"MN%09d" % self.counts[f"{system}.{operation}"]
        body = self._templates[system, operation]
        body = body.replace(SERIAL.encode(), found[1]).replace(NUMBER.encode(), number)
        return web.Response(body=body, headers={"content-type": self._types[system, operation]})


async def serve(secrets: dict[str, dict[str, str]]) -> None:
    http = AiohttpClient()
    places: dict[str, Counterpart] = {}
    for code, given in secrets.items():
        places |= open_counterparts(
            PROVINCES / code,
            addresses={"gateway": "http://127.0.0.1:1"},
            secrets=given,
            http=http,
            clock=RealClock(),
            ids=RealIds(),
        )
    runner = web.AppRunner(Machine(places).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[2])).start()
    host, port = runner.addresses[0][:2]
    print(json.dumps({"event": "backend.started", "url": f"http://{host}:{port}"}), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    secrets = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        import uvloop

        uvloop.run(serve(secrets))
    except ImportError:
        asyncio.run(serve(secrets))


if __name__ == "__main__":
    main()
