"""
Which source fields the rules of a kind know; the rest goes to the extensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.codes import CodeTable
from mappings.nodes import KindPlan, Leaf, Node, Span
from mappings.runtime import ALL, IF_USED, LISTED, WHOLE


def known_fields(plan: KindPlan, tables: Mapping[str, CodeTable]) -> dict[Any, Any]:
    """The tree that `runtime.sweep` compares a record with."""
    tree: dict[Any, Any] = {}
    _know(plan.nodes, tree, tree, tables, conditional=False)
    _sum_up(tree)
    return tree


def _sum_up(level: dict[Any, Any]) -> None:
    names = frozenset(key for key in level if isinstance(key, str))
    below = [level[name] for name in names if isinstance(level[name], dict)]
    if not below:
        level[ALL] = names
    for deeper in below:
        if ALL not in deeper:
            _sum_up(deeper)


def _know(
    nodes: tuple[Node, ...],
    level: dict[Any, Any],
    root: dict[Any, Any],
    tables: Mapping[str, CodeTable],
    *,
    conditional: bool,
) -> None:
    for node in nodes:
        if not node.runs("in"):
            continue
        maybe = conditional or bool(node.when)
        if isinstance(node, Leaf):
            for path in (*node.province, *((node.label,) if node.label else ())):
                start = root if path.root else level
                if not path.segments:
                    start[WHOLE] = True
                elif (above := _below(start, path.segments[:-1])) is not None and not maybe:
                    above[path.segments[-1]] = True
            continue
        assert isinstance(node, Span)
        start = root if node.province is not None and node.province.root else level
        path = node.province.segments if node.province is not None else ()
        if node.kind == "at" or node.inline:
            if (here := _below(start, path)) is not None:
                _know(node.nodes, here, root, tables, conditional=maybe)
            continue
        codes = tables[node.codes].by_province if node.codes is not None else None
        for each in [path] if codes is None else [(*path, code) for code in codes]:
            if (entry := _below(start, each, listed=True, conditional=maybe)) is not None:
                _know(node.nodes, entry, root, tables, conditional=False)


def _below(
    level: dict[Any, Any],
    segments: tuple[str, ...],
    *,
    listed: bool = False,
    conditional: bool = False,
) -> dict[Any, Any] | None:
    """The level at a path, made if need be; None if a rule already reads it whole."""
    for segment in segments:
        level = level.setdefault(segment, {})
        if not isinstance(level, dict):
            return None
    if listed:
        if conditional and LISTED not in level:
            level[IF_USED] = True
        elif not conditional:
            level.pop(IF_USED, None)
        level[LISTED] = True
    return level
