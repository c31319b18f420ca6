"""
The message as it is pinned in its case: the sender's words and the fields the gateway sets.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from contracts.errors import Finding
from gateway.core.case import Case
from gateway.core.clocks import snapshot
from gateway.usecases.caller import Caller
from gateway.usecases.draft import Draft
from gateway.usecases.times import national

_WITH_CLOCKS = frozenset(
    {
        "application",
        "pre_review",
        "acceptance",
        "correction_request",
        "correction",
        "decision",
        "transfer",
    }
)


def pin(
    draft: Draft,
    *,
    case: Case,
    before: Case | None,
    arrival: int,
    now: datetime,
    calendar_version: str,
    caller: Caller,
) -> dict[str, Any]:
    """The document that is stored and rendered; `before` is the case without this message."""
    document = {
        **draft.document,
        "case_number": case.number,
        "arrival": arrival,
        "received_at": national(now),
        "calendar_version": calendar_version,
        "as_of_date": case.as_of_date.isoformat(),
        "trace_id": caller.trace_id,
        "item": dict(case.item),
        "numbers": {**case.numbers, **draft.document.get("numbers", {})},
    }
    if not document["numbers"]:
        del document["numbers"]
    if draft.bundle_number is not None:
        document["bundle_number"] = draft.bundle_number
    if draft.package is not None:
        document["mapping"] = {
            "package": draft.package,
            "package_digest": draft.package_digest,
            "codec": draft.charset_rule,
            "raw_digest": hashlib.sha256(draft.raw).hexdigest(),
        }
    if draft.findings:
        document["findings"] = [_issue(finding) for finding in draft.findings]
    body = dict(document["body"])
    known = set(before.clocks) if before else set()
    clocks = [snapshot(clock) for clock in case.clocks if clock not in known]
    if clocks and draft.kind in _WITH_CLOCKS:
        body["clocks"] = clocks
    if draft.kind == "application":
        body["handling_place"] = body.get("handling_place") or place_of(case.handling_place)
        document["receivers"] = receivers(case)
        if case.earlier_case is not None:
            body["earlier_case"] = case.earlier_case
    if draft.kind == "transfer":
        body["holders"] = _holders(case)
        if not body["holders"]:
            del body["holders"]
    document["body"] = body
    return document


def receivers(case: Case) -> list[dict[str, str]]:
    """Who handles the case now, as an application names it."""
    return [
        {"system": party.system, "province": party.province, "role": "HANDLING"}
        for party in case.parties
        if party.role == "HANDLING" and not party.former
    ]


def place_of(code: str) -> dict[str, str]:
    return {"code": code, "county": code[:6]}


def _holders(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "place": place_of(holder.place),
            "from_at": national(holder.from_at),
            **({"to_at": national(holder.to_at)} if holder.to_at else {}),
        }
        for holder in case.holders
    ]


def _issue(finding: Finding) -> dict[str, Any]:
    issue = {"rule": finding.rule, "level": finding.level, "message": finding.message}
    return {**issue, "path": finding.path} if finding.path else issue


__all__ = ["pin", "place_of", "receivers"]
