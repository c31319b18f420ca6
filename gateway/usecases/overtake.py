"""
A withdrawal or transfer takes what waits before it and was never sent out of the way.

Only what certainly left no trace on the other side goes: no attempt, or none that may have been
applied. What was in doubt stays and is asked about. An application that never left takes the
message that ends it along: the other side never heard of the case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.core.case import Case
from gateway.core.overtaking import MOOT, makes_moot
from gateway.ports import DeliveryFilter, DeliveryRow, DeliveryState, DeliveryUpdate, Gateway
from gateway.usecases.render import Rendered
from gateway.usecases.times import stamp

_WAITING: tuple[DeliveryState, ...] = ("pending", "dead")
_NO_TRACE = frozenset({"unavailable"})
"""Outcomes of attempts after which it is certain that nothing was applied."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """`rendered` is what is still to be delivered; `updates` and `leaves` end the others."""

    rendered: tuple[Rendered, ...]
    updates: tuple[DeliveryUpdate, ...] = ()
    leaves: tuple[Leaf, ...] = ()


async def overtake(
    kind: str,
    rendered: tuple[Rendered, ...],
    *,
    before: Case | None,
    applied: bool,
    gw: Gateway,
) -> Overtaken:
    """What an applied message leaves of the deliveries of its case that have not been sent."""
    if before is None or not applied or kind not in MOOT:
        return Overtaken(rendered)
    where = DeliveryFilter(case_number=before.number, states=_WAITING, limit=200)
    moot = [
        row
        for row in await gw.store.deliveries(where)
        if makes_moot(kind, row.kind)
        and (kind != "transfer" or _concerned(row, before=before))
        and await _left_no_trace(row, gw=gw)
    ]
    unheard = {row.destination for row in moot if row.kind == "application"}
    kept = tuple(_unless_unheard(one, unheard, kind=kind, gw=gw) for one in rendered)
    dropped = tuple(one.delivery for one in kept if one.delivery.state == "superseded")
    return Overtaken(
        kept,
        tuple(_end(row, kind, gw=gw) for row in moot),
        tuple(_leaf(row, kind, gw=gw) for row in (*moot, *dropped)),
    )


async def _left_no_trace(row: DeliveryRow, *, gw: Gateway) -> bool:
    attempts = await gw.store.attempts(row.serial)
    return all(one.outcome in _NO_TRACE for one in attempts if one.purpose == "send")


def _concerned(row: DeliveryRow, *, before: Case) -> bool:
    """Of what the old holder was to get all is moot; of what the window waits for, its requests."""
    handling = row.destination in before.systems("HANDLING")
    return handling == (row.kind != "correction_request")


def _unless_unheard(one: Rendered, unheard: set[str], *, kind: str, gw: Gateway) -> Rendered:
    row = one.delivery
    if kind != "withdrawal" or row.destination not in unheard:
        return one
    ended = replace(row, state="superseded", settled_at=gw.clock.now(), reason=_reason(kind))
    return replace(one, delivery=ended)


def _end(row: DeliveryRow, kind: str, *, gw: Gateway) -> DeliveryUpdate:
    now = gw.clock.now()
    return DeliveryUpdate(
        serial=row.serial,
        fence=row.fence,
        was=(row.state,),
        state="superseded",
        next_at=now,
        attempt=row.attempt,
        step=row.step,
        reason=_reason(kind),
        settled_at=now,
    )


def _leaf(row: DeliveryRow, kind: str, *, gw: Gateway) -> Leaf:
    return Leaf(
        event="delivery.superseded",
        at=stamp(gw.clock.now()),
        actor=GATEWAY,
        environment=row.environment,
        case_number=row.case_number,
        kind=row.kind,
        peer=row.destination,
        serial=row.serial,
        reason=_reason(kind),
        mapping=row.package,
        trace_id=row.trace_id,
    )


def _reason(kind: str) -> str:
    return f"overtaken by {kind}"


__all__ = ["Overtaken", "overtake"]
