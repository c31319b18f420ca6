"""
Inbound dialects: a province calls us in its own words at /provinces/<code>/….

Credential, decoding, our yes and our no are the adapter's; what happens in between is what happens
to every message. A refusal is told in the dialect as soon as the operation is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from contracts.adapter import Adapter, InboundOperation, WireReply, WireRequest
from contracts.errors import AccessDenied, Forbidden, GatewayError, NotFound, Refused
from gateway.api.call import Call
from gateway.api.problems import describe, headers
from gateway.api.route import note_denial, note_refusal
from gateway.telemetry import metrics
from gateway.usecases.access import record_unread
from gateway.usecases.caller import Caller
from gateway.usecases.mailbox import take_mailbox
from gateway.usecases.prescribed import hand_over
from gateway.usecases.take_in import Inbound, take_in

_HOP = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})
"""Fields that belong to the connection, not to the reply."""


async def call_dialect(call: Call) -> web.StreamResponse:
    """Serve one request of a province in its own dialect."""
    province = call.request.match_info["code"]
    adapter = call.gw.provinces.dialect(province, call.gw.environment)
    if adapter is None:
        raise NotFound
    wire = await _read_wire(call)
    operation = adapter.inbound(wire)
    if operation is None:
        raise NotFound
    try:
        if operation.purpose == "contract":
            return _reply(adapter.answer(operation.name, receipt={}))
        call.known = await _admit(call, adapter, operation, wire, province)
        if operation.purpose == "mailbox":
            return await _hand_out(call, adapter, operation, wire)
        if operation.purpose == "fetch":
            return await _hand_over(call, adapter, operation, wire)
        return await _take_in(call, adapter, operation, wire)
    except Exception as error:
        return _refuse(call, adapter, operation, error)


async def _admit(
    call: Call, adapter: Adapter, operation: InboundOperation, wire: WireRequest, province: str
) -> Caller:
    """Who calls: the gateway's own token, or the province's credential, as the operation says."""
    try:
        if not operation.bearer:
            system = adapter.authenticate(operation.name, wire, now=call.gw.clock.now())
            return Caller(
                client_id=f"dialect:{system}",
                role="partner",
                system=system,
                province=province,
                trace_id=call.trace_id,
            )
        authorization = call.request.headers.get("Authorization")
        known = await call.services.tokens.caller(authorization, trace_id=call.trace_id)
        call.known = known
        if known.role != "partner" or known.province != province:
            raise Forbidden(
                "该令牌不属于此省份的业务系统", "the token belongs to no system of this province"
            )
    except AccessDenied as denial:
        await note_denial(call, denial)
        raise
    return known


async def _take_in(
    call: Call, adapter: Adapter, operation: InboundOperation, wire: WireRequest
) -> web.Response:
    caller = call.caller
    try:
        document = adapter.decode(operation.name, wire, system=caller.system or "")
    except Refused as refusal:
        await record_unread(
            refusal.code,
            purpose=f"{call.route}.{operation.name}",
            rules=[finding.rule for finding in refusal.findings],
            caller=caller,
            gw=call.gw,
        )
        raise
    inbound = Inbound(
        caller=caller, raw=wire.body, foreign=document, case_number=document.case_number
    )
    with call.alone(f"message:{document.message_id}:{document.data_version}"):
        said = await take_in(inbound, gw=call.gw)
    sender = caller.system or ""
    if said.replayed:
        metrics.replayed(sender=sender)
    else:
        metrics.accepted(sender=sender, kind=document.kind)
    return _reply(adapter.answer(operation.name, receipt=said.body))


async def _hand_out(
    call: Call, adapter: Adapter, operation: InboundOperation, wire: WireRequest
) -> web.Response:
    cursor = adapter.mailbox_cursor(operation.name, wire)
    payloads, following = await take_mailbox(cursor, caller=call.caller, gw=call.gw)
    return _reply(adapter.mailbox_reply(operation.name, payloads=payloads, cursor=following))


async def _hand_over(
    call: Call, adapter: Adapter, operation: InboundOperation, wire: WireRequest
) -> web.Response:
    serial = adapter.fetched_serial(operation.name, wire)
    record = await hand_over(serial, caller=call.caller, gw=call.gw)
    return _reply(adapter.fetch_reply(operation.name, record=record))


async def _read_wire(call: Call) -> WireRequest:
    """
    The request as an adapter sees it. Repeated header fields are joined (RFC 9110 5.3) and a
    repeated query name is refused, so that signature and use can never mean different values.
    """
    request = call.request
    call.no_repeats()
    fields: dict[str, str] = {}
    for name, value in request.headers.items():
        known = fields.get(name.lower())
        fields[name.lower()] = value if known is None else f"{known}, {value}"
    return WireRequest(
        method=request.method,
        path="/" + request.match_info["tail"],
        query=dict(request.query.items()),
        headers=fields,
        body=await call.body(call.gw.limits.dialect_body),
    )


def _refuse(
    call: Call, adapter: Adapter, operation: InboundOperation, error: Exception
) -> web.Response:
    """Our no, in their dialect. The texts in it are Chinese: that is what these systems show."""
    known: GatewayError = note_refusal(call, error)
    problem: Mapping[str, Any] = describe(
        known, language="zh", instance=call.instance, trace_id=call.trace_id
    )
    response = _reply(adapter.refuse(operation.name, problem=problem))
    for name in ("Retry-After", "WWW-Authenticate"):
        if value := headers(known, "zh").get(name):
            response.headers[name] = value
    return response


def _reply(reply: WireReply) -> web.Response:
    response = web.Response(status=reply.status, body=reply.body)
    response.headers["Cache-Control"] = "no-store"
    for name, value in reply.headers.items():
        if name.lower() not in _HOP:
            response.headers[name] = value
    return response


__all__ = ["call_dialect"]
