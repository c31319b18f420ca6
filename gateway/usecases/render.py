"""
From a national message to what a destination is sent: from_national, encode, sealed rows.

A destination that cannot carry the message gets a dead letter with the findings; the sender's case
stands all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.errors import Finding, Unrenderable
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.core.case import MAIN, Case
from gateway.ports import CaseKey, DeliveryRow, DeliveryState, Gateway, StepRow, System
from gateway.usecases.sealed import seal_record, seal_step
from gateway.usecases.times import national, stamp

OVERTAKING = frozenset({"withdrawal", "transfer", "correction"})
"""Kinds that pass a parked delivery of their order key (national format v1, section 5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    delivery: DeliveryRow
    steps: tuple[StepRow, ...]
    record: dict[str, Any]
    findings: tuple[Finding, ...]
    leaves: tuple[Leaf, ...] = ()


def render(
    document: Mapping[str, Any],
    *,
    case: Case,
    key: CaseKey,
    target: System,
    serial: str,
    trace_id: str,
    gw: Gateway,
) -> Rendered:
    """Make the delivery of one message to one system."""
    kind, arrival, now = str(document["kind"]), int(document["arrival"]), gw.clock.now()
    record: dict[str, Any] = {}
    findings: tuple[Finding, ...] = ()
    steps: tuple[StepRow, ...] = ()
    state: DeliveryState = "mailbox" if target.adapter.capabilities().mailbox else "pending"
    reason = None
    leaves: tuple[Leaf, ...] = ()
    try:
        translated = target.translator.from_national(
            kind,
            document,
            context=_context(document, case=case, target=target, serial=serial, now=now),
            as_of=case.as_of_date,
        )
        record, findings = translated.document, translated.findings
        steps = tuple(
            seal_step(step, serial=serial, index=index, key=key)
            for index, step in enumerate(target.adapter.encode(kind, record))
        )
    except Unrenderable as error:
        findings = error.findings
        rules = ", ".join(sorted({finding.rule for finding in findings})) or error.code
        state, reason = "dead", f"unrenderable: {rules}"[:200]
        leaves = (_dead(serial, reason, kind=kind, case=case, target=target, now=now),)
    part = str(document.get("part_id", MAIN))
    delivery = DeliveryRow(
        serial=serial,
        case_number=case.number,
        key_id=key.key_id,
        order_key=f"{case.number}/{part}/{target.system}",
        position=arrival,
        overtakes=kind in OVERTAKING,
        destination=target.system,
        environment=gw.environment,
        kind=kind,
        arrival=arrival,
        package=target.translator.package,
        state=state,
        next_at=now,
        created_at=now,
        sealed_record=seal_record(record, serial=serial, key=key),
        reason=reason,
        trace_id=trace_id,
    )
    return Rendered(delivery=delivery, steps=steps, record=record, findings=findings, leaves=leaves)


def _context(
    document: Mapping[str, Any], *, case: Case, target: System, serial: str, now: datetime
) -> dict[str, Any]:
    context = {
        "system": target.system,
        "environment": case.environment,
        "now": national(now),
        "serial": serial,
        "case_number": case.number,
        "receiving_number": case.numbers.get("receiving"),
        "handling_number": case.numbers.get("handling"),
        "message_id": document["message_id"],
        "in_reply_to": document.get("in_reply_to"),
        "simulation_mark": target.simulation_mark,
    }
    return {name: value for name, value in context.items() if value is not None}


def _dead(
    serial: str, reason: str, *, kind: str, case: Case, target: System, now: datetime
) -> Leaf:
    return Leaf(
        event="delivery.dead",
        at=stamp(now),
        actor=GATEWAY,
        environment=case.environment,
        case_number=case.number,
        kind=kind,
        peer=target.system,
        serial=serial,
        reason=reason,
        mapping=target.translator.package,
    )


__all__ = ["Rendered", "render"]
