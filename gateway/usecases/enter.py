"""
A message enters its case: fold, route, render, and everything that is committed with it.

Both ways in end here: what a sender handed over (take_in) and what a destination's answer means
(acknowledge). Nothing is stored here; the caller commits `Entered.change`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from contracts.catalogue import item
from contracts.errors import Finding, InvalidDocument, Unroutable
from contracts.message import parse
from contracts.words import refuse
from gateway.core.case import Case
from gateway.core.lifecycle import Advanced, Arrived, advance, open_case
from gateway.core.remedies import with_remedies
from gateway.ports import CaseKey, Change, Gateway, MessageRow, OldUseRow, System
from gateway.usecases.answers import answer_body
from gateway.usecases.caller import Caller
from gateway.usecases.carried import bind_carried, carry_over
from gateway.usecases.case_rows import case_row, message_leaf, new_parties, number_rows
from gateway.usecases.destinations import Sent, begin_parts, rehomed, send_on
from gateway.usecases.draft import Draft
from gateway.usecases.duplicates import applicant_rows, find_under_way, tell_under_way
from gateway.usecases.entry_checks import bind_named, refuse_known_numbers, refuse_undeliverable
from gateway.usecases.first_intent import NONE, FirstIntents
from gateway.usecases.opening import begin, clock_rules
from gateway.usecases.overtake import overtake
from gateway.usecases.pinned import pin
from gateway.usecases.render import Rendered
from gateway.usecases.sealed import MessageContent, open_message, seal_message
from gateway.usecases.stand import Standing, role_for
from gateway.usecases.supervised import with_authorities
from gateway.usecases.telling import way_findings
from gateway.usecases.times import local_date
from gateway.usecases.verified import check_named

Pending = Mapping[int, tuple[Arrived, dict[str, Any]]]
"""Messages of a case that were not applied yet, by arrival, with their documents."""
_FIELDS = tuple(field.name for field in fields(Change))
_VALUES = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a message makes of its case; durable once `change` is committed."""

    number: str
    arrival: int
    key: CaseKey
    case: Case
    change: Change
    rendered: tuple[Rendered, ...]
    answer: Callable[[], dict[str, Any]]
    """What the sender is told; made when it is asked for."""

    @property
    def destinations(self) -> tuple[str, ...]:
        """Lanes to wake once this is committed."""
        return self.destinations_without(NONE)

    def destinations_without(self, first: FirstIntents) -> tuple[str, ...]:
        """Lanes to wake for what is not begun with the commit."""
        return tuple(
            one.delivery.destination
            for one in self.rendered
            if one.delivery.state == "pending" and not first.begun(one.delivery.serial)
        )

    @property
    def standing(self) -> Standing | None:
        """The case as it stands once this is committed."""
        row = self.change.case
        return None if row is None else Standing(row, self.key, self.case)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folded:
    """The case with the message in it, and which messages took effect because of it."""

    before: Case | None
    case: Case
    key: CaseKey
    arrived: Arrived
    applied: bool
    pending: Pending
    retried: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    old_uses: tuple[OldUseRow, ...] = ()


async def enter(
    draft: Draft,
    *,
    sender: System,
    standing: Standing | None,
    caller: Caller,
    gw: Gateway,
    trusting: bool = False,
    overtakes: bool = True,
) -> Entered:
    """
    Fold a message into its case and work out everything that follows from it. `overtakes`: it may
    take deliveries that were never sent out of its way.

    `trusting`: whether a number already names another case is left to the commit, which then
    raises RevisionConflictError; the next try asks before, and says so.

    Raises:
        InvalidDocument: unknown material, unknown or ended item, a number that names another case,
            or an application its handling place cannot carry.
        Unroutable: nobody can be found for the application, or for the place it is forwarded to.
        TransitionNotAllowed: a step that can never be legal.
    """
    now = gw.clock.now()
    folded = (
        await _open(draft, sender=sender, now=now, gw=gw)
        if standing is None
        else await _fold(draft, sender=sender, standing=standing, now=now, gw=gw)
    )
    case, key, arrival = folded.case, folded.key, folded.arrived.arrival
    unproven = await check_named(draft.document, standing=standing, system=sender.system, gw=gw)
    told = await way_findings(draft.document, standing=standing, gw=gw)
    carried = await carry_over(draft.document, standing=standing, system=sender.system, gw=gw)
    found = (*draft.findings, *folded.findings, *unproven, *told, *carried.findings)
    draft = _remedied(replace(draft, document=carried.document, findings=found), case)
    numbers = number_rows(case, before=folded.before, sender=sender, gw=gw)
    if not trusting:
        await refuse_known_numbers(numbers, gw=gw)
    calendars = folded.arrived.calendars
    document = pin(
        draft,
        case=case,
        before=folded.before,
        arrival=arrival,
        now=now,
        calendar_version=calendars.revision,
        caller=caller,
    )
    materials = await bind_named(
        document,
        draft.inline,
        case_number=case.number,
        key=key,
        owner=sender.system,
        gw=gw,
        carried=carried.found.keys(),
    )
    materials += await bind_carried(
        carried, case_number=case.number, key=key, owner=sender.system, gw=gw
    )
    sent = await _send_on(document, folded, caller=caller, gw=gw)
    if standing is None:
        refuse_undeliverable(sent.rendered)
    moot = await overtake(
        draft.kind, sent.rendered, before=folded.before, applied=folded.applied and overtakes, gw=gw
    )

    salt = gw.ids.token(32)
    content_digest = hashlib.sha256(salt + draft.raw).hexdigest()
    content = MessageContent(
        document=document,
        raw=draft.raw,
        salt=salt,
        lineage=draft.lineage,
        charset_rule=draft.charset_rule,
    )
    findings = (
        *draft.findings,
        *sent.findings,
        *(finding for one in sent.rendered for finding in one.findings),
    )
    leaf = message_leaf(
        draft,
        case,
        key=key,
        now=now,
        caller=caller,
        digest=content_digest,
        applied=folded.applied,
        findings=findings,
    )
    change = Change(
        case=case_row(
            case,
            sender=sender,
            key=key,
            revision=standing.row.revision + 1 if standing else 1,
            calendars=calendars,
        ),
        applicants=applicant_rows(draft, case, gw=gw) if standing is None else (),
        parties=new_parties(case, before=folded.before),
        numbers=numbers,
        messages=(_message_row(draft, content, folded=folded, sender=sender, now=now, gw=gw),),
        now_applied=tuple((case.number, at) for at in folded.retried),
        materials=materials,
        deliveries=tuple(one.delivery for one in moot.rendered),
        steps=tuple(step for one in moot.rendered for step in one.steps),
        updates=moot.updates,
        old_uses=folded.old_uses,
        leaves=(leaf, *(one for each in moot.rendered for one in each.leaves), *moot.leaves),
    )
    return Entered(
        number=case.number,
        arrival=arrival,
        key=key,
        case=case,
        change=change,
        answer=lambda: answer_body(
            document,
            case=case,
            applied=folded.applied,
            findings=findings,
            content_digest=content_digest,
        ),
        rendered=moot.rendered,
    )


def merge(first: Change, second: Change) -> Change:
    """Two changes committed as one; single values are taken from whichever has one."""
    merged: dict[str, Any] = {}
    for name, mine, other in zip(_FIELDS, _VALUES(first), _VALUES(second), strict=True):
        if both := mine + other if mine and isinstance(mine, tuple) else mine or other:
            merged[name] = both
    return Change(**merged)


# --- the message in its case ----------------------------------------------------------------


async def _open(draft: Draft, *, sender: System, now: datetime, gw: Gateway) -> _Folded:
    if draft.kind != "application":
        raise InvalidDocument(findings=[refuse("case_number.missing", "/case_number")])
    begun = begin(draft, sender=sender, now=now, gw=gw)
    body: Any = draft.message.body
    on = date.fromisoformat(body.dates.application_date)
    under_way = await find_under_way(body, item=begun.opening.catalogue_code, on=on, gw=gw)
    opening = begun.opening
    if under_way is not None:
        opening = replace(opening, earlier_case=under_way.number, earliest_on=under_way.since)
    arrived = _arrived(draft, role="RECEIVING", sender=sender, arrival=1, now=now, gw=gw)
    return _Folded(
        before=None,
        case=open_case(arrived, opening=opening, rules=begun.rules),
        key=begun.key,
        arrived=arrived,
        applied=True,
        pending={},
        findings=(*begun.findings, *(tell_under_way(under_way) if under_way else ())),
        old_uses=begun.old_uses,
    )


async def _fold(
    draft: Draft, *, sender: System, standing: Standing, now: datetime, gw: Gateway
) -> _Folded:
    before, key = standing.case, standing.key
    role = role_for(before, sender.system, draft.kind)
    arrival = before.arrivals + 1
    arrived = _arrived(draft, role=role, sender=sender, arrival=arrival, now=now, gw=gw)
    rules = clock_rules(before)
    pending: Pending = {}
    advanced = advance(before, arrived, pending={}, rules=rules)
    if advanced.applied and before.pending:  # only now can one of them have its time
        pending = await _pending(before, key=key, gw=gw)
        waiting = {at: one[0] for at, one in pending.items()}
        advanced = advance(before, arrived, pending=waiting, rules=rules)
    case, moved = _forwarded(advanced, arrived, pending=pending, gw=gw)
    if arrived.message.kind == "supervision" and role == "HANDLING":
        case = with_authorities(case, on=local_date(now), gw=gw)
    return _Folded(
        before=before,
        case=case,
        key=key,
        arrived=arrived,
        applied=advanced.applied,
        pending=pending,
        retried=advanced.retried,
        findings=(*advanced.findings, *moved),
    )


def _forwarded(
    advanced: Advanced, arrived: Arrived, *, pending: Pending, gw: Gateway
) -> tuple[Case, tuple[Finding, ...]]:
    """
    The case with its new holder, where this message or an earlier one now forwarded it.

    Raises:
        Unroutable: this message forwards to a place nobody serves.
    """
    forwards = arrived.message.kind == "transfer" and advanced.applied
    earlier = any(pending[at][0].message.kind == "transfer" for at in advanced.retried)
    if not (forwards or earlier):
        return advanced.case, ()
    try:
        return rehomed(advanced.case, gw=gw), ()
    except Unroutable as error:
        if forwards:
            raise
        # An earlier message forwarded it: this one is not to blame, a person has to look.
        return advanced.case, tuple(replace(one, level="warn") for one in error.findings)


def _arrived(
    draft: Draft, *, role: Any, sender: System, arrival: int, now: datetime, gw: Gateway
) -> Arrived:
    return Arrived(
        message=draft.message,
        role=role,
        system=sender.system,
        arrival=arrival,
        at=now,
        calendars=gw.almanac.current,
    )


async def _pending(case: Case, *, key: CaseKey, gw: Gateway) -> Pending:
    found: dict[int, tuple[Arrived, dict[str, Any]]] = {}
    for arrival in case.pending:
        row = await gw.store.message(case.number, arrival)
        if row is None:
            continue
        document = open_message(row, key=key).document
        role = role_for(case, row.system, row.kind)
        message = parse(document, from_sender=False)
        arrived = Arrived(
            message=message, role=role, system=row.system, arrival=arrival, at=row.received_at
        )
        found[arrival] = (arrived, document)
    return found


async def _send_on(
    document: Mapping[str, Any], folded: _Folded, *, caller: Caller, gw: Gateway
) -> Sent:
    """This message, where it was applied, and the earlier ones it made applicable."""
    now_sent = [(document, folded.arrived.role)] if folded.applied else []
    now_sent += [(folded.pending[at][1], folded.pending[at][0].role) for at in folded.retried]
    sent = [
        await send_on(
            content,
            case=folded.case,
            before=folded.before,
            role=role,
            key=folded.key,
            caller=caller,
            gw=gw,
        )
        for content, role in now_sent
    ]
    sent.append(
        await begin_parts(
            [content for content, _ in now_sent],
            case=folded.case,
            before=folded.before,
            key=folded.key,
            caller=caller,
            gw=gw,
        )
    )
    return Sent(
        tuple(rendered for one in sent for rendered in one.rendered),
        tuple(finding for one in sent for finding in one.findings),
    )


def _remedied(draft: Draft, case: Case) -> Draft:
    done = with_remedies(
        draft.document, draft.findings, entry=item(case.catalogue_code, case.application_date)
    )
    return replace(draft, document=done.document, findings=done.findings)


def _message_row(
    draft: Draft,
    content: MessageContent,
    *,
    folded: _Folded,
    sender: System,
    now: datetime,
    gw: Gateway,
) -> MessageRow:
    case, arrival, message = folded.case, folded.arrived.arrival, draft.message
    return MessageRow(
        case_number=case.number,
        arrival=arrival,
        system=sender.system,
        environment=gw.environment,
        message_id=message.message_id,
        data_version=message.data_version,
        kind=draft.kind,
        part_id=message.part_id or case.parts[0].part_id,
        applied=folded.applied,
        occurred_at=datetime.fromisoformat(message.occurred_at),
        received_at=now,
        package=draft.package,
        sealed=seal_message(content, case_number=case.number, arrival=arrival, key=folded.key),
    )


__all__ = ["Entered", "enter", "merge"]
