"""
What a destination's answer means for the case: an acknowledgement, travelling the same line.

"Pushed" means the holder acknowledged: a delivered application (or a forwarded one) makes the
acknowledgement RECEIVED with the holder's own number. A business no to any message goes back to its
sender as an acknowledgement REJECTED. The delivery and the acknowledgement are committed together.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from unicodedata import normalize

from contracts.adapter import ProvinceReceipt, Rejected
from contracts.errors import Finding, Overloaded, Refused
from contracts.message import parse
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.ports import (
    Change,
    DeliveryRow,
    Gateway,
    RevisionConflictError,
    System,
)
from gateway.usecases.caller import Caller
from gateway.usecases.draft import Draft, envelope
from gateway.usecases.enter import Entered, enter, merge
from gateway.usecases.first_intent import NONE, FirstIntents, open_first
from gateway.usecases.stand import Standing, remember, remembered, stand
from gateway.usecases.times import national, stamp

TRIES = 50
NUMBER_LIMIT, CODE_LIMIT, TEXT_LIMIT = 50, 50, 1000
"""Longest texts of an acknowledgement in national format v1; more stays in the sealed answer."""


async def acknowledge(
    row: DeliveryRow,
    *,
    receipt: ProvinceReceipt | None,
    rejection: Rejected | None,
    system: System,
    change: Change,
    gw: Gateway,
    of: str | None = None,
) -> None:
    """
    Commit the end of a delivery, with the acknowledgement it makes where it makes one.

    `of`: id of the message that was delivered, if it is at hand.

    Raises:
        FenceLostError: the delivery belongs to somebody else now; nothing was stored.
    """
    told = rejection is not None and row.kind != "acknowledgement"
    if not told and not (receipt is not None and row.kind == "application"):
        await gw.store.commit(change)
        return
    said = _said(receipt=receipt, rejection=rejection)
    for number in range(TRIES):
        # First as this process saw the case last; what does not fit then is looked at with care.
        trusting = number == 0
        standing = remembered(row.case_number, gw=gw) if trusting else None
        standing = standing or await stand(row.case_number, gw=gw)
        of = of or await _message_id(row, gw=gw)
        if standing is None or of is None:
            await gw.store.commit(change)
            return
        make = partial(
            _enter, of=of, row=row, system=system, standing=standing, gw=gw, trusting=trusting
        )
        try:
            entered = await make(said)
            if isinstance(entered, Refused):
                if trusting:
                    continue
                # What the other side wrote cannot stand in the case; that it answered can.
                entered = await make(_bare(said), findings=_warned(entered))
            if isinstance(entered, Refused):
                await gw.store.commit(merge(change, _unheard(row, entered, gw=gw)))
                return
            first = await _first(entered, row=row, standing=standing, gw=gw)
            try:
                await gw.store.commit(first.into(merge(change, entered.change)))
            except BaseException:
                first.give_back()
                raise
        except RevisionConflictError:
            continue
        first.start()
        remember(entered.standing, gw=gw)
        for destination in entered.destinations_without(first):
            gw.wake(destination)
        return
    raise Overloaded("该办件正被频繁更新", "this case is being updated too often")


async def _message_id(row: DeliveryRow, *, gw: Gateway) -> str | None:
    original = await gw.store.message(row.case_number, row.arrival)
    return None if original is None else original.message_id


async def _first(
    entered: Entered, *, row: DeliveryRow, standing: Standing, gw: Gateway
) -> FirstIntents:
    """
    What can be begun in the commit of the acknowledgement: what surely has nothing before it.

    That is when the case held the application alone, whose one delivery ends in the same commit.
    """
    case = standing.case
    if case.arrivals > 1 or row.arrival != 1 or len(case.systems("HANDLING")) != 1:
        return NONE
    return await open_first(entered.rendered, key=entered.key, gw=gw)


async def _enter(
    body: dict[str, Any],
    *,
    of: str,
    row: DeliveryRow,
    system: System,
    standing: Standing,
    gw: Gateway,
    trusting: bool,
    findings: tuple[Finding, ...] = (),
) -> Entered | Refused:
    caller = Caller(
        client_id="gateway",
        role="gateway",
        system=system.system,
        province=system.province,
        trace_id=row.trace_id or gw.ids.hex(16),
    )
    document = {
        **envelope("acknowledgement", sender=system, standing=standing, gw=gw),
        "message_id": f"ack.{row.serial}",
        "data_version": 1,
        "in_reply_to": of,
        "occurred_at": national(gw.clock.now()),
        "body": {"of": of, **body},
    }
    try:
        message = parse(document, from_sender=True)
        draft = Draft(
            kind="acknowledgement", message=message, document=document, raw=b"", findings=findings
        )
        return await enter(
            draft, sender=system, standing=standing, caller=caller, gw=gw, trusting=trusting
        )
    except Refused as refusal:
        return refusal


def _said(*, receipt: ProvinceReceipt | None, rejection: Rejected | None) -> dict[str, Any]:
    """The body of an acknowledgement, but for what it answers."""
    if rejection is not None:
        told = {"problem": _line(rejection.code, CODE_LIMIT)}
        told["text"] = _line(rejection.text, TEXT_LIMIT)
        body = {"status": "REJECTED", "side": "RECEIVING", **told}
    else:
        number = receipt.number if receipt is not None else None
        body = {"status": "RECEIVED", "number": _line(number or "", NUMBER_LIMIT)}
    return {name: value for name, value in body.items() if value}


def _bare(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("status", "side") if name in body}


def _warned(refusal: Refused) -> tuple[Finding, ...]:
    return tuple(replace(finding, level="warn") for finding in refusal.findings)


def _unheard(row: DeliveryRow, refusal: Refused, *, gw: Gateway) -> Change:
    """The delivery ends all the same; that the case could not take its answer is recorded."""
    leaf = Leaf(
        event="message.refused",
        at=stamp(gw.clock.now()),
        actor=GATEWAY,
        environment=row.environment,
        case_number=row.case_number,
        kind="acknowledgement",
        peer=row.destination,
        serial=row.serial,
        reason=refusal.code,
        findings=tuple(sorted({finding.rule for finding in refusal.findings}))[:50],
        trace_id=row.trace_id,
    )
    return Change(leaves=(leaf,))


def _line(text: str, limit: int) -> str:
    """One clean line: what the other side wrote may hold anything."""
    clean = normalize("NFC", text)
    if not clean.isprintable():
        clean = "".join(char if char.isprintable() else " " for char in clean)
    return clean.strip()[:limit].strip()


__all__ = ["acknowledge"]
