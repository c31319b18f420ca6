"""
What the command line takes out of the gateway: archive packages and rows of exchange tables.
"""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.call import Call, answer
from gateway.api.forms import read_form
from gateway.usecases.exchange_rows import exchange_rows
from gateway.usecases.export_case import export_case


class Export(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(min_length=2, max_length=200)
    open: bool = False


class ExchangeQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    province: str = Field(pattern=r"^[0-9]{6}$")
    since: datetime | None = None
    after: str | None = None


async def get_exchange(call: Call) -> web.Response:
    asked = call.query(ExchangeQuery)
    page = await exchange_rows(
        asked.province, since=asked.since, after=asked.after, caller=call.caller, gw=call.gw
    )
    return answer(page)


async def post_export(call: Call) -> web.StreamResponse:
    """Stream the archive package of a case; its end tells whether all of it came."""
    form = await read_form(call, Export)
    exported = await export_case(
        call.request.match_info["number"],
        reason=form.reason,
        include_open=form.open,
        caller=call.caller,
        gw=call.gw,
    )
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Cache-Control": "no-store",
            "Manifest-SHA256": exported.manifest_digest,
            "traceparent": call.traceparent(),
        }
    )
    await response.prepare(call.request)
    async for chunk in exported.chunks:
        await response.write(chunk)
    await response.write_eof()
    return response


__all__ = ["get_exchange", "post_export"]
