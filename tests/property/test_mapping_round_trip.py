"""
Whatever a province sends comes back to it as it was, through every rule of its mapping.

Kinds that travel one way in real life are made to travel both here: their rules must still lead
back, or say with `direction` that they do not.
"""

from __future__ import annotations

import copy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.errors import Unrenderable
from mappings.engine import CompiledMapping
from mappings.load import PROVINCES, read_package
from mappings.nodes import Leaf, Node, Span
from mappings.nodes import Path as NodePath
from mappings.package import Package
from mappings.plan import make_plan
from tests.property.records import CONTEXT, records

Where = tuple[str, ...]
AS_OF = date(2026, 3, 2)
FOLDERS = sorted(p.parent for p in PROVINCES.glob("*/mapping.yaml"))
KINDS = [(f, kind) for f in FOLDERS for kind in read_package(f).document.kinds]
SLOW = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking a whole record takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@cache
def both_ways(folder: Path) -> CompiledMapping:
    """The mapping with every kind allowed to travel both ways."""
    package = read_package(folder)
    kinds = {
        name: kind.model_copy(update={"direction": None})
        for name, kind in package.document.kinds.items()
    }
    document = package.document.model_copy(update={"kinds": kinds})
    plans, problems = make_plan(document)
    assert problems == ()
    return CompiledMapping(
        Package(
            code=package.code,
            digest=package.digest,
            document=document,
            plans=plans,
            tables=package.tables,
            items=package.items,
        )
    )


def round_trip(mapping: CompiledMapping, kind: str, record: dict[str, Any]) -> tuple[Any, Any]:
    national = mapping.to_national(kind, record, context=CONTEXT, as_of=None).document
    try:
        done = mapping.from_national(kind, national, context=CONTEXT, as_of=AS_OF)
    except Unrenderable as refused:
        raise AssertionError([(f.rule, f.path) for f in refused.findings]) from refused
    return national, done.document


def lost(given: Any, back: Any, one_way: set[Where], path: Where = ()) -> list[str]:
    """Paths of the record given that did not come back as they were, but should have."""
    if given in (None, "", [], {}) or path in one_way:
        return []
    if isinstance(given, dict):
        other = back if isinstance(back, dict) else {}
        return [
            one for key in given for one in lost(given[key], other.get(key), one_way, (*path, key))
        ]
    if isinstance(given, list) and len(given) == 1 and not isinstance(back, list):
        return lost(given[0], back, one_way, path)  # one element may stand alone
    if isinstance(given, list) and isinstance(back, list) and len(given) == len(back):
        pairs = zip(given, back, strict=True)
        return [one for a, b in pairs for one in lost(a, b, one_way, path)]
    if isinstance(given, list) and back == ",".join(str(one) for one in given):
        return []  # several values of a field that holds them joined
    same = given == back and type(given) is type(back)
    return [] if same else [f"{'/'.join(path)}: {given!r} came back as {back!r}"]


def one_way_fields(nodes: tuple[Node, ...], prefix: Where = ()) -> set[Where]:
    """Province fields that a rule reads only inwards, or that are written from elsewhere."""
    found: set[Where] = set()
    for node in nodes:
        if isinstance(node, Leaf):
            given_out = node.rule.given and node.runs("out")
            if not node.runs("out") or given_out:
                paths = (*node.province, *((node.label,) if node.label else ()))
                found |= {p.segments if p.root else prefix + p.segments for p in paths}
        elif isinstance(node, Span):
            path = node.province or NodePath(())
            below = path.segments if path.root else prefix + path.segments
            found |= one_way_fields(node.nodes, below)
    return found


@pytest.mark.parametrize(("folder", "kind"), KINDS, ids=[f"{f.name}-{k}" for f, k in KINDS])
def test_generated_record_comes_back(folder: Path, kind: str) -> None:
    mapping = both_ways(folder)
    one_way = one_way_fields(mapping.packaged.plans[kind].nodes)

    @SLOW
    @given(records(mapping.packaged.plans[kind], mapping.packaged))
    def holds(record: dict[str, Any]) -> None:
        before = copy.deepcopy(record)
        _, back = round_trip(mapping, kind, record)
        assert record == before
        assert lost(record, back, one_way) == []

    holds()


JUNK: tuple[Any, ...] = ("?", "①②", "12-34", {"x": "1"}, ["A", "B"])


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [one for key in value for one in leaves(value[key], (*path, key))]
    if isinstance(value, list):
        return [one for i, entry in enumerate(value) for one in leaves(entry, (*path, i))]
    return [path]


@pytest.mark.parametrize(("folder", "kind"), KINDS, ids=[f"{f.name}-{k}" for f, k in KINDS])
def test_value_nobody_expected_is_never_lost(folder: Path, kind: str) -> None:
    mapping = both_ways(folder)
    one_way = one_way_fields(mapping.packaged.plans[kind].nodes)

    @SLOW
    @given(st.data(), records(mapping.packaged.plans[kind], mapping.packaged))
    def holds(data: st.DataObject, record: dict[str, Any]) -> None:
        path = data.draw(st.sampled_from(leaves(record)))
        place: Any = record
        for segment in path[:-1]:
            place = place[segment]
        place[path[-1]] = junk = data.draw(st.sampled_from(JUNK))
        try:
            national, back = round_trip(mapping, kind, record)
        except AssertionError:
            return  # what the other side must have is gone: refused, aloud
        kept = [value for one in national.get("extensions", {}).values() for value in one.values()]
        # a label that is no text is kept, but its place is filled from the list again
        assert junk in kept or lost(record, back, one_way) == []

    holds()
