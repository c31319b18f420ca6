"""
The gateway says something in a case itself: a reminder, a finding, that a case counts as accepted.

It travels the one line of every message: folded, stored, in the audit tree, sent to whom it
concerns. Ids follow from what is said, so that the same thing is never said twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from contracts.adapter import Adapter, Translator
from contracts.errors import Overloaded
from contracts.message import parse
from gateway.core.case import MAIN
from gateway.ports import Gateway, RetryPolicy, RevisionConflictError, System
from gateway.usecases.caller import Caller
from gateway.usecases.draft import Draft, envelope
from gateway.usecases.enter import enter
from gateway.usecases.stand import GATEWAY_SYSTEM, Standing, remember, stand
from gateway.usecases.times import national

TRIES = 20
COUNTRY = "000000"
"""The gateway stands in no province."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    kind: str
    message_id: str
    body: Mapping[str, Any]
    part_id: str | None = None


def name(prefix: str, *parts: object) -> str:
    """A message id that follows from what the message is about; at most 64 characters."""
    text = "\x1f".join(str(part) for part in parts)
    return f"{prefix}.{hashlib.sha256(text.encode()).hexdigest()[:40]}"


async def speak(number: str, what: Callable[[Standing], Said | None], *, gw: Gateway) -> bool:
    """
    Enter what `what` makes of the case as it stands; asked again when the case moved on meanwhile.

    Returns whether something was said: not when `what` has nothing to say, or said it before.

    Raises:
        Refused: the case cannot take it.
        TryLater: nothing was stored.
    """
    for _ in range(TRIES):
        standing = await stand(number, gw=gw)
        said = what(standing) if standing is not None else None
        if standing is None or said is None or said.message_id in standing.case.kinds:
            return False
        sender = _gateway(standing, gw=gw)
        caller = Caller(
            client_id=GATEWAY_SYSTEM,
            role="gateway",
            system=None,
            province=None,
            trace_id=gw.ids.hex(16),
        )
        draft = _draft(said, sender=sender, standing=standing, gw=gw)
        entered = await enter(draft, sender=sender, standing=standing, caller=caller, gw=gw)
        try:
            await gw.store.commit(entered.change)
        except RevisionConflictError:
            continue
        remember(entered.standing, gw=gw)
        for destination in entered.destinations:
            gw.wake(destination)
        return True
    raise Overloaded("该办件正被频繁更新", "this case is being updated too often", retry_after=1)


def _draft(said: Said, *, sender: System, standing: Standing, gw: Gateway) -> Draft:
    document: dict[str, Any] = {
        **envelope(said.kind, sender=sender, standing=standing, gw=gw),
        "message_id": said.message_id,
        "data_version": 1,
        "occurred_at": national(gw.clock.now()),
        "body": dict(said.body),
    }
    if said.part_id not in (None, "", MAIN):
        document["part_id"] = said.part_id
    message = parse(document, from_sender=False)
    return Draft(kind=said.kind, message=message, document=document, raw=b"")


def _gateway(standing: Standing, *, gw: Gateway) -> System:
    """The gateway as a sender; a case of simulated places stays marked."""
    known = [gw.provinces.system(one.system, gw.environment) for one in standing.case.parties]
    mark = next((one.simulation_mark for one in known if one and one.simulation_mark), None)
    return System(
        system=GATEWAY_SYSTEM,
        province=COUNTRY,
        name="跨省通办网关",
        simulated=mark is not None,
        place=None,
        adapter=cast("Adapter", None),  # it only speaks: nothing is ever sent to it
        translator=cast("Translator", None),
        retry=RetryPolicy(),
        simulation_mark=mark,
    )


__all__ = ["Said", "name", "speak"]
