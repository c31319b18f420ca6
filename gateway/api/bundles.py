"""
Handlers for bundles 一件事: hand several applications in at once, track them together.
"""

from __future__ import annotations

from aiohttp import web

from gateway.api.call import Call, answer
from gateway.api.cases import idempotency_key, read_document
from gateway.telemetry import metrics
from gateway.usecases.bundles import read_bundle, take_in_bundle
from gateway.usecases.take_in import Inbound


async def post_bundle(call: Call) -> web.Response:
    """Take in a bundle; the first answer is safe to believe and comes again on repetition."""
    call.no_query()
    key = idempotency_key(call, needed=True)
    raw, document = await read_document(call, limit=call.gw.limits.body)
    inbound = Inbound(caller=call.caller, raw=raw, document=document, idempotency_key=key)
    with call.alone(str(key)):
        said = await take_in_bundle(inbound, gw=call.gw)
    sender = call.caller.system or ""
    if said.replayed:
        metrics.replayed(sender=sender)
        return answer(said.body, status=said.status, headers={"Idempotency-Replayed": "true"})
    for _ in said.body["cases"]:
        metrics.accepted(sender=sender, kind="application")
    location = f"/v1/bundles/{said.body['bundle_number']}"
    return answer(said.body, status=said.status, headers={"Location": location})


async def get_bundle(call: Call) -> web.Response:
    call.no_query()
    number = call.request.match_info["number"]
    return answer(await read_bundle(number, caller=call.caller, gw=call.gw))


__all__ = ["get_bundle", "post_bundle"]
