"""
A counterpart that only pulls fetches what waits for it.

Asking with the cursor we gave settles everything up to it: that is its receipt. The cursor is the
serial of the last payload handed out, so a lost answer is simply handed out again.
"""

from __future__ import annotations

from datetime import datetime

from contracts.errors import Overloaded
from gateway.core.audit.leaf import Leaf
from gateway.ports import (
    Change,
    DeliveryFilter,
    DeliveryRow,
    DeliveryState,
    DeliveryUpdate,
    FenceLostError,
    Gateway,
)
from gateway.usecases.caller import Caller
from gateway.usecases.enter import merge
from gateway.usecases.sealed import open_plan
from gateway.usecases.times import stamp

PAGE = 50
TRIES = 5


async def take_mailbox(
    cursor: str, *, caller: Caller, gw: Gateway
) -> tuple[tuple[bytes, ...], str]:
    """
    Hand out what waits for the caller's system, oldest first, at most `PAGE` payloads.

    Returns the payloads in its own dialect and the cursor to ask with next. Asking twice with the
    same cursor gives the same payloads; an unknown cursor settles nothing.

    Raises:
        TryLater: nothing was settled; ask again with the same cursor.
    """
    if caller.system is None:
        return (), cursor
    for _ in range(TRIES):
        waiting = await _waiting(caller.system, gw=gw)
        taken = _handed_out_up_to(cursor, waiting)
        rest = [row for row in waiting if row not in taken][:PAGE]
        change = merge(
            _settle(taken, caller=caller, gw=gw), _hand_out([r for r in rest if not r.attempt])
        )
        try:
            if change != Change():
                await gw.store.commit(change)
        except FenceLostError:  # the same question came twice at once, and the other was first
            continue
        payloads = [await _payload(row, gw=gw) for row in rest]
        return tuple(payloads), rest[-1].serial if rest else cursor
    raise Overloaded(retry_after=1)


async def _waiting(system: str, *, gw: Gateway) -> list[DeliveryRow]:
    where = DeliveryFilter(destination=system, states=("mailbox",), limit=2 * PAGE)
    rows = await gw.store.deliveries(where)
    return [row for row in rows if row.environment == gw.environment]


def _handed_out_up_to(cursor: str, waiting: list[DeliveryRow]) -> list[DeliveryRow]:
    """
    What the cursor acknowledges. A delivery taken up again later may stand before the cursor and
    was not seen yet: only what was handed out (attempt 1) is acknowledged.
    """
    for index, row in enumerate(waiting):
        if row.serial == cursor:
            return [one for one in waiting[: index + 1] if one.attempt]
    return []


async def _payload(row: DeliveryRow, *, gw: Gateway) -> bytes:
    (step,) = await gw.store.steps(row.serial)
    return open_plan(step, key=gw.keys.case_key(row.key_id)).literal


def _hand_out(rows: list[DeliveryRow]) -> Change:
    return Change(updates=tuple(_update(row, "mailbox", at=row.next_at) for row in rows))


def _update(row: DeliveryRow, state: DeliveryState, *, at: datetime) -> DeliveryUpdate:
    return DeliveryUpdate(
        serial=row.serial,
        fence=row.fence,
        was=("mailbox",),
        state=state,
        next_at=at,
        attempt=1,
        step=row.step,
        settled_at=at if state == "delivered" else None,
    )


def _settle(taken: list[DeliveryRow], *, caller: Caller, gw: Gateway) -> Change:
    now = gw.clock.now()
    return Change(
        updates=tuple(_update(row, "delivered", at=now) for row in taken),
        leaves=tuple(
            Leaf(
                event="mailbox.taken",
                at=stamp(now),
                actor=caller.actor,
                environment=row.environment,
                case_number=row.case_number,
                kind=row.kind,
                peer=row.destination,
                serial=row.serial,
                outcome="delivered",
                trace_id=caller.trace_id,
            )
            for row in taken
        ),
    )


__all__ = ["PAGE", "take_mailbox"]
