"""
National paths of the rules held against the national format's models: M008, M009, M012.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.errors import Finding, Level
from mappings.national import INTAKE, Field, field_at, fields_below, kinds
from mappings.nodes import FILE, KindPlan, Leaf, Node, Path, Span
from mappings.package import Package
from mappings.rules import problem

Segments = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """
    A national path from the root that a rule names. `node` is None where it is only read or is a
    pivot's key; `block` is the list it stands in.
    """

    path: Segments
    line: int
    node: Node | None
    block: int


def lint_paths(plan: KindPlan, package: Package) -> Iterator[Finding]:
    line = package.document.kinds[plan.kind].line
    if plan.kind not in kinds():
        en = f"no message kind {plan.kind!r}"
        yield problem("M009", FILE, line, "国家格式没有这个消息种类", en)
        return
    uses = list(_uses(plan.nodes, (), 0))
    for use in uses:
        yield from _lint_use(plan, use, package)
    yield from _lint_targets(plan, uses)
    if plan.direction != "out":
        written = {path for use in uses for path in _written(use)}
        yield from _lint_required(plan, written, (), line)


def _uses(nodes: tuple[Node, ...], prefix: Segments, block: int) -> Iterator[Use]:
    for node in nodes:
        for test in node.when:
            if test.side == "national":
                yield Use(_full(test.path, prefix), node.line, None, block)
        if isinstance(node, Leaf):
            for path in node.national:
                yield Use(_full(path, prefix), node.line, node, block)
        elif isinstance(node, Span):
            below = prefix if node.national is None else _full(node.national, prefix)
            if node.national is not None:
                yield Use(below, node.line, node, block)
            if node.key is not None:
                yield Use(below + node.key.segments, node.line, None, block)
            inner = node.number if node.kind != "at" else block
            yield from _uses(node.nodes, below, inner)


def _written(use: Use) -> list[Segments]:
    """Paths a rule writes inwards; a merged object writes its own fields."""
    if use.node is None:
        return [use.path]
    if not use.node.runs("in"):
        return []
    if isinstance(use.node, Leaf) and use.node.merges:
        place = use.node.transforms[-1].digits > 0
        names = ("code", "county") if place else ("digest", "size")
        return [use.path, *((*use.path, name) for name in names)]
    return [use.path]


def _full(path: Path, prefix: Segments) -> Segments:
    return path.segments if path.root else prefix + path.segments


def _lint_use(plan: KindPlan, use: Use, package: Package) -> Iterator[Finding]:
    if not use.path:
        return
    name, line = ".".join(use.path), use.line
    field = field_at(plan.kind, use.path)
    if field is None:
        en = f"{plan.kind} has no field {name}"
        yield problem("M009", FILE, line, f"国家格式没有字段 {name}", en)
        return
    if use.node is None:
        return
    fault = _misfit(use, field, package, plan)
    if fault is not None:
        yield problem("M009", FILE, line, f"字段 {name}:{fault[0]}", f"{name}: {fault[1]}")


def _misfit(use: Use, field: Field, package: Package, plan: KindPlan) -> tuple[str, str] | None:
    node = use.node
    assert node is not None
    inwards = plan.direction != "out" and node.runs("in")
    if inwards and (field.by == "gateway" or use.path[0] in INTAKE):
        # a folder must not say who sent a message, or in which environment
        return "由网关填写", "is set by the gateway; direction: out"
    if isinstance(node, Span):
        if node.kind != "at" and not field.many:
            return "不是列表", "is not a list"
        if node.kind == "at" and (field.many or field.form not in ("object", "json")):
            return "不是单个对象", "is not one object"
        return None
    if not isinstance(node, Leaf):
        return None
    rule = node.rule
    if rule.given or rule.index is not None:
        return None
    if field.many != bool(rule.many) and not (field.many and not node.national[0].segments):
        return (
            ("是列表,请用 each 或 many", "is a list: use each or many")
            if field.many
            else (
                "不是列表",
                "is not a list",
            )
        )
    if rule.codes is not None and not rule.plain:
        national = package.tables[rule.codes].national
        if field.form != "code":
            return "不是编码值,请加 plain", "is no coded value: plain"
        if field.code_list is not None and field.code_list != national:
            return f"应用代码表 {field.code_list}", f"takes list {field.code_list}, not {national}"
    elif field.form == "code" and not rule.items:
        return "是编码值,请用 codes", "is a coded value: codes"
    elif field.form == "object" and not (node.merges or rule.items):
        return "是对象", "is an object"
    return None


def _lint_targets(plan: KindPlan, uses: list[Use]) -> Iterator[Finding]:
    seen: dict[tuple[Segments, int], Use] = {}
    for use in uses:
        leaf = use.node
        if not isinstance(leaf, Leaf) or leaf.when or not leaf.runs("in") or leaf.merges:
            continue
        first = seen.setdefault((use.path, use.block), use)
        if first is not use and plan.direction != "out":
            en = f"line {first.line} writes it too; give one of them a when or a direction"
            zh = f"第 {first.line} 行也写此字段"
            yield problem("M008", FILE, leaf.line, zh, en, "warn")


def _lint_required(
    plan: KindPlan, written: set[Segments], prefix: Segments, line: int
) -> Iterator[Finding]:
    """Required fields of every object that any rule writes into."""
    for name, field in fields_below(plan.kind, prefix):
        path = (*prefix, name)
        inside = any(w[: len(path)] == path for w in written)
        if field.by == "gateway":
            continue
        if inside:
            if field.form == "object" and not _whole(plan, path):
                yield from _lint_required(plan, written, path, line)
            continue
        if field.presence == "optional" or _whole(plan, prefix):
            continue
        level: Level = "reject" if field.presence == "required" else "info"
        dotted = ".".join(path)
        en = f"{plan.kind}: no rule gives {dotted}"
        yield problem("M012", FILE, line, f"没有规则给出 {dotted}", en, level)


def _whole(plan: KindPlan, path: Segments) -> bool:
    """Whether one rule gives the whole object at a path: an item, a coded value, a constant."""

    def found(nodes: tuple[Node, ...], prefix: Segments) -> bool:
        for node in nodes:
            if isinstance(node, Leaf):
                rule = node.rule
                whole = rule.items or rule.has_const or (rule.codes is not None and not rule.plain)
                if whole and any(_full(p, prefix) == path for p in node.national):
                    return True
            elif isinstance(node, Span):
                below = prefix if node.national is None else _full(node.national, prefix)
                if found(node.nodes, below):
                    return True
        return False

    return found(plan.nodes, ())
