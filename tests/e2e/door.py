"""
A whole gateway behind a loopback socket: real store, keys, materials and provinces, and no workers,
so that what is stored is what a request stored. With it, what a refusal is held to.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import apsw

from adapters.connection import load_connection
from adapters.counterpart import Counterpart, open_counterparts
from adapters.http import AiohttpClient
from gateway.api.server import serving
from gateway.app import open_gateway
from gateway.ports import Gateway
from gateway.provinces import SHIPPED
from gateway.sandbox.invented import invent_connection
from gateway.settings import Settings
from gateway.telemetry import configure_logs
from gateway.usecases.access import grant_access
from gateway.usecases.caller import Caller
from gateway.world import RealClock, RealIds

CODES = ("150000", "310000", "340000", "510000", "530000", "990000")
BODY_LIMIT = 64 * 1024
DIALECT_LIMIT = 256 * 1024
OPERATOR = Caller(
    client_id="os.test", role="operator", system=None, province=None, trace_id="1" * 32
)
REFUSALS = {"message.refused", "access.denied"}
CHINESE = re.compile(r"[一-鿿]")

NAME, ID_NUMBER, PHONE = "模拟·金丝雀", "99000219900101001X", "00000900042"
STREET, ACCOUNT = "模拟·金丝雀巷 7 号", "0000000000000000771"
PERSONAL = (NAME, ID_NUMBER, PHONE, STREET, ACCOUNT)
"""What every document of these tests holds and no answer, log line or leaf may show."""

_TABLES = (
    "cases",
    "parties",
    "numbers",
    "messages",
    "receipts",
    "materials",
    "deliveries",
    "steps",
    "attempts",
    "cursors",
)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Door:
    """The served gateway; `places` are the provinces' own sides of their dialects."""

    gw: Gateway
    folder: Path
    host: str
    port: int
    http: aiohttp.ClientSession
    log: BytesIO
    secrets: dict[str, dict[str, str]]
    tokens: dict[str, str] = field(default_factory=dict)
    places: dict[str, Counterpart] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def ask(
        self, method: str, path: str, data: Any = None, *, by: str | None = None, **headers: str
    ) -> Reply:
        """`by` names the client whose token is sent."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            fields["Authorization"] = f"Bearer {self.tokens[by]}"
        async with self.http.request(
            method, self.url + path, data=data, headers=fields, skip_auto_headers=["Content-Type"]
        ) as response:
            return Reply(response.status, dict(response.headers), await response.read())

    async def speak(self, data: bytes) -> Reply:
        """Raw bytes on a socket of their own; reads until the other side closes."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(data)
            said = await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()
        head, _, body = said.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:])
        return Reply(int(lines[0].split()[1]), fields, body)

    async def contents(self) -> dict[str, Any]:
        """Rows of every table but the audit leaves, `Store.counts`, and files of materials."""
        db = apsw.Connection(
            str(self.folder / "data" / "gateway.db"), flags=apsw.SQLITE_OPEN_READONLY
        )
        try:
            rows = {
                table: next(iter(db.execute(f"SELECT count(*) FROM {table}")))[0]
                for table in _TABLES
            }
        finally:
            db.close()
        counts = dict(await self.gw.store.counts())
        del counts["leaves"]
        return {"rows": rows, "counts": counts, "files": list(await self.gw.blobs.names())}

    async def leaves(self) -> list[bytes]:
        return [data for _, data in await self.gw.store.leaves()]


@asynccontextmanager
async def open_door(folder: Path) -> AsyncIterator[Door]:
    """Open and serve a gateway in `folder`, with tokens for every system and for an operator."""
    ids, log = RealIds(), BytesIO()
    connections = {
        code: invent_connection(load_connection(SHIPPED / code), url="http://127.0.0.1:1", ids=ids)
        for code in CODES
    }
    file = folder / "connections.json"
    file.write_text(json.dumps({"test": connections}), encoding="utf-8")
    settings = Settings(data_dir=folder / "data", connections=file, body_limit=BODY_LIMIT)
    configure_logs(level="debug", stream=log)
    http = AiohttpClient()
    try:
        async with (
            open_gateway(settings) as opened,
            aiohttp.ClientSession() as session,
            serving(idle(opened.gw), host="127.0.0.1", port=0) as listening,
        ):
            secrets = {code: entry["secrets"] for code, entry in connections.items()}
            door = Door(opened.gw, folder, listening.host, listening.port, session, log, secrets)
            for system in opened.gw.provinces.systems("test"):
                await _grant(door, system.system, role="partner", system=system.system)
            await _grant(door, "operator", role="operator", system=None)
            for code in ("310000", "340000", "530000"):
                door.places |= open_counterparts(
                    SHIPPED / code,
                    addresses={"gateway": door.url},
                    secrets={**secrets[code], "gateway_token": door.tokens.get(code, "")},
                    http=http,
                    clock=RealClock(),
                    ids=ids,
                )
            yield door
    finally:
        await http.close()
        configure_logs()


def idle(gw: Gateway) -> Gateway:
    """The same gateway, whose lanes nobody wakes and whose dialects take little."""
    limits = replace(gw.limits, dialect_body=DIALECT_LIMIT)
    return replace(gw, wake=lambda destination: None, limits=limits)


async def _grant(door: Door, name: str, *, role: str, system: str | None) -> None:
    granted = await grant_access(
        name, role=role, system=system, expires_at=None, caller=OPERATOR, gw=door.gw
    )
    door.tokens[name] = granted.token


# --- what a refusal is held to --------------------------------------------------------------


@asynccontextmanager
async def nothing_stored(door: Door) -> AsyncIterator[None]:
    """Inside, at most one leaf is written, and it is about a refusal."""
    before, told = await door.contents(), len(await door.leaves())
    yield
    after = await door.contents()
    assert after == before, (before, after)
    added = [json.loads(data)["event"] for data in (await door.leaves())[told:]]
    assert len(added) <= 1, added
    assert set(added) <= REFUSALS, added


@asynccontextmanager
async def nothing_personal(door: Door) -> AsyncIterator[None]:
    """Inside, no log line and no leaf shows what documents hold about a person."""
    at, told = door.log.tell(), len(await door.leaves())
    yield
    assert_unsaid(door.log.getvalue()[at:])
    assert_unsaid(b"\n".join((await door.leaves())[told:]))


def assert_unsaid(data: bytes, personal: Iterable[str] = PERSONAL) -> None:
    """None of it, in any spelling a library could choose."""
    for value in personal:
        for spelling in (
            value.encode(),
            value.encode("gb18030"),
            json.dumps(value)[1:-1].encode(),
            quote(value).encode(),
        ):
            assert spelling not in data, data.decode(errors="replace")[:400]


def assert_speaks(problem: dict[str, Any]) -> None:
    """RFC 9457, Chinese first with English beside it; says which side acts, and what to do."""
    assert problem["type"] == f"/problems/{problem['code']}"
    for name in ("title", "detail", "remedy"):
        assert CHINESE.search(problem[name]), problem
        assert problem[f"{name}_en"], problem
        assert not CHINESE.search(problem[f"{name}_en"]), problem
    assert (problem["side"], problem["side_zh"]) == ("caller", "请求方")
    assert problem["retryable"] is False
    assert re.fullmatch(r"[0-9a-f]{32}", problem["trace_id"])
    assert problem["instance"].startswith("/")
    for item in problem.get("errors", []):
        assert CHINESE.search(item["message"]), item
        assert not CHINESE.search(item["message_en"]), item
        assert item["level"] == "reject"
