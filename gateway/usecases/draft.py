"""
From what came in to a checked national message: decode is done, meaning begins.

A native document is checked as its sender wrote it. A dialect record goes through the province's
mapping first; what the mapping found travels on as findings of the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.adapter import InboundDocument, InlineMaterial
from contracts.errors import Finding
from contracts.message import Message, check
from gateway.ports import Gateway, System
from gateway.usecases.stand import Standing, role_for
from gateway.usecases.times import national

FORMAT_VERSION = "1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that fits the format, before the case has taken it in."""

    kind: str
    message: Message
    document: dict[str, Any]
    """As its sender may write it, JSON form; gateway fields are set on entering."""
    raw: bytes
    charset_rule: str = "utf-8"
    lineage: tuple[tuple[int, int], ...] = ()
    package: str | None = None
    package_digest: str | None = None
    findings: tuple[Finding, ...] = ()
    inline: tuple[InlineMaterial, ...] = ()
    bundle_number: str | None = None


def read_native(document: dict[str, Any], *, raw: bytes, sender: System) -> Draft:
    """
    Check a national document as its sender wrote it.

    Raises:
        InvalidDocument: with everything that is wrong.
    """
    if sender.simulation_mark:
        document.setdefault("simulation_mark", sender.simulation_mark)
    message, cautions = check(document, from_sender=True)
    return Draft(
        kind=message.kind,
        message=message,
        document=document,
        raw=raw,
        findings=cautions,
    )


def read_foreign(
    foreign: InboundDocument, *, sender: System, standing: Standing | None, gw: Gateway
) -> Draft:
    """
    Translate a dialect record with the mapping in force and check the result.

    Raises:
        InvalidDocument: the translated message does not fit the format; paths are national ones.
    """
    now = national(gw.clock.now())
    context: dict[str, Any] = {
        "system": sender.system,
        "environment": gw.environment,
        "now": now,
        "message_id": foreign.message_id,
        "simulation_mark": sender.simulation_mark,
        **(case_context(standing) if standing else {}),
    }
    translated = sender.translator.to_national(
        foreign.kind,
        foreign.record,
        context={name: value for name, value in context.items() if value is not None},
        as_of=standing.case.as_of_date if standing else None,
    )
    document = {
        **envelope(foreign.kind, sender=sender, standing=standing, gw=gw),
        "message_id": foreign.message_id,
        "data_version": foreign.data_version,
        "occurred_at": now,
        **translated.document,
    }
    # the mapping wrote it, not the sender: it may say how codes correspond
    message, cautions = check(document, from_sender=False)
    return Draft(
        kind=foreign.kind,
        message=message,
        document=document,
        raw=foreign.raw,
        charset_rule=foreign.charset_rule,
        lineage=translated.lineage,
        package=sender.translator.package,
        package_digest=sender.translator.package_digest,
        findings=(*translated.findings, *cautions),
        inline=foreign.materials,
    )


def envelope(
    kind: str, *, sender: System, standing: Standing | None, gw: Gateway
) -> dict[str, Any]:
    """The envelope fields that no dialect carries in national words."""
    case = standing.case if standing else None
    role = role_for(case, sender.system, kind) if case else "RECEIVING"
    endpoint: dict[str, Any] = {
        "system": sender.system,
        "province": sender.province,
        "role": role,
    }
    if sender.place is not None:
        endpoint["place"] = {"code": sender.place, "county": sender.place[:6]}
    opened: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "kind": kind,
        "environment": gw.environment,
        "sequence": case.next_sequence(sender.system) if case else 1,
        "sender": endpoint,
    }
    if sender.simulation_mark is not None:
        opened["simulation_mark"] = sender.simulation_mark
    if case is not None:
        opened["case_number"] = case.number
    return opened


def case_context(standing: Standing) -> dict[str, Any]:
    """What a mapping may ask about the case a record belongs to."""
    case = standing.case
    return {
        "case_number": case.number,
        "receiving_number": case.numbers.get("receiving"),
        "handling_number": case.numbers.get("handling"),
        "in_reply_to": case.open_request,
    }


__all__ = ["FORMAT_VERSION", "Draft", "case_context", "envelope", "read_foreign", "read_native"]
