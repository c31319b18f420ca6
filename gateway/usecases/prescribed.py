"""
The prescribed channel: of some items a case counts as pushed when a national system holds it.

We push the number; the system fetches the data of that number from us when it likes. Until it says
that it holds them, the outcome of the push is open, and it is asked again. What changed is pushed
anew under the same case number with a higher data version.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from contracts.errors import IntegrityError, NotFound
from gateway.core.audit.leaf import Leaf
from gateway.core.case import Case, Party
from gateway.ports import CaseKey, Change, Gateway
from gateway.usecases.caller import Caller
from gateway.usecases.sealed import open_message, open_record
from gateway.usecases.times import stamp

GATEWAY_PROVINCE = "000000"
"""National systems are of no province (national format v1, endpoint)."""


def prescribed_parties(catalogue_code: str, *, gw: Gateway) -> tuple[Party, ...]:
    """The national systems that must hold a case of this item; none unless they are in force."""
    return tuple(
        Party(
            system=system.system,
            role="NATIONAL",
            province=GATEWAY_PROVINCE,
            place=system.place,
            name=system.name,
        )
        for system in gw.provinces.systems(gw.environment)
        if system.system in gw.prescribed and catalogue_code in system.prescribed_for
    )


async def national_copies(
    document: Mapping[str, Any], *, case: Case, key: CaseKey, gw: Gateway
) -> list[tuple[str, Mapping[str, Any]]]:
    """
    What the national systems of a case are to hold because of this message: the whole application
    as it stands, under the data version that counts its corrections. Nothing for other messages.
    """
    systems = case.systems("NATIONAL")
    if not systems or document["kind"] not in ("application", "correction"):
        return []
    whole = await _application(document, case=case, key=key, gw=gw)
    return [(system, whole) for system in systems]


async def hand_over(serial: str, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    The data of a number that was pushed to the caller's system, as rendered then. Leaves a leaf.

    Fetching twice gives the same data.

    Raises:
        NotFound: no such number was pushed to it.
    """
    row = await gw.store.delivery(serial)
    if row is None or row.destination != caller.system or row.environment != gw.environment:
        raise NotFound
    leaf = Leaf(
        event="mailbox.taken",
        at=stamp(gw.clock.now()),
        actor=caller.actor,
        environment=row.environment,
        case_number=row.case_number,
        kind=row.kind,
        peer=row.destination,
        serial=serial,
        outcome="handed_over",
        trace_id=caller.trace_id,
    )
    await gw.store.commit(Change(leaves=(leaf,)))
    return open_record(row, key=gw.keys.case_key(row.key_id))


async def _application(
    document: Mapping[str, Any], *, case: Case, key: CaseKey, gw: Gateway
) -> Mapping[str, Any]:
    """The application with every applied correction in it, this one included."""
    if document["kind"] == "application":
        return document
    first = await gw.store.message(case.number, 1)
    if first is None:
        raise IntegrityError("办件没有申请报文", "a case without its application")
    whole = copy.deepcopy(open_message(first, key=key).document)
    earlier = [
        open_message(row, key=key).document
        for row in await gw.store.messages(case.number)
        if row.kind == "correction" and row.applied and row.arrival < document["arrival"]
    ]
    corrections = [*earlier, document]
    for correction in corrections:
        _correct(whole, correction["body"])
    return {
        **whole,
        "arrival": document["arrival"],
        "data_version": first.data_version + len(corrections),
        "occurred_at": document["occurred_at"],
    }


def _correct(whole: dict[str, Any], correction: Mapping[str, Any]) -> None:
    """New values at their paths; a material that comes again replaces the one of its id."""
    for answer in correction.get("answers") or ():
        for change in answer.get("changes") or ():
            _put(whole, str(change["path"]), change["value"])
    body = whole["body"]
    brought = {one["material_id"]: one for one in correction.get("materials") or ()}
    kept = [one for one in body.get("materials") or () if one["material_id"] not in brought]
    if brought:
        body["materials"] = [*kept, *brought.values()]


def _put(whole: dict[str, Any], path: str, value: Any) -> None:
    """
    A national path is a JSON Pointer, or dotted as mappings write it. One that leads nowhere stays
    with the correction: the handling place has it, and nothing is invented here.
    """
    steps = path.lstrip("/").split("/") if path.startswith("/") else path.split(".")
    at: Any = whole
    for step in steps[:-1]:
        at = at.get(step) if isinstance(at, dict) else None
        if at is None:
            return
    if isinstance(at, dict):
        at[steps[-1]] = value


__all__ = ["hand_over", "national_copies", "prescribed_parties"]
