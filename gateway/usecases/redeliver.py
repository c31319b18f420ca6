"""
A person takes up a delivery that stopped: the same case, the same serial, a recorded act.

A dead letter whose payload exists is sent again as stored; one that could not be rendered is
rendered anew with the mapping in force. A parked delivery is not sent again here: nobody knows
whether the other side applied it, and releasing it needs a second person.
"""

from __future__ import annotations

from typing import Any

from contracts.errors import NotFound, TransitionNotAllowed, Unrenderable
from gateway.core.audit.leaf import Leaf
from gateway.ports import Change, DeliveryRow, DeliveryUpdate, Gateway, StepRow
from gateway.usecases.caller import Caller
from gateway.usecases.render import render
from gateway.usecases.sealed import open_message
from gateway.usecases.stand import stand
from gateway.usecases.times import stamp


async def retry_delivery(
    serial: str, *, reason: str, caller: Caller, gw: Gateway
) -> dict[str, Any]:
    """
    Put a dead letter back in its lane.

    Raises:
        NotFound: no such delivery.
        TransitionNotAllowed: it is not a dead letter.
        Unrenderable: it still cannot be rendered; the findings say why.
    """
    row = await gw.store.delivery(serial)
    if row is None:
        raise NotFound
    if row.state != "dead":
        raise TransitionNotAllowed(
            f"送达 {serial} 处于 {row.state},只有死信可以重新投递;已挂起的须先向对方核实",
            f"delivery {serial} is {row.state}; only a dead letter can be sent again",
        )
    steps = await gw.store.steps(serial)
    made = () if steps else await _steps_anew(row, gw=gw)
    now = gw.clock.now()
    update = DeliveryUpdate(
        serial=serial,
        fence=row.fence,
        was=("dead",),
        state="pending",
        next_at=now,
        attempt=row.attempt,
        step=row.step,
    )
    leaf = Leaf(
        event="delivery.redelivered",
        at=stamp(now),
        actor=caller.actor,
        environment=row.environment,
        case_number=row.case_number,
        kind=row.kind,
        peer=row.destination,
        serial=serial,
        attempt=row.attempt,
        reason=reason,
        trace_id=caller.trace_id,
    )
    await gw.store.commit(Change(updates=(update,), steps=made, leaves=(leaf,)))
    gw.wake(row.destination)
    return {"serial": serial, "state": "pending", "attempt": row.attempt}


async def _steps_anew(row: DeliveryRow, *, gw: Gateway) -> tuple[StepRow, ...]:
    standing = await stand(row.case_number, gw=gw)
    message = await gw.store.message(row.case_number, row.arrival)
    target = gw.provinces.system(row.destination, row.environment)
    if standing is None or message is None or target is None:
        raise NotFound
    rendered = render(
        open_message(message, key=standing.key).document,
        case=standing.case,
        key=standing.key,
        target=target,
        serial=row.serial,
        trace_id=row.trace_id or gw.ids.hex(16),
        gw=gw,
    )
    if rendered.delivery.state == "dead":
        raise Unrenderable(findings=rendered.findings)
    return rendered.steps


__all__ = ["retry_delivery"]
