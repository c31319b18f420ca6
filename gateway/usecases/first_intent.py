"""
The first intent of a delivery in the very commit that promises it.

Where the lane of the destination has a slot to spare, a new delivery need not be stored as waiting
only to be claimed, read back and opened a moment later: its first request is made ready at once,
the intent becomes durable together with the message it follows from, and the delivery goes to its
lane in memory. What it costs is that a crash finds an open intent, an Unknown, where nothing may
have left; so this is done only where the other side can be asked or recognises a repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.adapter import Prepared
from gateway.core.audit.leaf import Leaf
from gateway.ports import (
    BegunDelivery,
    CaseKey,
    Change,
    Gateway,
    Slot,
)
from gateway.usecases.attempts import Work, attempt_leaf, open_attempt
from gateway.usecases.materials import material_reader
from gateway.usecases.render import Rendered

FENCE = 1
"""The first fence of every delivery, as a claim would give it."""


@dataclass(frozen=True, slots=True)
class _Opened:
    slot: Slot
    begun: BegunDelivery
    leaf: Leaf


class FirstIntents:
    """
    The deliveries of one change that are begun with it. After the commit `start`, else `give_back`.
    """

    def __init__(self, opened: Sequence[_Opened]) -> None:
        self._opened = opened

    def into(self, change: Change) -> Change:
        """The change, with what was begun in it as being sent."""
        if not self._opened:
            return change
        rows = {one.begun.row.serial: one.begun.row for one in self._opened}
        now, lease = self._opened[0].begun.intent.started_at, self._opened[0].slot.lease
        return replace(
            change,
            deliveries=tuple(rows.get(row.serial, row) for row in change.deliveries),
            lease_until=now + lease,
            attempts=(*change.attempts, *(one.begun.intent for one in self._opened)),
            leaves=(*change.leaves, *(one.leaf for one in self._opened)),
        )

    def begun(self, serial: str) -> bool:
        return any(one.begun.row.serial == serial for one in self._opened)

    def start(self) -> None:
        """It is durable: send."""
        for one in self._opened:
            one.slot.start(one.begun)

    def give_back(self) -> None:
        """It was not stored, or nobody knows: nothing is sent from here."""
        for one in self._opened:
            one.slot.give_back()


NONE = FirstIntents(())


async def open_first(rendered: Sequence[Rendered], *, key: CaseKey, gw: Gateway) -> FirstIntents:
    """
    Begin what can be begun of new deliveries that are first in their order key.

    Waits for nothing: what would need a call or a material first is left to its lane.
    """
    opened = [one for each in rendered if (one := await _open(each, key=key, gw=gw)) is not None]
    return FirstIntents(opened) if opened else NONE


async def _open(rendered: Rendered, *, key: CaseKey, gw: Gateway) -> _Opened | None:
    row, plan = rendered.delivery, rendered.plan
    if row.state != "pending" or plan is None or plan.materials:
        return None
    system = gw.provinces.system(row.destination, row.environment)
    if system is None:
        return None
    can, step = system.adapter.capabilities(), rendered.steps[0]
    if not ((can.query or can.idempotent) and system.adapter.ready(step.operation)):
        return None
    slot = gw.lines.slot(row.destination)
    if slot is None:
        return None
    try:
        prepared = await system.adapter.prepare(
            step.operation,
            plan,
            serial=row.serial,
            open_material=material_reader(row.case_number, key=key, gw=gw),
        )
    except Exception:  # whatever it is, the lane meets it again and says what becomes of it
        prepared = None
    if not isinstance(prepared, Prepared):
        slot.give_back()
        return None
    row = replace(row, state="sending", attempt=1, fence=FENCE)
    work = Work(row=row, system=system, key=key, steps=rendered.steps)
    at = gw.clock.now()
    intent = open_attempt(work, prepared, attempt=1, step=0, at=at)
    begun = BegunDelivery(
        row=row,
        system=system,
        key=key,
        steps=rendered.steps,
        message_id=rendered.message_id,
        prepared=prepared,
        intent=intent,
    )
    return _Opened(slot, begun, attempt_leaf("delivery.intent", work, intent, at=at))


__all__ = ["NONE", "FirstIntents", "open_first"]
