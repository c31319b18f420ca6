"""
There and back over the golden documents: the province, running its own mapping the other way round,
would write what it sent us, and would understand what we sent it well enough to be sent it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest

from gateway.sandbox.voice import mirror
from mappings.engine import CompiledMapping
from mappings.golden import AS_OF, CONTEXT, Golden, find_goldens
from mappings.load import PROVINCES, load, read_package

CODES = ("150000", "310000", "340000", "510000", "530000", "990000")
# written by the connection, not by the mapping
IDENTITY = {
    *("LSH", "BBH", "TBBH", "SERIALNO", "VERSION", "TBNO", "SIMULATION", "@no"),
    *("serialNo", "dataVersion", "tbNo", "EventId", "DataVersion", "TbNumber"),
    *("serial_no", "data_version", "tb_no", "serial", "version", "tb_number"),
}
OWN_NUMBER = {"/handleCaseNo"}
"""The reader's own number, written on a condition that is the writer's to know."""
NOTHING = ("", "无")
IN = [(c, g) for c in CODES for g in find_goldens(PROVINCES / c) if g.direction == "in"]
GOOD = [(c, g) for c, g in IN if g.stem < "10"]
OUT = [(c, g) for c in CODES for g in find_goldens(PROVINCES / c) if g.file("output").exists()]
OUT = [(c, g) for c, g in OUT if g.direction == "out"]


@cache
def _ours(code: str) -> CompiledMapping:
    return load(PROVINCES / code)


@cache
def _theirs(code: str) -> CompiledMapping:
    return mirror(read_package(PROVINCES / code))


def _read(golden: Golden, part: str) -> Any:
    file = golden.file(part)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and values; an element that stands alone is a list of one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in IDENTITY:
                many = isinstance(inner, list)
                for i, one in enumerate(inner if many else [inner]):
                    yield from _leaves(one, f"{path}/{key}/{i}")
    elif value not in NOTHING:
        yield path, value


@pytest.mark.parametrize(("code", "golden"), GOOD, ids=[f"{c}-{g.stem}" for c, g in GOOD])
def test_the_province_would_write_what_it_sent(code: str, golden: Golden) -> None:
    sent = _read(golden, "input")
    context = {"system": _theirs(code).system}

    written = _theirs(code).from_national(
        golden.kind, _read(golden, "output"), context=context, as_of=date(2026, 3, 2)
    )

    assert dict(_leaves(written.document)) == dict(_leaves(sent))


@pytest.mark.parametrize(("code", "golden"), OUT, ids=[f"{c}-{g.stem}" for c, g in OUT])
def test_what_the_province_understood_is_what_it_would_be_sent(code: str, golden: Golden) -> None:
    sent, context = _read(golden, "output"), {**CONTEXT, **_read(golden, "context")}
    as_of = date.fromisoformat(context.pop("as_of", AS_OF.isoformat()))
    context.setdefault("system", _ours(code).system)

    understood = _theirs(code).to_national(golden.kind, sent, context=context, as_of=as_of)
    again = _ours(code).from_national(
        golden.kind,
        {**understood.document, "message_id": _read(golden, "input")["message_id"]},
        context=context,
        as_of=as_of,
    )

    kept = understood.document.get("extensions", {})
    assert {path for one in kept.values() for path in one} <= OWN_NUMBER
    assert again.document == sent
