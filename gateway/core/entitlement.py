"""
What goes on after approval: a benefit is paid, re-certified each year, stopped, resumed, recovered.

The status of the part stays as decided; what becomes of the benefit stands beside it (project
convention). Re-certification with proof of life may be brought at any window; everything else is
said by the body that pays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.core.case import Part
from gateway.core.rules import Arrived
from gateway.core.transitions import Transition

PAYING, STOPPED = "PAYING", "STOPPED"
REVERSES_DEATH = "ERROR"
"""The one reason on which a benefit goes on that was stopped for death: it was a mistake."""
_YEAR = 12


def changes_entitlement(part: Part, row: Transition, arrived: Arrived) -> bool:
    """Whether a change fits where the benefit stands: resumed only what was stopped, and so on."""
    if part.status == "NOTIFIED" and part.result not in (None, "APPROVED"):
        return False  # told of a refusal: there is nothing to change
    stopped = part.entitlement == STOPPED
    if row.when == "resumed":
        body: Any = arrived.message.body
        reason = body.reason_code.code if body.reason_code is not None else None
        return stopped and (part.stopped_for != "DEATH" or reason == REVERSES_DEATH)
    if row.when == "recertified":
        return not (stopped and part.stopped_for == "DEATH")
    if row.when == "stopped":
        # Death is noted also where the payment had stopped for another reason.
        return not stopped or _reason(arrived) == "DEATH" != part.stopped_for
    return row.when != "changed" or not stopped


def note_entitlement(part: Part, row: Transition, arrived: Arrived) -> Part:
    """The part with what the message says of its benefit; the month is the one it names."""
    body: Any = arrived.message.body
    if row.kind == "benefit_payment":
        first = str(min(one.month for one in body.payments))
        return part if part.entitlement else replace(part, entitlement=PAYING, certified_in=first)
    if row.when == "recertified":
        certified = max(part.certified_in or "", body.effective_month)
        return replace(part, entitlement=part.entitlement or PAYING, certified_in=certified)
    if row.when == "stopped":
        return replace(part, entitlement=STOPPED, stopped_for=_reason(arrived) or "OTHER")
    if row.when == "resumed":
        return replace(part, entitlement=PAYING, stopped_for=None)
    if row.when == "recovery":
        owed = part.to_recover_fen + (body.recover_fen or 0)
        return replace(part, to_recover_fen=owed)
    return replace(part, entitlement=part.entitlement or PAYING)


def recertify_by(part: Part) -> str | None:
    """The month (YYYY-MM) by which a paid benefit has to be certified again: a year after last."""
    if part.entitlement != PAYING or part.certified_in is None:
        return None
    year, month = (int(one) for one in part.certified_in.split("-"))
    months = year * 12 + month - 1 + _YEAR
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def _reason(arrived: Arrived) -> str | None:
    body: Any = arrived.message.body
    return str(body.reason_code.code) if body.reason_code is not None else None


__all__ = [
    "PAYING",
    "STOPPED",
    "changes_entitlement",
    "note_entitlement",
    "recertify_by",
]
