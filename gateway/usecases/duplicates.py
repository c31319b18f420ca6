"""
A second open application of one person for one item: nothing is refused, a person decides.

People are compared by a keyed index of certificate type, number and item: neither the store nor a
finding holds the number itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.errors import Finding
from gateway.core.case import ENDED, Case
from gateway.ports import ApplicantRow, Gateway
from gateway.usecases.draft import Draft
from gateway.usecases.stand import stand


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The oldest open case of the same person and item. `since`: who came first counts."""

    number: str
    since: date


async def find_under_way(body: Any, *, item: str, on: date, gw: Gateway) -> UnderWay | None:
    """
    The open case an application doubles, if there is one; `on` is its own application date.

    Two that come at the same instant do not see each other.
    """
    index = _index(body, item=item, gw=gw)
    if index is None:
        return None
    open_ones = []
    # The first names the case; the last remembers the earliest date of all before it.
    for row in await gw.store.applications(index, but=ENDED):
        standing = await stand(row.case_number, gw=gw)
        if standing is not None and not standing.case.finished:
            open_ones.append(standing.case)
    if not open_ones:
        return None
    since = min(on, *(one.earliest_on or one.application_date for one in open_ones))
    return UnderWay(open_ones[0].number, since)


def applicant_rows(draft: Draft, case: Case, *, gw: Gateway) -> tuple[ApplicantRow, ...]:
    """What later applications of the same person are compared with."""
    index = _index(draft.message.body, item=case.catalogue_code, gw=gw)
    if index is None:
        return ()
    return (
        ApplicantRow(
            index=index,
            case_number=case.number,
            environment=gw.environment,
            application_date=case.application_date,
        ),
    )


def tell_under_way(found: UnderWay) -> tuple[Finding, ...]:
    """What the window is told; it may know the case number, not whose window took that one in."""
    since = found.since.isoformat()
    return (
        Finding(
            rule="application.under_way",
            level="warn",
            path="/body/applicant",
            message=f"该申请人同一事项已有在办件 {found.number},最早申请日期 {since};本件已收下,"
            "请向申请人核对:重复的请撤回其一,确需另办的请说明,由办理人员决定",
            message_en=f"case {found.number} of the same person and item is under way, first "
            f"applied for on {since}; this one is taken in: withdraw one of the two if it is the "
            "same request, a person decides",
        ),
    )


async def notice_under_way(case: Case, *, gw: Gateway) -> str | None:
    """The line of a worklist while both cases are open; None once one of them has ended."""
    if case.earlier_case is None or case.finished:
        return None
    earlier = await stand(case.earlier_case, gw=gw)
    if earlier is None or earlier.case.finished:
        return None
    since = (case.earliest_on or case.application_date).isoformat()
    return (
        f"同一申请人同一事项另有在办件 {case.earlier_case},最早申请日期 {since};"
        "请人工核对并决定:撤回其一,或各自办理"
    )


def _index(body: Any, *, item: str, gw: Gateway) -> bytes | None:
    person = body.applicant
    number = person.id_number or person.credit_code
    if number is None:
        return None
    kind = str(person.id_type.code) if person.id_type is not None else ""
    return gw.keys.index("person-item", kind, number.upper(), item)


__all__ = [
    "UnderWay",
    "applicant_rows",
    "find_under_way",
    "notice_under_way",
    "tell_under_way",
]
