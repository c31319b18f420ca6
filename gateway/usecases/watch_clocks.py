"""
Warnings before and at the limit, once each, to the owner of the clock.

Every warning is a message of the gateway in its case: durable with what was warned, sent to the
owner's system where that carries reminders, and on the worklist in any case. What the law or the
item says about a limit that passed follows first: a licence application not answered in time counts
as accepted (行政许可法第三十二条), an owed material that did not come is a finding for who decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.errors import GatewayError
from gateway.core.case import Clock
from gateway.core.clocks import snapshot
from gateway.core.watch import CAUSES, Warned, due_warnings
from gateway.ports import CaseFilter, Gateway
from gateway.usecases.answers import label
from gateway.usecases.calendars import recount_case
from gateway.usecases.opening import clock_rules
from gateway.usecases.speak import Said, name, speak
from gateway.usecases.stand import Standing
from gateway.usecases.times import local_date, national

PAGE = 200
_UNANSWERED = frozenset({"PUSHED", "CORRECTED"})


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look gave, and the cases that could not be warned about, with the error's code."""

    given: int
    failed: Mapping[str, str]


async def watch_clocks(*, gw: Gateway) -> Looked:
    """
    Give every warning that is due now. A case that cannot be warned about hinders no
    other one and is tried again at the next look.
    """
    given, failed = 0, dict[str, str]()
    today = local_date(gw.clock.now())
    where = CaseFilter(watch_by=today, limit=PAGE)
    seen: set[str] = set()
    while rows := [row for row in await gw.store.cases(where) if row.number not in seen]:
        for row in rows:
            seen.add(row.number)
            try:
                given += await watch_case(row.number, gw=gw)
            except GatewayError as error:
                failed[row.number] = error.code
    return Looked(given, failed)


async def watch_case(number: str, *, gw: Gateway) -> int:
    """Give the warnings that are due in one case; how many messages that made."""
    given = int(await recount_case(number, gw=gw))
    while await speak(number, lambda standing: _next(standing, gw=gw), gw=gw):
        given += 1
    return given


def _next(standing: Standing, *, gw: Gateway) -> Said | None:
    """The next thing to say about the case; None when all has been said."""
    case, today = standing.case, local_date(gw.clock.now())
    for warned in due_warnings(case, today=today, calendars=gw.almanac.current):
        follows = None
        if warned.cause == "MISSED":
            follows = _deemed(warned, standing, gw=gw) or _not_brought(warned)
        for said in (follows, _reminder(warned)):
            if said is not None and said.message_id not in case.kinds:
                return said
    return None


def _reminder(warned: Warned) -> Said:
    clock = warned.clock
    mark = "(暂定)" if clock.provisional else ""
    text = (
        f"{label('clock_kind', clock.kind)}{label('reminder_cause', warned.cause)},"
        f"到期日 {warned.due_on}{mark}"
    )
    if clock.state == "PAUSED":
        text = f"特别程序{label('reminder_cause', warned.cause)},应于 {warned.due_on} 前结束"
    return Said(
        kind="reminder",
        message_id=name("remind", *_which(clock), warned.cause, warned.due_on),
        part_id=clock.part_id,
        body={
            "clock_kind": clock.kind,
            "to": clock.owner,
            "count": CAUSES.index(warned.cause) + 1,
            "cause": warned.cause,
            "clocks": [snapshot(clock)],
            "text": text,
        },
    )


def _deemed(warned: Warned, standing: Standing, *, gw: Gateway) -> Said | None:
    """行政许可法第三十二条: without an answer accepted from the day the application came."""
    clock, case = warned.clock, standing.case
    part = case.part(clock.part_id)
    if clock.kind != "ACCEPT" or part is None or part.status not in _UNANSWERED:
        return None
    if not clock_rules(case).deems_accepted:
        return None
    body: dict[str, Any] = {
        "result": {"list": "acceptance_result", "code": "DEEMED_ACCEPTED"},
        "accepted_at": national(clock.started_at),
        "reason": f"逾期未告知,自收到申请材料之日起视为受理({clock.legal_basis or '行政许可法'})",
    }
    return Said(
        kind="acceptance",
        message_id=name("deemed", *_which(clock)),
        part_id=clock.part_id,
        body=body,
    )


def _not_brought(warned: Warned) -> Said | None:
    clock = warned.clock
    if clock.kind != "OWED":
        return None
    return Said(
        kind="finding",
        message_id=name("owed", *_which(clock)),
        body={
            "phase": "ASK",
            "issues": [
                {
                    "rule": "material.owed_missed",
                    "level": "warn",
                    "message": f"容缺材料 {clock.material_id} 至 {clock.due_on} 未补交,"
                    "请依事项规定处理",
                }
            ],
            "wanted": "由审定机构决定:继续等待、终止或依现有材料决定",
        },
    )


def _which(clock: Clock) -> tuple[object, ...]:
    return clock.kind, clock.part_id, clock.material_id, clock.started_at.isoformat()


__all__ = ["watch_case", "watch_clocks"]
