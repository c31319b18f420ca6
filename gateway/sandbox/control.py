"""
The desk of a simulated place over JSON, for people and tests: `/_sandbox/…`, loopback only.

    GET  state                        counts of the ledger, systems, faults
    POST systems/<s>/applications     {Form}, or {"record", "number", "message_id"}
    PUT  systems/<s>/materials/<sha>  a file for a record of your own
    POST systems/<s>/acts             {Act}: accept, request_correction, progress, decide, transfer,
                                      correct, notify, withdraw, and those of matters.py
    GET  systems/<s>/cases            what is filed
    GET  systems/<s>/received         what the gateway brought, in this place's own words
    GET  systems/<s>/outgoing         what this place says, and what became of it
    GET  systems/<s>/effects          business effects
    GET  systems/<s>/requests         calls that arrived, and what a fault did to them
    GET  systems/<s>/uploads          files that were uploaded
                                      (`?case=` keeps what belongs to one case)
    PUT  faults                       {FaultScript}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.adapter import Record
from contracts.errors import GatewayError
from gateway.sandbox.desk import ACTS, Act, Desk
from gateway.sandbox.faults import FaultScript
from gateway.sandbox.forms import Form, RefusalError
from gateway.sandbox.ledger import Ledger
from gateway.sandbox.outbox import Outbox

FAULTS = "faults"


class OwnRecord(BaseModel):
    """An application already in the place's own words, as a window system would hold it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: Record
    number: str
    message_id: str


@dataclass(slots=True, kw_only=True)
class Control:
    desks: Mapping[str, Desk]
    ledger: Ledger
    outbox: Outbox
    scans: Path

    def routes(self) -> list[web.RouteDef]:
        base = "/_sandbox"
        return [
            web.get(f"{base}/state", self._answering(self.state)),
            web.put(f"{base}/faults", self._answering(self.set_faults)),
            web.post(base + "/systems/{system}/applications", self._answering(self.apply)),
            web.put(base + "/systems/{system}/materials/{sha256}", self._answering(self.put_file)),
            web.post(base + "/systems/{system}/acts", self._answering(self.act)),
            web.get(base + "/systems/{system}/{books}", self._answering(self.read)),
        ]

    # --- doing ----------------------------------------------------------------------------

    async def apply(self, request: web.Request) -> Any:
        desk, asked = self._desk(request), await request.json()
        if "record" in asked:
            own = OwnRecord.model_validate(asked)
            number = desk.take_record(own.record, number=own.number, message_id=own.message_id)
        else:
            number = desk.take_application(Form.model_validate(asked))
        self.outbox.woken.set()
        return {"number": number}

    async def act(self, request: web.Request) -> Any:
        desk = self._desk(request)
        act = Act.model_validate(await request.json())
        if act.act not in ACTS:
            raise RefusalError(f"no act {act.act}; there are {', '.join(ACTS)}")
        message_id = ACTS[act.act](desk, act)
        self.outbox.woken.set()
        return {"message_id": message_id}

    async def put_file(self, request: web.Request) -> Any:
        content, named = await request.read(), request.match_info["sha256"]
        if hashlib.sha256(content).hexdigest() != named:
            raise RefusalError("the bytes do not have this SHA-256")
        (self.scans / named).write_bytes(content)
        self.ledger.add_material(
            named, media_type=request.content_type, file_name=None, size=len(content)
        )
        return {"digest": named, "size": len(content)}

    async def set_faults(self, request: web.Request) -> Any:
        script = FaultScript.model_validate(await request.json())
        with self.ledger.transaction():
            self.ledger.forget("fault:")
            self.ledger.write(FAULTS, script.model_dump_json())
        return script.model_dump(mode="json")

    # --- reading --------------------------------------------------------------------------

    async def state(self, request: web.Request) -> Any:
        return {
            "systems": sorted(self.desks),
            "counts": self.ledger.counts(),
            "faults": json.loads(self.ledger.read(FAULTS) or "{}"),
        }

    async def read(self, request: web.Request) -> Any:
        system = self._desk(request).place.system
        number = request.query.get("case")
        books: Mapping[str, Sequence[Any]] = {
            "cases": self.ledger.filed(system=system),
            "received": self.ledger.received(system=system),
            "outgoing": self.ledger.outgoing(system=system),
            "effects": self.ledger.effects(system=system),
            "requests": self.ledger.requests(system=system),
            "uploads": self.ledger.uploads(system=system),
        }
        if request.match_info["books"] not in books:
            raise RefusalError(f"no books of that name; there are {', '.join(books)}")
        rows = [asdict(row) for row in books[request.match_info["books"]]]
        if number is None:
            return rows
        return [row for row in rows if number in (row.get("number"), row.get("case_number"))]

    def _desk(self, request: web.Request) -> Desk:
        system = request.match_info["system"]
        if system not in self.desks:
            raise RefusalError(f"no system {system} here; there are {', '.join(self.desks)}")
        return self.desks[system]

    def _answering(self, handler: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            if request.remote not in ("127.0.0.1", "::1"):
                return web.json_response({"error": "loopback only"}, status=403)
            try:
                return _json(await handler(request))
            except RefusalError as error:
                return _json({"error": str(error)}, status=404)
            except (ValidationError, json.JSONDecodeError) as error:
                return _json({"error": str(error)}, status=400)
            except GatewayError as error:
                rules = [[found.rule, found.path] for found in error.findings]
                return _json({"error": str(error), "findings": rules}, status=422)

        return answer


def _json(content: Any, *, status: int = 200) -> web.Response:
    text = json.dumps(content, ensure_ascii=False)
    return web.Response(text=text, status=status, content_type="application/json")


__all__ = ["FAULTS", "Control"]
