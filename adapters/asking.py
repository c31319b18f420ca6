"""
Questions whose request stands in connection.yaml: is a serial held, what is new since a cursor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.caller import Caller
from adapters.http import HttpReply, HttpResult
from adapters.operation import CompiledOperation
from adapters.outcomes import Classifier
from adapters.paths import find_all, getter, text
from adapters.shapes import Read
from contracts.adapter import (
    Absent,
    Delivered,
    Outcome,
    QueryAnswer,
    Record,
    Rejected,
    Unanswered,
    Unavailable,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class Items:
    """One page: its elements in order, the cursor to ask with next, how bytes became text."""

    items: tuple[Any, ...]
    cursor: str
    rule: str


async def ask_for_serial(
    operation: CompiledOperation, serial: str, *, caller: Caller, now: Callable[[], datetime]
) -> QueryAnswer:
    result = await _ask(operation, caller, {"serial": serial})
    if isinstance(result, Unavailable):
        return Unanswered(result.reason, result.retry_after)
    return classifier(operation).query_answer(
        result, read=reader(operation), serial=serial, now=now()
    )


async def ask_again(
    operation: CompiledOperation, serial: str, *, caller: Caller, now: Callable[[], datetime]
) -> Outcome | None:
    """Ask for what was not ready at first; None when the other side knows no such question."""
    result = await _ask(operation, caller, {"serial": serial})
    if isinstance(result, Unavailable):
        return result
    table = classifier(operation)
    if isinstance(
        table.query_answer(result, read=reader(operation), serial=serial, now=now()), Absent
    ):
        return None
    return table.outcome(result, read=reader(operation), serial=serial, now=now())


async def ask_for_record(
    operation: CompiledOperation, serial: str, *, caller: Caller, now: Callable[[], datetime]
) -> Record | None:
    """The record in a good answer; None for any other."""
    result = await _ask(operation, caller, {"serial": serial})
    if not isinstance(result, HttpReply):
        return None
    read = reader(operation)
    outcome = classifier(operation).outcome(result, read=read, serial=serial, now=now())
    return read(result).record if isinstance(outcome, Delivered) else None


async def fetch_items(
    operation: CompiledOperation, cursor: str, *, caller: Caller, now: Callable[[], datetime]
) -> Items | Unanswered:
    result = await _ask(operation, caller, {"cursor": cursor})
    if isinstance(result, Unavailable):
        return Unanswered(result.reason, result.retry_after)
    outcome = classifier(operation).outcome(result, read=reader(operation), serial=None, now=now())
    pages = operation.profile.pages
    if not isinstance(outcome, Delivered) or not isinstance(result, HttpReply) or pages is None:
        return _unanswered(outcome)
    read = reader(operation)(result)
    following = text(getter(pages.cursor)(read.record)) or cursor
    return Items(tuple(find_all(read.record, pages.items)), following, read.rule)


async def _ask(
    operation: CompiledOperation, caller: Caller, variables: Mapping[str, str]
) -> HttpResult | Unavailable:
    prepared = await caller.prepare(
        operation,
        operation.own_request(variables.get),
        serial=variables.get("serial", ""),
        open_material=no_material,
        variables=variables,
    )
    if isinstance(prepared, Unavailable):
        return prepared
    return await caller.send(operation, prepared, open_material=no_material)


def reader(operation: CompiledOperation) -> Callable[[HttpReply], Read]:
    return lambda reply: operation.read_reply(
        reply.body, content_type=reply.headers.get("content-type")
    )


def classifier(operation: CompiledOperation) -> Classifier:
    """
    Raises:
        ValueError: the operation has no outcome table.
    """
    if operation.classifier is None:
        raise ValueError(f"operation {operation.name} has no outcome table")
    return operation.classifier


def _unanswered(outcome: Outcome) -> Unanswered:
    match outcome:
        case Unavailable(reason, wait, _):
            return Unanswered(reason, wait)
        case Rejected(code, _, _):
            return Unanswered(f"refused: {code}")
        case Unknown(reason, _):
            return Unanswered(reason)
        case Delivered():
            return Unanswered("no page in the answer")


async def no_material(digest: str) -> AsyncIterator[bytes]:
    """A reader for calls that carry no material."""
    raise LookupError(digest)
    yield b""


__all__ = [
    "Items",
    "ask_again",
    "ask_for_record",
    "ask_for_serial",
    "classifier",
    "fetch_items",
    "no_material",
    "reader",
]
