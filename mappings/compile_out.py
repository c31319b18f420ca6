"""
A kind's plan -> source of its outward function: national message -> record.

Objects of the record are hung in place before anything is written into them, so that keys come in
the order of the rules, and are taken away again if they stay empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.codes import CodeTable, ItemTable
from mappings.emit import At, Lines, Names, Pointer, Reading, literal, something, test_code
from mappings.nodes import KindPlan, Leaf, Node, Span, Test

PRESENT = "{0} is not None and {0} != ''"
_CANNOT = "except (ValueError, TypeError, AttributeError):"


@dataclass(slots=True)
class Writing:
    """A record object being written; `scalar` holds the element itself if it is a plain value."""

    var: str
    anchor: Lines
    pointer: Pointer
    names: Names
    scalar: str | None = None
    below: dict[tuple[str, ...], str] = field(default_factory=dict)

    def open(self, segments: tuple[str, ...]) -> str:
        if not segments:
            return self.var
        if segments not in self.below:
            above = self.open(segments[:-1])
            var = self.names.fresh("o")
            self.anchor.append(f"{var} = {above}.setdefault({segments[-1]!r}, {{}})")
            self.below[segments] = var
        return self.below[segments]

    def write(self, segments: tuple[str, ...], value: str) -> str:
        if not segments:
            return f"{self.scalar or self.var} = {value}"
        return f"{self.open(segments[:-1])}[{segments[-1]!r}] = {value}"

    def look(self, segments: tuple[str, ...]) -> str:
        """What has been written at a path so far."""
        return f"dig({self.var}, {segments!r})"

    def close(self, lines: Lines) -> None:
        for segments, var in sorted(self.below.items(), key=lambda entry: -len(entry[0])):
            lines.append(f"if not {var}: {self.open(segments[:-1])}.pop({segments[-1]!r}, None)")


class Outward:
    def __init__(
        self,
        plan: KindPlan,
        *,
        tables: Mapping[str, CodeTable],
        items: ItemTable | None,
        trace: bool,
    ) -> None:
        self.plan, self.tables, self.items, self.trace = plan, tables, items, trace
        self.names = Names()

    def source(self) -> str:
        """The whole function, as text; `names.constants` are the objects it refers to."""
        body = Lines(["A = S.lineage.append", "o = {}"])
        message = Reading("d", body, Pointer(), self.names)
        record = Writing("o", body, Pointer(), self.names)
        self.nodes(self.plan.nodes, body, At(message, (), message), At(record, (), record))
        record.close(body)
        body.append("return o")
        whole = Lines()
        whole.nest("def run(d, C, S):", body)
        return "\n".join(whole) + "\n"

    # --- blocks -----------------------------------------------------------------------------

    def nodes(self, nodes: tuple[Node, ...], lines: Lines, n: At, p: At) -> None:
        for node in nodes:
            if not node.runs("out"):
                continue
            guard = self.guard(node.when, n, p)
            lines.append(f"# rule {node.number}, line {node.line}")
            # what needs no guard is written straight down: objects are hung in the order of rules
            inner = Lines() if guard else lines
            if isinstance(node, Leaf):
                self.leaf(node, inner, n, p)
            else:
                assert isinstance(node, Span)
                self.span(node, inner, n, p)
            if guard:
                lines.nest(f"if {guard}:", inner)

    def guard(self, tests: tuple[Test, ...], n: At, p: At) -> str:
        parts = []
        for test in tests:
            if test.side == "national":
                reading, segments = n.find(test.path)
                parts.append(test_code(test, reading.value(segments), self.names))
            else:
                writing, path = p.find(test.path)
                parts.append(test_code(test, writing.look(path), self.names))
        return " and ".join(parts)

    def span(self, span: Span, lines: Lines, n: At, p: At) -> None:
        if span.kind == "at":
            below = n.down(span.national)
            # without a condition of its own the block writes where it stands: keys keep their order
            inner = lines if span.national is None else Lines()
            self.nodes(span.nodes, inner, below, p.down(span.province))
            if span.national is not None:
                lines.nest(f"if {below.scope.fetch(below.prefix)}:", inner)
        elif span.kind == "pivot" or not span.inline:
            self.elements(span, lines, n, p)
        else:
            self.only(span, lines, n, p)

    def only(self, span: Span, lines: Lines, n: At, p: At) -> None:
        """An inline `each`: the one element of a list stands in the enclosing object."""
        assert span.national is not None
        found, var, there = (self.names.fresh(letter) for letter in "qet")
        reading, segments = n.find(span.national)
        lines.append(f"{found} = {reading.value(segments)}")
        inner = Lines(
            [
                f"{there} = {n.pointer(span.national).code}",
                f"if len({found}) > 1: S.stop('mapping.too_many', {there})",
                f"{var} = {found}[0]",
                f"{there} += '/0'",
            ]
        )
        element = Reading(var, inner, Pointer(there), self.names)
        self.nodes(span.nodes, inner, n.into(element), p)
        lines.nest(f"if {found}:", inner)

    def elements(self, span: Span, lines: Lines, n: At, p: At) -> None:
        assert span.national is not None and span.province is not None
        found, i, var, there, here, made, code = (self.names.fresh(letter) for letter in "qietslc")
        reading, segments = n.find(span.national)
        lines.append(f"{found} = {reading.value(segments)}")
        writing, path = p.find(span.province)
        many = Lines()
        if span.kind == "each":
            above, last = writing.open(path[:-1]), path[-1]
            many.append(f"{made} = {above}.setdefault({last!r}, [])")
            put = f"{made}.append({{}})"
        else:
            put = f"hang({writing.open(path)}, {code}[0], {{}})"
        inner = Lines([f"{there} = {n.pointer(span.national).down(('',)).code} + str({i})"])
        body = inner
        if span.kind == "pivot":
            assert span.codes is not None and span.key is not None
            table = self.names.constant(self.tables[span.codes])
            key = f"dig({var}, {span.key.segments!r})"
            at = Pointer(there).down(span.key.segments).code
            inner.append(f"{code} = code_out(S, {table}, {key}, {span.number}, {at}, True)")
            body = Lines([f"{here} = {p.pointer(span.province).down(('',)).code} + {code}[0]"])
            body.extend(self.traced(span.number, at, key, here, f"{code}[0]"))
        else:
            position = f"str(len({made}))"
            inner.append(f"{here} = {p.pointer(span.province).down(('',)).code} + {position}")
        out, scalar = self.names.fresh("o"), self.names.fresh("x")
        body += [f"{out} = {{}}", f"{scalar} = None"]
        element = Reading(var, body, Pointer(there), self.names)
        record = Writing(out, body, Pointer(here), self.names, scalar=scalar)
        self.nodes(span.nodes, body, n.into(element), p.into(record))
        record.close(body)
        body.nest(f"if {scalar} is not None:", [put.format(scalar)])
        body.nest(f"elif {out}:", [put.format(out)])
        if span.kind == "pivot":
            inner.nest(f"if {code} is not None:", body)
        many.nest(f"for {i}, {var} in enumerate({found}):", inner)
        if span.kind == "each":
            many.append(f"if not {made}: {above}.pop({last!r}, None)")
        lines.nest(f"if {found}:", many)

    # --- rules ------------------------------------------------------------------------------

    def leaf(self, leaf: Leaf, lines: Lines, n: At, p: At) -> None:
        rule = leaf.rule
        if not leaf.province or rule.ignore is not None:
            return
        if rule.has_const:
            self.write(leaf, lines, p, literal(rule.const), source="''", raw="None")
        elif rule.context is not None:
            value = self.names.fresh("v")
            lines.append(f"{value} = C.get({rule.context!r})")
            inner = Lines()
            self.inverted(leaf, inner, value, p, source=repr("context"), raw=value)
            lines.nest(f"if {something(value)}:", inner)
            lines.nest("else:", self.absent(leaf, p, p.pointer(leaf.province[0]).code))
        elif rule.split is not None:
            self.joined(leaf, lines, n, p)
        else:
            value = self.names.fresh("v")
            scope, segments = n.find(leaf.national[0])
            lines.append(f"{value} = {scope.value(segments)}")
            pointer = n.pointer(leaf.national[0]).code
            inner = Lines()
            if rule.many:
                self.many(leaf, inner, value, p, pointer=pointer)
            else:
                self.looked_up(leaf, inner, value, n, p, pointer=pointer)
            lines.nest(f"if {something(value)}:", inner)
            lines.nest("else:", self.absent(leaf, p, pointer))

    def absent(self, leaf: Leaf, p: At, pointer: str) -> Lines:
        lines = Lines()
        default = leaf.rule.default
        if default is not None and default.out is not None:
            writing, segments = p.find(leaf.province[0])
            lines.append(writing.write(segments, literal(default.out)))
        elif leaf.rule.needs("out"):
            lines.append(f"S.stop('mapping.missing', {pointer})")
        return lines

    def looked_up(
        self, leaf: Leaf, lines: Lines, value: str, n: At, p: At, *, pointer: str
    ) -> None:
        """List or item first, then the transforms backwards."""
        rule, result = leaf.rule, self.names.fresh("w")
        if rule.items:
            items = self.names.constant(self.items)
            lines.append(f"{result} = item_out(S, {items}, {value}, d, {leaf.number}, {pointer})")
        elif rule.codes is not None:
            table, must = self.names.constant(self.tables[rule.codes]), rule.needs("out")
            call = f"code_out(S, {table}, {value}, {leaf.number}, {pointer}, {must!r})"
            lines.append(f"{result} = {call}")
        else:
            self.inverted(leaf, lines, value, p, source=pointer, raw=value)
            return
        inner = Lines()
        if leaf.label is not None:
            # the label is written where its rule names it, after the code
            writing, segments = p.find(leaf.label)
            label = f"if {result}[1]: {writing.write(segments, f'{result}[1]')}"
        self.inverted(leaf, inner, f"{result}[0]", p, source=pointer, raw=value, looked_up=True)
        if leaf.label is not None:
            inner.append(label)
        lines.nest(f"if {result} is not None:", inner)

    def inverted(
        self,
        leaf: Leaf,
        lines: Lines,
        value: str,
        p: At,
        *,
        source: str,
        raw: str,
        looked_up: bool = False,
    ) -> None:
        if not leaf.transforms:
            self.write(leaf, lines, p, value, source=source, raw=raw, lineage=not looked_up)
            return
        now = self.names.fresh("w")
        after = Lines()
        self.write(leaf, after, p, now, source=source, raw=raw, lineage=not looked_up)
        lines.nest("try:", [f"{now} = {self.backwards(leaf, value, source)}"])
        lines.nest(_CANNOT, [f"S.stop('mapping.unwritable', {source})"])
        lines.nest("else:", after)

    def backwards(self, leaf: Leaf, value: str, pointer: str) -> str:
        for transform in reversed(leaf.transforms):
            if transform.merges:
                value = f"object_out(S, {self.names.constant(transform)}, {value}, {pointer})"
            else:
                value = f"{self.names.constant(transform.write)}({value})"
        return value

    def write(
        self,
        leaf: Leaf,
        lines: Lines,
        p: At,
        value: str,
        *,
        source: str,
        raw: str,
        lineage: bool = True,
    ) -> None:
        """Write to the one path, or split over several."""
        done = [f"A(({leaf.number}, -1))"] if lineage else []
        done += self.traced(leaf.number, source, raw, p.pointer(leaf.province[0]).code, value)
        if len(leaf.province) == 1:
            writing, segments = p.find(leaf.province[0])
            lines += [writing.write(segments, value), *done]
            return
        parts, count = self.names.fresh("y"), len(leaf.province)
        lines.append(f"{parts} = str({value}).split({leaf.rule.join!r}, {count - 1})")
        writes = []
        for i, path in enumerate(leaf.province):
            writing, segments = p.find(path)
            writes.append(writing.write(segments, f"{parts}[{i}]"))
        lines.nest(f"if len({parts}) == {count}:", [*writes, *done])
        lines.nest("else:", [f"S.stop('mapping.unwritable', {source})"])

    def joined(self, leaf: Leaf, lines: Lines, n: At, p: At) -> None:
        """Several national fields are one province text."""
        parts = []
        for path in leaf.national:
            scope, segments = n.find(path)
            parts.append(self.names.fresh("v"))
            lines.append(f"{parts[-1]} = {scope.value(segments)}")
        whole = self.names.fresh("v")
        pointer = n.pointer(leaf.national[0]).code
        inner = Lines([f"{whole} = {leaf.rule.split!r}.join([{', '.join(parts)}])"])
        self.inverted(leaf, inner, whole, p, source=pointer, raw=whole)
        present = " and ".join(f"{part}.__class__ is str and {part}" for part in parts)
        lines.nest(f"if {present}:", inner)
        lines.nest("else:", self.absent(leaf, p, pointer))

    def many(self, leaf: Leaf, lines: Lines, value: str, p: At, *, pointer: str) -> None:
        rule = leaf.rule
        made, one, result, now = (self.names.fresh(letter) for letter in "lvww")
        lines.append(f"{made} = []")
        inner, source = Lines(), one
        if rule.codes is not None:
            table, must = self.names.constant(self.tables[rule.codes]), rule.needs("out")
            call = f"code_out(S, {table}, {one}, {leaf.number}, {pointer}, {must!r})"
            inner.append(f"{result} = {call}")
            source = f"{result}[0]"
        good = Lines()
        if leaf.transforms:
            good.nest("try:", [f"{now} = {self.backwards(leaf, source, pointer)}"])
            good.nest(_CANNOT, [f"S.stop('mapping.unwritable', {pointer})"])
            good.nest("else:", [f"{made}.append({now})"])
        else:
            good.append(f"{made}.append({source})")
        if rule.codes is not None:
            inner.nest(f"if {result} is not None:", good)
        else:
            inner.extend([*good, f"A(({leaf.number}, -1))"])
        lines.nest(f"for {one} in {value}:", inner)
        writing, segments = p.find(leaf.province[0])
        whole = made
        if isinstance(rule.many, str):
            whole = f"{rule.many!r}.join([str(v) for v in {made}])"
        write = [writing.write(segments, whole)]
        write += self.traced(leaf.number, pointer, value, p.pointer(leaf.province[0]).code, whole)
        lines.nest(f"if {made}:", write)

    def traced(self, number: int, source: str, raw: str, target: str, value: str) -> list[str]:
        if not self.trace:
            return []
        return [f"S.trace({number}, S.lineage[-1][1], {source}, {raw}, {target}, {value})"]
