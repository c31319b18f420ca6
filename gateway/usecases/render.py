"""
From a national message to what a destination is sent: from_national, encode, sealed rows.

A destination that cannot carry the message gets a dead letter with the findings; the sender's case
stands all the same. Only of an application intake makes a refusal: its window can still change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.adapter import BytePlan
from contracts.errors import Finding, Unrenderable
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.core.case import MAIN, Case
from gateway.ports import CaseKey, DeliveryRow, DeliveryState, Gateway, StepRow, System
from gateway.usecases.sealed import seal_record, seal_step
from gateway.usecases.times import national, stamp

OVERTAKING = frozenset({"withdrawal", "transfer", "correction"})
"""Kinds that pass a parked delivery of their order key (national format v1, section 5)."""
NO_CONNECTION = "destination has no connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Of which case, under which serial, a message goes to which system."""

    case: Case
    key: CaseKey
    destination: str
    serial: str
    trace_id: str

    def part_of(self, document: Mapping[str, Any]) -> str:
        """
        The part whose order a message keeps at its destination: the one it names, if it is theirs.

        A body with one part gets the application and all that follows in one order, whoever's part
        a message speaks of.
        """
        named = document.get("part_id")
        own = [one.part_id for one in self.case.parts if one.system == self.destination]
        if own:
            return str(named) if named in own else own[0]
        return str(named or MAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    delivery: DeliveryRow
    steps: tuple[StepRow, ...] = ()
    plan: BytePlan | None = None
    """payload of the first step, if it is known already"""
    message_id: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    leaves: tuple[Leaf, ...] = ()


def render(
    document: Mapping[str, Any], address: Address, *, target: System, gw: Gateway
) -> Rendered:
    """Make the delivery of one message to one system; a dead letter where that cannot carry it."""
    kind, package = str(document["kind"]), target.translator.package
    try:
        translated = target.translator.from_national(
            kind,
            document,
            context=_context(document, address, target=target, gw=gw),
            as_of=address.case.as_of_date,
        )
        encoded = target.adapter.encode(kind, translated.document)
        steps = tuple(
            seal_step(step, serial=address.serial, index=index, key=address.key)
            for index, step in enumerate(encoded)
        )
    except Unrenderable as error:
        findings = error.findings or (_unrenderable(error),)
        rules = ", ".join(sorted({finding.rule for finding in findings}))
        reason = f"unrenderable: {rules}"[:200]
        return _dead(document, address, reason, findings=findings, package=package, gw=gw)
    # Needed again only by a step that waits for answers, or where data are fetched by number.
    kept = bool(target.prescribed_for) or any(one.plan is None for one in encoded)
    delivery = _delivery(
        document,
        address,
        record=translated.document if kept else None,
        state="mailbox" if target.adapter.capabilities().mailbox else "pending",
        package=package,
        gw=gw,
    )
    return Rendered(
        delivery=delivery,
        steps=steps,
        plan=encoded[0].plan if encoded else None,
        message_id=str(document["message_id"]),
        record=translated.document,
        findings=translated.findings,
    )


def stranded(document: Mapping[str, Any], address: Address, *, gw: Gateway) -> Rendered:
    """The dead letter of a message to a system that has no connection; rendered once it has."""
    return _dead(document, address, NO_CONNECTION, findings=(), package=None, gw=gw)


def _delivery(
    document: Mapping[str, Any],
    address: Address,
    *,
    record: Mapping[str, Any] | None,
    state: DeliveryState,
    package: str | None,
    gw: Gateway,
    reason: str | None = None,
) -> DeliveryRow:
    kind, arrival, now = str(document["kind"]), int(document["arrival"]), gw.clock.now()
    number, part = address.case.number, address.part_of(document)
    return DeliveryRow(
        serial=address.serial,
        case_number=number,
        key_id=address.key.key_id,
        order_key=f"{number}/{part}/{address.destination}",
        position=arrival,
        overtakes=kind in OVERTAKING,
        destination=address.destination,
        environment=gw.environment,
        kind=kind,
        arrival=arrival,
        package=package,
        state=state,
        next_at=now,
        created_at=now,
        sealed_record=b""
        if record is None
        else seal_record(record, serial=address.serial, key=address.key),
        reason=reason,
        trace_id=address.trace_id,
    )


def _dead(
    document: Mapping[str, Any],
    address: Address,
    reason: str,
    *,
    findings: tuple[Finding, ...],
    package: str | None,
    gw: Gateway,
) -> Rendered:
    row = _delivery(
        document, address, record=None, state="dead", package=package, reason=reason, gw=gw
    )
    leaf = Leaf(
        event="delivery.dead",
        at=stamp(row.created_at),
        actor=GATEWAY,
        environment=row.environment,
        case_number=row.case_number,
        kind=row.kind,
        peer=row.destination,
        serial=row.serial,
        reason=reason,
        mapping=package,
        trace_id=row.trace_id,
    )
    return Rendered(delivery=row, findings=findings, leaves=(leaf,))


def _unrenderable(error: Unrenderable) -> Finding:
    """An error that names no place in the document still says what is wrong."""
    return Finding(
        rule=error.code,
        level="reject",
        message=error.detail_zh,
        message_en=error.detail_en,
    )


def _context(
    document: Mapping[str, Any], address: Address, *, target: System, gw: Gateway
) -> dict[str, Any]:
    case = address.case
    context = {
        "system": target.system,
        "environment": case.environment,
        "now": national(gw.clock.now()),
        "serial": address.serial,
        "case_number": case.number,
        "receiving_number": case.numbers.get("receiving"),
        "handling_number": case.own_numbers.get(address.destination)
        or case.numbers.get("handling"),
        "message_id": document["message_id"],
        "in_reply_to": document.get("in_reply_to"),
        "simulation_mark": target.simulation_mark,
    }
    return {name: value for name, value in context.items() if value is not None}


__all__ = ["NO_CONNECTION", "Address", "Rendered", "render", "stranded"]
