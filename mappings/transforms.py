"""
Named transforms, each with its inverse.

`read` turns a province's value into the national one, `write` turns it back; both raise ValueError
for a value they cannot carry. `lossless` says that `read(write(v)) == v` for every national value;
the property tests hold that. Names and arguments are parsed here, from a closed set; nothing of
their text is ever run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))  # one zone, no daylight saving since 1991
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# what needs no second look: as format 1.4 writes a time, without a fraction
_NATIONAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00")
_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_CALL = re.compile(r"^([a-z_][a-z0-9_]*)(\(.*\))?$", re.DOTALL)
_TOKEN = re.compile(r"^material:([0-9a-f]{64}):(0|[1-9][0-9]{0,15})$")
_YUAN = re.compile(r"^(0|[1-9][0-9]{0,13})(?:\.([0-9]{1,2}))?$")
_WHOLE = re.compile(r"^-?[0-9]{1,16}$")

Value = Any
Function = Callable[[Value], Value]


class MeaninglessError(ValueError):
    """A placeholder stands where nothing is meant."""


@dataclass(frozen=True, slots=True)
class Transform:
    """
    One transform with its arguments.

    `merges`: the national value is an object whose fields are merged into the object at the path.
    `digits`, `list_label`: of `place` only.
    """

    text: str
    read: Function
    write: Function
    lossless: bool = True
    merges: bool = False
    digits: int = 0
    list_label: str = ""
    raw: bool = False

    @property
    def name(self) -> str:
        return self.text.strip().partition("(")[0]


def parse_transform(text: str) -> Transform:
    """
    Build the transform that a text such as `date("%Y%m%d")` names.

    Raises:
        ValueError: unknown name, or arguments that do not fit.
    """
    found = _CALL.match(text.strip())
    if not found or found[1] not in _MAKERS:
        raise ValueError(f"no such transform: {text!r}; known: {', '.join(sorted(_MAKERS))}")
    arguments = _arguments(found[2])
    try:
        return _MAKERS[found[1]](text, *arguments)
    except TypeError:
        raise ValueError(f"wrong number of arguments: {text!r}") from None


def _arguments(text: str | None) -> tuple[Any, ...]:
    if text is None or text == "()":
        return ()
    try:
        # literal_eval reads literals only; a tuple of them is what a call's arguments look like
        values = ast.literal_eval("(" + text[1:-1] + ",)")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"arguments must be plain texts or numbers: {text!r}") from None
    if not all(type(value) in (str, int) for value in values):
        raise ValueError(f"arguments must be plain texts or numbers: {text!r}")
    return tuple(values)


# --- dates ----------------------------------------------------------------------------------


def _pieces(pattern: str, needed: str) -> list[str]:
    """The format cut at its letters: `%Y`, `-`, `%m` …"""
    pieces = re.findall(r"%.?|[^%]+", pattern, re.DOTALL)
    letters = [piece[1:] for piece in pieces if piece[0] == "%"]
    for letter in letters:
        if letter not in _WIDTHS or letters.count(letter) > 1:
            raise ValueError(f"format {pattern!r}: %{letter} is unknown or stands twice")
    if missing := [letter for letter in needed if letter not in letters]:
        raise ValueError(f"format {pattern!r} lacks %{missing[0]}")
    return pieces


def _reader(pattern: str, needed: str) -> Callable[[Value], dict[str, str]]:
    """Digits of year, month, day, hour, minute, second; what the format lacks is 01 or 00."""
    pieces = _pieces(pattern, needed)
    expression = re.compile(
        "".join(
            f"(?P<{piece[1]}>[0-9]{{{_WIDTHS[piece[1]]}}})" if piece[0] == "%" else re.escape(piece)
            for piece in pieces
        )
    )
    lacking = {
        letter: "01" if letter in "md" else "00"
        for letter in _WIDTHS
        if letter not in expression.groupindex
    }

    def read(value: Value) -> dict[str, str]:
        found = expression.fullmatch(value) if type(value) is str else None
        if found is None:
            raise ValueError("not in the declared format")
        return found.groupdict() | lacking

    return read


def _writer(pattern: str, needed: str) -> Callable[[dict[str, str]], str]:
    pieces = _pieces(pattern, needed)
    template = "".join(f"%({piece[1]})s" if piece[0] == "%" else piece for piece in pieces)
    return lambda parts: template % parts


def _date(text: str, pattern: str) -> Transform:
    take, put = _reader(pattern, "Ymd"), _writer(pattern, "Ymd")
    if set(re.findall("%(.)", pattern)) - set("Ymd"):
        raise ValueError(f"a date has no time of day: {pattern!r}")

    def read(value: Value) -> str:
        parts = take(value)
        day = f"{parts['Y']}-{parts['m']}-{parts['d']}"
        date.fromisoformat(day)
        return day

    def write(value: Value) -> str:
        day = date.fromisoformat(value)
        return put({"Y": f"{day.year:04}", "m": f"{day.month:02}", "d": f"{day.day:02}"})

    return Transform(text, read, write)


def _month(text: str, pattern: str) -> Transform:
    take, put = _reader(pattern, "Ym"), _writer(pattern, "Ym")
    if set(re.findall("%(.)", pattern)) - set("Ym"):
        raise ValueError(f"a month has no day: {pattern!r}")

    def read(value: Value) -> str:
        parts = take(value)
        month = f"{parts['Y']}-{parts['m']}"
        date.fromisoformat(month + "-01")
        return month

    def write(value: Value) -> str:
        first = date.fromisoformat(value + "-01")
        return put({"Y": f"{first.year:04}", "m": f"{first.month:02}"})

    return Transform(text, read, write)


def _national(value: Value) -> str:
    """An RFC 3339 time at +08:00."""
    if type(value) is not str or "T" not in value:
        raise ValueError("not an RFC 3339 time")
    moment = datetime.fromisoformat(value)
    if _NATIONAL.fullmatch(value):
        return value
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return _rfc3339_text(moment.astimezone(SHANGHAI))


def _rfc3339_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _datetime(text: str, pattern: str) -> Transform:
    take, put = _reader(pattern, "YmdHM"), _writer(pattern, "YmdHM")
    seconds = "%S" in pattern

    def read(value: Value) -> str:
        parts = take(value)
        day, time = f"{parts['Y']}-{parts['m']}-{parts['d']}", f"{parts['H']}:{parts['M']}"
        stamp = f"{day}T{time}:{parts['S']}+08:00"
        datetime.fromisoformat(stamp)
        return stamp

    def write(value: Value) -> str:
        at = _national(value)
        year, month, day = at[:4], at[5:7], at[8:10]
        return put(
            {"Y": year, "m": month, "d": day, "H": at[11:13], "M": at[14:16], "S": at[17:19]}
        )

    return Transform(text, read, write, lossless=seconds)


def _rfc3339(text: str) -> Transform:
    return Transform(text, _national, _national)


def _epoch_ms(text: str) -> Transform:
    def read(value: Value) -> str:
        count = _whole(value)
        try:
            return _rfc3339_text((_EPOCH + timedelta(milliseconds=count)).astimezone(SHANGHAI))
        except OverflowError:
            raise ValueError("out of range") from None

    def write(value: Value) -> str:
        moment = datetime.fromisoformat(_national(value))
        return str((moment - _EPOCH) // timedelta(milliseconds=1))

    return Transform(text, read, write)


# --- numbers, flags, texts ------------------------------------------------------------------


def _whole(value: Value) -> int:
    if type(value) is int:
        return value
    if type(value) is not str or not _WHOLE.match(value):
        raise ValueError("not a whole number")
    return int(value)


def _integer(text: str) -> Transform:
    return Transform(text, _whole, lambda value: str(_whole(value)))


def _fen_yuan(text: str) -> Transform:
    def read(value: Value) -> int:
        found = _YUAN.match(str(value)) if type(value) in (str, int) else None
        if not found:
            raise ValueError("not an amount in yuan")
        return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))

    def write(value: Value) -> str:
        if type(value) is not int or value < 0:
            raise ValueError("not an amount in fen")
        return f"{value // 100}.{value % 100:02}"

    return Transform(text, read, write)


def _flag(text: str, yes: str, no: str) -> Transform:
    if yes == no or type(yes) is not str or type(no) is not str:
        raise ValueError(f"a flag needs two different texts: {text!r}")

    def read(value: Value) -> bool:
        if value == yes:
            return True
        if value == no:
            return False
        raise ValueError("neither of the two texts")

    def write(value: Value) -> str:
        if type(value) is not bool:
            raise ValueError("not a boolean")
        return yes if value else no

    return Transform(text, read, write)


def _affixed(text: str, affix: Any, *, front: bool) -> Transform:
    if type(affix) is not str or not affix:
        raise ValueError(f"needs a text: {text!r}")

    def read(value: Value) -> str:
        if type(value) is not str or len(value) <= len(affix):
            raise ValueError("lacks the declared affix")
        if not (value.startswith(affix) if front else value.endswith(affix)):
            raise ValueError("lacks the declared affix")
        return value[len(affix) :] if front else value[: -len(affix)]

    def write(value: Value) -> str:
        if type(value) is not str:
            raise ValueError("not a text")
        return affix + value if front else value + affix

    return Transform(text, read, write)


def _same(value: Value) -> Value:
    return value


def _upper(text: str) -> Transform:
    def read(value: Value) -> str:
        if type(value) is not str:
            raise ValueError("not a text")
        return value.upper()

    return Transform(text, read, _same, lossless=False)


def _absent(text: str, *words: str) -> Transform:
    nothing = frozenset(words)
    if not nothing:
        raise ValueError("absent() needs the texts that mean nothing")

    def read(value: Value) -> Value:
        if value in nothing:
            raise MeaninglessError
        return value

    return Transform(text, read, _same, lossless=False)


# --- objects --------------------------------------------------------------------------------


def _place(text: str, digits: int, label: str = "行政区划") -> Transform:
    if digits not in (6, 9, 12):
        raise ValueError(f"a place has 6, 9 or 12 digits: {text!r}")

    def read(value: Value) -> dict[str, Any]:
        code = str(value)
        if len(code) != digits or not (code.isascii() and code.isdigit()):
            raise ValueError("not a region code of the declared length")
        return {"code": code.ljust(12, "0"), "county": code[:6]}

    def write(value: Value) -> str:
        code = value.get("code") if isinstance(value, dict) else None
        if type(code) is not str or len(code) != 12:
            raise ValueError("not a place")
        return code[:digits]

    return Transform(
        text, read, write, lossless=digits == 12, merges=True, digits=digits, list_label=label
    )


def _material(text: str) -> Transform:
    def read(value: Value) -> dict[str, Any]:
        found = _TOKEN.match(value) if type(value) is str else None
        if not found:
            raise ValueError("not a material token")
        return {"digest": found[1], "size": int(found[2])}

    def write(value: Value) -> str:
        token = f"material:{value.get('digest')}:{value.get('size')}"
        if not _TOKEN.match(token):
            raise ValueError("a file without digest and size")
        return token

    return Transform(text, read, write, merges=True)


_MAKERS: dict[str, Callable[..., Transform]] = {
    "absent": _absent,
    "date": _date,
    "datetime": _datetime,
    "epoch_ms": _epoch_ms,
    "fen_yuan": _fen_yuan,
    "flag": _flag,
    "integer": _integer,
    "json": lambda text: Transform(text, _same, _same, raw=True),
    "material": _material,
    "month": _month,
    "place": _place,
    "prefixed": lambda text, affix: _affixed(text, affix, front=True),
    "rfc3339": _rfc3339,
    "suffixed": lambda text, affix: _affixed(text, affix, front=False),
    "upper": _upper,
}
