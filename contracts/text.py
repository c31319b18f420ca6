"""
Text rules over a whole document: NFC, lone surrogates, characters a reader should know of.

One look at the serialised bytes settles ordinary documents; only where something stands out is the
document walked. Exempt are the words of a source (`source`, `extensions`): they stay as received.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from contracts.errors import Finding
from contracts.words import refuse

_ASCII = bytes(range(128))
# What may stand in normalised text without a closer look: no combining marks, nothing composed.
_PLAIN = re.compile(
    r"[\u00a0-\u02ff\u2010-\u2027\u2030-\u205e\u3000-\u3029\u3400-\u9fff\uff01-\uff60]*"
)
_COMPATIBILITY = re.compile(r"[\uf900-\ufaff\U0002f800-\U0002fa1f]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_INVISIBLE = re.compile(r"[\u202a-\u202e\u2066-\u2069\ufeff]")
_AS_RECEIVED = frozenset({"source", "extensions"})


def is_plain(data: bytes) -> bool:
    """Whether serialised JSON holds only characters no text rule is about."""
    rest = data.translate(None, _ASCII)
    return not rest or _PLAIN.fullmatch(rest.decode()) is not None


def serialise(document: Any) -> bytes | None:
    """The document as JSON bytes, or None where it is not plain JSON or holds lone surrogates."""
    try:
        return orjson.dumps(document)
    except (TypeError, ValueError, RecursionError):
        return None


def refuse_text(document: Mapping[str, Any]) -> list[Finding]:
    """Every text that is not NFC or holds a lone surrogate (format 1.6)."""
    data = serialise(document)
    if data is not None and is_plain(data):
        return []
    return [finding for path, text in walk_text(document) for finding in _refusals(path, text)]


def notice_text(document: Mapping[str, Any]) -> list[Finding]:
    """Characters that are kept as sent and told: compatibility, private use, invisible."""
    data = serialise(document)
    if data is None or is_plain(data):
        return []
    return [finding for path, text in walk_text(document) for finding in _notices(path, text)]


def walk_text(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(JSON Pointer, text) of every text but the words of a source."""
    stack: list[tuple[str, Any]] = [("", document)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            stack.extend(
                (f"{path}/{escape(name)}", inner)
                for name, inner in value.items()
                if name not in _AS_RECEIVED
            )
        elif isinstance(value, list | tuple):
            stack.extend((f"{path}/{index}", inner) for index, inner in enumerate(value))


def escape(name: object) -> str:
    """A name as a segment of a JSON Pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")


def is_nfc(text: str) -> bool:
    """NFC, but for CJK compatibility ideographs, which NFC would turn into other characters."""
    return unicodedata.is_normalized("NFC", _COMPATIBILITY.sub("", text))


def _refusals(path: str, text: str) -> Iterator[Finding]:
    if any("\ud800" <= character <= "\udfff" for character in text):
        yield refuse("text.surrogate", path)
    elif not is_nfc(text):
        yield refuse("text.not_nfc", path)


def _notices(path: str, text: str) -> Iterator[Finding]:
    for pattern, rule, zh, en in (
        (_COMPATIBILITY, "text.compatibility_ideograph", "兼容汉字", "compatibility ideograph"),
        (_PRIVATE, "text.private_use", "自造字", "private-use character"),
        (_INVISIBLE, "text.invisible", "不可见控制字符", "invisible character"),
    ):
        found = sorted({f"U+{ord(character):04X}" for character in pattern.findall(text)})
        if found:
            points = " ".join(found[:20])
            yield Finding(
                rule=rule,
                level="warn",
                path=path,
                message=f"含{zh} {points},已按原样保留",
                message_en=f"Holds {en} {points}, kept as sent",
            )


__all__ = ["escape", "is_nfc", "is_plain", "notice_text", "refuse_text", "serialise", "walk_text"]
