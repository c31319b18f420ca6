"""
JSON as two honest readers would both understand it (I-JSON, RFC 7493): no duplicate keys, no NaN,
no lone surrogates, no integers beyond 2^53-1, no depth beyond 64. A byte order mark is tolerated.

orjson reads; what it does not object to (duplicates, large integers, depth) is first looked for by
counting, and only a document that stands out is read a second time to say where.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson

from contracts.errors import Unreadable
from contracts.scalars import MAX_INTEGER

MAX_DEPTH = 64

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


def loads(data: bytes) -> Any:
    """
    Read one JSON document in UTF-8.

    Raises:
        Unreadable: names line and column, or the key, never a value.
    """
    data = data.removeprefix(_BOM)
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        _refuse_syntax(error)
    keys, large = _survey(document)
    # Every key ends in `":`, blanks aside. So there are at least as many of these as keys
    # were written; when there are no more than keys were kept, none was lost. A text that begins
    # with a colon only costs the second reading.
    if large or data.translate(None, _SPACE).count(b'":') != keys:
        json.loads(data, object_pairs_hook=_refuse_duplicates, parse_int=_refuse_large)
    return document


def _survey(document: Any) -> tuple[int, bool]:
    """
    The keys of all objects, and whether a number may have been too large an integer.

    Raises:
        Unreadable: too deep.
    """
    keys, large, depth = 0, False, 0
    level: list[Any] = [[document]]
    while level:
        below: list[Any] = []
        for container in level:
            values = container
            if container.__class__ is dict:
                keys += len(container)
                values = container.values()
            for value in values:
                kind = value.__class__
                if kind is dict or kind is list:
                    below.append(value)
                elif kind is int or kind is float:
                    large = large or abs(value) > MAX_INTEGER
        depth += 1
        if depth > MAX_DEPTH + 1:
            raise Unreadable(
                f"JSON 嵌套超过 {MAX_DEPTH} 层", f"JSON is nested deeper than {MAX_DEPTH} levels"
            )
        level = below
    return keys, large


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                name = key[:50]
                raise Unreadable(f"字段“{name}”出现了两次", f'The key "{name}" occurs twice')
            seen.add(key)
    return found


def _refuse_large(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise Unreadable(
            "整数超出 2^53-1,JSON 无法准确传递;长编号请用文本",
            "An integer is beyond 2^53-1, which JSON cannot carry exactly; use text for numbers",
        )
    return int(digits)


def _refuse_syntax(error: orjson.JSONDecodeError) -> NoReturn:
    zh, en = "不是有效的 JSON", "Not valid JSON"
    if "surrogate" in error.msg:
        zh, en = (
            "文本含有不完整的字符(孤立代理项)",
            "A text holds half a character (lone surrogate)",
        )
    place = f"第 {error.lineno} 行第 {error.colno} 列"
    raise Unreadable(f"{zh}:{place}", f"{en}: line {error.lineno}, column {error.colno}") from None


__all__ = ["MAX_DEPTH", "loads"]
