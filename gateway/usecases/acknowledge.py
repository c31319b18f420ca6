"""
What a destination's answer means for the case: an acknowledgement, travelling the same line.

"Pushed" means the holder acknowledged: a delivered application (or a forwarded one) makes the
acknowledgement RECEIVED with the holder's own number. A business no to any message goes back to its
sender as an acknowledgement REJECTED. The delivery and the acknowledgement are committed together.
"""

from __future__ import annotations

from typing import Any

from contracts.adapter import ProvinceReceipt, Rejected
from contracts.errors import Overloaded
from contracts.message import parse
from gateway.ports import (
    Change,
    DeliveryRow,
    Gateway,
    RevisionConflictError,
    System,
)
from gateway.usecases.caller import Caller
from gateway.usecases.draft import Draft, envelope
from gateway.usecases.enter import enter, merge
from gateway.usecases.stand import Standing, stand
from gateway.usecases.times import national

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
) -> None:
    """
    Commit the end of a delivery, with the acknowledgement it makes where it makes one.

    Raises:
        FenceLostError: the delivery belongs to somebody else now; nothing was stored.
    """
    told = rejection is not None and row.kind != "acknowledgement"
    if not told and not (receipt is not None and row.kind == "application"):
        await gw.store.commit(change)
        return
    caller = Caller(
        client_id="gateway",
        role="gateway",
        system=system.system,
        province=system.province,
        trace_id=row.trace_id or gw.ids.hex(16),
    )
    for _ in range(TRIES):
        standing = await stand(row.case_number, gw=gw)
        original = await gw.store.message(row.case_number, row.arrival)
        if standing is None or original is None:
            await gw.store.commit(change)
            return
        draft = _draft(
            row,
            of=original.message_id,
            receipt=receipt,
            rejection=rejection,
            system=system,
            standing=standing,
            gw=gw,
        )
        entered = await enter(draft, sender=system, standing=standing, caller=caller, gw=gw)
        try:
            await gw.store.commit(merge(change, entered.change))
        except RevisionConflictError:
            continue
        for destination in entered.destinations:
            gw.wake(destination)
        return
    raise Overloaded("该办件正被频繁更新", "this case is being updated too often")


def _draft(
    row: DeliveryRow,
    *,
    of: str,
    receipt: ProvinceReceipt | None,
    rejection: Rejected | None,
    system: System,
    standing: Standing,
    gw: Gateway,
) -> Draft:
    body: dict[str, Any] = {"of": of}
    if rejection is None:
        body["status"] = "RECEIVED"
        if receipt is not None and receipt.number:
            body["number"] = receipt.number[:NUMBER_LIMIT]
    else:
        body |= {"status": "REJECTED", "side": "RECEIVING"}
        if code := _line(rejection.code, CODE_LIMIT):
            body["problem"] = code
        if text := _line(rejection.text, TEXT_LIMIT):
            body["text"] = text
    document = {
        **envelope("acknowledgement", sender=system, standing=standing, gw=gw),
        "message_id": f"ack.{row.serial}",
        "data_version": 1,
        "in_reply_to": of,
        "occurred_at": national(gw.clock.now()),
        "body": body,
    }
    return Draft(
        kind="acknowledgement",
        message=parse(document, from_sender=True),
        document=document,
        raw=b"",
    )


def _line(text: str, limit: int) -> str:
    """One clean line: what the other side wrote may hold anything."""
    return "".join(char if char.isprintable() else " " for char in text).strip()[:limit]


__all__ = ["acknowledge"]
