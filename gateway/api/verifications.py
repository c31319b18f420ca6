"""
Handlers for verifications (在线核验).
"""

from __future__ import annotations

from aiohttp import web

from gateway.api.call import Call, answer
from gateway.api.cases import read_document
from gateway.usecases.verify import ask, read_verification


async def post_verification(call: Call) -> web.Response:
    """Take in a question; it is asked until it is answered."""
    call.no_query()
    _, document = await read_document(call, limit=call.gw.limits.body)
    with call.alone(f"verification:{document.get('message_id')}"):
        said = await ask(document, caller=call.caller, gw=call.gw)
    return answer(
        said, status=202, headers={"Location": f"/v1/verifications/{said['verification_id']}"}
    )


async def get_verification(call: Call) -> web.Response:
    call.no_query()
    number = call.request.match_info["number"]
    return answer(await read_verification(number, caller=call.caller, gw=call.gw))


__all__ = ["get_verification", "post_verification"]
