"""
Record ↔ text in one syntax: JSON, XML, form. Pure.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import orjson

from adapters.charset import encode
from adapters.layers import Codec
from adapters.paths import text as plain
from adapters.xml import from_record, local, parse_xml, to_record
from contracts.adapter import Record
from contracts.errors import Finding, Unreadable, Unrenderable

MAX_FIELDS = 1000
"""Fields of one form; a bound of ours."""

_SPACE = b" \t\r\n"
_DEPTH = 32
"""Levels an ordinary document has."""


class TextCodec:
    """One codec of connection.yaml. `inside`: the payload is text within something else."""

    def __init__(self, codec: Codec, *, inside: bool = False, charset: str | None = None) -> None:
        self._codec = codec
        self.charset = charset or codec.charset or "utf-8"
        self._lists = frozenset(codec.lists)
        declared = codec.declares or (None if inside else self.charset.upper())
        self._declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""

    @property
    def content_type(self) -> str:
        charset = self.charset.upper() if self.charset != "utf-8" else "utf-8"
        match self._codec.kind:
            case "json":
                return "application/json" + ("" if charset == "utf-8" else f"; charset={charset}")
            case "xml":
                return f"application/xml; charset={charset}"
            case _:
                return f"application/x-www-form-urlencoded; charset={charset}"

    def encode(self, record: Record) -> bytes:
        """
        Raises:
            Unrenderable: a character or value the target cannot carry.
        """
        match self._codec.kind:
            case "json":
                return self._encode_json(record)
            case "xml":
                return encode(self._xml(record), charset=self.charset, record=record)
            case _:
                return self._form(record).encode("ascii")

    def decode(self, text: str) -> Record:
        """
        Raises:
            Unreadable: not of this syntax.
        """
        match self._codec.kind:
            case "json":
                return read_json(text)
            case "xml":
                return self._read_xml(text)
            case _:
                return read_form(text, charset=self.charset, double=self._codec.double)

    def _encode_json(self, record: Record) -> bytes:
        if self.charset == "utf-8":
            try:
                return orjson.dumps(record)
            except TypeError:
                pass  # a lone surrogate or an integer beyond 64 bits: found out below
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return encode(text, charset=self.charset, record=record)

    def _xml(self, record: Record) -> str:
        root, content = self._codec.root, record
        if root is None:
            if len(record) != 1:
                message = "XML 报文须有唯一的根元素"
                raise Unrenderable(
                    message,
                    "an XML record has exactly one key, its root",
                    findings=[Finding(rule="xml.root", level="reject", message=message)],
                )
            root, content = next(iter(record.items()))
        return self._declaration + from_record(root, content, namespace=self._codec.namespace)

    def _read_xml(self, text: str) -> Record:
        element = parse_xml(text)
        name = local(element.tag)
        if self._codec.root is None:
            prefix = f"{name}/"
            lists = frozenset(
                path[len(prefix) :] for path in self._lists if path.startswith(prefix)
            )
            return {name: to_record(element, lists=lists)}
        if name != self._codec.root:
            raise Unreadable(
                f"根元素应为 {self._codec.root}", f"the root element is not {self._codec.root}"
            )
        return to_record(element, lists=self._lists)

    def _form(self, record: Record) -> str:
        encode("".join(plain(v) for v in record.values()), charset=self.charset, record=record)
        return write_form(
            {key: plain(value) for key, value in record.items()},
            charset=self.charset,
            double=self._codec.double,
        )


# --- JSON -----------------------------------------------------------------------------------


def read_json(text: str) -> Record:
    """
    Strict JSON object: no repeated keys, no NaN, no lone surrogates; a number with a fraction or
    exponent is kept as its text, so that no amount passes through a float.

    Raises:
        Unreadable: with what was wrong.
    """
    value = _read_ordinary(text)
    if value is None:
        value = _read_closely(text)
    if not isinstance(value, dict):
        raise Unreadable("JSON 报文须是对象", "the JSON document is not an object")
    return value


def _read_ordinary(text: str) -> Any:
    """
    What orjson reads, or None where a closer look is needed: it reads fractions as floats, large
    integers too, and keeps the last of two equal keys.
    """
    try:
        data = text.encode()
        value = orjson.loads(data)
    except ValueError:
        return None
    # Every key that was written ends in `":`, blanks aside; texts can only add to the count.
    written = data.translate(None, _SPACE).count(b'":')
    return value if written == _count_keys(value) else None


def _count_keys(document: Any) -> int:
    """The keys of all objects; -1 for a document with a float in it, or nested deeply."""
    keys = 0
    level: list[Any] = [document]
    for _ in range(_DEPTH):
        below: list[Any] = []
        for container in level:
            values = container
            if container.__class__ is dict:
                keys += len(container)
                values = container.values()
            elif container.__class__ is not list:
                return -1
            for value in values:
                kind = value.__class__
                if kind is dict or kind is list:
                    below.append(value)
                elif kind is float:
                    return -1
        if not below:
            return keys
        level = below
    return -1


def _read_closely(text: str) -> Any:
    try:
        value = json.loads(
            text, object_pairs_hook=_pairs, parse_float=str, parse_constant=_constant
        )
        if "\\u" in text:
            text_of = json.dumps(value, ensure_ascii=False)
            text_of.encode("utf-8")
    except Unreadable:
        raise
    except UnicodeEncodeError:
        raise Unreadable("JSON 含有不成对的代理字符", "the JSON has a lone surrogate") from None
    except RecursionError:
        raise Unreadable("JSON 嵌套过深", "the JSON is nested too deeply") from None
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        raise Unreadable(
            f"不是合法的 JSON(第 {line} 行)", f"not valid JSON (line {line})"
        ) from None
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Unreadable("JSON 对象中有重复的键", "a JSON object repeats a key")
    return result


def _constant(name: str) -> Any:
    raise Unreadable(f"JSON 中不允许 {name}", f"{name} is not JSON")


# --- forms ----------------------------------------------------------------------------------


def read_form(text: str, *, charset: str, double: bool = False) -> Record:
    """
    Raises:
        Unreadable: a repeated or undecodable field, or too many of them.
    """
    try:
        pairs = parse_qsl(
            text.strip(),
            keep_blank_values=True,
            strict_parsing=bool(text.strip()),
            encoding=charset,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise Unreadable("表单无法读取", "the form cannot be read") from None
    if double:
        pairs = [(name, unquote(value, encoding=charset)) for name, value in pairs]
    result: Record = dict(pairs)
    if len(result) != len(pairs):
        raise Unreadable("表单字段重复", "a form field occurs twice")
    return result


def write_form(fields: dict[str, str], *, charset: str, double: bool = False) -> str:
    """Percent-encoded form; missing values are sent as empty text (quirk Q08)."""
    if double:
        fields = {name: quote(value, encoding=charset) for name, value in fields.items()}
    return urlencode(fields, encoding=charset)


__all__ = ["MAX_FIELDS", "TextCodec", "read_form", "read_json", "write_form"]
