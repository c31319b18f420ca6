"""
Handlers for materials: streamed in and out, never whole in memory.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.bodies import stream_body
from gateway.api.call import Call, answer, wrong_header
from gateway.usecases.materials import open_material, stage_material

PIECE = 64 * 1024
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
_FILE_NAME = re.compile(r"filename\*=(?:UTF-8|utf-8)''([A-Za-z0-9%!#$&+.^_`|~-]{1,600})")


class MaterialQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str | None = Field(
        None, max_length=64, description="case that holds the material; absent: one staged by us"
    )


async def put_material(call: Call) -> web.Response:
    """Stage a material; the file name may come in Content-Disposition (RFC 6266, filename*)."""
    call.no_query()
    request = call.request
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise wrong_header(
            "Content-Type",
            "material.media_type",
            "请用 Content-Type 说明材料的媒体类型",
            "name the material's media type in Content-Type",
        )
    chunks = stream_body(request, limit=call.gw.limits.material, limits=call.gw.limits)
    held = await stage_material(
        request.match_info["sha256"],
        chunks,
        media_type=media_type,
        file_name=_file_name(request.headers.get("Content-Disposition")),
        caller=call.caller,
        gw=call.gw,
    )
    async for _ in chunks:  # a material we hold already: let its sender finish
        pass
    return answer(held, status=200)


async def get_material(call: Call) -> web.StreamResponse:
    """Stream a material out. It is shown as a download: nothing of it runs in a browser."""
    number = call.query(MaterialQuery).case
    found = await open_material(
        call.request.match_info["sha256"], caller=call.caller, gw=call.gw, case_number=number
    )
    response = web.StreamResponse(
        headers={
            "Content-Type": found.media_type,
            "Content-Length": str(found.size),
            "Content-Disposition": "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "traceparent": call.traceparent(),
        }
    )
    await response.prepare(call.request)
    async for chunk in found.chunks:
        for start in range(0, len(chunk), PIECE):
            await response.write(chunk[start : start + PIECE])
    await response.write_eof()
    return response


def _file_name(disposition: str | None) -> str | None:
    """The name a client gives its file; kept sealed, never used as a name on our disk."""
    match = _FILE_NAME.search(disposition or "")
    if match is None:
        return None
    name = unquote(match[1]).replace("\\", "/").rpartition("/")[2].strip()
    return name if name and name.isprintable() and len(name) <= 200 else None


__all__ = ["MaterialQuery", "get_material", "put_material"]
