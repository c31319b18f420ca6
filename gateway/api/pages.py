"""
Handlers that answer with a page to be printed.
"""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.call import Call, answer
from gateway.api.cases import read_precheck
from gateway.core.printing import CSP, ReceiptKind
from gateway.usecases.precheck import print_notice
from gateway.usecases.print_receipt import print_receipt
from gateway.usecases.print_slip import print_slip

HTML = "text/html"


class PrintQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    print: Literal["normal", "large"] = Field("normal", description="large: 18 pt 大字版")


class ReceiptQuery(PrintQuery):
    kind: ReceiptKind | None = Field(None, description="absent: the latest the case has come to")


class SlipQuery(PrintQuery):
    code: str | None = Field(None, max_length=64, description="流转码; absent: the latest handover")


async def get_slip(call: Call) -> web.Response:
    """材料流转单: the slip with one code for paper on its way."""
    asked = call.query(SlipQuery)
    page = await print_slip(
        call.request.match_info["number"],
        code=asked.code,
        large=asked.print == "large",
        caller=call.caller,
        gw=call.gw,
    )
    return show_page(page)


async def get_receipt(call: Call) -> web.Response:
    """The receipt of a case as one A4 page."""
    asked = call.query(ReceiptQuery)
    page = await print_receipt(
        call.request.match_info["number"],
        kind=asked.kind,
        large=asked.print == "large",
        caller=call.caller,
        gw=call.gw,
    )
    return show_page(page)


async def post_notice(call: Call) -> web.Response:
    """一次性告知单: what a precheck finds as one A4 page."""
    large = call.query(PrintQuery).print == "large"
    request = await read_precheck(call)
    return show_page(await print_notice(request, large=large, caller=call.caller, gw=call.gw))


def show_page(page: str) -> web.Response:
    """A page that may load nothing from outside and is kept nowhere on the way."""
    response = answer(
        page.encode(),
        media_type=HTML,
        headers={
            "Content-Security-Policy": CSP,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        },
    )
    response.charset = "utf-8"
    return response


__all__ = [
    "HTML",
    "PrintQuery",
    "ReceiptQuery",
    "SlipQuery",
    "get_receipt",
    "get_slip",
    "post_notice",
    "show_page",
]
