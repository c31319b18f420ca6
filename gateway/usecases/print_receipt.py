"""
The printed receipt of a case, for whoever may see the case.
"""

from __future__ import annotations

from contracts.catalogue import item
from contracts.errors import Finding, InvalidRequest
from gateway.core.printing.receipt import (
    Receipt,
    ReceiptKind,
    kinds_due,
    latest_decision,
    receipt_page,
)
from gateway.ports import Gateway
from gateway.usecases.caller import Caller
from gateway.usecases.read_cases import note_read, theirs
from gateway.usecases.sealed import open_message
from gateway.usecases.times import local_date


async def print_receipt(
    number: str, *, kind: ReceiptKind | None, large: bool, caller: Caller, gw: Gateway
) -> str:
    """
    A receipt as HTML; without `kind` the latest the case has come to. Leaves a leaf.

    Raises:
        NotFound: absent or not theirs.
        InvalidRequest: the case has not come that far.
    """
    standing = await theirs(number, caller=caller, gw=gw)
    case = standing.case
    known = kinds_due(case)
    if kind is not None and kind not in known:
        raise InvalidRequest(findings=[_not_yet(known)])
    rows = await gw.store.messages(number)
    documents = [
        open_message(row, key=standing.key).document
        for row in rows
        if row.applied and row.kind in ("application", "acceptance", "decision")
    ]
    await note_read(standing.row, purpose="receipt", caller=caller, gw=gw)
    return receipt_page(
        Receipt(
            kind=kind or known[-1],
            case=case,
            item=item(case.catalogue_code, case.as_of_date),
            application=documents[0],
            decision=latest_decision(documents),
            today=local_date(gw.clock.now()),
            calendars=gw.almanac.current,
            large=large,
        )
    )


def _not_yet(known: tuple[ReceiptKind, ...]) -> Finding:
    return Finding(
        rule="receipt.not_yet",
        level="reject",
        path="kind",
        message=f"办件还没有办到这一步;现在可以打印:{'、'.join(known)}",
        message_en=f"the case has not come that far; now there is: {', '.join(known)}",
    )


__all__ = ["print_receipt"]
