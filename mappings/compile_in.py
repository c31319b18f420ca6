"""
A kind's plan -> source of its inward function: record -> national message.

Objects of the record are fetched once; objects of the message are built aside and hung in place at
the end if something was read into them.
"""

from __future__ import annotations

from mappings.building import PRESENT, Building
from mappings.emit import At, Lines, Pointer, Reading, test_code
from mappings.fields_in import FieldsIn
from mappings.nodes import Leaf, Node, Span, Test


class Inward(FieldsIn):
    def source(self) -> str:
        """The whole function, as text; `names.constants` are the objects it refers to."""
        body = Lines(["A = S.lineage.append", "n = {}"])
        record = Reading("r", body, Pointer(), self.names)
        message = Building("n", body, Pointer(), self.names)
        self.as_of(body)
        self.nodes(
            self.plan.nodes, body, At(record, (), record), At(message, (), message), position="0"
        )
        message.close(body)
        body.append("return n")
        whole = Lines()
        whole.nest("def run(r, C, S):", body)
        return "\n".join(whole) + "\n"

    # --- the as-of date ---------------------------------------------------------------------

    def as_of(self, lines: Lines) -> None:
        found = _dated(self.plan.nodes, ())
        if found is not None:
            leaf, prefix = found
            paths = [p.segments if p.root else prefix + p.segments for p in leaf.province]
            inner = Lines(f"v{i} = dig(r, {path!r})" for i, path in enumerate(paths))
            values = [f"v{i}" for i in range(len(paths))]
            joined = f"{leaf.rule.join!r}.join([{', '.join(values)}])" if values[1:] else values[0]
            for transform in leaf.transforms:
                joined = f"{self.names.constant(transform.read)}({joined})"
            inner.nest("try:", [f"if v0 not in NOTHING: S.as_of = str({joined})[:10]"])
            inner.nest("except (ValueError, TypeError):", ["pass"])
            lines.nest("if S.as_of is None:", inner)
        lines.append("if S.as_of is None: S.as_of = S.today")

    # --- blocks -----------------------------------------------------------------------------

    def nodes(self, nodes: tuple[Node, ...], lines: Lines, p: At, n: At, *, position: str) -> None:
        for node in nodes:
            if not node.runs("in"):
                continue
            inner = Lines()
            later: Lines = n.scope.later
            waiting = len(later)
            guard = self.guard(node.when, p, n)
            if isinstance(node, Leaf):
                self.leaf(node, inner, p, n, position=position)
            else:
                assert isinstance(node, Span)
                self.span(node, inner, p, n, position=position)
            lines.append(f"# rule {node.number}, line {node.line}")
            if not guard:
                lines.extend(inner)
                continue
            # kept, because what is built later must not change what was decided here
            holds = self.names.fresh("h")
            lines.append(f"{holds} = {guard}")
            lines.nest(f"if {holds}:", inner)
            guarded = list(later[waiting:])
            del later[waiting:]
            later.nest(f"if {holds}:", guarded)

    def guard(self, tests: tuple[Test, ...], p: At, n: At) -> str:
        parts = []
        for test in tests:
            if test.side == "province":
                scope, segments = p.find(test.path)
                parts.append(test_code(test, scope.value(segments), self.names))
            else:
                building, path = n.find(test.path)
                parts.append(test_code(test, building.look(path), self.names))
        return " and ".join(parts)

    def span(self, span: Span, lines: Lines, p: At, n: At, *, position: str) -> None:
        if span.kind == "pivot":
            self.pivot(span, lines, p, n)
        elif span.kind == "each" and not span.inline:
            self.each(span, lines, p, n)
        elif span.national is None or not span.national.segments:
            self.nodes(span.nodes, lines, p.down(span.province), n, position=position)
        else:
            self.object(span, lines, p.down(span.province), n, position=position)

    def object(self, span: Span, lines: Lines, p: At, n: At, *, position: str) -> None:
        """One national object of its own: `at`, or an inline `each` (then the one of a list)."""
        assert span.national is not None
        listed = span.kind == "each"
        pointer = n.pointer(span.national).down(("0",) if listed else ())
        inner, building = self.begin(pointer)
        self.nodes(span.nodes, inner, p, n.into(building), position="0" if listed else position)
        scope, segments = n.find(span.national)
        if listed:
            above, last = scope.open(segments[:-1]), segments[-1]
            end = [f"{above}.setdefault({last!r}, []).append({building.var})"]
        else:
            end = scope.join(segments, building.var)
        self.end(inner, building, [*end, *self.raised(scope)])
        lines.extend(inner)

    def each(self, span: Span, lines: Lines, p: At, n: At) -> None:
        assert span.province is not None and span.national is not None
        scope, segments = p.find(span.province)
        found = self.names.fresh("q")
        lines.append(f"{found} = {scope.value(segments)}")
        inner = Lines()
        if span.when:
            inner.append(f"S.used.add({p.pointer(span.province).code})")
        self.elements(span, inner, found, p, n, source=p.pointer(span.province))
        lines.nest(f"if {PRESENT.format(found)}:", inner)

    def pivot(self, span: Span, lines: Lines, p: At, n: At) -> None:
        assert span.province is not None and span.codes is not None and span.key is not None
        table = self.tables[span.codes]
        scope, segments = p.find(span.province)
        holder = scope.fetch(segments)
        key, found, source = (self.names.fresh(letter) for letter in "kqs")
        inner = Lines([f"{source} = {p.pointer(span.province).down(('',)).code} + {key}"])
        if span.when:
            inner.append(f"S.used.add({source})")
        self.elements(span, inner, found, p, n, source=Pointer(source), key=key)
        loop = Lines()
        known = self.names.constant(frozenset(table.by_province))
        loop.nest(f"if {key} in {known} and {PRESENT.format(found)}:", inner)
        lines.nest(f"for {key}, {found} in {holder}.items():", loop)

    def elements(
        self,
        span: Span,
        lines: Lines,
        found: str,
        p: At,
        n: At,
        *,
        source: Pointer,
        key: str | None = None,
    ) -> None:
        """Each element of a list (or the one that stands alone) becomes a national element."""
        assert span.national is not None
        scope, segments = n.find(span.national)
        above = scope.open(segments[:-1])
        made, start, i, raw, here, there = (self.names.fresh(letter) for letter in "lzijst")
        lines.append(f"if {found}.__class__ is not list: {found} = [{found}]")
        lines.append(f"{made} = []")
        lines.append(f"{start} = len({above}.get({segments[-1]!r}, ()))")
        inner, building = self.begin(Pointer(there))
        var = self.names.fresh("e")
        inner[:0] = [
            f"{here} = {source.down(('',)).code} + str({i})",
            f"{there} = {n.pointer(span.national).down(('',)).code} + str({start} + len({made}))",
            f"{var} = {raw} if {raw}.__class__ is dict else EMPTY",
        ]
        reading = Reading(var, inner, Pointer(here), self.names, raw=raw)
        self.nodes(span.nodes, inner, p.into(reading), n.into(building), position=i)
        if key is not None:
            self.pivoted(span, building, key, source=reading.pointer.code)
        self.end(inner, building, [f"{made}.append({building.var})"])
        lines.nest(f"for {i}, {raw} in enumerate({found}):", inner)
        done = [f"{above}.setdefault({segments[-1]!r}, []).extend({made})", *self.raised(scope)]
        lines.nest(f"if {made}:", done)

    def pivoted(self, span: Span, building: Building, key: str, *, source: str) -> None:
        """The coded value a pivot's field name stands for, once there is an element to carry it."""
        assert span.key is not None and span.codes is not None
        code, table = self.names.fresh("c"), self.names.constant(self.tables[span.codes])
        pointer = building.pointer.down(span.key.segments).code
        building.later.append(f"{code} = code_in(S, {table}, {key}, {span.number}, {pointer}, '')")
        building.later.append(building.write(span.key.segments, code))
        building.later.extend(self.traced(span.number, source, key, pointer, code))

    def begin(self, pointer: Pointer) -> tuple[Lines, Building]:
        inner = Lines()
        var, flag = self.names.fresh("n"), self.names.fresh("g")
        inner += [f"{var} = {{}}", f"{flag} = False"]
        return inner, Building(var, inner, pointer, self.names, flag=flag)

    def end(self, inner: Lines, building: Building, then: list[str]) -> None:
        last = Lines(building.later)
        building.close(last)
        inner.nest(f"if {building.flag}:", [*last, *then])


def _dated(nodes: tuple[Node, ...], prefix: tuple[str, ...]) -> tuple[Leaf, tuple[str, ...]] | None:
    for node in nodes:
        if isinstance(node, Leaf) and node.rule.as_of and node.runs("in"):
            return node, prefix
        if isinstance(node, Span) and node.kind == "at":
            path = node.province
            below = (
                prefix if path is None else path.segments if path.root else prefix + path.segments
            )
            if found := _dated(node.nodes, below):
                return found
    return None
