"""
A counterpart that only pulls fetches what waits for it.

Asking with the cursor we gave settles everything up to it: that is its receipt. The cursor is the
serial of the last payload handed out, so a lost answer is simply handed out again.
"""

from __future__ import annotations

from gateway.core.audit.leaf import Leaf
from gateway.ports import Change, DeliveryFilter, DeliveryRow, DeliveryUpdate, Gateway
from gateway.usecases.caller import Caller
from gateway.usecases.sealed import open_plan
from gateway.usecases.times import stamp

PAGE = 50


async def take_mailbox(
    cursor: str, *, caller: Caller, gw: Gateway
) -> tuple[tuple[bytes, ...], str]:
    """
    Hand out what waits for the caller's system, oldest first, at most `PAGE` payloads.

    Returns the payloads in its own dialect and the cursor to ask with next. Asking twice with the
    same cursor gives the same payloads; an unknown cursor settles nothing.
    """
    if caller.system is None:
        return (), cursor
    where = DeliveryFilter(destination=caller.system, states=("mailbox",), limit=2 * PAGE)
    waiting = [row for row in await gw.store.deliveries(where) if row.environment == gw.environment]
    taken = _up_to(cursor, waiting)
    if taken:
        await gw.store.commit(_settle(taken, caller=caller, gw=gw))
    rest = waiting[len(taken) :][:PAGE]
    payloads = []
    for row in rest:
        key = gw.keys.case_key(row.key_id)
        (step,) = await gw.store.steps(row.serial)
        payloads.append(open_plan(step, key=key).literal)
    return tuple(payloads), rest[-1].serial if rest else cursor


def _up_to(cursor: str, waiting: list[DeliveryRow]) -> list[DeliveryRow]:
    for index, row in enumerate(waiting):
        if row.serial == cursor:
            return waiting[: index + 1]
    return []


def _settle(taken: list[DeliveryRow], *, caller: Caller, gw: Gateway) -> Change:
    now = gw.clock.now()
    return Change(
        updates=tuple(
            DeliveryUpdate(
                serial=row.serial,
                fence=row.fence,
                was=("mailbox",),
                state="delivered",
                next_at=now,
                attempt=row.attempt + 1,
                step=row.step,
                settled_at=now,
            )
            for row in taken
        ),
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
