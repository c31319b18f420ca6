"""
Where and until when the applicant may object, where the deciding place did not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.catalogue import CatalogueItem
from contracts.errors import Finding

_PATH = "/body/remedies"


@dataclass(frozen=True, slots=True)
class Remedied:
    """`document` names remedies where they are due; `findings` say whose words they are."""

    document: dict[str, Any]
    findings: tuple[Finding, ...]


def with_remedies(
    document: dict[str, Any], findings: tuple[Finding, ...], *, entry: CatalogueItem | None
) -> Remedied:
    """
    Fill in the remedies of the catalogue where the format expects some and the place named none.

    The place's own words always stand. `findings` are those of the format check: its
    `field.expected` says that remedies are due.
    """
    due = any(one.rule == "field.expected" and one.path == _PATH for one in findings)
    if not due or entry is None or not entry.remedies:
        return Remedied(document, findings)
    remedies = [
        {
            "kind": {"code": one.kind, "list": "remedy_kind"},
            "body_name": one.body_zh,
            "limit": one.limit,
            "unit": one.unit,
            "legal_basis": one.legal_basis,
        }
        for one in entry.remedies
    ]
    kept = tuple(one for one in findings if one.path != _PATH or one.rule != "field.expected")
    return Remedied(
        {**document, "body": {**document["body"], "remedies": remedies}}, (*kept, _filled())
    )


def _filled() -> Finding:
    return Finding(
        rule="remedies.from_catalogue",
        level="info",
        path=_PATH,
        message="决定未写明救济途径,已按事项目录补入,请决定机关核对",
        message_en="the decision names no remedies: those of the item's catalogue entry stand; "
        "the deciding body should check them",
    )


__all__ = ["Remedied", "with_remedies"]
