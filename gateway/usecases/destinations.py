"""
Who is sent a message of a case, and who holds the case after a forward.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.errors import Finding, IntegrityError
from gateway.core.case import Case, Party
from gateway.core.lifecycle import rehome
from gateway.core.routing import route
from gateway.ports import CaseKey, Gateway
from gateway.usecases.caller import Caller
from gateway.usecases.pinned import place_of, receivers
from gateway.usecases.prescribed import national_copies
from gateway.usecases.render import Address, Rendered, render, stranded
from gateway.usecases.sealed import open_message
from gateway.usecases.supervised import nobody_subscribed, pushed_to
from gateway.usecases.times import local_date


@dataclass(frozen=True, slots=True)
class Sent:
    """`findings` say where a message stays in the case and is not sent on."""

    rendered: tuple[Rendered, ...] = ()
    findings: tuple[Finding, ...] = ()


async def send_on(
    document: Mapping[str, Any],
    *,
    case: Case,
    before: Case | None,
    role: str,
    key: CaseKey,
    caller: Caller,
    gw: Gateway,
) -> Sent:
    """
    Render a message for the other side of its case; a forward takes the application along.

    A party without a connection gets a dead letter: what it is owed is never dropped.
    """
    wanted: list[tuple[str, Mapping[str, Any]]]
    wanted = [(system, document) for system in _others(document, case=case, role=role)]
    if (
        document["kind"] == "transfer"
        and before is not None
        and case.handling_place != before.handling_place
    ):
        moved = await moved_application(document, case=case, key=key, gw=gw)
        wanted = [(system, document) for system in case.systems("RECEIVING")]
        wanted += [(system, moved) for system in case.systems("HANDLING")]
    wanted += await national_copies(document, case=case, key=key, gw=gw)
    rendered: list[Rendered] = []
    findings: list[Finding] = []
    if document["kind"] == "supervision":
        today = local_date(gw.clock.now())
        wanted = pushed_to(document, case=case, role=role, on=today, gw=gw)
        findings = [] if wanted else [nobody_subscribed()]
    for index, (name, content) in enumerate(wanted):
        serial = f"{case.number}.{document['arrival']}" + (f".{index}" if index else "")
        address = Address(
            case=case, key=key, destination=name, serial=serial, trace_id=caller.trace_id
        )
        target = gw.provinces.system(name, gw.environment)
        if target is None:
            rendered.append(stranded(content, address, gw=gw))
        elif target.adapter.carries(str(content["kind"])):
            rendered.append(render(content, address, target=target, gw=gw))
        else:
            findings.append(_not_carried(name))
    return Sent(tuple(rendered), tuple(findings))


def _others(document: Mapping[str, Any], *, case: Case, role: str) -> tuple[str, ...]:
    """The other side; what the gateway says goes to whom it concerns, an acceptance to both."""
    if role != "GATEWAY":
        return case.systems("HANDLING" if role == "RECEIVING" else "RECEIVING")
    if document["kind"] == "acceptance":
        both = (*case.systems("RECEIVING"), *case.systems("HANDLING"))
        return tuple(dict.fromkeys(both))
    # The applicant is told by the window that took the application in.
    to = document["body"].get("to", "HANDLING")
    return case.systems("HANDLING" if to == "HANDLING" else "RECEIVING")


def rehomed(case: Case, *, gw: Gateway) -> Case:
    """
    After a forward the body of the new place handles the case; the old one keeps its record.

    Raises:
        Unroutable: nobody serves the new place.
    """
    if any(
        one.place == case.handling_place
        for one in case.parties
        if one.role == "HANDLING" and not one.former
    ):
        return case
    found = route(
        case.handling_place,
        item=case.catalogue_code,
        bodies=gw.provinces.bodies(),
        on=case.as_of_date,
    )
    target = gw.provinces.system(found.system, gw.environment)
    party = Party(
        system=found.system,
        role="HANDLING",
        province=target.province if target else case.handling_place[:2] + "0000",
        place=case.handling_place,
        name=found.body_name,
    )
    return rehome(case, party)


async def moved_application(
    transfer: Mapping[str, Any], *, case: Case, key: CaseKey, gw: Gateway
) -> Mapping[str, Any]:
    """The application as the new holder gets it, delivered as what the transfer brings."""
    row = await gw.store.message(case.number, 1)
    if row is None:
        raise IntegrityError("办件没有申请报文", "a case without its application")
    first = open_message(row, key=key).document
    return {
        **first,
        "arrival": transfer["arrival"],
        "receivers": receivers(case),
        "body": {**first["body"], "handling_place": place_of(case.handling_place)},
    }


def _not_carried(system: str) -> Finding:
    return Finding(
        rule="delivery.not_carried",
        level="info",
        path="/kind",
        message=f"系统 {system} 的接口没有此类报文:已记入办件,不向其推送;如需对方知悉,请另行告知",
        message_en=f"the interface of {system} has no such message: it is kept in the case and "
        "not sent on; tell them another way if they need to know",
    )


__all__ = ["Sent", "moved_application", "rehomed", "send_on"]
