"""
What callers are told: the receipt of a message and the view of a case. JSON forms, Chinese first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.codelist import code_list
from contracts.errors import Finding
from gateway.core.case import Case
from gateway.core.clocks import snapshot


def answer_body(
    document: Mapping[str, Any],
    *,
    case: Case,
    applied: bool,
    findings: Iterable[Finding],
    content_digest: str,
) -> dict[str, Any]:
    """The first answer to a message; a repeat gets the same."""
    return {
        "case_number": case.number,
        "message_id": document["message_id"],
        "kind": document["kind"],
        "arrival": document["arrival"],
        "applied": applied,
        "received_at": document["received_at"],
        **status_of(case),
        "due": [snapshot(clock) for clock in case.clocks if clock.running],
        "findings": [finding_body(finding) for finding in findings],
        "content_digest": content_digest,
        "links": {
            "self": f"/v1/cases/{case.number}",
            "messages": f"/v1/cases/{case.number}/messages",
        },
    }


def status_of(case: Case) -> dict[str, Any]:
    return {
        "status": case.status,
        "status_zh": label("part_status", case.status),
        "turn": case.turn,
        "turn_zh": label("actor", case.turn) if case.turn else None,
    }


def label(name: str, code: str) -> str:
    """Chinese name of a code of a national list; the code itself where it has none."""
    found = code_list(name).latest(code)
    return found.name_zh if found is not None else code


def finding_body(finding: Finding) -> dict[str, Any]:
    told = {
        "rule": finding.rule,
        "level": finding.level,
        "path": finding.path,
        "message": finding.message,
        "message_en": finding.message_en,
    }
    return {name: value for name, value in told.items() if value is not None}


__all__ = ["answer_body", "finding_body", "label", "status_of"]
