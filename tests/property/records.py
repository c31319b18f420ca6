"""
Records that a mapping's own rules describe, for Hypothesis.

For every rule that reads, a value the rule can read; every `each` a few elements; every pivot some
of its fields. Texts avoid the separators of the language and lower case (`upper` does not lead
back).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from mappings.nodes import KindPlan, Leaf, Node, Path, Span
from mappings.package import Package
from mappings.transforms import Transform

AS_OF = "2026-03-02"
CONTEXT = {
    "now": "2026-03-02T09:14:06+08:00",
    "environment": "test",
    "serial": "TB-20260302-530303-T00017-T.1",
    "case_number": "TB-20260302-530303-T00017-T",
    "receiving_number": "MN530303202603020017",
    "handling_number": "MN1504022026000231",
    "message_id": "MN-0001",
    "in_reply_to": "MN-0000",
    "simulation_mark": "模拟直连",
}
TEXTS = st.text(alphabet="模拟甲乙丙·①𠮷ABC129", min_size=1, max_size=6)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=8)))
_MOMENTS = st.integers(min_value=0, max_value=2**32).map(
    lambda seconds: (_EPOCH + timedelta(seconds=seconds)).isoformat()
)
_NATIONAL: dict[str, st.SearchStrategy[Any]] = {
    "date": st.just(AS_OF),
    "datetime": _MOMENTS,
    "rfc3339": _MOMENTS,
    "epoch_ms": _MOMENTS,
    "month": _MOMENTS.map(lambda text: text[:7]),
    "flag": st.booleans(),
    "fen_yuan": st.integers(min_value=0, max_value=10**9),
    "integer": st.integers(min_value=0, max_value=10**9),
    "material": st.integers(min_value=0, max_value=10**7).map(
        lambda size: {"digest": f"{size:064x}", "size": size}
    ),
}


def records(plan: KindPlan, package: Package) -> st.SearchStrategy[dict[str, Any]]:
    """Records of one kind."""

    @st.composite
    def build(draw: st.DrawFn) -> dict[str, Any]:
        maker = _Maker(draw, package)
        record: dict[str, Any] = {}
        maker.fill(plan.nodes, record, record, ())
        return record

    return build()


class _Maker:
    def __init__(self, draw: st.DrawFn, package: Package) -> None:
        self.draw, self.package = draw, package

    def fill(
        self,
        nodes: tuple[Node, ...],
        here: dict[str, Any],
        root: dict[str, Any],
        at: tuple[str, ...],
    ) -> None:
        for node in nodes:
            if not node.runs("in"):
                continue
            if isinstance(node, Leaf):
                self.leaf(node, here, root, at)
            elif isinstance(node, Span):
                self.span(node, here, root, at)

    def span(
        self, span: Span, here: dict[str, Any], root: dict[str, Any], at: tuple[str, ...]
    ) -> None:
        path = span.province or Path(())
        start, below = (root, path.segments) if path.root else (here, at + path.segments)
        if span.kind == "at" or span.inline:
            if span.kind == "at" or self.draw(st.booleans()):
                self.fill(span.nodes, start, root, below)
            return
        if span.kind == "pivot":
            codes = [row.province for row in self.rows(span.codes or "")]
            for code in self.draw(st.lists(st.sampled_from(codes), unique=True, max_size=3)):
                if elements := self.elements(span, root, most=1):
                    put(start, (*below, code), elements[0])
            return
        if elements := self.elements(span, root, most=3):
            put(start, below, elements)

    def elements(self, span: Span, root: dict[str, Any], *, most: int) -> list[Any]:
        made = []
        for _ in range(self.draw(st.integers(min_value=0, max_value=most))):
            element: dict[str, Any] = {}
            self.fill(span.nodes, element, root, ())
            value = element.get("", element)
            if value:
                made.append(value)
        return made

    def rows(self, name: str) -> list[Any]:
        return [row for row in self.package.tables[name].rows if row.holds(AS_OF)]

    # --- values -----------------------------------------------------------------------------

    def leaf(
        self, leaf: Leaf, here: dict[str, Any], root: dict[str, Any], at: tuple[str, ...]
    ) -> None:
        rule = leaf.rule
        if not leaf.province or rule.ignore is not None:
            return
        if rule.given:
            value = rule.const if rule.has_const else CONTEXT.get(rule.context or "")
            if leaf.transforms or value is None:
                return
            self.set(leaf.province[0], value, here, root, at)
            return
        # a place without its code is no place: where it has a name, it has a code
        must = rule.required or any(t.name == "place" for t in leaf.transforms)
        if not must and self.draw(st.integers(0, 3)) == 0:
            return
        value, label = self.value(leaf)
        if value is None:
            return
        if rule.join is not None:
            pieces = str(value).split(rule.join, len(leaf.province) - 1)
            for path, piece in zip(leaf.province, pieces, strict=False):
                self.set(path, piece, here, root, at)
            return
        self.set(leaf.province[0], value, here, root, at)
        if leaf.label is not None and label:
            self.set(leaf.label, label, here, root, at)

    def value(self, leaf: Leaf) -> tuple[Any, str]:
        rule = leaf.rule
        if rule.items:
            assert self.package.items is not None
            rows = [row for row in self.package.items.rows if row.holds(AS_OF)]
            chosen = self.draw(st.sampled_from(rows))
            return chosen.local_code, chosen.name
        if rule.many:
            size = self.draw(st.integers(min_value=1, max_value=3))
            values = [self.single(leaf)[0] for _ in range(size)]
            values = list(dict.fromkeys(v for v in values if v is not None))
            joined = rule.many.join(map(str, values)) if isinstance(rule.many, str) else values
            return joined or None, ""
        return self.single(leaf)

    def single(self, leaf: Leaf) -> tuple[Any, str]:
        rule = leaf.rule
        label = ""
        if rule.codes is not None:
            rows = [row for row in self.rows(rule.codes) if row.national]
            if rule.plain:  # an alias is written back as the first of its meaning
                table = self.package.tables[rule.codes]
                rows = [row for row in rows if table.outward(row.national, AS_OF) is row]
            if not rows:
                return None, ""
            row = self.draw(st.sampled_from(rows))
            value, label = row.province, row.label
        elif rule.split is not None:
            texts = [self.draw(TEXTS) for _ in leaf.national]
            value = rule.split.join(texts)
        elif leaf.transforms:
            value = self.draw(_national(leaf.transforms[-1]))
        elif leaf.national[0].segments[-1:] == ("digest",):
            value = f"{self.draw(st.integers(min_value=0, max_value=2**200)):064x}"
        elif leaf.national[0].segments[-1:] == ("size",):
            value = self.draw(st.integers(min_value=0, max_value=10**9))
        else:
            value = self.draw(TEXTS)
        for transform in reversed(leaf.transforms):
            value = transform.write(value)
        return value, label

    def set(
        self,
        path: Path,
        value: Any,
        here: dict[str, Any],
        root: dict[str, Any],
        at: tuple[str, ...],
    ) -> None:
        if path.root:
            put(root, path.segments, value)
        else:
            put(here, at + path.segments, value)


def put(record: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set a value that is not there yet; the empty path is the element itself."""
    for segment in path[:-1]:
        record = record.setdefault(segment, {})
    record.setdefault(path[-1] if path else "", value)


def _national(transform: Transform) -> st.SearchStrategy[Any]:
    if transform.name == "place":
        digits = transform.digits
        codes = st.from_regex(r"[1-9][0-9]{11}", fullmatch=True)
        return codes.map(lambda c: {"code": c[:digits].ljust(12, "0"), "county": c[:6]})
    return _NATIONAL.get(transform.name, TEXTS)
