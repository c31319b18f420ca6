"""
Hold the gateway's account of a case against the books of both places.

The books are the truth: every delivery must have had exactly one effect there, and every message
that either side said must stand in the gateway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.sandbox.play import Played
from gateway.sandbox.stage import GaveUpError, Stage

ONCE_AT_HANDLER = ("application", "correction", "notification")
"""Acts of a story that must be promised to the handling place exactly once each."""
SETTLED = ("delivered", "rejected", "superseded")
SETTLE_SECONDS = 30.0
POLL = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """`lost` and `duplicated` count messages and effects, on both sides together."""

    played: Played
    case: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    attempts: int
    effects_at_handling_place: int
    lost: int
    duplicated: int

    @property
    def holds(self) -> bool:
        return not (self.lost or self.duplicated or self.played.failed)


async def reckon(played: Played, *, stage: Stage) -> Reckoning:
    """
    Wait until nothing of a case is under way, then count.

    Raises:
        GaveUpError: deliveries of the case do not settle.
    """
    story, number = played.story, played.case_number
    deliveries = await _settled(number, stage)
    case = await stage.admin("GET", f"/cases/{number}")
    messages = (await stage.admin("GET", f"/cases/{number}/messages"))["items"]
    effects = {
        system: await stage.desk(system, f"effects?case={number}")
        for system in (story.window, story.handler)
    }
    said = [
        one
        for system, own in ((story.window, played.number), (story.handler, played.handling_number))
        for one in await stage.desk(system, f"outgoing?case={own}")
    ]
    lost, duplicated = compare(deliveries, effects)
    held = {one["message"]["message_id"] for one in messages}
    lost += sum(one["message_id"] not in held for one in said)
    acts = Counter(one["kind"] for one in deliveries if one["destination"] == story.handler)
    lost += sum(acts[kind] < 1 for kind in ONCE_AT_HANDLER)
    duplicated += sum(max(0, acts[kind] - 1) for kind in ONCE_AT_HANDLER)
    return Reckoning(
        played=played,
        case=case,
        messages=messages,
        attempts=sum(one["attempt"] for one in deliveries),
        effects_at_handling_place=len(effects[story.handler]),
        lost=lost,
        duplicated=duplicated,
    )


def compare(
    deliveries: Sequence[Mapping[str, Any]], effects: Mapping[str, Sequence[Mapping[str, Any]]]
) -> tuple[int, int]:
    """
    (lost, duplicated): deliveries without an effect; effects of one serial beyond the first, and
    effects nobody promised.
    """
    promised = {(one["destination"], one["serial"]) for one in deliveries}
    done = Counter((system, one["serial"]) for system, rows in effects.items() for one in rows)
    lost = sum(key not in done for key in promised)
    duplicated = sum(count - 1 for count in done.values())
    strangers = sum(key not in promised for key in done)
    return lost, duplicated + strangers


async def _settled(number: str, stage: Stage) -> Sequence[Mapping[str, Any]]:
    until = stage.clock.monotonic() + SETTLE_SECONDS
    while True:
        rows: list[dict[str, Any]] = (
            await stage.admin("GET", f"/deliveries?case={number}&limit=200")
        )["items"]
        waiting = [one for one in rows if one["state"] not in SETTLED]
        if not waiting:
            return rows
        if stage.clock.monotonic() > until:
            states = ", ".join(f"{one['serial']} {one['state']}" for one in waiting)
            raise GaveUpError(f"{number} 的送达没有全部了结:{states}")
        await stage.clock.sleep(POLL)


__all__ = ["Reckoning", "compare", "reckon"]
