"""
What a message that entered its case leaves in rows and in the audit tree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from contracts.calendar import Calendars
from contracts.errors import Finding
from gateway.core.audit.leaf import Leaf
from gateway.core.case import Case, Party, case_to_json
from gateway.core.watch import next_look
from gateway.ports import CaseKey, CaseRow, Gateway, NumberRow, System
from gateway.usecases.caller import Caller
from gateway.usecases.draft import Draft
from gateway.usecases.stand import case_place
from gateway.usecases.times import stamp

_CODE = re.compile(r"(?!.*\d{11})[A-Za-z0-9_.:/+-]{1,64}")
"""Eleven digits in a row are a phone number or an ID number; some systems log in with those."""
_ITEM = re.compile(r"[A-Za-z0-9_.:/+-]{1,120}")


def case_row(
    case: Case, *, sender: System, key: CaseKey, revision: int, calendars: Calendars
) -> CaseRow:
    receiving = case.systems("RECEIVING")
    handling = case.systems("HANDLING")
    return CaseRow(
        number=case.number,
        revision=revision,
        key_id=key.key_id,
        environment=case.environment,  # type: ignore[arg-type]
        status=case.status,
        turn=case.turn,
        due_on=case.due_on,
        item=case.catalogue_code,
        mode=case.mode,
        sender=receiving[0] if receiving else sender.system,
        handler=handling[0] if handling else "",
        receiving_county=case.receiving_place[:6],
        handling_county=case.handling_place[:6],
        arrivals=case.arrivals,
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        watch_on=next_look(case, calendars),
        sealed=key.seal(case_to_json(case), case_place(case.number, revision)),
    )


def new_parties(case: Case, *, before: Case | None) -> tuple[tuple[str, str, str], ...]:
    """
    (case number, system, role) of who was not a party before. An authority is none in the rows:
    what it may know is pushed to it, it reads no case.
    """
    known = set() if before is None else {_named(party) for party in before.parties}
    return tuple(
        (case.number, party.system, party.role)
        for party in case.parties
        if _named(party) not in known and party.role != "AUTHORITY"
    )


def number_rows(
    case: Case, *, before: Case | None, sender: System, gw: Gateway
) -> tuple[NumberRow, ...]:
    """The number this message made known, under the system that gave it."""
    known = {} if before is None else before.numbers
    given = {number for name, number in case.numbers.items() if known.get(name) != number}
    own = case.own_numbers.get(sender.system)
    if own is not None and (before is None or before.own_numbers.get(sender.system) != own):
        given.add(own)
    return tuple(
        NumberRow(
            system=sender.system,
            index=gw.keys.index("number", sender.system, number),
            case_number=case.number,
        )
        for number in sorted(given)
    )


def message_leaf(
    draft: Draft,
    case: Case,
    *,
    key: CaseKey,
    now: datetime,
    caller: Caller,
    digest: str,
    applied: bool,
    findings: Sequence[Finding],
) -> Leaf:
    operator, item = draft.message.operator, draft.message.item
    applicant = getattr(draft.message.body, "applicant", None)
    number = applicant.id_number if applicant else None
    return Leaf(
        event="message.received",
        at=stamp(now),
        actor=replace(
            caller.actor,
            operator=_plain(operator.operator_id if operator else None, "operator", key=key),
            window=_plain(operator.window_id if operator else None, "window", key=key),
        ),
        environment=case.environment,
        case_number=case.number,
        item=case.catalogue_code,
        item_source=_plain(item.local_code if item else None, "item", key=key, like=_ITEM),
        kind=draft.kind,
        part=_plain(draft.message.part_id, "part", key=key),
        outcome="applied" if applied else "not_applied",
        content_digest=digest,
        mapping=draft.package_digest,
        commitments=(key.commit("applicant.id_number", number),) if number else (),
        findings=tuple(sorted({finding.rule for finding in findings}))[:50],
        trace_id=caller.trace_id,
    )


def _plain(
    text: str | None, name: str, *, key: CaseKey, like: re.Pattern[str] = _CODE
) -> str | None:
    """A sender's code as it is; whatever could be a person's name or number as a commitment."""
    return text if text is None or like.fullmatch(text) else key.commit(name, text)


def _named(party: Party) -> tuple[str, str]:
    return party.system, party.role


__all__ = ["case_row", "message_leaf", "new_parties", "number_rows"]
