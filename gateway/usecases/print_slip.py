"""
The slip for paper on its way, for a party of the case.
"""

from __future__ import annotations

from contracts.catalogue import item
from contracts.errors import NotFound
from gateway.core.printing.handover import Slip, slip_page
from gateway.ports import Gateway
from gateway.usecases.caller import Caller
from gateway.usecases.read_cases import note_read, theirs
from gateway.usecases.sealed import open_message


async def print_slip(
    number: str, *, code: str | None, large: bool, caller: Caller, gw: Gateway
) -> str:
    """
    The slip of the latest handover of a case as HTML, or of the one with `code`. Leaves a leaf.

    Raises:
        NotFound: no such case, not theirs, or nothing was handed over under the code.
    """
    standing = await theirs(number, caller=caller, gw=gw)
    documents = tuple(
        open_message(row, key=standing.key).document for row in await gw.store.messages(number)
    )
    found = [
        one
        for one in documents
        if one["kind"] == "handover" and code in (None, one["body"]["handover_code"])
    ]
    if not found:
        raise NotFound
    await note_read(standing.row, purpose="handover", caller=caller, gw=gw)
    return slip_page(
        Slip(
            handover=found[-1],
            documents=documents,
            environment=standing.case.environment,
            item=item(standing.case.catalogue_code, standing.case.as_of_date),
            large=large,
        )
    )


__all__ = ["print_slip"]
