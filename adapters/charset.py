"""
Bytes become text before any parser sees them, and text becomes bytes without losing a character.

Order: byte order mark, the character set of the connection, XML declaration, HTTP header, UTF-8,
GB18030 (design section 3.2). A declaration is only believed if the bytes fit it; GB2312 and GBK are
always read as GB18030, which contains both. The rule that decided travels with the document.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from contracts.errors import Finding, Unreadable, Unrenderable

_DECLARATION = re.compile(
    rb"^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']"
)
_TEXT_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml\s[^>]{0,200}?\?>\s*")
_HEADER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_CJK = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_SIGNS = frozenset("·×÷±§°—–…‘’“”•℃№①②③④⑤⑥⑦⑧⑨⑩")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARKS = tuple(mark for mark, _ in _BOMS)
# The declarations that are listened to. Not among them: Latin-1 and its kin, in which every byte
# sequence is valid, so that they say nothing (quirk Q04), and UTF-16 without a byte order mark.
_HEARD = {
    "utf-8": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "big5hkscs": "big5hkscs",
}


@dataclass(frozen=True, slots=True)
class Text:
    """`rule` names what decided, e.g. `declaration:gb18030`."""

    text: str
    rule: str


def decode(data: bytes, *, header: str | None = None, expected: str | None = None) -> Text:
    """
    Decide the character set and decode. `header` is a Content-Type, `expected` the connection's.

    Raises:
        Unreadable: the bytes are no text in any of the character sets tried.
    """
    if data.startswith(_MARKS):
        mark, name = next(bom for bom in _BOMS if data.startswith(bom[0]))
        return _only(data[len(mark) :], name)
    for source, declared in (
        ("connection", expected),
        ("declaration", _declared(data)),
        ("header", _of_header(header)),
        (None, "utf-8"),
        (None, "gb18030"),
    ):
        charset = None if declared is None else _canonical(declared)
        if charset is None:
            continue
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        if charset == "gb18030" and source is not None and _is_utf8_after_all(data):
            return Text(data.decode("utf-8"), f"content:utf-8 ({source} said gb18030)")
        return Text(text, charset if source is None else f"{source}:{charset}")
    raise Unreadable(
        "报文不是 UTF-8 或 GB18030 文本,无法解码",
        "the bytes are neither UTF-8 nor GB18030 text",
    )


def _only(data: bytes, name: str) -> Text:
    try:
        return Text(data.decode(name), f"bom:{name}")
    except UnicodeDecodeError:
        raise Unreadable(
            f"字节序标记为 {name},但内容不是该编码",
            f"the byte order mark says {name}, the bytes do not",
        ) from None


def _declared(data: bytes) -> str | None:
    start = data[:400]
    if not start.lstrip().startswith(b"<?xml"):
        return None
    match = _DECLARATION.match(start)
    return match.group(1).decode("ascii") if match else None


@lru_cache(maxsize=256)
def _of_header(header: str | None) -> str | None:
    match = _HEADER.search(header) if header else None
    return match.group(1) if match else None


@lru_cache(maxsize=256)
def _canonical(declared: str) -> str | None:
    """The Python name to decode with, or None if the declaration is not listened to."""
    try:
        return _HEARD.get(codecs.lookup(declared).name)
    except LookupError:
        return None


def _is_utf8_after_all(data: bytes) -> bool:
    """
    Whether bytes declared as GB* are really UTF-8 (quirk Q03).

    They are when they decode as UTF-8 and what comes out is Chinese: at least one character of the
    CJK blocks, and beside these only the signs Chinese text uses. Random GB text of three
    characters passes once in about 25,000, longer text practically never (project convention).
    """
    if data.isascii():
        return False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    others = _CJK.sub("", text)
    return len(others) < len(text) and not any(c >= "\x80" and c not in _SIGNS for c in others)


def strip_declaration(text: str) -> str:
    """Without byte order mark and XML declaration: text has no encoding any more."""
    return _TEXT_DECLARATION.sub("", text, count=1)


# --- text to bytes --------------------------------------------------------------------------


def encode(text: str, *, charset: str, record: Any = None) -> bytes:
    """
    Encode for a target, which carries exactly `charset` (here GBK is GBK).

    Raises:
        Unrenderable: characters the target lacks; each finding names field path and code point.
    """
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        source = {"": text} if record is None else record
        found = list(_lacking(source, charset, ""))
        raise Unrenderable(
            f"目的地字符集 {charset} 无法承载 {len(found)} 处字符",
            f"the target's character set {charset} lacks {len(found)} characters",
            findings=found,
        ) from None


def _lacking(value: Any, charset: str, path: str) -> list[Finding]:
    if isinstance(value, dict):
        parts = [(f"{path}/{key}", key, part) for key, part in value.items()]
        return [
            finding
            for where, key, part in parts
            for finding in (*_lacking(key, charset, where), *_lacking(part, charset, where))
        ]
    if isinstance(value, list):
        return [
            f
            for index, part in enumerate(value)
            for f in _lacking(part, charset, f"{path}/{index}")
        ]
    if not isinstance(value, str):
        return []
    points = dict.fromkeys(char for char in value if not _fits(char, charset))
    return [
        Finding(
            rule="charset.lacking",
            level="reject",
            message=f"字符集 {charset} 没有字符 U+{ord(char):04X}",
            path=path or None,
            message_en=f"{charset} lacks U+{ord(char):04X}",
        )
        for char in points
    ]


def _fits(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


__all__ = ["Text", "decode", "encode", "strip_declaration"]
