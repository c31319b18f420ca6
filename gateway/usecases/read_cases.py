"""
Reading cases: one, many, its messages, its lineage, and whose turn it is.

A partner sees the cases it is a party of; a foreign case is answered like an absent one. Every read
of personal data leaves a leaf.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from contracts.errors import NotFound
from gateway.core.audit.leaf import Leaf
from gateway.core.case import Case, Clock
from gateway.core.clocks import snapshot
from gateway.core.entitlement import recertify_by
from gateway.core.sentences import case_sentence, timeline_entry
from gateway.core.telling import tell_applicant, ways_to_tell
from gateway.core.watch import due_day
from gateway.ports import CaseFilter, CaseRow, Change, DeliveryFilter, Gateway
from gateway.usecases.answers import label, status_of
from gateway.usecases.caller import Caller
from gateway.usecases.duplicates import notice_under_way
from gateway.usecases.sealed import open_message
from gateway.usecases.stand import Standing, open_case_row, stand
from gateway.usecases.telling import wishes
from gateway.usecases.times import local_date, national, stamp


async def read_case(number: str, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    One case as a party sees it: status, whose turn, clocks, numbers, deliveries, timeline.

    Raises:
        NotFound: absent or not theirs.
    """
    standing = await theirs(number, caller=caller, gw=gw)
    await note_read(standing.row, purpose="case", caller=caller, gw=gw)
    case, today = standing.case, local_date(gw.clock.now())
    deliveries = await gw.store.deliveries(DeliveryFilter(case_number=number, limit=200))
    return {
        "case_number": case.number,
        "environment": case.environment,
        "revision": standing.row.revision,
        "sentence": case_sentence(case, today=today, calendars=gw.almanac.current),
        "applicant": await _for_applicant(standing, today=today, gw=gw),
        **status_of(case),
        "item": dict(case.item),
        "mode": case.mode,
        "application_date": case.application_date.isoformat(),
        "opened_at": national(case.opened_at),
        "updated_at": national(case.updated_at),
        "numbers": dict(case.numbers),
        "parties": [
            {"system": one.system, "role": one.role, "province": one.province, "name": one.name}
            for one in case.parties
        ],
        "parts": [
            {
                "part_id": part.part_id,
                "status": part.status,
                "status_zh": label("part_status", part.status),
                "turn": part.turn,
                "body_name": part.body_name,
                "role": part.role,
                "after": list(part.after),
                "result": part.result,
                "entitlement": part.entitlement,
                "recertify_by": recertify_by(part),
                "due_on": _part_due(case, part.part_id),
            }
            for part in case.parts
        ],
        "clocks": [snapshot(clock) for clock in case.clocks],
        "holders": [
            {
                "place": holder.place,
                "from_at": national(holder.from_at),
                "to_at": national(holder.to_at) if holder.to_at else None,
            }
            for holder in case.holders
        ],
        "corrections": case.corrections,
        "not_applied": list(case.pending),
        "deliveries": [
            {
                "serial": row.serial,
                "kind": row.kind,
                "to": row.destination,
                "state": row.state,
                "attempt": row.attempt,
                "next_at": national(row.next_at) if row.state in ("pending", "asking") else None,
                "reason": row.reason if caller.sees_all else None,
            }
            for row in deliveries
        ],
        "timeline": await _timeline(standing, gw=gw),
    }


def _part_due(case: Case, part_id: str) -> str | None:
    """The nearest date a running clock of this part falls due."""
    due = [one.due_on for one in case.clocks if one.part_id == part_id and one.state == "RUNNING"]
    return min(due).isoformat() if due else None


async def list_cases(where: CaseFilter, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """A page of cases; partners only ever see their own."""
    rows = await gw.store.cases(_scoped(where, caller=caller))
    more = len(rows) == where.limit
    return {
        "items": [case_line(row) for row in rows],
        "next": rows[-1].number if more and rows else None,
    }


async def worklist(
    *, caller: Caller, gw: Gateway, limit: int = 50, after: str | None = None
) -> dict[str, Any]:
    """今日要办: open cases, due first, with the sentence a person would say."""
    where = _scoped(
        CaseFilter(open_only=True, order="due", limit=limit, after=after), caller=caller
    )
    rows = await gw.store.cases(where)
    today = local_date(gw.clock.now())
    items = []
    for row in rows:
        standing = open_case_row(row, gw=gw)
        said = case_sentence(standing.case, today=today, calendars=gw.almanac.current)
        warned = [warning(one) for one in standing.case.clocks if one.running and one.warned]
        notice = await notice_under_way(standing.case, gw=gw)
        line = {**case_line(row), "sentence": said, "warnings": warned, "notice": notice}
        items.append(line)
    more = len(rows) == limit
    return {"items": items, "next": rows[-1].number if more and rows else None}


async def read_messages(number: str, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    Every message of a case in order of arrival, in the national format.

    Fields of another province's extensions stay hidden: they are that province's own words.

    Raises:
        NotFound: absent or not theirs.
    """
    standing = await theirs(number, caller=caller, gw=gw)
    await note_read(standing.row, purpose="messages", caller=caller, gw=gw)
    items = []
    for row in await gw.store.messages(number):
        document = open_message(row, key=standing.key).document
        extensions = document.pop("extensions", {})
        if caller.system in extensions:
            document["extensions"] = {caller.system: extensions[caller.system]}
        items.append({"arrival": row.arrival, "applied": row.applied, "message": document})
    return {"case_number": number, "items": items}


async def read_lineage(number: str, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    Which rules and code rows made each message, without values.

    Raises:
        NotFound: absent or not theirs.
    """
    standing = await theirs(number, caller=caller, gw=gw)
    items = []
    for row in await gw.store.messages(number):
        content = open_message(row, key=standing.key)
        items.append(
            {
                "arrival": row.arrival,
                "kind": row.kind,
                "package": row.package,
                "codec": content.charset_rule,
                "rules": [list(pair) for pair in content.lineage],
            }
        )
    return {"case_number": number, "items": items}


# --- who may see ----------------------------------------------------------------------------


async def theirs(number: str, *, caller: Caller, gw: Gateway) -> Standing:
    """
    The case, for a party of it or a role that sees all.

    Raises:
        NotFound: absent or not theirs: the answer is the same.
    """
    standing = await stand(number, gw=gw)
    if standing is None:
        raise NotFound
    if caller.sees_all:
        return standing
    if caller.system is None or not await gw.store.is_party(number, caller.system):
        raise NotFound
    return standing


def _scoped(where: CaseFilter, *, caller: Caller) -> CaseFilter:
    return where if caller.sees_all else replace(where, system=caller.system or "")


async def note_read(row: CaseRow, *, purpose: str, caller: Caller, gw: Gateway) -> None:
    """Leave a leaf about a read of personal data."""
    leaf = Leaf(
        event="case.read",
        at=stamp(gw.clock.now()),
        actor=caller.actor,
        environment=row.environment,
        case_number=row.number,
        purpose=purpose,
        trace_id=caller.trace_id,
    )
    await gw.store.commit(Change(leaves=(leaf,)))


def warning(clock: Clock) -> dict[str, Any]:
    """A warning that was given about a clock, as the worklist shows it."""
    due = due_day(clock) or clock.due_on
    return {
        "kind": clock.kind,
        "kind_zh": label("clock_kind", clock.kind),
        "owner": clock.owner,
        "owner_zh": label("actor", clock.owner),
        "cause": clock.warned,
        "cause_zh": label("reminder_cause", clock.warned or ""),
        "due_on": due.isoformat(),
        "provisional": clock.provisional,
    }


def case_line(row: CaseRow) -> dict[str, Any]:
    """A case in a list: where it stands, without any word of the person."""
    return {
        "case_number": row.number,
        "status": row.status,
        "status_zh": label("part_status", row.status),
        "turn": row.turn,
        "turn_zh": label("actor", row.turn) if row.turn else None,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "item": row.item,
        "mode": row.mode,
        "from": row.sender,
        "to": row.handler,
        "opened_at": national(row.opened_at),
        "updated_at": national(row.updated_at),
    }


async def _for_applicant(standing: Standing, *, today: date, gw: Gateway) -> dict[str, Any]:
    """What to tell the applicant in the words of each way; the ways, wished ones first."""
    told = tell_applicant(standing.case, today=today, calendars=gw.almanac.current)
    return {
        "ways": ways_to_tell(*await wishes(standing, gw=gw)),
        "telephone": told.telephone,
        "sms": list(told.sms),
        "large_print": [{"heading": head, "text": text} for head, text in told.large_print],
    }


async def _timeline(standing: Standing, *, gw: Gateway) -> list[dict[str, Any]]:
    entries = []
    for row in await gw.store.messages(standing.case.number):
        document = open_message(row, key=standing.key).document
        entries.append(timeline_entry(document, case=standing.case, applied=row.applied))
    return entries


__all__ = [
    "case_line",
    "list_cases",
    "note_read",
    "read_case",
    "read_lineage",
    "read_messages",
    "theirs",
    "worklist",
]
