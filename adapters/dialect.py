"""
What we answer in a province's own dialect: our yes, our no, a mailbox page, the contract. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from adapters.operation import CompiledOperation
from adapters.paths import getter
from contracts.adapter import Record, WireReply

MAX_WRONG = 1600
"""Characters that say what is wrong; what to do next always fits behind them."""
DENIED = frozenset({"access_denied", "forbidden"})


def answer(operation: CompiledOperation, receipt: Mapping[str, Any]) -> WireReply:
    """`receipt` is the gateway's answer to a message: case_number, message_id, status, …"""
    values = {"number": receipt.get("case_number"), "serial": receipt.get("message_id")}

    def look(name: str) -> Any:
        if name.startswith("receipt/"):
            return getter(name.removeprefix("receipt/"))(dict(receipt))
        return values.get(name)

    reply = operation.write_reply("accepted", look)
    return reply if reply is not None else _json(200, receipt)


def refuse(operation: CompiledOperation, problem: Mapping[str, Any]) -> WireReply:
    """`problem` is an RFC 9457 object; its texts are what the caller's people read."""
    code = str(problem.get("code", "internal"))
    codes = operation.profile.replies.codes
    values = {"code": codes.get(code, codes.get("*", code)), "text": _text(problem)}

    def look(name: str) -> Any:
        if name.startswith("problem/"):
            return getter(name.removeprefix("problem/"))(dict(problem))
        return values.get(name)

    status = int(problem.get("status", 500))
    names = ("denied", "refused") if code in DENIED else ("refused",)
    for name in names:
        reply = operation.write_reply(name, look, status=status)
        if reply is not None:
            return reply
    return _json(status, problem, media_type="application/problem+json")


def _text(problem: Mapping[str, Any]) -> str:
    """
    Everything that is wrong in one text, places named, what to do next, and the same in short in
    English: old systems show a single line.
    """
    parts = [str(problem.get("detail", ""))]
    for error in problem.get("errors") or ():
        place = error.get("pointer") or error.get("path")
        parts.append(f"{place}:{error.get('message', '')}" if place else error.get("message", ""))
    wrong = ";".join(part for part in parts if part)[:MAX_WRONG]
    english = ". ".join(problem[name] for name in ("detail_en", "remedy_en") if name in problem)
    told = ";".join(part for part in (wrong, problem.get("remedy")) if part)
    return f"{told} ({english})" if english else told


def page(
    operation: CompiledOperation,
    waiting: CompiledOperation,
    *,
    payloads: tuple[bytes, ...],
    cursor: str,
) -> WireReply:
    """A mailbox page. `waiting` is the operation whose payloads wait."""
    pages = operation.profile.pages
    charset = waiting.request.charset
    texts = [payload.decode(charset) for payload in payloads]
    if pages is not None and pages.text:
        items: list[Any] = list(texts)
    else:
        items = [waiting.request.codec.decode(text) for text in texts]
    reply = operation.write_reply("page", lambda name: {"items": items, "cursor": cursor}.get(name))
    if reply is None:
        raise ValueError(f"operation {operation.name} has no reply `page`")
    return reply


def data(operation: CompiledOperation, record: Record) -> WireReply:
    """A record as the reply to the call that fetches it."""
    body, kind = operation.reply.wrap(operation.reply.encode(record), look=lambda name: None)
    return WireReply(200, {"content-type": kind}, body.literal)


def contract(operation: CompiledOperation, files: Mapping[str, bytes]) -> WireReply:
    name = operation.profile.file or ""
    kind = {"wsdl": "text/xml; charset=utf-8", "xsd": "text/xml; charset=utf-8"}.get(
        name.rpartition(".")[2], "application/octet-stream"
    )
    return WireReply(200, {"content-type": kind}, files[name])


def _json(
    status: int, content: Mapping[str, Any], *, media_type: str = "application/json"
) -> WireReply:
    return WireReply(status, {"content-type": media_type}, orjson.dumps(dict(content)))


__all__ = ["answer", "contract", "data", "page", "refuse"]
