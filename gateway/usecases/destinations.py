"""
Who is sent a message of a case, and who holds the case after a forward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.errors import Finding, IntegrityError
from gateway.core.case import ENDED, Case, Part, Party
from gateway.core.lifecycle import rehome
from gateway.core.routing import DECISION, route
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
    Render a message for who needs it; a forward takes the application along.

    A party without a connection gets a dead letter: what it is owed is never dropped.
    """
    wanted: list[tuple[str, Mapping[str, Any]]]
    wanted = [(system, document) for system in _readers(document, case, before=before, role=role)]
    unheard: list[Finding] = []
    if document["kind"] == "supervision":
        today = local_date(gw.clock.now())
        wanted = pushed_to(document, case=case, role=role, on=today, gw=gw)
        unheard = [] if wanted else [nobody_subscribed()]
    if document["kind"] == "transfer" and before is not None:
        places = {part.place for part in between_holders(case)}
        new = [
            one.system
            for one in case.parties
            if one.role == "HANDLING" and not one.former and one.place in places
        ]
        if new:
            moved = await moved_application(document, case=case, key=key, gw=gw)
            wanted = [(system, document) for system, _ in wanted if system not in new]
            wanted += [(system, moved) for system in new]
    wanted += await national_copies(document, case=case, key=key, gw=gw)
    made = [
        _made(content, name, index=index, case=case, key=key, caller=caller, gw=gw)
        for index, (name, content) in enumerate(wanted)
    ]
    if document["kind"] == "application":
        made += _rehearsed(document, case, key=key, caller=caller, gw=gw)
    return Sent(
        tuple(one for one in made if isinstance(one, Rendered)),
        (*unheard, *(one for one in made if isinstance(one, Finding))),
    )


def _made(
    content: Mapping[str, Any],
    name: str,
    *,
    index: int | str,
    case: Case,
    key: CaseKey,
    caller: Caller,
    gw: Gateway,
) -> Rendered | Finding:
    """One delivery, or what is said where the other side has no such message."""
    serial = f"{case.number}.{content['arrival']}" + (f".{index}" if index else "")
    address = Address(case=case, key=key, destination=name, serial=serial, trace_id=caller.trace_id)
    target = gw.provinces.system(name, gw.environment)
    if target is None:
        return stranded(content, address, gw=gw)
    if target.adapter.carries(str(content["kind"])):
        return render(content, address, target=target, gw=gw)
    return _not_carried(name)


def _readers(
    document: Mapping[str, Any], case: Case, *, before: Case | None, role: str
) -> tuple[str, ...]:
    """
    Who is sent a message: the other side of the case, and of several bodies those it concerns.

    A part that has not begun is sent nothing yet: it gets what it needs when it begins. What
    changes the papers (a correction) or ends a part goes to all who still work on it.
    """
    if role == "GATEWAY":
        return _told_by_gateway(document, case)
    known = before or case
    handling = tuple(one for one in case.systems("HANDLING") if not known.awaits(one))
    if len(handling) > 1:
        named = case.part(str(document.get("part_id")))
        shared = document["kind"] == "correction" or _ends_part(document)
        if role not in ("RECEIVING", "SERVICE") and not shared:
            handling = ()
        elif named is not None:
            working = {part.system for part in known.parts if part.status not in ENDED}
            handling = tuple(
                one for one in handling if one == named.system or (shared and one in working)
            )
    elif role not in ("RECEIVING", "SERVICE"):
        handling = ()
    if role in ("RECEIVING", "SERVICE"):
        return handling
    own = str(document["sender"]["system"])
    return (*case.systems("RECEIVING"), *(one for one in handling if one != own))


def _told_by_gateway(document: Mapping[str, Any], case: Case) -> tuple[str, ...]:
    """What the gateway says goes to whom it concerns, an acceptance to both sides."""
    part = case.part(str(document.get("part_id")))
    handling = tuple(one for one in case.systems("HANDLING") if not case.awaits(one))
    if part is not None and part.system is not None:
        handling = (part.system,)
    receiving = case.systems("RECEIVING")
    if document["kind"] == "acceptance":
        return tuple(dict.fromkeys((*receiving, *handling)))
    # The applicant is told by the window that took the application in.
    return handling if document["body"].get("to", "HANDLING") == "HANDLING" else receiving


def _ends_part(document: Mapping[str, Any]) -> bool:
    return document["kind"] in ("decision", "transfer") or "part_outcome" in document["body"]


def _rehearsed(
    document: Mapping[str, Any], case: Case, *, key: CaseKey, caller: Caller, gw: Gateway
) -> list[Rendered | Finding]:
    """What cannot be carried to a body whose part begins later: the window is told while there."""
    later = [one for one in case.systems("HANDLING") if case.awaits(one)]
    made = [
        _made(document, name, index="later", case=case, key=key, caller=caller, gw=gw)
        for name in later
    ]
    return [one for one in made if isinstance(one, Rendered) and one.delivery.state == "dead"]


# --- parts that begin -----------------------------------------------------------------------


async def begin_parts(
    arrived: Sequence[Mapping[str, Any]],
    *,
    case: Case,
    before: Case | None,
    key: CaseKey,
    caller: Caller,
    gw: Gateway,
) -> Sent:
    """
    What the bodies get whose part a message released: the application, and what since then changed
    the papers or ended another part, in order of arrival. `arrived` are the messages applied now.

    A system that already works on another part has all of it and gets nothing twice.
    """
    if before is None:
        return Sent()
    begun = [
        (index, part)
        for index, part in enumerate(case.parts, 1)
        if part.system is not None and before.awaits(part.system) and not case.awaits(part.system)
    ]
    if not begun:
        return Sent()
    needed = await _history(arrived, case=case, key=key, gw=gw)
    made = [
        _made(content, system, index=f"p{index}", case=case, key=key, caller=caller, gw=gw)
        for system, index in {str(part.system): index for index, part in reversed(begun)}.items()
        for content in needed
    ]
    return Sent(
        tuple(one for one in made if isinstance(one, Rendered)),
        tuple({one.message: one for one in made if isinstance(one, Finding)}.values()),
    )


async def _history(
    arrived: Sequence[Mapping[str, Any]], *, case: Case, key: CaseKey, gw: Gateway
) -> list[Mapping[str, Any]]:
    rows = await gw.store.messages(case.number)
    documents = [
        open_message(row, key=key).document
        for row in rows
        if row.applied and row.kind in ("application", "correction", "progress", "decision")
    ]
    told = [
        one
        for one in (*documents, *arrived)
        if one["kind"] in ("application", "correction") or _ends_part(one)
    ]
    return sorted(
        {int(one["arrival"]): one for one in told}.values(), key=lambda one: int(one["arrival"])
    )


# --- forwards -------------------------------------------------------------------------------


def between_holders(case: Case) -> tuple[Part, ...]:
    """Parts that were forwarded and that their new body has not acknowledged."""
    return tuple(
        part for part in case.parts if part.status == "TRANSFERRED" and part.turn == "HANDLING"
    )


def rehomed(case: Case, *, gw: Gateway) -> Case:
    """
    After a forward the body of the new place handles the part; the old one keeps its record.

    Raises:
        Unroutable: nobody serves the new place.
    """
    for part in between_holders(case):
        place = part.place or case.handling_place
        found = route(
            place,
            item=case.catalogue_code,
            bodies=gw.provinces.bodies(),
            on=case.as_of_date,
            role=part.role or DECISION,
        )
        if any(
            (one.system, one.place) == (found.system, place)
            for one in case.parties
            if one.role == "HANDLING" and not one.former
        ):
            continue
        target = gw.provinces.system(found.system, gw.environment)
        party = Party(
            system=found.system,
            role="HANDLING",
            province=target.province if target else place[:2] + "0000",
            place=place,
            name=found.body_name,
        )
        case = rehome(case, party)
    return case


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


__all__ = ["Sent", "begin_parts", "moved_application", "rehomed", "send_on"]
