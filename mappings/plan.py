"""
From the rules as written to the rules as run: groups expanded, paths and transforms parsed,
every rule numbered. Rule numbers are what lineage stores; they are stable within a version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from contracts.errors import Finding
from mappings.nodes import FILE, KindPlan, Leaf, Node, Path, Span, Test
from mappings.rules import Block, Condition, Direction, Document, FieldRule, Paths, Rule, problem
from mappings.shapes import shape_faults
from mappings.transforms import Transform, parse_transform

_SEGMENT = re.compile(r"^[a-z][a-z0-9_]*$")
_DEPTH = 40


def make_plan(document: Document) -> tuple[Mapping[str, KindPlan], tuple[Finding, ...]]:
    """Expand every kind; problems are returned, not raised, so that all are seen at once."""
    problems: list[Finding] = []
    plans = {}
    for name, kind in document.kinds.items():
        planner = _Planner(document, problems)
        nodes = planner.expand(kind.fields, listed=False, depth=0, direction=kind.direction)
        plans[name] = KindPlan(name, kind.direction, nodes)
    return plans, tuple(dict.fromkeys(problems))


class _Planner:
    def __init__(self, document: Document, problems: list[Finding]) -> None:
        self.document = document
        self.problems = problems
        self.count = 0

    def complain(self, rule: str, line: int, zh: str, en: str) -> None:
        self.problems.append(problem(rule, FILE, line, zh, en))

    def expand(
        self, rules: tuple[Rule, ...], *, listed: bool, depth: int, direction: Direction | None
    ) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for rule in rules:
            if isinstance(rule, FieldRule):
                nodes.append(self.leaf(rule, listed=listed, direction=direction))
            else:
                nodes.extend(self.block(rule, listed=listed, depth=depth, direction=direction))
        return tuple(nodes)

    # --- blocks -----------------------------------------------------------------------------

    def block(
        self, block: Block, *, listed: bool, depth: int, direction: Direction | None
    ) -> tuple[Node, ...]:
        kinds = [k for k in ("at", "each", "pivot") if getattr(block, k) is not None]
        if depth > _DEPTH:
            self.complain("M004", block.line, "规则组互相引用", "groups refer to each other")
            return ()
        if len(kinds) > 1 or (block.use is None) == (not block.fields):
            self.complain(
                "M002",
                block.line,
                "一个块只能有 at、each、pivot 之一,以及 fields 或 use 之一",
                "a block has one of at, each, pivot, and either fields or use",
            )
            return ()
        rules = block.fields
        if block.use is not None:
            if block.use not in self.document.groups:
                self.complain("M004", block.line, "没有这个规则组", f"no group {block.use!r}")
                return ()
            rules = self.document.groups[block.use]
        if not kinds:
            if block.when or block.direction:
                self.complain(
                    "M002",
                    block.line,
                    "when 和 direction 须写在 at、each、pivot 块上",
                    "when and direction need an at, each or pivot block",
                )
            return self.expand(rules, listed=listed, depth=depth + 1, direction=direction)
        return (self.span(block, kinds[0], rules, listed=listed, depth=depth, above=direction),)

    def span(
        self,
        block: Block,
        kind: Any,
        rules: tuple[Rule, ...],
        *,
        listed: bool,
        depth: int,
        above: Direction | None,
    ) -> Span:
        number = self.number()
        ends = getattr(block, kind)
        national = self.national(ends.national, block.line)
        province = self.province(ends.province, block.line)
        direction = block.direction or above
        if national is not None and national.root and direction != "out":
            self.complain(
                "M005",
                block.line,
                "从根写起的国家路径只可读取(direction: out)",
                "a national path from the root can only be read (direction: out)",
            )
        if kind != "at" and (national is None or not national.segments or province is None):
            self.complain("M002", block.line, "列表块须写明两端", f"{kind} needs both ends")
        scalar = listed or kind != "at"
        nodes = self.expand(rules, listed=scalar, depth=depth + 1, direction=direction)
        key = self.national(block.pivot.key, block.line) if block.pivot else None
        codes = block.pivot.codes if block.pivot else None
        if codes is not None:
            self.known_list(codes, block.line, plain=False)
        return Span(
            number=number,
            line=block.line,
            when=self.tests(block.when),
            direction=direction,
            kind=kind,
            national=national,
            province=province,
            nodes=nodes,
            key=key,
            codes=codes,
        )

    # --- rules ------------------------------------------------------------------------------

    def leaf(self, rule: FieldRule, *, listed: bool, direction: Direction | None) -> Leaf:
        number = self.number()
        direction = rule.direction or direction
        leaf = Leaf(
            number=number,
            line=rule.line,
            when=self.tests(rule.when),
            direction=direction,
            rule=rule,
            national=self.paths(rule.national, self.national, rule.line),
            province=self.paths(rule.province, self.province, rule.line),
            label=self.province(rule.label, rule.line),
            transforms=self.transforms(rule),
        )
        self.check(leaf, listed=listed)
        return leaf

    def check(self, leaf: Leaf, *, listed: bool) -> None:
        rule = leaf.rule
        for broken, zh, en in shape_faults(leaf, listed=listed):
            if broken:
                self.complain("M002", rule.line, zh, en)
        if rule.codes is not None:
            self.known_list(rule.codes, rule.line, plain=rule.plain)
        if rule.items and self.document.items is None:
            self.complain("M004", rule.line, "没有声明 items", "items is not declared")
        if any(p.root for p in leaf.national) and leaf.direction != "out":
            self.complain(
                "M005",
                rule.line,
                "从根写起的国家路径只可读取(direction: out)",
                "a national path from the root can only be read (direction: out)",
            )

    def known_list(self, name: str, line: int, *, plain: bool) -> None:
        if name not in self.document.lists:
            self.complain("M004", line, f"没有代码表 {name}:请在 lists 中声明", f"no list {name!r}")
        elif not plain and self.document.lists[name].national is None:
            self.complain(
                "M004", line, "代码表缺 national", f"list {name!r} names no national list"
            )

    # --- parts ------------------------------------------------------------------------------

    def number(self) -> int:
        self.count += 1
        return self.count

    def transforms(self, rule: FieldRule) -> tuple[Transform, ...]:
        parsed = []
        for text in rule.transform:
            try:
                parsed.append(parse_transform(text))
            except ValueError as error:
                self.complain("M003", rule.line, f"转换写法有误:{error}", str(error))
        return tuple(parsed)

    def tests(self, conditions: tuple[Condition, ...]) -> tuple[Test, ...]:
        tests = []
        for c in conditions:
            asked = [bool(c.is_), bool(c.not_), c.present is not None]
            if (c.national is None) == (c.province is None) or asked.count(True) != 1:
                self.complain(
                    "M002",
                    c.line,
                    "条件须有一个路径和一个判断(is、not 或 present)",
                    "a condition has one path and one of is, not, present",
                )
                continue
            national = self.national(c.national, c.line)
            path = national or self.province(c.province, c.line)
            if path is not None:
                side: Literal["national", "province"] = "national" if national else "province"
                yes, no = frozenset(c.is_ or ()), frozenset(c.not_ or ())
                tests.append(Test(side, path, yes, no, c.present))
        return tuple(tests)

    def paths(self, given: Paths | None, parse: Any, line: int) -> tuple[Path, ...]:
        several = (given,) if isinstance(given, str) else given or ()
        return tuple(p for p in (parse(text, line) for text in several) if p is not None)

    def national(self, text: str | None, line: int) -> Path | None:
        if text is None:
            return None
        root, rest = text.startswith("/"), text.removeprefix("/")
        segments = () if rest == "." else tuple(rest.split("."))
        if not all(_SEGMENT.match(s) for s in segments) or (root and not segments):
            self.complain("M005", line, "国家路径写法有误", f"not a national path: {text!r}")
            return None
        return Path(segments, root)

    def province(self, text: str | None, line: int) -> Path | None:
        if text is None:
            return None
        root, rest = text.startswith("/"), text.removeprefix("/")
        segments = () if rest == "." else tuple(rest.split("/"))
        if not all(segments) or "." in segments or (root and not segments):
            self.complain("M005", line, "来源路径写法有误", f"not a province path: {text!r}")
            return None
        return Path(segments, root)
