"""
The conditions of the lifecycle table: what a message says, and what its part already saw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.core.case import Case, Part
from gateway.core.rules import Arrived, Rules

Condition = Callable[[Case, Part, Arrived, Rules], bool]


def holds(when: str, case: Case, part: Part, arrived: Arrived, *, rules: Rules) -> bool:
    """Whether a condition of the table is met. Names as in `transitions.CONDITIONS_ZH`."""
    return CONDITIONS[when](case, part, arrived, rules)


def code(value: object) -> str | None:
    """The national code of a coded value, None where there is none."""
    return getattr(value, "code", None)


def result(arrived: Arrived) -> str | None:
    return code(getattr(arrived.message.body, "result", None))


def _body(arrived: Arrived) -> Any:
    """The content; which fields it has follows from the kind the table's row is for."""
    return arrived.message.body


def _says(name: str, value: object) -> Condition:
    return lambda case, part, arrived, rules: getattr(_body(arrived), name) == value


def _result_in(*codes: str) -> Condition:
    return lambda case, part, arrived, rules: result(arrived) in codes


def _acknowledges(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    """RECEIVED for what hands the case over; an id we do not know is the other side's own."""
    of = case.kinds.get(_body(arrived).of, "application")
    return _body(arrived).status == "RECEIVED" and of in ("application", "transfer")


def _acknowledges_anew(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    # After a return nobody holds it: a late answer of the old holder does not push it again.
    return _acknowledges(case, part, arrived, rules) and part.turn == "HANDLING"


def _acknowledges_otherwise(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    # While it is looked over before the push, having received it counts once that is answered.
    return part.status != "PRE_REVIEW" or not _acknowledges(case, part, arrived, rules)


def _answers(case: Case, part: Part, arrived: Arrived) -> bool:
    """
    Whether a correction answers the part's open request. Before any request it is early, not
    impossible; an id we do not know is the other side's own name for the request.
    """
    named = arrived.message.in_reply_to
    return part.request is None or named == part.request or named not in case.kinds


def _passed_in_hand(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    passed = _body(arrived).phase == "ANSWER" and result(arrived) == "PASSED"
    return passed and part.before == "PUSHED"


def unanswered(case: Case, arrived: Arrived) -> tuple[str, ...]:
    """
    The questions that are still open after an answer. An id we do not know is the other side's own
    name for a question: it counts for the oldest.
    """
    named = arrived.message.in_reply_to
    if case.kinds.get(named or "") in ("objection", "complaint"):
        return tuple(one for one in case.questions if one != named)
    return case.questions[1:]


def _answers_one(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    return _body(arrived).phase == "ANSWER" and bool(unanswered(case, arrived))


def _answers_review(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    return case.kinds.get(arrived.message.in_reply_to or "") == "pre_review"


def _decides(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    first = _body(arrived).supersedes is None
    return first and result(arrived) in {"APPROVED", "PARTLY_APPROVED", "REFUSED"}


def _told(case: Case, part: Part, arrived: Arrived, rules: Rules) -> bool:
    body = _body(arrived)
    return code(body.notice_kind) == "OUTCOME" and body.succeeded is True


def _changes(kind: str) -> Condition:
    return lambda case, part, arrived, rules: code(_body(arrived).change) == kind


def _fee(*states: str) -> Condition:
    return lambda case, part, arrived, rules: (
        rules.fee_pauses and code(_body(arrived).fee.state) in states
    )


def _delivery(*states: str) -> Condition:
    return lambda case, part, arrived, rules: code(_body(arrived).delivery.state) in states


CONDITIONS: dict[str, Condition] = {
    "": lambda case, part, arrived, rules: True,
    "ask": _says("phase", "ASK"),
    "answer": _says("phase", "ANSWER"),
    "answers_one": _answers_one,
    "passed_in_hand": _passed_in_hand,
    "asked_by_review": _answers_review,
    "at_collection": lambda case, part, arrived, rules: (
        _body(arrived).at_collection is True
        and rules.acceptance_at_collection
        and result(arrived) == "ACCEPTED"
    ),
    "received": _acknowledges,
    "received_anew": _acknowledges_anew,
    "rejected": _says("status", "REJECTED"),
    "other": _acknowledges_otherwise,
    "asked_by_r": lambda case, part, arrived, rules: (
        part.asked_by == "RECEIVING" and _answers(case, part, arrived)
    ),
    "asked_by_h": lambda case, part, arrived, rules: (
        part.asked_by != "RECEIVING" and _answers(case, part, arrived)
    ),
    "accepted": _result_in("ACCEPTED", "DEEMED_ACCEPTED"),
    "deemed": lambda case, part, arrived, rules: (
        rules.deems_accepted and result(arrived) == "DEEMED_ACCEPTED"
    ),
    "not_accepted": _result_in("NOT_ACCEPTED"),
    "no_outcome": lambda case, part, arrived, rules: _body(arrived).part_outcome is None,
    "outcome": lambda case, part, arrived, rules: (
        _body(arrived).part_outcome is not None and not part.decides
    ),
    "start": _says("phase", "START"),
    "end": _says("phase", "END"),
    "decides": _decides,
    "lapses": lambda case, part, arrived, rules: (
        result(arrived) == "LAPSED" and _body(arrived).supersedes is None
    ),
    "ends": lambda case, part, arrived, rules: (
        result(arrived) in {"TERMINATED", "VOID"} and _body(arrived).supersedes is None
    ),
    "withdrawn": lambda case, part, arrived, rules: (
        result(arrived) == "WITHDRAWN" and _body(arrived).supersedes is None
    ),
    "supersedes": lambda case, part, arrived, rules: _body(arrived).supersedes is not None,
    "return": lambda case, part, arrived, rules: code(_body(arrived).transfer_kind) == "RETURN",
    "forward": lambda case, part, arrived, rules: code(_body(arrived).transfer_kind) == "FORWARD",
    "outcome_told": _told,
    "other_notice": lambda case, part, arrived, rules: not _told(case, part, arrived, rules),
    "came_back": _delivery("RETURNED", "FAILED"),
    "on_its_way": _delivery("SENT", "SIGNED"),
    "recertified": _changes("RECERTIFIED"),
    "stopped": _changes("STOPPED"),
    "resumed": _changes("RESUMED"),
    "changed": _changes("CHANGED"),
    "recovery": _changes("RECOVERY"),
    "fee_open": _fee("ORDERED"),
    "fee_done": _fee("PAID", "WAIVED"),
}


__all__ = ["CONDITIONS", "Condition", "code", "holds", "result", "unanswered"]
