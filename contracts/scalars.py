"""
The plain values of the national format: texts, numbers, times, digests.

Text is NFC without control characters; line breaks only in `Para…`. The number in a name is the
limit in code points; longer is refused, never cut. NFC itself is checked once over the whole
document (contracts/text.py), the rest here, in compiled patterns.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

MAX_INTEGER = 2**53 - 1
"""The largest integer every JSON reader keeps exactly (RFC 8785, I-JSON)."""

EXTENSIONS_LIMIT = 64 * 1024
"""bytes of UTF-8 JSON"""

LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
PARAGRAPH = r"^[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
DATE = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
# RFC 3339; always China's one offset, always seconds, at most milliseconds (format 1.4)
TIME = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?\+08:00$"
)
CASE_NUMBER = r"^TB-[0-9]{8}-[0-9]{6}-[0-9A-Z]{6,18}-[0-9A-Z]$"
BUNDLE_NUMBER = r"^TBB-[0-9]{8}-[0-9]{6}-[0-9A-Z]{6,18}-[0-9A-Z]$"
SHA256 = r"^[0-9a-f]{64}$"
TRACE_ID = r"^[0-9a-f]{32}$"
SIX_DIGITS = r"^[0-9]{6}$"
TWELVE_DIGITS = r"^[0-9]{12}$"

_SMALL_X = re.compile(r"[0-9]{17}x")


def _exists(value: str) -> str:
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        raise PydanticCustomError("date.impossible", "no such day") from None
    return value


def _raise_x(value: str) -> str:
    """GB 11643 writes the check character as a capital X; the small one is common."""
    return value[:-1] + "X" if _SMALL_X.fullmatch(value) else value


def _whole_numbers_only(value: Any) -> Any:
    """Any JSON value, but no fractions: canonical JSON of this project has no floats."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float):
            raise PydanticCustomError("number.fraction", "no fractions")
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, int) and not -MAX_INTEGER <= item <= MAX_INTEGER:
            raise PydanticCustomError("number.range", "too large")
        elif not (item is None or isinstance(item, str | int)):
            raise PydanticCustomError("field.type", "not a JSON value")
    return value


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(value, ensure_ascii=False).encode()) > EXTENSIONS_LIMIT:
        raise PydanticCustomError("extensions.too_large", "over 64 KiB")
    return value


def _text(limit: int, pattern: str = LINE) -> Any:
    return Field(strict=True, min_length=1, max_length=limit, pattern=pattern)


Text10 = Annotated[str, _text(10)]
Text12 = Annotated[str, _text(12)]
Text18 = Annotated[str, _text(18)]
Text20 = Annotated[str, _text(20)]
Text24 = Annotated[str, _text(24)]
Text26 = Annotated[str, _text(26)]
Text30 = Annotated[str, _text(30)]
Text36 = Annotated[str, _text(36)]
Text40 = Annotated[str, _text(40)]
Text50 = Annotated[str, _text(50)]
Text60 = Annotated[str, _text(60)]
Text64 = Annotated[str, _text(64)]
Text80 = Annotated[str, _text(80)]
Text100 = Annotated[str, _text(100)]
Text128 = Annotated[str, _text(128)]
Text200 = Annotated[str, _text(200)]
Text256 = Annotated[str, _text(256)]
Text300 = Annotated[str, _text(300)]
Text500 = Annotated[str, _text(500)]
Text512 = Annotated[str, _text(512)]
Text1000 = Annotated[str, _text(1000)]
Text8000 = Annotated[str, _text(8000)]
Para500 = Annotated[str, _text(500, PARAGRAPH)]
Para1000 = Annotated[str, _text(1000, PARAGRAPH)]
Para2000 = Annotated[str, _text(2000, PARAGRAPH)]

IdNumber = Annotated[str, _text(50), AfterValidator(_raise_x)]
Digits6 = Annotated[str, Field(strict=True, pattern=SIX_DIGITS)]
Digits12 = Annotated[str, Field(strict=True, pattern=TWELVE_DIGITS)]
Sha256 = Annotated[str, Field(strict=True, pattern=SHA256)]
TraceId = Annotated[str, Field(strict=True, pattern=TRACE_ID)]
CaseNumber = Annotated[str, Field(strict=True, pattern=CASE_NUMBER)]
BundleNumber = Annotated[str, Field(strict=True, pattern=BUNDLE_NUMBER)]

Day = Annotated[str, Field(strict=True, pattern=DATE), AfterValidator(_exists)]
"""YYYY-MM-DD"""
Month = Annotated[str, Field(strict=True, pattern=MONTH)]
"""YYYY-MM"""
Time = Annotated[str, Field(strict=True, pattern=TIME), AfterValidator(_exists)]
"""RFC 3339 with seconds and +08:00"""

_System = Annotated[str, _text(40)]
_SourcePath = Annotated[str, Field(strict=True, min_length=1, max_length=1000)]

Whole = Annotated[int, Field(strict=True, ge=0, le=MAX_INTEGER)]
Count = Annotated[int, Field(strict=True, ge=1, le=MAX_INTEGER)]
Fen = Annotated[int, Field(strict=True, ge=0, le=MAX_INTEGER)]
"""whole fen (分) CNY"""
Flag = Annotated[bool, Field(strict=True)]
JsonValue = Annotated[Any, AfterValidator(_whole_numbers_only)]
Extensions = Annotated[
    dict[_System, dict[_SourcePath, JsonValue]],
    Field(min_length=1),
    AfterValidator(_bounded),
]
"""{system: {source path: value}}: what a mapping had no national field for, as it came."""
FormatVersion = Literal["1.0"]
