"""
A province announces a changed implementation list; and what stands where (P-Y1, P-Z1).

The change is asked for within 10 working days of its cause and made within 3 of its approval
(云南民政 2022 措施(一)); both are counted in the calendar of the province. A list that asks for
more than the upper one is recorded and not put in force.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from contracts.calendar import Calendars, DueDate
from contracts.catalogue import compare
from contracts.errors import Finding, InvalidDocument
from gateway.core.audit.leaf import Leaf
from gateway.ports import AnnouncementRow, Change, Gateway, OldUseRow, RevisionConflictError
from gateway.usecases.answers import finding_body
from gateway.usecases.caller import Caller
from gateway.usecases.lists import ListRow, overlaps, read_list, succeed
from gateway.usecases.times import local_date, national, stamp

REQUEST_DAYS = 10
"""Working days from the cause to the request (云南民政 2022 措施(一))."""
ADJUST_DAYS = 3
"""Working days from the approval to the adjustment (云南民政 2022 措施(一))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """
    A whole items.csv as text, and its dates. Without `approved_on` it is only compared; without
    `valid_from` an approved one holds from today.
    """

    province: str
    content: str
    cause_on: date
    requested_on: date
    approved_on: date | None = None
    valid_from: date | None = None


async def announce(said: Announced, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    Compare a list with the catalogue, record it, and put an approved one in force if it fits.

    The same list with the same dates as the province's last gets its first answer back.

    Raises:
        InvalidDocument: no such province, a list that cannot be read, or dates out of order.
    """
    today = local_date(gw.clock.now())
    calendars = gw.almanac.current
    known = await gw.store.announcements()
    earlier = [one for one in known if one.province == said.province]
    _refuse(said, earlier, gw=gw, today=today)
    rows = read_list(said.content, province=said.province)
    digest = hashlib.sha256(said.content.encode()).hexdigest()
    if earlier and _same(earlier[-1], said, digest):
        return shown(earlier[-1], today=today, calendars=calendars)
    first_day = said.valid_from or today
    findings = [
        *overlaps(rows),
        *_beyond(rows, first_day),
        *_late(said, today, calendars),
        *_unmapped(rows, said.province, gw=gw),
    ]
    row = AnnouncementRow(
        province=said.province,
        number=len(earlier) + 1,
        state=_state(said, findings),
        digest=digest,
        cause_on=said.cause_on,
        requested_on=said.requested_on,
        approved_on=said.approved_on,
        valid_from=first_day if said.approved_on else said.valid_from,
        announced_at=gw.clock.now(),
        client=caller.client_id,
        findings=orjson.dumps([finding_body(one) for one in findings]).decode(),
        content=said.content,
    )
    try:
        await gw.store.commit(Change(announcements=(row,), leaves=(_leaf(row, caller, gw),)))
    except RevisionConflictError:  # another one took the number meanwhile: look again
        return await announce(said, caller=caller, gw=gw)
    if row.state == "adopted":
        old = gw.provinces.local_items(said.province)
        new = [one.item for one in rows]
        gw.provinces.adopt(said.province, succeed(old, new, valid_from=first_day))
    return shown(row, today=today, calendars=calendars)


async def list_status(*, gw: Gateway) -> dict[str, Any]:
    """
    Per province: its announcements with both limits, and who still sends which older version.
    """
    today = local_date(gw.clock.now())
    return {
        "announcements": [
            shown(row, today=today, calendars=gw.almanac.current)
            for row in await gw.store.announcements()
        ],
        "old_versions": [_use(row, gw) for row in await gw.store.old_uses()],
    }


def shown(row: AnnouncementRow, *, today: date, calendars: Calendars) -> dict[str, Any]:
    """An announcement for people: `late` names the limits that were missed or are passed."""
    request = calendars.of(row.province).add(row.cause_on, REQUEST_DAYS)
    adjust = None
    if row.approved_on is not None:
        adjust = calendars.of(row.province).add(row.approved_on, ADJUST_DAYS)
    adjusted = local_date(row.announced_at) if row.state == "adopted" else None
    late = []
    if row.requested_on > request.date:
        late.append("request")
    if adjust is not None and (adjusted or today) > adjust.date:
        late.append("adjust")
    return {
        "province": row.province,
        "number": row.number,
        "state": row.state,
        "digest": row.digest,
        "announced_at": national(row.announced_at),
        "cause_on": row.cause_on.isoformat(),
        "requested_on": row.requested_on.isoformat(),
        "request_due": _due(request),
        "approved_on": _iso(row.approved_on),
        "adjust_due": _due(adjust) if adjust else None,
        "adjusted_on": _iso(adjusted),
        "valid_from": _iso(row.valid_from),
        "late": late,
        "findings": orjson.loads(row.findings),
    }


def _refuse(
    said: Announced, earlier: Sequence[AnnouncementRow], *, gw: Gateway, today: date
) -> None:
    findings = []
    if not any(one.province == said.province for one in gw.provinces.systems(gw.environment)):
        findings.append(
            _wrong("/province", "没有接入该省份", f"province {said.province} is not connected")
        )
    ordered = [said.cause_on, said.requested_on, *([said.approved_on] if said.approved_on else [])]
    if ordered != sorted(ordered) or ordered[-1] > today:
        findings.append(
            _wrong(
                "/requested_on",
                "事由、申请、批准的日期应依次不早于前者,且不晚于今天",
                "cause, request and approval come in this order and not after today",
            )
        )
    adopted = [one.valid_from for one in earlier if one.state == "adopted" and one.valid_from]
    if adopted and (said.valid_from or today) < max(adopted):
        findings.append(
            _wrong(
                "/valid_from",
                f"生效日不得早于上一次公布的清单({max(adopted)})",
                f"a list cannot hold from before the last one ({max(adopted)})",
            )
        )
    if findings:
        raise InvalidDocument(findings=findings)


def _same(last: AnnouncementRow, said: Announced, digest: str) -> bool:
    mine = (digest, said.cause_on, said.requested_on, said.approved_on)
    return mine == (last.digest, last.cause_on, last.requested_on, last.approved_on)


def _state(said: Announced, findings: Sequence[Finding]) -> Any:
    if any(one.level == "reject" for one in findings):
        return "refused"
    return "adopted" if said.approved_on else "requested"


def _beyond(rows: Sequence[ListRow], first_day: date) -> Iterator[Finding]:
    """Ended rows are history: they are not held against today's catalogue."""
    for row in rows:
        if row.item.valid_to is None or row.item.valid_to >= first_day:
            day = max(first_day, row.item.valid_from or first_day)
            yield from compare(row.offer, day, path=row.path)


def _late(said: Announced, today: date, calendars: Calendars) -> Iterator[Finding]:
    due = calendars.of(said.province).add(said.cause_on, REQUEST_DAYS).date
    if said.requested_on > due:
        yield _warn(
            "list.request_late",
            f"调整申请应在事由发生起 {REQUEST_DAYS} 个工作日内({due})提出,实为 {said.requested_on}",
            f"asked for on {said.requested_on}, due {due} ({REQUEST_DAYS} working days)",
        )
    if said.approved_on is None:
        return
    due = calendars.of(said.province).add(said.approved_on, ADJUST_DAYS).date
    if today > due:
        yield _warn(
            "list.adjust_late",
            f"事项应在批准后 {ADJUST_DAYS} 个工作日内({due})完成调整,今天已是 {today}",
            f"adjusted on {today}, due {due} ({ADJUST_DAYS} working days)",
        )


def _unmapped(rows: Sequence[ListRow], province: str, *, gw: Gateway) -> Iterator[Finding]:
    """A code the mapping of the province does not know yet is not translated before it is added."""
    known = {one.local_code for one in gw.provinces.local_items(province)}
    for row in rows:
        if row.item.local_code not in known:
            yield _warn(
                "list.new_code",
                f"新的地方编码 {row.item.local_code}:加入省份目录并发布后才能翻译",
                "a new local code: it is translated once the province folder has it",
                path=row.path,
            )


def _use(row: OldUseRow, gw: Gateway) -> Mapping[str, Any]:
    system = gw.provinces.system(row.system, gw.environment)
    return {
        "province": row.province,
        "system": row.system,
        "name": system.name if system else None,
        "catalogue_code": row.catalogue_code,
        "version": row.version,
        "first_on": row.first_on.isoformat(),
        "last_on": row.last_on.isoformat(),
        "cases": row.cases,
    }


def _leaf(row: AnnouncementRow, caller: Caller, gw: Gateway) -> Leaf:
    return Leaf(
        event="catalogue.announced",
        at=stamp(row.announced_at),
        actor=caller.actor,
        environment=gw.environment,
        peer=row.province,
        serial=f"{row.province}/{row.number}",
        outcome=row.state,
        mapping=row.digest,
        findings=tuple(sorted({one["rule"] for one in orjson.loads(row.findings)}))[:50],
        trace_id=caller.trace_id,
    )


def _due(due: DueDate) -> dict[str, Any]:
    return {"date": due.date.isoformat(), "provisional": due.provisional, "calendar": due.version}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _wrong(path: str, zh: str, en: str) -> Finding:
    return Finding(rule="list.announcement", level="reject", path=path, message=zh, message_en=en)


def _warn(rule: str, zh: str, en: str, *, path: str | None = None) -> Finding:
    return Finding(rule=rule, level="warn", path=path, message=zh, message_en=en)


__all__ = ["ADJUST_DAYS", "REQUEST_DAYS", "Announced", "announce", "list_status", "shown"]
