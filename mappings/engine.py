"""
A loaded mapping: one generated function per kind and direction. Pure; implements
`contracts.adapter.Translator`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from contracts.adapter import Record, Translation
from contracts.errors import Finding, InvalidDocument, Unrenderable
from contracts.form import FIRST_FORM
from mappings import emit
from mappings.compile_in import Inward
from mappings.compile_out import Outward
from mappings.known import known_fields
from mappings.nodes import KindPlan, Leaf
from mappings.package import Package
from mappings.rules import Direction
from mappings.runtime import Run, Trace, put_back, sweep

_FORM_ID = frozenset({"form_id", "body.form.form_id"})
Generated = Callable[[Mapping[str, Any], Mapping[str, Any], Run], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Compiled:
    function: Generated
    source: str
    known: Mapping[Any, Any] = field(default_factory=dict)


class CompiledMapping:
    """
    A compiled mapping of one province.

    `package` is "<code>@<version>", `package_digest` the SHA-256 of the folder.
    """

    def __init__(self, package: Package) -> None:
        self.package = package.name
        self.package_digest = package.digest
        self.system = package.document.system
        self.packaged = package
        self._forms = _forms(package)
        self._compiled = {
            (kind, direction): compile_kind(package, plan, direction)
            for kind, plan in package.plans.items()
            for direction in _directions(plan)
        }

    def kinds(self, direction: Direction) -> tuple[str, ...]:
        """Message kinds this mapping carries that way."""
        return tuple(kind for kind, way in self._compiled if way == direction)

    def source(self, kind: str, direction: Direction) -> str:
        """The generated Python of one kind and direction, to read."""
        return self._compiled[kind, direction].source

    def to_national(
        self, kind: str, record: Record, *, context: Mapping[str, Any], as_of: date | None
    ) -> Translation:
        """
        Read a province's record.

        Look-ups are as of `as_of`, else the rule marked `as_of`, else the date of context `now`.

        Raises:
            InvalidDocument: this mapping does not read that kind.
        """
        compiled = self._compiled.get((kind, "in"))
        if compiled is None:
            raise InvalidDocument(findings=[_no_such_kind(kind)])
        return run_in(compiled, record, self.start(context, as_of, trace=None))

    def from_national(
        self, kind: str, document: Mapping[str, Any], *, context: Mapping[str, Any], as_of: date
    ) -> Translation:
        """
        Write a national message (JSON form) as the province's record.

        Raises:
            Unrenderable: the kind, a required field, the item or a material cannot be carried;
                all findings at once.
        """
        compiled = self._compiled.get((kind, "out"))
        if compiled is None:
            raise Unrenderable(findings=[_no_such_kind(kind)])
        done = run_out(compiled, document, self.start(context, as_of, trace=None))
        form = document["body"].get("form") if kind == "application" else None
        form_id = form.get("form_id") if form else None
        if form_id is None or self._forms is None or form_id in self._forms:
            return done
        return replace(done, findings=(*done.findings, _form_lost(form_id)))

    def start(self, context: Mapping[str, Any], as_of: date | None, *, trace: Trace | None) -> Run:
        """The state of one translation."""
        now = context.get("now")
        return Run(
            system=context.get("system") or self.system,
            as_of=as_of.isoformat() if as_of else None,
            today=now[:10] if isinstance(now, str) else None,
            context=context,
            trace=trace,
        )


def _forms(package: Package) -> frozenset[str] | None:
    """
    Ids of the forms whose fields the application's rules carry; None: any, as the rules say.

    Rules that set no form_id were written for the subsidies, whose form was the first.
    """
    plan = package.plans.get("application")
    rules = [node.rule for node in plan.walk() if isinstance(node, Leaf)] if plan else []
    if any(rule.national in ("body.form", "form", "body.form.values", "values") for rule in rules):
        return None
    named = [rule for rule in rules if rule.national in _FORM_ID]
    if not all(rule.has_const for rule in named):
        return None
    return frozenset(str(rule.const) for rule in named) or frozenset({FIRST_FORM})


def _form_lost(form_id: str) -> Finding:
    return Finding(
        "form.not_carried",
        "warn",
        f"办理地接口没有申请表 {form_id} 的字段,其内容未写入该方报文,保留在办件中;请另行告知",
        "/body/form",
        f"the destination has no fields for the form {form_id}: what it says stays in the case and "
        "is not written out; tell them another way, or map it",
    )


def compile_kind(
    package: Package, plan: KindPlan, direction: Direction, *, trace: bool = False
) -> Compiled:
    """Generate and build one function; with `trace` every rule that fires is told to the run."""
    title = f"{package.name} {plan.kind} {direction}"
    if direction == "in":
        inward = Inward(plan, tables=package.tables, items=package.items, trace=trace)
        source = inward.source()
        function = emit.build(source, inward.names.constants, title)
        return Compiled(function, source, known_fields(plan, package.tables))
    outward = Outward(plan, tables=package.tables, items=package.items, trace=trace)
    source = outward.source()
    return Compiled(emit.build(source, outward.names.constants, title), source)


def run_in(compiled: Compiled, record: Record, run: Run) -> Translation:
    document = compiled.function(record, run.context, run)
    sweep(run, record, compiled.known, "")
    if run.kept:
        document["extensions"] = {run.system: run.kept}
        count = len(run.kept)
        run.findings.append(
            Finding(
                "mapping.unmapped",
                "info",
                f"{count} 个来源字段无国家字段,已保留",
                f"/extensions/{run.system}",
                f"{count} source fields have no national field and are kept",
            )
        )
    return Translation(document, tuple(run.findings), tuple(run.lineage))


def run_out(compiled: Compiled, document: Mapping[str, Any], run: Run) -> Translation:
    record = compiled.function(document, run.context, run)
    if run.stopped:
        raise Unrenderable(findings=run.findings)
    kept = (document.get("extensions") or {}).get(run.system)
    if kept:
        put_back(record, kept)
    return Translation(record, tuple(run.findings), tuple(run.lineage))


def _directions(plan: KindPlan) -> tuple[Direction, ...]:
    return (plan.direction,) if plan.direction else ("in", "out")


def _no_such_kind(kind: str) -> Finding:
    return Finding(
        "mapping.kind",
        "reject",
        "对方的映射没有这一消息种类",
        "/kind",
        f"the mapping does not carry {kind}" if kind.isidentifier() else None,
    )
