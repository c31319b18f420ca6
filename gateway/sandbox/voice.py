"""
A province's own voice: its mapping seen from its side.

What we read it writes, and what we write it reads. So the sandbox runs the very rules of the folder
the other way round: every `direction` and every one-sided `required` and `default` changes sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from mappings.engine import CompiledMapping
from mappings.nodes import KindPlan, Leaf, Node, Span
from mappings.package import Package
from mappings.rules import Default, FieldRule

_OTHER: Mapping[str | None, Literal["in", "out"]] = {"in": "out", "out": "in"}


def mirror(package: Package) -> CompiledMapping:
    """The mapping of a folder as its province would run it against us."""
    plans = {kind: _mirror_plan(plan) for kind, plan in package.plans.items()}
    return CompiledMapping(replace(package, plans=plans))


def _mirror_plan(plan: KindPlan) -> KindPlan:
    return KindPlan(plan.kind, _OTHER.get(plan.direction), tuple(map(_mirror_node, plan.nodes)))


def _mirror_node(node: Node) -> Node:
    direction = _OTHER.get(node.direction)
    if isinstance(node, Span):
        return replace(node, direction=direction, nodes=tuple(map(_mirror_node, node.nodes)))
    if isinstance(node, Leaf):
        return replace(node, direction=direction, rule=_mirror_rule(node.rule))
    return replace(node, direction=direction)


def _mirror_rule(rule: FieldRule) -> FieldRule:
    changed: dict[str, object] = {"direction": _OTHER.get(rule.direction)}
    if isinstance(rule.required, str):
        changed["required"] = _OTHER[rule.required]
    if rule.default is not None:
        changed["default"] = Default.model_construct(
            in_=rule.default.out, out=rule.default.in_, line=rule.default.line
        )
    return rule.model_copy(update=changed)


__all__ = ["mirror"]
