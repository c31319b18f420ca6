"""
Whether an applicant was told by the way that was wished for and can reach them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.errors import Finding
from contracts.words import notice
from gateway.core.telling import way_finding
from gateway.ports import Gateway
from gateway.usecases.sealed import open_message
from gateway.usecases.stand import Standing


async def way_findings(
    document: Mapping[str, Any], *, standing: Standing | None, gw: Gateway
) -> tuple[Finding, ...]:
    """
    What is to be said of a notification whose way was not the applicant's; never a reason to refuse
    it: they may have been told all the same.
    """
    method = (document["body"].get("method") or {}).get("code")
    if document["kind"] != "notification" or method is None or standing is None:
        return ()
    preferred, categories = await wishes(standing, gw=gw)
    rule = way_finding(method, preferred, categories)
    return (notice(rule, "/body/method"),) if rule else ()


async def wishes(standing: Standing, *, gw: Gateway) -> tuple[list[str], set[str]]:
    """(preferred ways, categories of disability) as the application said."""
    rows = await gw.store.messages(standing.case.number)
    first = open_message(rows[0], key=standing.key).document["body"]
    preferred = [one.get("code") for one in first.get("preferred_contact", ())]
    values = (first.get("form") or {}).get("values") or {}
    category = (values.get("disability_category") or {}).get("code")
    return [one for one in preferred if one], {category} if category else set()


__all__ = ["way_findings", "wishes"]
