"""
What an answer means: predicate, error table, receipt. Pure.

Order: nothing left → Unavailable; lost → Unknown; a row of the error table; 429 and 503 →
Unavailable; the success predicate; everything else is Unknown, because every surprise is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from adapters.http import HttpReply, HttpResult, Lost, NotSent
from adapters.layers import ErrorRow, OutcomeTable, Predicate
from adapters.paths import getter, text
from adapters.shapes import Read
from adapters.templates import Lookup, compile_text
from contracts.adapter import (
    Absent,
    Delivered,
    Exchange,
    Found,
    Outcome,
    ProvinceReceipt,
    QueryAnswer,
    Rejected,
    Unanswered,
    Unavailable,
    Unknown,
)
from contracts.errors import Unreadable

_SAFE_CODE = re.compile(r"^[\w.\-]{1,40}$", re.ASCII)
MAX_TEXT = 2000
"""Characters of a business no that are kept."""


@dataclass(frozen=True, slots=True)
class View:
    """An answer as predicates see it. `^name` looks into the wrapper."""

    status: int
    record: Mapping[str, Any] = field(default_factory=dict)
    outer: Mapping[str, Any] = field(default_factory=dict)

    def look(self, path: str) -> Any:
        if path.startswith("^"):
            return getter(path[1:])(self.outer)
        return getter(path)(self.record)


Test = Callable[[View], bool]


def compile_predicate(predicate: Predicate) -> Test:
    tests: list[Test] = []
    if predicate.status is not None:
        statuses = predicate.status if isinstance(predicate.status, tuple) else (predicate.status,)
        tests.append(lambda view: view.status in statuses)
    if predicate.path is not None:
        tests.append(_compile_value(predicate))
    for nested, every in ((predicate.all, all), (predicate.any, any)):
        if nested is not None:
            tests.append(_several([compile_predicate(part) for part in nested], every))
    if predicate.not_ is not None:
        inner = compile_predicate(predicate.not_)
        tests.append(lambda view: not inner(view))
    return _several(tests, all)


def _several(tests: list[Test], every: Callable[..., bool]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda view: every([test(view) for test in tests])


def _compile_look(path: str) -> Callable[[View], Any]:
    """`View.look` of one path, made once."""
    if path.startswith("^"):
        outer = getter(path[1:])
        return lambda view: outer(view.outer)
    inner = getter(path)
    return lambda view: inner(view.record)


def _compile_value(predicate: Predicate) -> Test:
    look = _compile_look(predicate.path or "")
    if predicate.present is not None:
        return lambda view: (look(view) not in (None, "")) is predicate.present
    if predicate.starts is not None:
        start = predicate.starts
        return lambda view: text(look(view)).startswith(start)
    wanted = predicate.in_ if predicate.in_ is not None else (predicate.equals,)
    values = {text(value) for value in wanted}

    def holds(view: View) -> bool:
        found = look(view)
        return not isinstance(found, dict | None) and text(found).strip() in values

    return holds


@dataclass(frozen=True, slots=True)
class _Row:
    test: Test
    row: ErrorRow
    code: Callable[[Lookup], str]
    text: Callable[[Lookup], str]
    wait: Callable[[Lookup], str]


Kind = Literal["accepted", "absent", "rejected", "unavailable", "unknown", "exists", "ours", "none"]


class Classifier:
    """The outcome layer of one operation."""

    def __init__(self, table: OutcomeTable) -> None:
        self._success = compile_predicate(table.success)
        self._receipt = table.receipt
        self._rows = [
            _Row(
                compile_predicate(row.when),
                row,
                compile_text(row.code),
                compile_text(row.text),
                compile_text(text(row.retry_after)),
            )
            for row in table.errors
        ]
        self._by_status_alone = [row for row in self._rows if _only_status(row.row.when)]

    def outcome(
        self,
        result: HttpResult,
        *,
        read: Callable[[HttpReply], Read],
        serial: str | None,
        now: datetime,
    ) -> Outcome:
        """Classify the result of a call that carried `serial` (None: it carried none)."""
        if isinstance(result, NotSent):
            return Unavailable(result.reason)
        if isinstance(result, Lost):
            if result.status in (429, 503):
                wait = retry_after(result.headers, now=now)
                return Unavailable(f"HTTP {result.status}", wait, Exchange(result.status))
            return Unknown(result.reason, Exchange(result.status))
        view, rule = self._view(result, read)
        exchange = Exchange(result.status, result.body, rule)
        row = self.row(view) if view is not None else self._row_of_status(result.status)
        if row is not None:
            bare = view or View(result.status)
            return self._of_row(row, bare, exchange, serial=serial, reply=result, now=now)
        if result.status in (429, 503):
            wait = retry_after(result.headers, now=now)
            return Unavailable(f"HTTP {result.status}", wait, exchange)
        if view is None:
            return Unknown(f"HTTP {result.status}: the answer cannot be read", exchange)
        if not self._success(view):
            return Unknown(f"HTTP {result.status}: an answer the table does not list", exchange)
        receipt = self.receipt(view)
        if None not in (serial, receipt.serial) and receipt.serial != serial:
            return Unknown("the answer names another serial", exchange)
        return Delivered(receipt, exchange)

    def query_answer(
        self, result: HttpResult, *, read: Callable[[HttpReply], Read], serial: str, now: datetime
    ) -> QueryAnswer:
        """Classify the answer to a question about a serial."""
        if isinstance(result, HttpReply):
            view, rule = self._view(result, read)
            row = self.row(view) if view is not None else self._row_of_status(result.status)
            if row is not None and row.row.class_ == "absent":
                return Absent(Exchange(result.status, result.body, rule))
        outcome = self.outcome(result, read=read, serial=serial, now=now)
        match outcome:
            case Delivered(receipt, exchange):
                return Found(receipt, exchange)
            case Unavailable(reason, wait, _):
                return Unanswered(reason, wait)
            case Unknown(reason, _):
                return Unanswered(reason)
            case Rejected(code, _, _):
                return Unanswered(f"refused: {code}")

    def kind(self, view: View) -> Kind:
        """What an answer is by this table; `none` if nothing says so."""
        row = self.row(view)
        if row is not None:
            return row.row.class_
        return "accepted" if self._success(view) else "none"

    def row(self, view: View) -> _Row | None:
        return next((row for row in self._rows if row.test(view)), None)

    def receipt(self, view: View) -> ProvinceReceipt:
        paths = self._receipt

        def value(path: str | None) -> str | None:
            found = view.look(path) if path else None
            return None if found is None or isinstance(found, dict) else text(found) or None

        values = {name: value(path) for name, path in paths.values.items()}
        return ProvinceReceipt(
            number=value(paths.number),
            serial=value(paths.serial),
            values={name: found for name, found in values.items() if found is not None},
        )

    def _view(
        self, result: HttpReply, read: Callable[[HttpReply], Read]
    ) -> tuple[View | None, str | None]:
        try:
            found = read(result)
        except Unreadable:
            return None, None
        return View(result.status, found.record, found.outer), found.rule

    def _row_of_status(self, status: int) -> _Row | None:
        """For an answer that cannot be read only rows about the bare status can speak."""
        view = View(status)
        return next((row for row in self._by_status_alone if row.test(view)), None)

    def _of_row(
        self,
        row: _Row,
        view: View,
        exchange: Exchange,
        *,
        serial: str | None,
        reply: HttpReply,
        now: datetime,
    ) -> Outcome:
        code = row.code(view.look).strip()
        shown = code if _SAFE_CODE.match(code) else "unlisted"
        match row.row.class_:
            case "rejected" | "absent":
                return Rejected(shown, row.text(view.look)[:MAX_TEXT], exchange)
            case "unavailable":
                told = row.wait(view.look).strip()
                wait = timedelta(seconds=int(told)) if told.isdigit() else None
                return Unavailable(shown, wait or retry_after(reply.headers, now=now), exchange)
            case "ours":
                return Unavailable(f"our mistake: {shown}", exchange=exchange)
            case "exists":
                receipt = self.receipt(view)
                if receipt.serial is not None and receipt.serial == serial:
                    return Delivered(receipt, exchange)
                return Unknown("already exists, but not by our serial", exchange)
            case "unknown":
                return Unknown(shown, exchange)


def _only_status(predicate: Predicate) -> bool:
    return predicate.status is not None and not any(
        (predicate.path, predicate.all, predicate.any, predicate.not_)
    )


def retry_after(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """Retry-After in either form (RFC 9110 section 10.2.3); never negative."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return timedelta(seconds=min(int(value), 10**8))
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)


__all__ = ["Classifier", "Kind", "View", "compile_predicate", "retry_after"]
