"""
A person takes up a delivery that stopped: the same case, the same serial, a recorded act.

A dead letter whose payload exists is sent again as stored; one that could not be rendered is
rendered anew with the mapping in force. A parked delivery is not sent again here: nobody knows
whether the other side applied it, and releasing it needs a second person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.errors import NotFound, TransitionNotAllowed, Unrenderable
from gateway.core.audit.leaf import Leaf
from gateway.ports import (
    Change,
    DeliveryRow,
    DeliveryUpdate,
    FenceLostError,
    Gateway,
    System,
)
from gateway.usecases.caller import Caller
from gateway.usecases.destinations import moved_application
from gateway.usecases.render import Address, Rendered, render
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
        TransitionNotAllowed: it is not a dead letter, or its destination has no connection.
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
    target = gw.provinces.system(row.destination, row.environment)
    if target is None:
        raise TransitionNotAllowed(
            f"系统 {row.destination} 没有已启用的连接,请先配置连接再重新投递",
            f"system {row.destination} has no connection; set one up, then send again",
        )
    made = None if await gw.store.steps(serial) else await _made_anew(row, target=target, gw=gw)
    now = gw.clock.now()
    update = DeliveryUpdate(
        serial=serial,
        fence=row.fence,
        was=("dead",),
        state="mailbox" if target.adapter.capabilities().mailbox else "pending",
        next_at=now,
        attempt=row.attempt,
        step=row.step,
        sealed_record=made.delivery.sealed_record if made else None,
        package=made.delivery.package if made else None,
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
    steps = made.steps if made else ()
    try:
        await gw.store.commit(Change(updates=(update,), steps=steps, leaves=(leaf,)))
    except FenceLostError:
        raise TransitionNotAllowed(
            f"送达 {serial} 刚被处理,请刷新后再看", f"delivery {serial} was just taken up"
        ) from None
    if update.state == "pending":
        gw.wake(row.destination)
    return {"serial": serial, "state": update.state, "attempt": row.attempt}


async def _made_anew(row: DeliveryRow, *, target: System, gw: Gateway) -> Rendered:
    """The delivery of what could not be rendered, with the mapping in force now."""
    standing = await stand(row.case_number, gw=gw)
    message = await gw.store.message(row.case_number, row.arrival)
    if standing is None or message is None:
        raise NotFound
    document: Mapping[str, Any] = open_message(message, key=standing.key).document
    if row.kind != message.kind:  # a forward brings the application along
        document = await moved_application(document, case=standing.case, key=standing.key, gw=gw)
    address = Address(
        case=standing.case,
        key=standing.key,
        destination=row.destination,
        serial=row.serial,
        trace_id=row.trace_id or gw.ids.hex(16),
    )
    rendered = render(document, address, target=target, gw=gw)
    if rendered.delivery.state == "dead":
        raise Unrenderable(findings=rendered.findings)
    return rendered


__all__ = ["retry_delivery"]
