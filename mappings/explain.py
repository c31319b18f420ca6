"""
Why a value became what it is: the same document run again, with every rule that fired told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.adapter import Translation
from contracts.errors import InvalidDocument, Unrenderable
from mappings.engine import CompiledMapping, compile_kind, run_in, run_out
from mappings.nodes import FILE, Leaf
from mappings.rules import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """
    One rule that fired.

    `source` and `target` are JSON Pointers into the document read and the one written; `source` is
    empty for a value the rule itself gives, "context" for one the caller gave. `rule` is file:line,
    `row` file:line of the code or item row, if one decided. `raw` and `value` are personal.
    """

    number: int
    rule: str
    text: str
    row: str | None
    source: str
    raw: Any
    target: str
    value: Any


def explain(
    mapping: CompiledMapping,
    kind: str,
    direction: Direction,
    document: Mapping[str, Any],
    *,
    context: Mapping[str, Any],
    as_of: date | None,
) -> tuple[tuple[Explained, ...], Translation]:
    """
    Run a translation again and say how each value came about; also gives its result, so that a
    caller can compare digests.

    Raises:
        InvalidDocument: the mapping does not read that kind.
        Unrenderable: the document cannot be written; its findings say why.
    """
    if kind not in mapping.kinds(direction):
        raise InvalidDocument() if direction == "in" else Unrenderable()
    plan = mapping.packaged.plans[kind]
    nodes = {node.number: node for node in plan.walk()}
    rows = _row_places(mapping)
    told: list[Explained] = []

    def trace(rule: int, row: int, source: str, raw: Any, target: str, to: Any) -> None:
        node = nodes[rule]
        told.append(
            Explained(
                number=rule,
                rule=f"{FILE}:{node.line}",
                text=node.text if isinstance(node, Leaf) else "pivot",
                row=rows.get(row),
                source=source,
                raw=raw,
                target=target,
                value=to,
            )
        )

    compiled = compile_kind(mapping.packaged, plan, direction, trace=True)
    run = mapping.start(context, as_of, trace=trace)
    if direction == "in":
        done = run_in(compiled, dict(document), run)
    else:
        done = run_out(compiled, document, run)
    return tuple(told), done


def _row_places(mapping: CompiledMapping) -> dict[int, str]:
    package = mapping.packaged
    places = {
        row.id: f"{table.file}:{row.line}"
        for table in package.tables.values()
        for row in table.rows
    }
    if package.items is not None:
        places |= {row.id: f"{package.items.file}:{row.line}" for row in package.items.rows}
    return places
