"""
Deliveries that did not go through at once, as a person would tell it: what happened, what was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.codelist import code_list
from gateway.app import LOG_ID
from gateway.ports import AttemptRow, DeliveryFilter, DeliveryRow, Store
from gateway.sandbox.play import Played
from gateway.storage.sqlite import open_store
from gateway.usecases.times import national
from gateway.world import RealClock, RealThreads

NODE = "n1"


Incident = tuple[str, str]
"""RFC 3339 at +08:00 of the first attempt, and what happened."""


async def read_incidents(played: Sequence[Played], *, folder: Path) -> dict[str, list[Incident]]:
    """Case number → incidents; reads the gateway's database beside the running gateway."""
    store = open_store(
        folder / "gateway" / "gateway.db",
        node=NODE,
        log=LOG_ID,
        threads=RealThreads(),
        now=RealClock().now(),
        read_only=True,
    )
    try:
        return {one.case_number: await _of_case(one, store=store) for one in played}
    finally:
        await store.close()


async def _of_case(played: Played, *, store: Store) -> list[Incident]:
    where = DeliveryFilter(case_number=played.case_number, limit=200)
    names = {
        played.story.window: played.story.window_zh,
        played.story.handler: played.story.handler_zh,
    }
    lines = []
    for row in await store.deliveries(where):
        attempts = await store.attempts(row.serial)
        if any(one.outcome not in ("delivered", None) for one in attempts):
            at = national(attempts[0].started_at)
            text = tell(row, attempts, to=names.get(row.destination, row.destination))
            lines.append((at, text))
    return lines


def tell(row: DeliveryRow, attempts: Sequence[AttemptRow], *, to: str) -> str:
    """One line for a delivery: every attempt and every question of the steps that had trouble."""
    kind = code_list("message_kind").label(row.kind)
    steps: dict[int, list[AttemptRow]] = {}
    for one in attempts:
        steps.setdefault(one.step, []).append(one)
    said = []
    for step, tries in steps.items():
        if all(one.outcome == "delivered" for one in tries):
            continue
        name = f"第 {step + 1} 步" if len(steps) > 1 else ""
        said.append(name + ",".join(_told(tries)))
    return f"网关:向{to}送达“{kind}”," + ";".join(said)


def _told(tries: Sequence[AttemptRow]) -> list[str]:
    told, sends = [], 0
    for one in tries:
        sends += one.purpose == "send"
        told.append(_attempt(one, sends))
    return told


def _attempt(row: AttemptRow, count: int) -> str:
    if row.purpose == "query":
        return {
            "found": "查询确认:对方已收到,不再重发",
            "absent": "查询确认:对方没有收到",
        }.get(row.outcome or "", "查询没有得到答复,稍后再问")
    told = {
        "delivered": "对方已接收",
        "unavailable": "对方暂不可用,确定未受理,稍后再送",
        "unknown": "结果未知",
        "rejected": "对方业务退回",
    }.get(row.outcome or "", "网关被杀死,结果未知")
    status = f"(HTTP {row.status})" if row.status and row.outcome == "unavailable" else ""
    return f"第 {count} 次{told}{status}"


__all__ = ["read_incidents", "tell"]
