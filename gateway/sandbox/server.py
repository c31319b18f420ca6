"""
A simulated province on the wire: every system of its folder below `/<system>/`, the desk below
`/_sandbox/`.

A call is written down, a fault may be due, the act is done and written in one transaction; only
then an answer goes out, whole or as broken as the script says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from aiohttp import web

from adapters.counterpart import Call
from contracts.adapter import WireReply, WireRequest
from contracts.errors import GatewayError
from gateway.ports import Clock
from gateway.sandbox.control import FAULTS, Control
from gateway.sandbox.faults import Fault, FaultScript, choose
from gateway.sandbox.ledger import Ledger
from gateway.sandbox.place import Place
from gateway.sandbox.wire import answer, answer_broken, busy

LARGEST_BODY = 256 * 1024 * 1024


class ProvinceServer:
    def __init__(
        self, places: Mapping[str, Place], *, ledger: Ledger, control: Control, clock: Clock
    ) -> None:
        self._places = places
        self._ledger = ledger
        self._control = control
        self._clock = clock

    def app(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_routes(self._control.routes())
        app.router.add_route("*", "/{system}/{tail:.*}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.StreamResponse:
        place = self._places.get(request.match_info["system"])
        if place is None:
            return web.Response(status=404)
        wire = WireRequest(
            method=request.method,
            path="/" + request.match_info["tail"],
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        try:
            call = place.counterpart.receive(wire, now=self._clock.now())
        except GatewayError as error:
            self._note_refusal(place, wire)
            return answer(place.counterpart.deny(wire, error))
        reply, fault = self._do(place, call, wire)
        if reply is None and fault is not None:
            return busy(fault)
        if reply is None:
            return web.Response(status=500)
        if fault is not None:
            return await answer_broken(request, reply, fault=fault, clock=self._clock)
        return answer(reply)

    def _do(
        self, place: Place, call: Call, wire: WireRequest
    ) -> tuple[WireReply | None, Fault | None]:
        """Write down the call and do it; no reply when a fault says nothing is done."""
        with self._ledger.transaction():
            fault = self._due_fault(place, call)
            request = self._ledger.note_request(
                at=place.at,
                system=place.system,
                operation=call.operation,
                serial=call.serial,
                digest=hashlib.sha256(wire.body).hexdigest(),
                fault=fault.kind if fault else None,
            )
            if fault is not None and fault.kind == "answer_503":
                return None, fault
            if fault is not None and fault.kind == "refuse":
                return place.refuse(call), None
            reply = place.take(call, request=request)
            self._ledger.note_status(request, status=reply.status)
            return reply, fault

    def _due_fault(self, place: Place, call: Call) -> Fault | None:
        said = self._ledger.read(FAULTS)
        if said is None:
            return None
        script = FaultScript.model_validate_json(said)
        names = {call.operation, call.purpose, *call.kinds}
        return choose(script, system=place.system, names=names, counters=self._ledger)

    def _note_refusal(self, place: Place, wire: WireRequest) -> None:
        self._ledger.note_request(
            at=place.at,
            system=place.system,
            operation="refused",
            serial=None,
            digest=hashlib.sha256(wire.body).hexdigest(),
            fault=None,
        )


__all__ = ["LARGEST_BODY", "ProvinceServer"]
