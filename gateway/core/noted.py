"""
What a message leaves in the case beside status and clocks: numbers, requests, decisions, holders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from gateway.core.case import Case, Holder, Part
from gateway.core.conditions import unanswered
from gateway.core.entitlement import note_entitlement
from gateway.core.owed import end_owed
from gateway.core.rules import Arrived
from gateway.core.transitions import Transition
from gateway.core.watch import reminded

_NUMBERS = {"RECEIVING": "receiving", "HANDLING": "handling", "NATIONAL": "national"}


def count(case: Case, arrived: Arrived) -> Case:
    """What every message leaves, applied or not."""
    message = arrived.message
    sequence = message.sequence or case.next_sequence(arrived.system)
    last = max(sequence, case.sequences.get(arrived.system, 0))
    return replace(
        case,
        arrivals=arrived.arrival,
        updated_at=arrived.at,
        sequences={**case.sequences, arrived.system: last},
        numbers=numbers(case.numbers, arrived),
        own_numbers=_own_numbers(case.own_numbers, arrived),
        kinds={**case.kinds, message.message_id: message.kind},
    )


def numbers(known: Mapping[str, str], arrived: Arrived) -> Mapping[str, str]:
    """Each side's own number, as that side gives it; a number once known is not replaced."""
    name, number = _NUMBERS.get(arrived.role), _given(arrived)
    return known if name is None or number is None or name in known else {**known, name: number}


def _given(arrived: Arrived) -> str | None:
    """The number the sender knows the case by, where the message says it."""
    given: Any = arrived.message.numbers
    name = _NUMBERS.get(arrived.role)
    number = getattr(given, name) if given is not None and name is not None else None
    if number is None and arrived.message.kind == "acknowledgement":
        body: Any = arrived.message.body
        number = body.number
    return number


def _own_numbers(known: Mapping[str, str], arrived: Arrived) -> Mapping[str, str]:
    number = _given(arrived) if arrived.role == "HANDLING" else None
    return known if number is None or arrived.system in known else {**known, arrived.system: number}


def note(case: Case, part_id: str, row: Transition, arrived: Arrived) -> Case:
    """What an applied message leaves, by its row of the table."""
    part = next(one for one in case.parts if one.part_id == part_id)
    if row.kind == "correction_request":
        return _asked(case, part, arrived)
    if row.kind == "correction":
        return end_owed(_with(case, replace(part, request=None, asked_by=None, gaps=())), arrived)
    if row.kind == "handover":
        return end_owed(case, arrived)
    if row.kind == "reminder" and arrived.role == "GATEWAY":
        return reminded(case, arrived)
    if row.kind == "acceptance":
        return _accepted(case, part, row, arrived)
    if row.kind == "decision":
        return _decided(case, part, arrived)
    if row.when in ("received", "received_anew"):
        return _held(case, part, arrived)
    if row.kind in ("objection", "complaint"):
        return _questioned(case, arrived)
    if row.kind in ("benefit_payment", "entitlement_change"):
        return _with(case, note_entitlement(part, row, arrived))
    if row.kind == "transfer":
        return _handed_on(case, part, row, arrived)
    return case


def _questioned(case: Case, arrived: Arrived) -> Case:
    """A question waits until it is answered; one that concerns several parts counts once."""
    message = arrived.message
    body: Any = message.body
    if body.phase == "ANSWER":
        return replace(case, questions=unanswered(case, arrived))
    others = tuple(one for one in case.questions if one != message.message_id)
    return replace(case, questions=(*others, message.message_id))


def _asked(case: Case, part: Part, arrived: Arrived) -> Case:
    body: Any = arrived.message.body
    asked = replace(
        part,
        request=arrived.message.message_id,
        asked_by=arrived.role,
        gaps=tuple(gap.gap_id for gap in body.gaps),
        rounds=part.rounds + 1,
    )
    case = _with(case, asked)
    return replace(case, corrections=max(one.rounds for one in case.parts))


def _accepted(case: Case, part: Part, row: Transition, arrived: Arrived) -> Case:
    body: Any = arrived.message.body
    case = _with(case, replace(part, request=None, asked_by=None, gaps=()))
    if row.when == "at_collection":
        return replace(case, accepted_at_collection=True)
    if body.promised_on is None:
        return case
    promised = date.fromisoformat(body.promised_on)
    clocks = tuple(
        replace(clock, promised_on=promised)
        if clock.kind == "DECIDE" and clock.part_id == part.part_id and clock.running
        else clock
        for clock in case.clocks
    )
    return replace(case, clocks=clocks)


def _decided(case: Case, part: Part, arrived: Arrived) -> Case:
    body: Any = arrived.message.body
    case = _with(case, replace(part, result=part.status, request=None, asked_by=None, gaps=()))
    decisions = {**case.decisions, body.decision_id: str(body.result.code)}
    return replace(case, decisions=decisions, last_decision=arrived.message.message_id)


def _held(case: Case, part: Part, arrived: Arrived) -> Case:
    if arrived.role == "HANDLING" and part.system != arrived.system:
        part = replace(part, system=arrived.system)
        case = _with(case, part)
    for holder in case.holders:
        if holder.part_id == part.part_id and holder.to_at is None:
            named = replace(holder, system=part.system)
            holders = tuple(named if one is holder else one for one in case.holders)
            return replace(case, holders=holders)
    return _add_holder(case, part, part.place or case.handling_place, arrived)


def _handed_on(case: Case, part: Part, row: Transition, arrived: Arrived) -> Case:
    """Every holder is kept; the number of the old one no longer names the case there."""
    body: Any = arrived.message.body
    closed = tuple(
        replace(holder, to_at=arrived.at)
        if holder.part_id == part.part_id and holder.to_at is None
        else holder
        for holder in case.holders
    )
    place = case.receiving_place
    if row.when == "forward":
        place = body.to_place.code if body.to_place else case.handling_place
    handed = replace(
        part,
        system=None,
        place=place if row.when == "forward" else part.place,
        body_name=body.to_body.name if body.to_body else None,
        request=None,
        asked_by=None,
        gaps=(),
    )
    known, own = dict(case.numbers), dict(case.own_numbers)
    number = own.pop(part.system or "", None)
    if len(case.parts) == 1 or known.get("handling") == number:
        number = known.pop("handling", None) or number
    earlier = ((part.system or "", number),) if number is not None else ()
    case = replace(
        _with(case, handed),
        holders=closed,
        numbers=known,
        own_numbers=own,
        earlier_numbers=(*case.earlier_numbers, *earlier),
        handling_place=place
        if row.when == "forward" and _leads(case, part)
        else (case.handling_place),
    )
    return _add_holder(case, handed, place, arrived)


def _leads(case: Case, part: Part) -> bool:
    """Whether the place of this part is the place of the case: the first that decides."""
    return part.part_id == next((one.part_id for one in case.parts if one.decides), part.part_id)


def _add_holder(case: Case, part: Part, place: str, arrived: Arrived) -> Case:
    held = Holder(
        place=place,
        body_name=part.body_name,
        from_at=arrived.at,
        part_id=part.part_id,
        system=part.system,
    )
    return replace(case, holders=(*case.holders, held))


def _with(case: Case, part: Part) -> Case:
    parts = tuple(part if one.part_id == part.part_id else one for one in case.parts)
    return replace(case, parts=parts)


__all__ = ["count", "note", "numbers"]
