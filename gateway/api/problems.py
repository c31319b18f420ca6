"""
Refusals as problem details (RFC 9457): what is wrong, which side has to act, what to do next.

The asked language comes first, the other one stands beside it: with Chinese (the default) members
`title`, `detail` and `remedy` have English twins `title_en` and so on; with English the twins end
in `_zh`. `errors` lists every finding at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Literal

import orjson
from aiohttp import web

from contracts import errors
from contracts.errors import AccessDenied, Finding, Forbidden, GatewayError, TryLater

Language = Literal["zh", "en"]

SIDES: dict[errors.Side, str] = {"caller": "请求方", "gateway": "网关", "handling": "办理地"}
MEDIA_TYPE = "application/problem+json"
_RANGE = re.compile(r"\s*([A-Za-z]+|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")


def negotiate(accept_language: str | None) -> Language:
    """Chinese unless the header ranks English higher (RFC 9110 12.5.4)."""
    if not accept_language:
        return "zh"
    weight = {"zh": 0.0, "en": 0.0, "*": 0.0}
    for part in accept_language[:200].split(","):
        if (match := _RANGE.fullmatch(part)) and match[1].lower() in weight:
            tag = match[1].lower()
            weight[tag] = max(weight[tag], float(match[2] or 1))
    return "en" if weight["en"] > max(weight["zh"], weight["*"]) else "zh"


def describe(
    error: GatewayError, *, language: Language, instance: str, trace_id: str
) -> dict[str, Any]:
    """
    The problem object. `type` is the address of a page of this gateway that explains the code.
    """
    first, other = ("zh", "en") if language == "zh" else ("en", "zh")
    texts = {
        "title": {"zh": error.title_zh, "en": error.title_en},
        "detail": {"zh": error.detail_zh, "en": error.detail_en},
        "remedy": {"zh": error.remedy_zh, "en": error.remedy_en},
    }
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "status": error.status,
        "code": error.code,
        **{name: text[first] for name, text in texts.items()},
        **{f"{name}_{other}": text[other] for name, text in texts.items()},
        "side": error.side,
        "side_zh": SIDES[error.side],
        "retryable": error.retryable,
        "instance": instance,
        "trace_id": trace_id,
    }
    if error.findings:
        body["errors"] = [_describe_finding(finding, language) for finding in error.findings]
    return body


def _describe_finding(finding: Finding, language: Language) -> dict[str, str]:
    """A JSON Pointer is called `pointer`; a place in a province's own document is a `path`."""
    item = {"rule": finding.rule, "level": finding.level}
    if finding.path is not None:
        item["pointer" if finding.path.startswith("/") else "path"] = finding.path
    english = finding.message_en or finding.rule
    if language == "zh":
        return {**item, "message": finding.message, "message_en": english}
    return {**item, "message": english, "message_zh": finding.message}


def headers(error: GatewayError, language: Language) -> dict[str, str]:
    """Header fields that go with a problem."""
    fields = {"Content-Language": "zh-CN" if language == "zh" else "en"}
    if error.retry_after is not None or isinstance(error, TryLater | errors.InFlight):
        fields["Retry-After"] = str(error.retry_after or 1)
    if isinstance(error, AccessDenied) and not isinstance(error, Forbidden):
        fields["WWW-Authenticate"] = 'Bearer realm="tongban"'
    return fields


def respond(
    error: GatewayError, *, language: Language, instance: str, trace_id: str
) -> web.Response:
    """The refusal as an HTTP answer; one that leaves a body unread closes the connection."""
    body = describe(error, language=language, instance=instance, trace_id=trace_id)
    response = web.Response(
        status=error.status,
        body=orjson.dumps(body),
        content_type=MEDIA_TYPE,
        headers=headers(error, language),
    )
    if isinstance(error, errors.TooSlow | errors.TooLarge):
        response.force_close()
    return response


def leaves_of_tree(root: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """Every error class that has a code of its own, the root first."""
    yield root
    for child in root.__subclasses__():
        yield from leaves_of_tree(child)


def explain(code: str) -> str | None:
    """The page of a code in plain text, Chinese then English; None for an unknown code."""
    for kind in leaves_of_tree():
        if kind.code == code:
            phrase = HTTPStatus(kind.status).phrase
            again_zh, again_en = ("可以", "yes") if kind.retryable else ("不可以", "no")
            return (
                f"{kind.title_zh}\n\n代码:{code}\nHTTP 状态:{kind.status}\n"
                f"由哪一方处理:{SIDES[kind.side]}\n下一步:{kind.remedy_zh}\n"
                f"能否原样重发:{again_zh}\n\n"
                f"{kind.title_en}\n\ncode: {code}\nHTTP status: {kind.status} {phrase}\n"
                f"side that has to act: {kind.side}\nnext step: {kind.remedy_en}\n"
                f"may the same be sent again: {again_en}\n"
            )
    return None


__all__ = ["MEDIA_TYPE", "Language", "describe", "explain", "headers", "negotiate", "respond"]
