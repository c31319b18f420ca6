"""
Advance a case by one message: pure, and the same for every kind, mode and direction.

A step that can never be legal is refused. An early, late or repeated one is taken in, marked as not
applied, and tried again after each later message. Folding the same messages in the same order of
arrival gives the identical case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from contracts.errors import TransitionNotAllowed
from contracts.message import Message
from gateway.core.case import ENDED, FINAL, HELD, MAIN, Case, Holder, Part, Party, Role, Turn
from gateway.core.clocks import ClockRules, move_clocks
from gateway.core.transitions import TRANSITIONS, Transition

LETTERS: dict[str, str] = {"RECEIVING": "R", "HANDLING": "H", "NATIONAL": "N"}
MOVING = frozenset(
    {
        "acceptance",
        "correction_request",
        "correction",
        "progress",
        "special_procedure",
        "decision",
        "transfer",
    }
)
"""Kinds that move one part; where a case has several, they must name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A message as the fold sees it: what it says, who said it, when it came in which order."""

    message: Message
    role: Role
    system: str
    arrival: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What intake found out for a new case, beyond the application itself."""

    number: str
    handling_place: str
    parties: tuple[Party, ...]
    catalogue_code: str
    catalogue_version: str
    item: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """
    `applied` says whether this message took effect now; `retried` lists the arrivals of earlier
    messages that it made applicable, in the order they were applied.
    """

    case: Case
    applied: bool
    why: str | None = None
    retried: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the item and its places say about clocks and acceptance at collection."""

    clocks: ClockRules = field(default_factory=dict)
    acceptance_at_collection: bool = False


def open_case(arrived: Arrived, *, opening: Opening, rules: Rules) -> Case:
    """Make the case an application begins."""
    message = arrived.message
    body: Any = message.body
    parts = tuple(
        Part(
            part_id=part.part_id,
            status="WAITING" if part.after else "COLLECTED",
            turn="RECEIVING",
            decides=part.role is None or part.role.code == "DECISION",
            required=part.required is not False,
            after=part.after or (),
            body=part.body.credit_code,
            body_name=part.body.name,
        )
        for part in body.parts or ()
    ) or (Part(part_id=MAIN, status="COLLECTED", turn="RECEIVING"),)
    case = Case(
        number=opening.number,
        environment=message.environment,
        mode=body.mode.code or "PROXY",
        item=opening.item,
        catalogue_code=opening.catalogue_code,
        catalogue_version=opening.catalogue_version,
        application_date=datetime.fromisoformat(body.dates.application_date).date(),
        receiving_place=body.receiving_place.code,
        handling_place=opening.handling_place,
        parties=opening.parties,
        parts=parts,
        arrivals=arrived.arrival,
        opened_at=arrived.at,
        updated_at=arrived.at,
        sequences={arrived.system: 1},
        numbers=_numbers({}, arrived),
    )
    row = next(row for row in TRANSITIONS if row.kind == "application")
    return move_clocks(
        case,
        row.clocks,
        part_id=parts[0].part_id,
        arrived=arrived,
        rules=rules.clocks,
    )


def advance(
    case: Case, arrived: Arrived, *, pending: Mapping[int, Arrived], rules: Rules
) -> Advanced:
    """
    Fold one message into its case. `pending` holds the messages of `case.pending`, by arrival.

    Raises:
        TransitionNotAllowed: wrong actor, unknown part, second application, a decision by a part
            that does not decide: never legal in this case, whenever it comes.
    """
    refuse_impossible(case, arrived, rules=rules)
    case = _counted(case, arrived)
    moved = _apply(case, arrived, rules=rules)
    if moved is None:
        return Advanced(
            case=replace(case, pending=(*case.pending, arrived.arrival)),
            applied=False,
            why=f"{arrived.message.kind} does not apply in status {case.status}",
        )
    case, retried = _retry(moved, pending, rules=rules)
    return Advanced(case=case, applied=True, retried=retried)


def refuse_impossible(case: Case, arrived: Arrived, *, rules: Rules) -> None:
    message, letter = arrived.message, LETTERS.get(arrived.role, "*")
    if message.kind == "application":
        raise TransitionNotAllowed(
            "该办件已有申请,不能再次申请", "the case already has its application"
        )
    rows = [row for row in TRANSITIONS if row.kind == message.kind]
    mine = [row for row in rows if row.by == "*" or letter in row.by]
    if not mine:
        raise TransitionNotAllowed(
            "该操作由另一方提交,本方角色不能提交",
            f"a {message.kind} is not for role {arrived.role} to send",
        )
    part = case.part(message.part_id or case.parts[0].part_id)
    if part is None or (message.part_id is None and len(case.parts) > 1 and message.kind in MOVING):
        raise TransitionNotAllowed(
            "报文未指明或指明了不存在的办理部分", "names no part, or one the case does not have"
        )
    if message.kind == "decision" and not part.decides:
        raise TransitionNotAllowed(
            "该办理部分不作决定,请以过程环节报送部分结论", "this part does not decide"
        )
    if not any(_holds(row.when, case, part, arrived, rules=rules) for row in mine):
        raise TransitionNotAllowed(
            "报文内容与任何允许的步骤都不相符", f"no step of {message.kind} fits what it says"
        )


# --- one step -------------------------------------------------------------------------------


def _apply(case: Case, arrived: Arrived, *, rules: Rules) -> Case | None:
    """The case after the message, or None when no row of the table starts from where it stands."""
    letter = LETTERS.get(arrived.role, "*")
    message = arrived.message
    part = case.part(message.part_id or case.parts[0].part_id)
    if part is None:
        return None
    for row in TRANSITIONS:
        if row.kind != message.kind or (row.by != "*" and letter not in row.by):
            continue
        if not _holds(row.when, case, part, arrived, rules=rules):
            continue
        if "*" in row.came_from or part.status in row.came_from:
            return _moved(case, part, row, arrived, rules=rules)
    return None


def _moved(case: Case, part: Part, row: Transition, arrived: Arrived, *, rules: Rules) -> Case:
    message = arrived.message
    status = _target(case, part, row, arrived)
    turn = _turn(case, part, row)
    paused = status in ("SUSPENDED", "CORRECTION_REQUESTED")
    new = replace(
        part,
        status=status,
        turn=turn,
        before=part.status if paused else None if row.to != "=" else part.before,
        asked_by=arrived.role
        if row.kind == "correction_request"
        else None
        if row.kind == "correction"
        else part.asked_by,
    )
    everybody = row.kind in ("withdrawal", "notification") and message.part_id is None
    if row.when == "ends" and message.part_id is None:
        everybody = True
    parts = tuple(
        replace(one, status=status, turn=turn)
        if everybody and row.to != "=" and one.status not in ("WITHDRAWN", "NOTIFIED")
        else new
        if one.part_id == part.part_id
        else one
        for one in case.parts
    )
    case = replace(case, parts=parts)
    if "release" in row.clocks:
        case = _released(case, part)
    case = _noted(case, row, arrived)
    return move_clocks(
        case,
        tuple(action for action in row.clocks if action != "release"),
        part_id=part.part_id,
        arrived=arrived,
        rules=rules.clocks,
    )


def _released(case: Case, ended: Part) -> Case:
    """A part that ended, well or not, lets the parts waiting for it begin."""
    over = {part.part_id for part in case.parts if part.status in ENDED}
    parts = tuple(
        replace(part, status="PUSHED", turn="HANDLING")
        if part.status == "WAITING" and set(part.after) <= over
        else part
        for part in case.parts
    )
    return replace(case, parts=parts)


def _target(case: Case, part: Part, row: Transition, arrived: Arrived) -> str:
    body: Any = arrived.message.body
    if row.to == "=":
        return part.status
    if row.to == "before":
        return part.before or "ACCEPTED"
    if row.to == "result":
        code = str(body.result.code)
        return "APPROVED" if code == "PARTLY_APPROVED" else code
    if row.to == "outcome":
        return str(body.part_outcome.code)
    if row.kind == "acknowledgement" and case.accepted_at_collection:
        return "ACCEPTED"
    return row.to


def _turn(case: Case, part: Part, row: Transition) -> Turn | None:
    online = case.mode == "ONLINE"
    turns: dict[str, Turn | None] = {
        "R": "RECEIVING",
        "H": "HANDLING",
        "-": None,
        "R/A": "APPLICANT" if online else "RECEIVING",
        "R/H": "HANDLING" if online else "RECEIVING",
        "=": part.turn,
    }
    return turns[row.turn]


# --- what a message leaves in the case beside the status ------------------------------------


def _noted(case: Case, row: Transition, arrived: Arrived) -> Case:
    message = arrived.message
    body: Any = message.body
    if row.kind == "correction_request":
        return replace(case, open_request=message.message_id, corrections=case.corrections + 1)
    if row.kind == "correction":
        return replace(case, open_request=None)
    if row.when == "at_collection":
        return replace(case, accepted_at_collection=True)
    if row.kind == "decision":
        decisions = {**case.decisions, body.decision_id: str(body.result.code)}
        return replace(case, decisions=decisions, last_decision=message.message_id)
    if row.kind == "acknowledgement" and row.when == "received":
        numbers = {**case.numbers, "handling": body.number} if body.number else case.numbers
        held = Holder(
            place=case.handling_place,
            body_name=message.sender.body.name if message.sender.body else None,
            from_at=arrived.at,
        )
        return replace(case, numbers=numbers, holders=(*case.holders, held))
    if row.kind == "transfer":
        closed = tuple(
            holder if holder.to_at else replace(holder, to_at=arrived.at) for holder in case.holders
        )
        place = body.to_place.code if row.when == "forward" and body.to_place else None
        return replace(case, holders=closed, handling_place=place or case.handling_place)
    return case


def _counted(case: Case, arrived: Arrived) -> Case:
    sequence = arrived.message.sequence or case.next_sequence(arrived.system)
    last = max(sequence, case.sequences.get(arrived.system, 0))
    return replace(
        case,
        arrivals=arrived.arrival,
        updated_at=arrived.at,
        sequences={**case.sequences, arrived.system: last},
        numbers=_numbers(case.numbers, arrived),
    )


def _numbers(known: Mapping[str, str], arrived: Arrived) -> Mapping[str, str]:
    """Each side's own number, as that side gives it; a number once known is not replaced."""
    given = arrived.message.numbers
    name = {"RECEIVING": "receiving", "HANDLING": "handling", "NATIONAL": "national"}.get(
        arrived.role
    )
    number = getattr(given, name) if given is not None and name is not None else None
    return known if name is None or number is None or name in known else {**known, name: number}


def _retry(
    case: Case, pending: Mapping[int, Arrived], *, rules: Rules
) -> tuple[Case, tuple[int, ...]]:
    """Try what was not applied, in order of arrival, until nothing more moves."""
    retried: list[int] = []
    again = True
    while again:
        again = False
        for arrival in case.pending:
            waiting = pending.get(arrival)
            moved = None if waiting is None else _apply(case, waiting, rules=rules)
            if moved is not None:
                left = tuple(other for other in case.pending if other != arrival)
                case = replace(moved, pending=left)
                retried.append(arrival)
                again = True
                break
    return case, tuple(retried)


# --- conditions -----------------------------------------------------------------------------


def _holds(when: str, case: Case, part: Part, arrived: Arrived, *, rules: Rules) -> bool:
    return CONDITIONS[when](case, part, arrived, rules)


Condition = Callable[[Case, Part, Arrived, Rules], bool]


def _body(arrived: Arrived) -> Any:
    """The content; which fields it has follows from the kind the table's row is for."""
    return arrived.message.body


def _code(value: object) -> str | None:
    return getattr(value, "code", None)


def _decides(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    return (
        part.decides
        and _result(arrived) in {"APPROVED", "PARTLY_APPROVED", "REFUSED"}
        and (_body(arrived).supersedes is None)
    )


def _result(arrived: Arrived) -> str | None:
    return _code(getattr(arrived.message.body, "result", None))


CONDITIONS: dict[str, Condition] = {
    "": lambda case, part, arrived, rules: True,
    "ask": lambda case, part, arrived, rules: _body(arrived).phase == "ASK",
    "answer": lambda case, part, arrived, rules: _body(arrived).phase == "ANSWER",
    "at_collection": lambda case, part, arrived, rules: (
        _body(arrived).at_collection is True and rules.acceptance_at_collection
    ),
    "received": lambda case, part, arrived, rules: _body(arrived).status == "RECEIVED",
    "rejected": lambda case, part, arrived, rules: _body(arrived).status == "REJECTED",
    "other": lambda case, part, arrived, rules: True,
    "asked_by_r": lambda case, part, arrived, rules: part.asked_by == "RECEIVING",
    # Before any request the correction is early, not impossible: it waits for the request.
    "asked_by_h": lambda case, part, arrived, rules: part.asked_by != "RECEIVING",
    "accepted": lambda case, part, arrived, rules: (
        _result(arrived) in {"ACCEPTED", "DEEMED_ACCEPTED"}
    ),
    "not_accepted": lambda case, part, arrived, rules: _result(arrived) == "NOT_ACCEPTED",
    "no_outcome": lambda case, part, arrived, rules: _body(arrived).part_outcome is None,
    "outcome": lambda case, part, arrived, rules: (
        _body(arrived).part_outcome is not None and (not part.decides or len(case.parts) == 1)
    ),
    "start": lambda case, part, arrived, rules: _body(arrived).phase == "START",
    "end": lambda case, part, arrived, rules: _body(arrived).phase == "END",
    "decides": _decides,
    "lapses": lambda case, part, arrived, rules: _result(arrived) == "LAPSED",
    "ends": lambda case, part, arrived, rules: (
        _result(arrived) in {"TERMINATED", "VOID", "WITHDRAWN"}
    ),
    "supersedes": lambda case, part, arrived, rules: _body(arrived).supersedes is not None,
    "return": lambda case, part, arrived, rules: _code(_body(arrived).transfer_kind) == "RETURN",
    "forward": lambda case, part, arrived, rules: _code(_body(arrived).transfer_kind) == "FORWARD",
    "outcome_told": lambda case, part, arrived, rules: (
        _code(_body(arrived).notice_kind) == "OUTCOME" and _body(arrived).succeeded
    ),
    "other_notice": lambda case, part, arrived, rules: (
        _code(_body(arrived).notice_kind) != "OUTCOME" or not _body(arrived).succeeded
    ),
}

__all__ = ["FINAL", "HELD", "Advanced", "Arrived", "Opening", "Rules", "advance", "open_case"]
