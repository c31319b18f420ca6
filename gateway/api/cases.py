"""
Handlers for cases and their messages, precheck and worklist.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any, Literal
from urllib.parse import urlencode

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import Finding, InvalidDocument, Refused, Unreadable
from contracts.strict_json import loads
from contracts.vocabulary import Actor, PartStatus
from gateway.api.call import JSON, Call, answer, wrong_header
from gateway.ports import CaseFilter
from gateway.telemetry import metrics
from gateway.usecases.access import record_unread
from gateway.usecases.deadlines import list_deadlines
from gateway.usecases.precheck import PrecheckRequest, precheck
from gateway.usecases.read_cases import (
    list_cases,
    read_case,
    read_lineage,
    read_messages,
    worklist,
)
from gateway.usecases.take_in import Answer, Inbound, take_in

IDEMPOTENCY_KEY = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_CHARSETS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
}
"""Character sets a native body may name; GB2312 and GBK are read as their superset."""


class DryRun(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    dry_run: bool = Field(False, description="validate, translate and route; store nothing")


class CaseQuery(BaseModel):
    """Filters of a case list. All given ones must hold; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: PartStatus | None = Field(None, description="state of the case")
    turn: Actor | None = Field(None, description="whose turn it is")
    sender: str | None = Field(None, max_length=40, description="system that sent the case")
    handler: str | None = Field(None, max_length=40, description="system that handles the case")
    due_before: date | None = Field(None, description="due on an earlier day than this")
    open_only: bool = Field(False, description="leave out finished cases")
    order: Literal["opened", "due"] = "opened"
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200, description="`next` of the page before")


class DeadlineQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    days: int = Field(5, ge=0, le=366, description="due within so many days; late ones always")
    province: str | None = Field(None, pattern=r"^[0-9]{2}(0000)?$", description="owner's side")


class PageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200, description="`next` of the page before")


async def post_case(call: Call) -> web.Response:
    """Take in an application; the first answer is safe to believe and comes again on repetition."""
    dry_run = call.query(DryRun).dry_run
    key = idempotency_key(call, needed=not dry_run)
    raw, document = await read_document(call, limit=call.gw.limits.body)
    inbound = Inbound(
        caller=call.caller, raw=raw, document=document, idempotency_key=key, dry_run=dry_run
    )
    if key is None or dry_run:
        return tell(call, inbound, await take_in(inbound, gw=call.gw))
    with call.alone(key):
        return tell(call, inbound, await take_in(inbound, gw=call.gw))


async def post_message(call: Call) -> web.Response:
    """Take in a later message of a case: correction, status, decision, withdrawal and so on."""
    call.no_query()
    key = idempotency_key(call, needed=False)
    raw, document = await read_document(call, limit=call.gw.limits.body)
    number = call.request.match_info["number"]
    inbound = Inbound(
        caller=call.caller, raw=raw, document=document, case_number=number, idempotency_key=key
    )
    with call.alone(key or f"message:{document.get('message_id')}"):
        return tell(call, inbound, await take_in(inbound, gw=call.gw))


async def get_cases(call: Call) -> web.Response:
    asked = call.query(CaseQuery)
    where = CaseFilter(
        status=asked.status,
        turn=asked.turn,
        sender=asked.sender,
        handler=asked.handler,
        due_before=asked.due_before,
        open_only=asked.open_only,
        order=asked.order,
        after=call.open_cursor(asked.cursor),
        limit=asked.limit,
    )
    return _page(call, await list_cases(where, caller=call.caller, gw=call.gw))


async def get_case(call: Call) -> web.Response:
    call.no_query()
    body = orjson.dumps(
        await read_case(call.request.match_info["number"], caller=call.caller, gw=call.gw)
    )
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if call.request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag, "Cache-Control": "no-cache"})
    return answer(body, headers={"ETag": tag, "Cache-Control": "private, no-cache"})


async def get_messages(call: Call) -> web.Response:
    call.no_query()
    number = call.request.match_info["number"]
    return answer(await read_messages(number, caller=call.caller, gw=call.gw))


async def get_lineage(call: Call) -> web.Response:
    call.no_query()
    number = call.request.match_info["number"]
    return answer(await read_lineage(number, caller=call.caller, gw=call.gw))


async def get_worklist(call: Call) -> web.Response:
    asked = call.query(PageQuery)
    after = call.open_cursor(asked.cursor)
    page = await worklist(caller=call.caller, gw=call.gw, limit=asked.limit, after=after)
    return _page(call, page)


async def get_deadlines(call: Call) -> web.Response:
    asked = call.query(DeadlineQuery)
    found = await list_deadlines(
        days=asked.days, province=asked.province, caller=call.caller, gw=call.gw
    )
    return answer(found)


async def post_precheck(call: Call) -> web.Response:
    call.no_query()
    request = await read_precheck(call)
    return answer(await precheck(request, caller=call.caller, gw=call.gw))


async def read_precheck(call: Call) -> PrecheckRequest:
    """
    Raises:
        InvalidDocument: with every wrong field.
        Unreadable, TooLarge, TooSlow, Overloaded: as `read_document`.
    """
    _, document = await read_document(call, limit=call.gw.limits.body)
    try:
        return PrecheckRequest.model_validate(document)
    except ValidationError as error:
        raise InvalidDocument(
            findings=[_wrong_field(found["loc"]) for found in error.errors()]
        ) from None


async def read_document(call: Call, *, limit: int) -> tuple[bytes, dict[str, Any]]:
    """
    The body as it came, and the JSON object it holds.

    What cannot be read leaves a leaf: the sender is known and was refused.

    Raises:
        Unreadable: not JSON, not an object, unknown character set, duplicate keys, NaN.
        TooLarge, TooSlow, Overloaded: as `read_body`.
    """
    try:
        raw = await call.body(limit)
        document = loads(_to_utf8(raw, call.request))
        if not isinstance(document, dict):
            raise Unreadable("报文应为一个 JSON 对象", "the body is not a JSON object")
    except Refused as refusal:
        await record_unread(
            refusal.code,
            purpose=call.route,
            rules=[finding.rule for finding in refusal.findings],
            caller=call.caller,
            gw=call.gw,
        )
        raise
    return raw, document


def tell(call: Call, inbound: Inbound, said: Answer) -> web.Response:
    """Our yes. A repeat gets the bytes of the first answer and a header that says so."""
    sender = inbound.caller.system or ""
    if said.replayed:
        metrics.replayed(sender=sender)
        return answer(said.body, status=said.status, headers={"Idempotency-Replayed": "true"})
    if inbound.dry_run:
        return answer(said.body, status=said.status)
    kind = str((inbound.document or {}).get("kind"))
    metrics.accepted(sender=sender, kind=kind)
    number = said.body.get("case_number")
    return answer(
        said.body,
        status=said.status,
        headers={"Location": f"/v1/cases/{number}"} if number else None,
    )


def _to_utf8(raw: bytes, request: web.Request) -> bytes:
    """UTF-8 without a byte order mark, whatever character set the header names."""
    if request.content_type != JSON:
        raise Unreadable(f"请使用 Content-Type: {JSON}", f"send Content-Type: {JSON}")
    charset = _CHARSETS.get((request.charset or "utf-8").lower())
    if charset is None:
        raise Unreadable("不支持该字符集,请使用 UTF-8", "unknown character set; send UTF-8")
    if charset == "utf-8-sig":
        return raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode(charset).encode()
    except UnicodeError:
        raise Unreadable("报文不是所声明的字符集", "the body is not in its charset") from None


def idempotency_key(call: Call, *, needed: bool) -> str | None:
    """
    Raises:
        InvalidRequest: missing though needed, or not 1 to 200 visible ASCII characters.
    """
    key = call.request.headers.get(IDEMPOTENCY_KEY)
    if key is None:
        if not needed:
            return None
        raise wrong_header(
            IDEMPOTENCY_KEY,
            "idempotency_key.missing",
            "缺少 Idempotency-Key 请求头;请为每次新的提交生成一个唯一值,重发时保持不变",
            "send Idempotency-Key: a value unique per submission and unchanged on repetition",
        )
    if not _KEY.fullmatch(key):
        raise wrong_header(
            IDEMPOTENCY_KEY,
            "idempotency_key.form",
            "Idempotency-Key 应为 1 至 200 个可见 ASCII 字符",
            "Idempotency-Key is 1 to 200 visible ASCII characters",
        )
    return key


def _page(call: Call, page: dict[str, Any]) -> web.Response:
    """A page, and a link to the next one (RFC 8288)."""
    if not (last := page["next"]):
        return answer(page)
    cursor = call.seal_cursor(last)
    query = urlencode({**call.request.query, "cursor": cursor})
    link = f'<{call.request.rel_url.raw_path}?{query}>; rel="next"'
    return answer({**page, "next": cursor}, headers={"Link": link})


def _wrong_field(place: tuple[int | str, ...]) -> Finding:
    pointer = "".join(f"/{part}" for part in place)
    return Finding(
        rule="precheck.field",
        level="reject",
        path=pointer or "/",
        message="字段缺失、未知或格式不符,请对照接口文档修改",
        message_en="missing, unknown or of a wrong form; see the API description",
    )


__all__ = [
    "CaseQuery",
    "DeadlineQuery",
    "DryRun",
    "PageQuery",
    "get_case",
    "get_cases",
    "get_deadlines",
    "get_lineage",
    "get_messages",
    "get_worklist",
    "idempotency_key",
    "post_case",
    "post_message",
    "post_precheck",
    "read_document",
    "tell",
]
