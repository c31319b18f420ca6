"""
Advance a case by one message: pure, and the same for every kind, mode and direction.

A step that can never be legal is refused. An early, late or repeated one is taken in, marked as not
applied, and tried again after each later message. Folding the same messages in the same order of
arrival gives the identical case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.errors import Finding
from gateway.core.case import ENDED, MAIN, Case, Holder, Part, Party, Turn, lets_go_on
from gateway.core.clocks import move_clocks
from gateway.core.conditions import holds
from gateway.core.entitlement import changes_entitlement
from gateway.core.noted import count, note
from gateway.core.opening import Opening, open_case
from gateway.core.rules import Arrived, Rules
from gateway.core.special import special_findings
from gateway.core.targets import may_send, refuse_impossible, targets
from gateway.core.transitions import ANY, Transition, rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """
    `applied` says whether this message took effect now; `retried` lists the arrivals of earlier
    messages that it made applicable, in the order they were applied. `findings` warn.
    """

    case: Case
    applied: bool
    why: str | None = None
    retried: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


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
    before = case
    case = count(case, arrived)
    moved = _apply(case, arrived, rules=rules)
    if moved is None:
        return Advanced(
            case=replace(case, pending=(*case.pending, arrived.arrival)),
            applied=False,
            why=f"{arrived.message.kind} does not apply in status {case.status}",
        )
    # What waited takes effect now, so it is counted with the calendars of now.
    pending = {at: replace(one, calendars=arrived.calendars) for at, one in pending.items()}
    case, retried = _retry(moved, pending, rules=rules)
    return Advanced(
        case=case, applied=True, retried=retried, findings=_warn(before, arrived, rules=rules)
    )


def rehome(case: Case, party: Party) -> Case:
    """
    After a forward: `party` handles the case, who handled it before keeps reading as `former`; not
    so a system that still has another part of it.
    """
    busy = {part.system for part in case.parts if part.system is not None}
    others = tuple(
        replace(one, former=True) if one.role == "HANDLING" and one.system not in busy else one
        for one in case.parties
        if (one.system, one.role) != (party.system, party.role)
    )
    return replace(case, parties=(*others, party))


# --- one step -------------------------------------------------------------------------------


def _apply(case: Case, arrived: Arrived, *, rules: Rules) -> Case | None:
    """The case after the message, or None when no row of the table starts from where it stands."""
    applied = False
    for name in [part.part_id for part in targets(case, arrived)]:
        part = next(one for one in case.parts if one.part_id == name)
        row = _row_for(case, part, arrived, rules=rules)
        if row is not None:
            case = _moved(case, part, row, arrived, rules=rules)
            applied = True
    return _with_waiting_turns(case) if applied else None


def _row_for(case: Case, part: Part, arrived: Arrived, *, rules: Rules) -> Transition | None:
    for row in rows_of(arrived.message.kind):
        if not may_send(row, case, arrived) or not holds(
            row.when, case, part, arrived, rules=rules
        ):
            continue
        if (row.came_from == ANY or part.status in row.came_from) and _in_time(
            case, part, row, arrived
        ):
            return row
    return None


def _in_time(case: Case, part: Part, row: Transition, arrived: Arrived) -> bool:
    if row.kind == "entitlement_change":
        return changes_entitlement(part, row, arrived)
    if row.when == "received" and arrived.role == "HANDLING" and case.systems("NATIONAL"):
        return False  # where a channel is prescribed, pushed means the national system holds it
    if row.when == "outcome_told" and arrived.message.part_id is None:
        return case.finished  # the applicant is told once, when everything is decided
    if row.when == "supersedes":
        body: Any = arrived.message.body
        return body.supersedes in case.decisions
    return True


def _moved(case: Case, part: Part, row: Transition, arrived: Arrived, *, rules: Rules) -> Case:
    part = replace(
        part,
        status=_status(case, part, row, arrived),
        turn=_turn(case, part, row),
        before=_before(part, row),
    )
    case = note(_with(case, part), part.part_id, row, arrived)
    part = next(one for one in case.parts if one.part_id == part.part_id)
    case = move_clocks(case, row.clocks, part=part, arrived=arrived, rules=rules)
    return _released(case, arrived, rules=rules) if row.release else case


def _before(part: Part, row: Transition) -> str | None:
    """The status a pause or a pre-review goes back to."""
    if row.to in ("SUSPENDED", "PRE_REVIEW"):
        return part.status
    return part.before if row.to == "=" else None


def _with(case: Case, part: Part) -> Case:
    parts = tuple(part if one.part_id == part.part_id else one for one in case.parts)
    return replace(case, parts=parts)


def _released(case: Case, arrived: Arrived, *, rules: Rules) -> Case:
    """A part that ended and lets go on begins the parts that waited for it alone."""
    over = {part.part_id for part in case.parts if part.status in ENDED and lets_go_on(part)}
    for part in case.parts:
        if part.status == "WAITING" and set(part.after) <= over:
            begun = replace(part, status="PUSHED", turn="HANDLING")
            held = Holder(
                place=part.place or case.handling_place,
                body_name=part.body_name,
                from_at=arrived.at,
                part_id=part.part_id,
                system=part.system,
            )
            case = replace(_with(case, begun), holders=(*case.holders, held))
            case = move_clocks(
                case, ("start PART", "start DECIDE"), part=begun, arrived=arrived, rules=rules
            )
    return case


def _with_waiting_turns(case: Case) -> Case:
    """Who waits has the turn of whom it waits for."""
    if not any(part.status == "WAITING" for part in case.parts):
        return case
    turns = {part.part_id: part.turn for part in case.parts}

    def turn(part: Part) -> Turn | None:
        if part.status != "WAITING" or case.blocked(part):
            return part.turn if part.status != "WAITING" else None
        ahead = [one for one in case.parts if one.part_id in part.after and one.status not in ENDED]
        return turns[ahead[0].part_id] if ahead else part.turn

    for _ in case.parts:  # a chain settles in as many rounds as it has parts
        turns = {part.part_id: turn(part) for part in case.parts}
    parts = tuple(replace(part, turn=turns[part.part_id]) for part in case.parts)
    return replace(case, parts=parts)


def _status(case: Case, part: Part, row: Transition, arrived: Arrived) -> str:
    body: Any = arrived.message.body
    if row.to == "=":
        return part.status
    if row.to == "before":
        return part.before or ("COLLECTED" if part.status == "PRE_REVIEW" else "ACCEPTED")
    if row.to == "result":
        code = str(body.result.code)
        return "APPROVED" if code == "PARTLY_APPROVED" else code
    if row.to == "outcome":
        return str(body.part_outcome.code)
    if row.to == "PUSHED" and case.accepted_at_collection:
        return "ACCEPTED"
    return row.to


def _turn(case: Case, part: Part, row: Transition) -> Turn | None:
    if row.when == "rejected" and part.status in ENDED:
        return part.turn  # nobody can act on it any more
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


# --- what is noticed ------------------------------------------------------------------------


def _warn(before: Case, arrived: Arrived, *, rules: Rules) -> tuple[Finding, ...]:
    message, body = arrived.message, _any(arrived)
    parts = targets(before, arrived)
    found = []
    if message.kind == "correction_request" and any(part.rounds >= 1 for part in parts):
        found.append(
            _finding(
                "correction.second_round",
                "/body/round",
                "应一次性告知全部补正内容;本次为再次补正,已计数并标记",
                "all gaps are told once; this is a further round, counted and flagged",
            )
        )
    if message.kind == "correction":
        asked = {gap for part in parts for gap in part.gaps}
        if asked - {answer.gap_id for answer in body.answers or ()}:
            found.append(
                _finding(
                    "correction.open_gaps",
                    "/body/answers",
                    "补正未答复告知的全部事项,请核对是否遗漏",
                    "not every gap that was told is answered",
                )
            )
    if message.kind == "special_procedure" and body.phase == "START":
        found += special_findings(before, parts, arrived, rules=rules)
    if message.kind == "transfer" and body.application_date not in (
        None,
        before.application_date.isoformat(),
    ):
        found.append(
            _finding(
                "transfer.application_date",
                "/body/application_date",
                "转办的申请日期与原申请不同,以原申请日期为准",
                "the transfer names another application date; the original one stands",
            )
        )
    return tuple(found)


def _any(arrived: Arrived) -> Any:
    return arrived.message.body


def _finding(rule: str, path: str, zh: str, en: str) -> Finding:
    return Finding(rule=rule, level="warn", path=path, message=zh, message_en=en)


__all__ = [
    "MAIN",
    "Advanced",
    "Arrived",
    "Opening",
    "Rules",
    "advance",
    "open_case",
    "rehome",
]
