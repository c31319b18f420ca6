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
from gateway.usecases.times import CHINA
from gateway.world import RealClock, RealThreads

NODE = "n1"


async def read_incidents(played: Sequence[Played], *, folder: Path) -> dict[str, list[str]]:
    """Case number → lines; reads the gateway's database beside the running gateway."""
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


async def _of_case(played: Played, *, store: Store) -> list[str]:
    where = DeliveryFilter(case_number=played.case_number, limit=200)
    names = {
        played.story.window: played.story.window_zh,
        played.story.handler: played.story.handler_zh,
    }
    lines = []
    for row in await store.deliveries(where):
        attempts = await store.attempts(row.serial)
        if any(one.outcome not in ("delivered", None) for one in attempts):
            lines.append(tell(row, attempts, to=names.get(row.destination, row.destination)))
    return lines


def tell(row: DeliveryRow, attempts: Sequence[AttemptRow], *, to: str) -> str:
    """One line for a delivery: every attempt and every question, in order."""
    kind = code_list("message_kind").label(row.kind)
    at = attempts[0].started_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    said, sends = [], 0
    for one in attempts:
        sends += one.purpose == "send"
        said.append(_attempt(one, sends))
    return f"{at} 网关:向{to}送达“{kind}”," + ";".join(said)


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
