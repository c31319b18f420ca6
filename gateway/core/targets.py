"""
Which parts a message speaks of, who may send it, and what can never be legal.
"""

from __future__ import annotations

from typing import Any

from contracts.errors import TransitionNotAllowed
from gateway.core.case import Case, Part
from gateway.core.conditions import holds, result
from gateway.core.rules import Arrived, Rules
from gateway.core.transitions import ASIDE, Transition, rows_of

_LETTERS = {"RECEIVING": "R", "HANDLING": "H", "NATIONAL": "N", "GATEWAY": "G", "SERVICE": "S"}
_WHOLE = frozenset(
    {"acknowledgement", "withdrawal", "notification", "pre_review", "delivery_of_result"}
    | {"objection", "complaint"}
    | set(ASIDE)
)
"""Kinds that speak of the whole case where they name no part."""
_ENDS_ALL = frozenset({"TERMINATED", "VOID", "WITHDRAWN"})
_BY_STATE = frozenset({"correction", "acknowledgement"})
"""Kinds whose conditions depend on what came before: what does not fit now may fit later."""


def may_send(row: Transition, case: Case, arrived: Arrived) -> bool:
    """Whether the actor is the one the row names, in the case's mode."""
    if row.by == "*":
        return True
    letter = _LETTERS.get(arrived.role)
    if letter is None:
        return False
    if "/" in row.by:
        return letter == row.by.split("/")[case.mode == "ONLINE"]
    return letter in row.by


def targets(case: Case, arrived: Arrived) -> tuple[Part, ...]:
    """
    The parts a message is about: the one it names, else the one it answers, else the sender's own,
    else all. Empty: there is none (yet), or its sender handed the part on.
    """
    message = arrived.message
    named = message.part_id
    if named is not None:
        parts = tuple(part for part in case.parts if part.part_id == named)
    elif message.kind == "correction" and len(case.parts) > 1:
        parts = tuple(part for part in case.parts if part.request == message.in_reply_to)
    else:
        parts = case.parts
    if arrived.role != "HANDLING" or message.kind in ASIDE:
        return parts
    if _ends_case(case, arrived):
        return parts
    return tuple(part for part in parts if part.system in (None, arrived.system))


def refuse_impossible(case: Case, arrived: Arrived, *, rules: Rules) -> None:
    """
    Raises:
        TransitionNotAllowed: the step can never be legal in this case.
    """
    message = arrived.message
    if message.kind == "application":
        raise TransitionNotAllowed(
            "该办件已有申请,不能再次申请", "the case already has its application"
        )
    if arrived.role == "AUTHORITY" and message.kind != "supervision":
        raise TransitionNotAllowed(
            "监管机构只能提交审管推送报文", "an authority sends supervision and nothing else"
        )
    rows = [row for row in rows_of(message.kind) if may_send(row, case, arrived)]
    if not rows:
        raise TransitionNotAllowed(
            "该操作由另一方提交,本方角色不能提交",
            f"a {message.kind} is not for role {arrived.role} to send",
        )
    parts = _addressed(case, arrived)
    if message.kind == "decision" and not any(part.decides for part in parts):
        raise TransitionNotAllowed(
            "该办理部分不作决定,请以过程环节报送部分结论", "this part does not decide"
        )
    if message.kind not in _BY_STATE and not any(
        holds(row.when, case, part, arrived, rules=rules) for row in rows for part in parts
    ):
        raise TransitionNotAllowed(
            "报文内容与任何允许的步骤都不相符", f"no step of {message.kind} fits what it says"
        )


def _addressed(case: Case, arrived: Arrived) -> tuple[Part, ...]:
    """The parts a message may be about; who handed one on may still be late, not wrong."""
    message = arrived.message
    if message.part_id is not None and case.part(message.part_id) is None:
        raise TransitionNotAllowed("报文指明了不存在的办理部分", "the case has no such part")
    parts = targets(case, arrived)
    if parts:
        if len(parts) > 1 and _names_one(arrived):
            raise TransitionNotAllowed(
                "办件有多个办理部分,请用 part_id 指明是哪一个",
                "the case has several parts: name one in part_id",
            )
        return parts
    if message.kind == "correction":
        return case.parts  # it may answer a request that is still on its way
    held = {holder.part_id for holder in case.holders if holder.system == arrived.system}
    former = tuple(part for part in case.parts if part.part_id in held)
    if message.part_id is not None:
        former = tuple(part for part in former if part.part_id == message.part_id)
    if not former:
        raise TransitionNotAllowed(
            "该办理部分由另一机构办理,本方不能提交", "another body holds this part"
        )
    return former


def _ends_case(case: Case, arrived: Arrived) -> bool:
    """A body that decides ends the whole case (death, void), also what others have not begun."""
    message, body = arrived.message, _body(arrived)
    return (
        message.kind == "decision"
        and message.part_id is None
        and body.supersedes is None
        and result(arrived) in _ENDS_ALL
        and any(part.decides and part.system == arrived.system for part in case.parts)
    )


def _body(arrived: Arrived) -> Any:
    return arrived.message.body


def _names_one(arrived: Arrived) -> bool:
    """Whether a message without a part must name one: it moves one part, not the case."""
    kind = arrived.message.kind
    if kind in _WHOLE or arrived.role != "HANDLING":
        return False
    body: Any = arrived.message.body
    if kind == "decision":
        return result(arrived) not in _ENDS_ALL or body.supersedes is not None
    return True


__all__ = ["may_send", "refuse_impossible", "targets"]
