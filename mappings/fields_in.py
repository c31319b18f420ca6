"""
Source of one inward field rule: read, check, transform, look up, write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.building import PRESENT, Building
from mappings.codes import CodeTable, ItemTable
from mappings.emit import At, Lines, Names, literal
from mappings.nodes import KindPlan, Leaf


class FieldsIn:
    """Emits one rule; `compile_in` puts the blocks around."""

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

    def traced(self, number: int, source: str, raw: str, pointer: str, result: str) -> list[str]:
        if not self.trace:
            return []
        return [f"S.trace({number}, S.lineage[-1][1], {source}, {raw}, {pointer}, {result})"]

    def raised(self, building: Building) -> list[str]:
        return [f"{building.flag} = True"] if building.flag else []

    def leaf(self, leaf: Leaf, lines: Lines, p: At, n: At, *, position: str) -> None:
        rule = leaf.rule
        if rule.ignore is not None:
            if leaf.when:
                lines.append(f"S.used.add({p.pointer(leaf.province[0]).code})")
        elif (rule.given or rule.index is not None) and leaf.national:
            self.given(leaf, lines, n, position=position)
        elif rule.given:
            self.expected(leaf, lines, p)
        else:
            self.both(leaf, lines, p, n)

    def given(self, leaf: Leaf, lines: Lines, n: At, *, position: str) -> None:
        """const, context or index: set, whatever the source says."""
        building, segments = n.find(leaf.national[0])
        out = building.later if building.flag else lines
        value = self.names.fresh("v")
        done = [building.write(segments, value), f"A(({leaf.number}, -1))"]
        done += self.traced(leaf.number, "''", "None", n.pointer(leaf.national[0]).code, value)
        if leaf.rule.context is not None:
            out.append(f"{value} = C.get({leaf.rule.context!r})")
            out.nest(f"if {value} not in NOTHING:", done)
            return
        index = f"{leaf.rule.index!r} + str({position} + 1)"
        out.append(f"{value} = {literal(leaf.rule.const) if leaf.rule.index is None else index}")
        out.extend(done)

    def expected(self, leaf: Leaf, lines: Lines, p: At) -> None:
        """A value we would have written ourselves: consumed if it is that, else kept."""
        scope, segments = p.find(leaf.province[0])
        rule = leaf.rule
        value = self.names.fresh("v")
        wanted = literal(rule.const) if rule.has_const else f"C.get({rule.context!r})"
        pointer = p.pointer(leaf.province[0]).code
        lines.append(f"{value} = {scope.value(segments)}")
        inner = [f"S.keep({pointer}, {value})"]
        lines.nest(f"if {PRESENT.format(value)} and {value} != {wanted}:", inner)
        if leaf.when:
            lines.append(f"S.used.add({pointer})")

    def both(self, leaf: Leaf, lines: Lines, p: At, n: At) -> None:
        building = n.find(leaf.national[0])[0]
        pointer = n.pointer(leaf.national[0]).code
        source = p.pointer(leaf.province[0]).code
        value, present, kept = self.read(leaf, lines, p)
        touched = (*leaf.province, leaf.label) if leaf.when else ()
        inner = Lines(f"S.used.add({p.pointer(path).code})" for path in touched if path)
        raw = bool(leaf.transforms) and leaf.transforms[0].raw
        if leaf.rule.many:
            self.many(leaf, inner, value, n, source=source, pointer=pointer)
        elif raw or len(leaf.province) > 1:
            self.convert(leaf, inner, value, p, n, kept=kept, pointer=pointer)
        else:
            good = Lines()
            self.convert(leaf, good, value, p, n, kept=kept, pointer=pointer)
            odd = [f"S.odd({source}, {value}, {pointer})"]
            inner.nest(f"if {value}.__class__ in COMPOUND:", odd)
            inner.nest("else:", good)
        lines.nest(f"if {present}:", inner)
        absent = self.absent(leaf, n, pointer)
        if building.flag:
            building.later.nest(f"if not ({present}):", absent)
        else:
            lines.nest("else:", absent)
        if leaf.label is not None:
            self.lone_label(leaf, lines, p, n)

    def lone_label(self, leaf: Leaf, lines: Lines, p: At, n: At) -> None:
        """A label whose code led to nothing, or that is no text, stays as it is."""
        assert leaf.label is not None
        scope, path = p.find(leaf.label)
        building, segments = n.find(leaf.national[0])
        above, last = building.open(segments[:-1]), segments[-1]
        unused = f"not {building.open(segments)}" if leaf.rule.items else f"{last!r} not in {above}"
        lone = self.names.fresh("v")
        lines.append(f"{lone} = {scope.value(path)}")
        test = f"{lone} not in NOTHING and ({lone}.__class__ is not str or {unused})"
        lines.nest(f"if {test}:", [f"S.keep({p.pointer(leaf.label).code}, {lone})"])

    def read(self, leaf: Leaf, lines: Lines, p: At) -> tuple[str, str, str]:
        """Fetch the source value: its variable, the test for its presence, what to keep of it."""
        parts = []
        for path in leaf.province:
            scope, segments = p.find(path)
            parts.append(self.names.fresh("v"))
            lines.append(f"{parts[-1]} = {scope.value(segments)}")
        if len(parts) == 1:
            source = p.pointer(leaf.province[0]).code
            return parts[0], PRESENT.format(parts[0]), f"{{{source}: {parts[0]}}}"
        value = self.names.fresh("v")
        lines.append(f"{value} = None")
        whole = " and ".join(f"{part}.__class__ is str and {part}" for part in parts)
        lines.nest(f"if {whole}:", [f"{value} = {leaf.rule.join!r}.join([{', '.join(parts)}])"])
        # one half of a value means nothing by itself: it stays as it is
        halves = Lines()
        for part, path in zip(parts, leaf.province, strict=True):
            keep = [f"S.keep({p.pointer(path).code}, {part})"]
            halves.nest(f"if {part} not in NOTHING:", keep)
        lines.nest("else:", halves)
        pairs = zip(leaf.province, parts, strict=True)
        kept = ", ".join(f"{p.pointer(path).code}: {part}" for path, part in pairs)
        return value, f"{value} is not None", f"{{{kept}}}"

    def absent(self, leaf: Leaf, n: At, pointer: str) -> Lines:
        lines = Lines()
        default = leaf.rule.default
        if default is not None and default.in_ is not None:
            building, segments = n.find(leaf.national[0])
            lines.append(building.write(segments, literal(default.in_)))
        elif leaf.rule.needs("in"):
            lines.append(f"S.find('mapping.missing', {pointer})")
        return lines

    def convert(
        self, leaf: Leaf, lines: Lines, value: str, p: At, n: At, *, kept: str, pointer: str
    ) -> None:
        """Transforms, then list or item, then the write."""
        source = p.pointer(leaf.province[0]).code
        rule, building = leaf.rule, n.find(leaf.national[0])[0]
        segments = n.find(leaf.national[0])[1]
        done = self.done(leaf, building, value, source=source, pointer=pointer)
        after = Lines()
        now = self.names.fresh("w") if leaf.transforms else value
        label = "''"
        if leaf.label is not None:
            scope, path = p.find(leaf.label)
            label = scope.value(path)
        result = self.names.fresh("w")
        if rule.codes is not None and rule.plain:
            table = self.names.constant(self.tables[rule.codes])
            call = f"(S, {table}, {now}, {leaf.number}, {pointer}, {source}, {value})"
            after.append(f"{result} = plain_in{call}")
            write = [building.write(segments, result), *done(result)]
            after.nest(f"if {result} is not None:", write)
        elif rule.codes is not None:
            table = self.names.constant(self.tables[rule.codes])
            after.append(
                f"{result} = code_in(S, {table}, {now}, {leaf.number}, {pointer}, {label})"
            )
            after += [building.write(segments, result), *done(result)]
        elif rule.items:
            items = self.names.constant(self.items)
            after.append(
                f"{result} = item_in(S, {items}, {now}, {leaf.number}, {pointer}, {label})"
            )
            after += [*building.join(segments, result), *done(result)]
        elif leaf.merges:
            after += [*building.join(segments, now), f"A(({leaf.number}, -1))", *done(now)]
        elif rule.split is not None:
            self.split(leaf, after, now, n, done=done(now), kept=kept, pointer=pointer)
        else:
            write_line = building.write(segments, now)
            after += [write_line, f"A(({leaf.number}, -1))", *done(now)]
        self.transformed(leaf, lines, value, now, after, kept=kept, pointer=pointer)

    def transformed(
        self,
        leaf: Leaf,
        lines: Lines,
        value: str,
        now: str,
        after: Lines,
        *,
        kept: str,
        pointer: str,
    ) -> None:
        """Run the transforms; what they cannot read is kept and found."""
        if not leaf.transforms:
            lines.extend(after)
            return
        expression = value
        for transform in leaf.transforms:
            if transform.merges:
                expression = f"object_in(S, {self.names.constant(transform)}, {expression})"
            else:
                expression = f"{self.names.constant(transform.read)}({expression})"
        lines.nest("try:", [f"{now} = {expression}"])
        lines.nest("except ValueError as x:", [f"S.unread(x, {kept}, {pointer})"])
        lines.nest("else:", after)

    def split(
        self,
        leaf: Leaf,
        lines: Lines,
        now: str,
        n: At,
        *,
        done: list[str],
        kept: str,
        pointer: str,
    ) -> None:
        parts = self.names.fresh("y")
        count = len(leaf.national)
        lines.append(f"{parts} = str({now}).split({leaf.rule.split!r}, {count - 1})")
        writes = []
        for i, path in enumerate(leaf.national):
            building, segments = n.find(path)
            writes.append(building.write(segments, f"{parts}[{i}]"))
        writes += [f"A(({leaf.number}, -1))", *done]
        lines.nest(f"if len({parts}) == {count} and '' not in {parts}:", writes)
        lines.nest("else:", [f"S.unread(ValueError(), {kept}, {pointer})"])

    def many(
        self, leaf: Leaf, lines: Lines, value: str, n: At, *, source: str, pointer: str
    ) -> None:
        """A list of plain or coded values, standing as a list or joined in one text."""
        building, segments = n.find(leaf.national[0])
        whole, made, one, result = (self.names.fresh(letter) for letter in "qlvw")
        lines.append(f"{whole} = {value}")
        if isinstance(leaf.rule.many, str):
            separator = leaf.rule.many
            lines.append(f"if {whole}.__class__ is str: {whole} = {whole}.split({separator!r})")
        lines.append(f"if {whole}.__class__ is not list: {whole} = [{whole}]")
        lines.append(f"{made} = []")
        after, now = Lines(), self.names.fresh("w") if leaf.transforms else one
        if leaf.rule.codes is not None:
            table = self.names.constant(self.tables[leaf.rule.codes])
            call = f"(S, {table}, {now}, {leaf.number}, {pointer}, "
            if leaf.rule.plain:
                after.append(f"{result} = plain_in{call}{source}, {value})")
                after.append(f"if {result} is not None: {made}.append({result})")
            else:
                after.append(f"{made}.append(code_in{call}''))")
        else:
            after += [f"{made}.append({now})", f"A(({leaf.number}, -1))"]
        inner, good = Lines(), Lines()
        # one bad entry keeps the whole value: its place in the list is part of it
        kept = f"{{{source}: {value}}}"
        self.transformed(leaf, good, one, now, after, kept=kept, pointer=pointer)
        inner.nest(f"if {one}.__class__ in COMPOUND:", [f"S.odd({source}, {value}, {pointer})"])
        inner.nest(f"elif {PRESENT.format(one)}:", good)
        lines.nest(f"for {one} in {whole}:", inner)
        write = [building.write(segments, made)]
        write += self.done(leaf, building, value, source=source, pointer=pointer)(made)
        lines.nest(f"if {made} and {source} not in S.kept:", write)

    def done(self, leaf: Leaf, building: Building, value: str, *, source: str, pointer: str) -> Any:
        """What follows a write: the object exists, and a trace if one is wanted."""

        def then(result: str) -> list[str]:
            traced = self.traced(leaf.number, source, value, pointer, result)
            return [*self.raised(building), *traced]

        return then
