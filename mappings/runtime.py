"""
What generated functions call while they run: one Run per document, look-ups, findings.

Nothing here knows a province; everything is given by the generated code as constants. Findings
name lists, places and national codes, never a value of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from contracts.errors import Finding, Level
from mappings.codes import codes_of
from mappings.transforms import MeaninglessError

EMPTY: dict[str, Any] = {}
NOTHING: tuple[Any, ...] = (None, "", [], {})
COMPOUND = frozenset({dict, list})
NUMBERS = frozenset({bool, float, int})
LISTED, WHOLE, IF_USED, ALL = 0, 1, 2, 3

_TEXTS: dict[str, tuple[Level, str, str]] = {
    "code.wider": (
        "warn",
        "来源代码含义较窄,国家代码较宽;原代码已保留",
        "the national code is wider than the source code, which is kept",
    ),
    "code.narrower": (
        "warn",
        "来源代码含义较宽,国家代码较窄;原代码已保留",
        "the national code is narrower than the source code, which is kept",
    ),
    "code.unmapped": (
        "warn",
        "代码没有对应关系;原代码已保留",
        "the code has no counterpart; the source code is kept",
    ),
    "code.ended": (
        "warn",
        "代码在取值日期已停用;原代码已保留",
        "the code is not in force on the as-of date; the source code is kept",
    ),
    "item.unmapped": (
        "reject",
        "事项编码没有对应的国家事项",
        "the item code leads to no national item",
    ),
    "item.ended": (
        "reject",
        "事项在申请日期不在有效期内",
        "the item is not in force on the application date",
    ),
    "item.ambiguous": (
        "reject",
        "一个国家事项对应多个地方事项,条件不足以确定",
        "several local items fit and the conditions do not decide",
    ),
    "mapping.missing": ("warn", "缺少必填字段", "a required field is missing"),
    "mapping.invalid": (
        "warn",
        "字段不符合约定写法;原值已保留在扩展中",
        "the field is not in the declared form; the value is kept as an extension",
    ),
    "mapping.unwritable": (
        "reject",
        "值无法写成对方约定的形式",
        "the value cannot be written in the declared form",
    ),
    "mapping.placeholder": (
        "info",
        "占位内容视为未填",
        "a placeholder counts as absent",
    ),
    "mapping.too_many": (
        "reject",
        "对方只能容纳一项,本件有多项",
        "the other side holds one entry and there are several",
    ),
    "place.coarser": (
        "info",
        "对方区划代码位数较少,只写到其层级",
        "the other side's region code is shorter; written to its level",
    ),
}


class Trace(Protocol):
    """Called after a rule fired, when somebody wants an explanation."""

    def __call__(
        self, rule: int, row: int, source: str, raw: Any, target: str, to: Any
    ) -> None: ...


class Run:
    """State of one translation."""

    __slots__ = (
        "as_of",
        "context",
        "findings",
        "kept",
        "lineage",
        "stopped",
        "system",
        "today",
        "trace",
        "used",
    )

    def __init__(
        self,
        *,
        system: str,
        as_of: str | None,
        today: str | None,
        context: Mapping[str, Any],
        trace: Trace | None,
    ) -> None:
        self.system = system
        self.as_of = as_of
        self.today = today
        self.context = context
        self.trace = trace
        self.findings: list[Finding] = []
        self.lineage: list[tuple[int, int]] = []
        self.kept: dict[str, Any] = {}
        self.used: set[str] = set()
        self.stopped = False

    def find(self, rule: str, path: str, *, level: Level | None = None) -> None:
        usual, zh, en = _TEXTS[rule]
        self.findings.append(Finding(rule, level or usual, zh, path, en))

    def stop(self, rule: str, path: str) -> None:
        """The destination cannot carry it; the run goes on, so that all findings are told."""
        self.find(rule, path, level="reject")
        self.stopped = True

    def keep(self, path: str, value: Any) -> None:
        """A source value that stays as it is, in the extensions."""
        self.kept[path] = value

    def odd(self, source: str, value: Any, path: str) -> None:
        """An object or list stands where one value was declared."""
        if value:
            self.find("mapping.invalid", path)
            self.kept[source] = value

    def unread(self, error: ValueError, kept: Mapping[str, Any], path: str) -> None:
        """A source value that is not in its declared form, or means nothing."""
        if isinstance(error, MeaninglessError):
            self.find("mapping.placeholder", path)
        else:
            self.find("mapping.invalid", path)
            self.kept.update(kept)


# --- reading around -------------------------------------------------------------------------


def dig(value: Any, segments: tuple[str, ...]) -> Any:
    """What stands below, or None."""
    for segment in segments:
        value = value.get(segment) if isinstance(value, Mapping) else None
    return value


def among(value: Any, codes: frozenset[str]) -> bool:
    """Whether a value, its code, or one of a list's, is one of these."""
    return not codes.isdisjoint(codes_of(value))


def sweep(run: Run, record: Mapping[str, Any], known: Mapping[Any, Any], path: str) -> None:
    """
    Keep every source field that no rule touched.

    `known` mirrors the record: key -> True (a rule reads it whole) or the same one level down. The
    marks of such a level: LISTED it describes the elements of a list, WHOLE an element may be a
    plain value, IF_USED it counts only if a rule used it this time, ALL the keys of a level whose
    fields are all read whole.
    """
    if ALL in known and record.keys() <= known[ALL]:
        return
    for key, value in record.items():
        below = known.get(key)  # a key is text, so it never meets a mark
        if below is True:
            continue
        here = f"{path}/{escape(key)}"
        if below is None or (IF_USED in below and here not in run.used):
            if value not in NOTHING and here not in run.used:
                run.kept[here] = value
        elif LISTED in below:
            alone = type(value) is not list
            for position, entry in enumerate([value] if alone else value):
                at = here if alone and type(value) is not dict else f"{here}/{position}"
                if type(entry) is dict:
                    sweep(run, entry, below, at)
                elif entry not in NOTHING and WHOLE not in below and at not in run.used:
                    run.kept[at] = entry
        elif type(value) is dict:
            sweep(run, value, below, here)
        elif value not in NOTHING:
            run.kept[here] = value


def escape(key: str) -> str:
    """A key as a segment of a JSON Pointer (RFC 6901, 3)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add fields to an object; objects inside are merged, too, in a copy: codes are shared."""
    for key, value in more.items():
        held = into.get(key)
        if type(held) is dict and type(value) is dict:
            into[key] = held = dict(held)
            merge(held, value)
        else:
            into[key] = value


def hang(record: dict[str, Any], key: str, value: Any) -> None:
    """Put a pivot's entry under its field; a second one makes a list."""
    held = record.get(key)
    if held is None:
        record[key] = value
    elif type(held) is list:
        held.append(value)
    else:
        record[key] = [held, value]


def put_back(record: dict[str, Any], kept: Mapping[str, Any]) -> None:
    """Write a system's own extensions where no rule wrote a value."""
    for path, value in kept.items():
        segments = [s.replace("~1", "/").replace("~0", "~") for s in path.split("/")[1:]]
        place: Any = record
        for segment in segments[:-1]:
            place = _step(place, segment)
            if place is None:
                break
        if type(place) is list and len(place) == 1 and type(place[0]) is dict:
            place = place[0]
        if type(place) is dict and segments:
            place.setdefault(segments[-1], value)
        elif type(place) is list:
            place.append(value)


def _step(place: Any, segment: str) -> Any:
    if type(place) is list:
        if segment.isdigit():
            if int(segment) >= len(place):
                place.append({})
                return place[-1]
            return place[int(segment)]
        place = place[0] if len(place) == 1 else None
    if type(place) is not dict:
        return None
    if segment not in place and segment.isdigit():
        return place
    return place.setdefault(segment, {})
