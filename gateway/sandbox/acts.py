"""
What clerks and windows do in the simulation, as bodies of national messages.

A province's own words for each act come from its mapping, not from here. Every text says 模拟.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Body = dict[str, Any]
CHINA = timezone(timedelta(hours=8))


class Gap(BaseModel):
    """One thing that is wrong with an application; all of them are told at once (一次性告知)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gap_id: str
    code: str
    what: str
    cure: str
    material_id: str | None = None
    path: str | None = None


class GapAnswer(BaseModel):
    """What the window hands in for one gap."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gap_id: str
    material_ids: tuple[str, ...] = ()
    path: str | None = None
    value: str | None = None


def accept(*, at: datetime, body: Body | None, document_no: str) -> Body:
    return {
        "result": _code("acceptance_result", "ACCEPTED"),
        "accepted_at": moment(at),
        **_body(body),
        "document_no": document_no,
        "case_type": _code("case_type", "2"),
    }


def request_correction(gaps: Sequence[Gap], *, at: datetime, document_no: str) -> Body:
    return {
        "round": 1,
        "gaps": [
            {
                "gap_id": gap.gap_id,
                "code": _code("gap_code", gap.code),
                **({"material_id": gap.material_id} if gap.material_id else {}),
                **({"path": gap.path} if gap.path else {}),
                "what": gap.what,
                "cure": gap.cure,
            }
            for gap in gaps
        ],
        "due_on": (local_date(at) + timedelta(days=14)).isoformat(),
        "document_no": document_no,
    }


def correct(
    answers: Sequence[GapAnswer], *, at: datetime, materials: Sequence[dict[str, Any]]
) -> Body:
    return {
        "round": 1,
        "answers": [
            {
                "gap_id": answer.gap_id,
                **({"material_ids": list(answer.material_ids)} if answer.material_ids else {}),
                **(
                    {"changes": [{"path": answer.path, "value": answer.value}]}
                    if answer.path
                    else {}
                ),
            }
            for answer in answers
        ],
        **({"materials": list(materials)} if materials else {}),
        "completed_at": moment(at),
    }


def progress(step: str, *, at: datetime, body: Body | None) -> Body:
    return {
        "step_name": step,
        "action": _code("progress_action", "PASS"),
        "step_status": _code("step_status", "2"),
        "started_at": moment(at),
        "ended_at": moment(at),
        **_body(body),
        "opinion": "模拟:残疾人证有效,类别等级一致",
    }


def decide(
    benefits: Sequence[str],
    *,
    at: datetime,
    body: Body | None,
    decision_id: str,
    document_no: str,
) -> Body:
    """Grant every benefit that was applied for, from the month of the application."""
    return {
        "decision_id": decision_id,
        "result": _code("decision_result", "APPROVED"),
        "wording": "审定合格",
        "decided_at": moment(at),
        **_body(body),
        "document_no": document_no,
        "entitlements": [
            {
                "benefit": _code("subsidy_kind", benefit),
                "granted": True,
                "amount_fen": 10000,
                "from_month": local_date(at).isoformat()[:7],
            }
            for benefit in benefits
        ],
    }


def transfer(
    *,
    at: datetime,
    way: Literal["RETURN", "FORWARD"],
    reason_code: str,
    reason: str,
    from_place: str,
    to_place: str | None,
    application_date: date,
) -> Body:
    return {
        "transfer_kind": _code("transfer_kind", way),
        "reason_code": _code("transfer_reason", reason_code),
        "reason": reason,
        "from_place": _place(from_place),
        **({"to_place": _place(to_place)} if to_place else {}),
        "application_date": application_date.isoformat(),
    }


def notify(*, at: datetime, about: str | None, method: str, person: str, text: str) -> Body:
    return {
        "notice_kind": _code("notice_kind", "OUTCOME"),
        **({"about": about} if about else {}),
        "method": _code("contact_method", method),
        "told_at": moment(at),
        "told_person": person,
        "succeeded": True,
        "text": text,
    }


def withdraw(*, at: datetime, reason: str) -> Body:
    return {
        "requested_at": moment(at),
        "requested_by": "APPLICANT",
        "reason": reason,
        "originals_returned": True,
    }


def moment(at: datetime) -> str:
    """RFC 3339 with seconds at +08:00, as the national format writes times."""
    return at.astimezone(CHINA).isoformat(timespec="seconds")


def local_date(at: datetime) -> date:
    return at.astimezone(CHINA).date()


def _code(listed: str, code: str) -> dict[str, str]:
    return {"code": code, "list": listed}


def _place(code: str) -> dict[str, str]:
    return {"code": code, "county": code[:6]}


def _body(body: Body | None) -> Body:
    return {"body": body} if body else {}


__all__ = [
    "Body",
    "Gap",
    "GapAnswer",
    "accept",
    "correct",
    "decide",
    "local_date",
    "moment",
    "notify",
    "progress",
    "request_correction",
    "transfer",
    "withdraw",
]
