"""
Fetch what a pull-only counterpart has for us, and move the stored cursor.
"""

from __future__ import annotations

from contracts.adapter import Unanswered
from contracts.errors import Refused
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.ports import Change, CursorRow, Gateway
from gateway.usecases.caller import Caller
from gateway.usecases.take_in import Inbound, take_in
from gateway.usecases.times import stamp


async def pull(system: str, *, gw: Gateway) -> int:
    """
    Take in one page of a counterpart's messages and return by how many that got us ahead.

    A message we must refuse is recorded (`message.refused`) and does not hold up the ones after it.
    A crash before the cursor is stored repeats the page; the repeated messages are recognised.
    """
    known = gw.provinces.system(system, gw.environment)
    if known is None:
        return 0
    cursor = await gw.store.cursor(system, gw.environment) or ""
    page = await known.adapter.pull(cursor)
    if isinstance(page, Unanswered):
        return 0
    for document in page.documents:
        caller = Caller(
            client_id="pull",
            role="partner",
            system=system,
            province=known.province,
            trace_id=gw.ids.hex(16),
        )
        inbound = Inbound(caller=caller, raw=document.raw, foreign=document)
        try:
            await take_in(inbound, gw=gw)
        except Refused:
            continue
    if page.cursor != cursor:
        await gw.store.commit(_moved(system, page.cursor, gw=gw))
    # A cursor that stands still would be asked again without a pause.
    return len(page.documents) if page.cursor != cursor else 0


def _moved(system: str, cursor: str, *, gw: Gateway) -> Change:
    now = gw.clock.now()
    leaf = Leaf(
        event="cursor.moved",
        at=stamp(now),
        actor=GATEWAY,
        environment=gw.environment,
        peer=system,
    )
    row = CursorRow(system=system, environment=gw.environment, cursor=cursor, at=now)
    return Change(cursor=row, leaves=(leaf,))


__all__ = ["pull"]
