"""
From a case to rows of the exchange tables: first drawn from its documents, then shaped to columns.

Nothing is cut and nothing invented: a row that lacks what must be there is held back and said so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.exchange import ExchangeColumn, exchange_tables
from gateway.core.exchange.sources import BY_FEED, KNOWN_LISTS, SOURCES, YES_NO
from gateway.core.times import CHINA

Documents = Mapping[str, Mapping[str, Any]]
Codes = Mapping[tuple[str, str], str]
"""(table.column, national code) -> code of the receiver"""
Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A row with national values: texts, numbers, or coded values as they stand in documents."""

    table: str
    guid: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a column is empty; `held_back`: its row may not go without it."""

    column: str
    why: str
    held_back: bool


@dataclass(frozen=True, slots=True)
class Shaped:
    """`values` is None when the row is held back."""

    table: str
    guid: str
    values: Mapping[str, Cell] | None
    gaps: tuple[Gap, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Said:
    """An applied message of the case."""

    kind: str
    document: Mapping[str, Any]

    @property
    def body(self) -> Mapping[str, Any]:
        body: Mapping[str, Any] = self.document.get("body", {})
        return body


def draw(
    case_number: str, messages: Sequence[Said], *, known: Mapping[str, str]
) -> tuple[Draft, ...]:
    """
    All rows a case gives now, from its applied messages in order of arrival.

    `known` holds `number` and `catalogue_code`. The same thing keeps its `guid` for ever.
    """
    newest = {one.kind: one.document for one in messages}
    application = newest.get("application", {})
    base: dict[str, Mapping[str, Any]] = {"case": known, "application": application}
    found: list[tuple[str, str, Documents]] = []
    for one in messages:
        if one.kind == "acceptance" and _code(one.body.get("result")) != "NOT_ACCEPTED":
            found.append(("up_pro_accept", "case", {**base, "acceptance": one.document}))
        elif one.kind == "progress":
            found.append(("up_pro_process", _identity(one), {**base, "progress": one.document}))
    in_force = {_part(one): one for one in messages if one.kind == "decision"}
    for one in in_force.values():  # a superseding decision takes the place of the former
        found += _of_decision(one, base, newest)
    found += _specials(messages, base)
    found += [
        ("up_pro_material", name, {**base, "material": material})
        for name, material in _materials(messages).items()
    ]
    drafts = {
        (table, key): Draft(table, _guid(table, case_number, key), _values(table, documents))
        for table, key, documents in found
    }  # the newest of a thing wins
    return tuple(drafts.values())


def shape(draft: Draft, *, codes: Codes) -> Shaped:
    """The row as its table wants it, with every column that had to stay empty."""
    values: dict[str, Cell] = {}
    gaps: list[Gap] = []
    for column in exchange_tables()[draft.table]:
        if column.name in BY_FEED:
            continue
        cell, why = _cell(draft.values.get(column.name), column, codes)
        if why is None and cell is None and column.not_null:
            why = "缺少必填值 a value is missing"
        if why is not None:
            gaps.append(Gap(column.full_name, why, held_back=column.not_null))
        values[column.name] = cell
    held_back = any(gap.held_back for gap in gaps)
    return Shaped(draft.table, draft.guid, None if held_back else values, tuple(gaps))


# --- draw ------------------------------------------------------------------------------------


def _of_decision(one: Said, base: Documents, newest: Documents) -> list[tuple[str, str, Documents]]:
    documents = {
        **base,
        "decision": one.document,
        "delivery": newest.get("delivery_of_result", {}),
        "evaluation": newest.get("evaluation", {}),
    }
    part = _part(one)
    licences = one.body.get("licences", ())
    return [
        ("up_pro_result", part, documents),
        *(
            ("up_lic_data", f"{part}:{at}", {**base, "licence": licence})
            for at, licence in enumerate(licences)
        ),
    ]


def _specials(messages: Iterable[Said], base: Documents) -> list[tuple[str, str, Documents]]:
    """One row for a special procedure, from its start and, once there, its end."""
    found: list[tuple[str, str, Documents]] = []
    open_: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for one in messages:
        if one.kind != "special_procedure":
            continue
        part = _part(one)
        if one.body.get("phase") == "START":
            open_[part] = (_identity(one), one.document)
            documents = {**base, "start": one.document}
            found.append(("up_pro_special_procedure", _identity(one), documents))
        elif part in open_:
            key, start = open_.pop(part)
            documents = {**base, "start": start, "end": one.document}
            found.append(("up_pro_special_procedure", key, documents))
    return found


def _materials(messages: Iterable[Said]) -> dict[str, Mapping[str, Any]]:
    """Materials of the application and of corrections; what is named again replaces the former."""
    return {
        str(material["material_id"]): material
        for one in messages
        if one.kind in ("application", "correction")
        for material in one.body.get("materials", ())
    }


def _part(one: Said) -> str:
    return str(one.document.get("part_id", ""))


def _identity(one: Said) -> str:
    sender = one.document.get("sender", {})
    return f"{sender.get('system')}:{one.document.get('message_id')}"


def _guid(table: str, case_number: str, key: str) -> str:
    """
    32 hex digits: message ids are longer than the column and give several rows each (project
    convention).
    """
    return hashlib.sha256("\x1f".join((table, case_number, key)).encode()).hexdigest()[:32]


def _values(table: str, documents: Documents) -> dict[str, Any]:
    return {
        column: value
        for column, paths in SOURCES[table].items()
        if (value := _first(paths, documents)) is not None
    }


def _first(paths: Sequence[str], documents: Documents) -> Any:
    for path in paths:
        name, _, inner = path.partition(":")
        value: Any = documents.get(name, {})
        for step in inner.split("."):
            value = _step(value, step)
        if value not in (None, "", []):
            return value
    return None


def _step(value: Any, name: str) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [found for one in value if (found := _step(one, name)) is not None]
    return value.get(name) if isinstance(value, Mapping) else None


# --- shape -----------------------------------------------------------------------------------


def _cell(value: Any, column: ExchangeColumn, codes: Codes) -> tuple[Cell, str | None]:
    """(cell, why it is empty although there is a value)."""
    if value is None:
        return None, None
    if isinstance(value, list):
        value = ";".join(str(one) for one in value)
    if column.full_name in YES_NO:
        return ("1" if _code(value) == "POST" else "0"), None
    if isinstance(value, Mapping):
        value = _translated(value, column, codes)
        if value is None:
            return None, "代码表中没有此代码 no code of the receiver for it"
    if column.type == "datetime":
        return _moment(str(value))
    if column.type == "int":
        text = str(value)
        fits = text.isascii() and text.isdigit() and len(text) <= (column.length or 0)
        return (int(text), None) if fits else (None, "不是整数或过长 not a whole number that fits")
    text = str(value)
    if column.length is not None and len(text) > column.length:
        return None, f"超过 {column.length} 个字符 over {column.length} characters"
    return text, None


def _translated(coded: Mapping[str, Any], column: ExchangeColumn, codes: Codes) -> str | None:
    code = str(coded.get("code"))
    known = codes.get((column.full_name, code))
    if known is not None:
        return known
    return code if coded.get("list") in KNOWN_LISTS else None


def _moment(text: str) -> tuple[Cell, str | None]:
    """Local time of the country to the second; a date is its first moment."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None, "不是时间 not a time"
    local = at.astimezone(CHINA) if at.tzinfo else at
    return local.strftime("%Y-%m-%d %H:%M:%S"), None


def _code(coded: Any) -> str | None:
    return coded.get("code") if isinstance(coded, Mapping) else None


__all__ = ["Cell", "Codes", "Draft", "Gap", "Said", "Shaped", "draw", "shape"]
