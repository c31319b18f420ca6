"""
Where a case stands: its row, its key and the folded case.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.case import Case, Role, case_from_json
from gateway.core.transitions import TRANSITIONS
from gateway.ports import CaseKey, CaseRow, Gateway

GATEWAY_SYSTEM = "gateway"
"""The name under which the gateway itself speaks in a case."""

KEPT = 2000
"""Opened cases kept in memory, oldest out first; a few KB each."""


@dataclass(frozen=True, slots=True)
class Standing:
    row: CaseRow
    key: CaseKey
    case: Case


async def stand(number: str, *, gw: Gateway) -> Standing | None:
    """Read and open a case; None when there is none."""
    row = await gw.store.case(number)
    if row is None:
        return None
    known = gw.standings.get(number)
    if isinstance(known, Standing) and known.row.sealed == row.sealed:
        return known  # opened by us before, and not a byte of it has changed since
    return open_case_row(row, gw=gw)


def remembered(number: str, *, gw: Gateway) -> Standing | None:
    """
    The case as this process saw it last, without reading. It may have moved on since: a commit made
    from it then raises RevisionConflictError, and a refusal made from it means nothing.
    """
    known = gw.standings.get(number)
    return known if isinstance(known, Standing) else None


def remember(standing: Standing | None, *, gw: Gateway) -> None:
    """Keep an opened case in memory; the next message of it often comes soon."""
    if standing is None:
        return
    gw.standings[standing.case.number] = standing
    while len(gw.standings) > KEPT:
        gw.standings.pop(next(iter(gw.standings)))


def open_case_row(row: CaseRow, *, gw: Gateway) -> Standing:
    """
    Raises:
        IntegrityError: the row does not open under its key.
    """
    key = gw.keys.case_key(row.key_id)
    sealed = key.open(row.sealed, case_place(row.number, row.revision))
    return Standing(row, key, case_from_json(sealed))


def case_place(number: str, revision: int) -> str:
    return f"case:{number}:{revision}"


def role_for(case: Case, system: str, kind: str) -> Role:
    """
    The role in which a system speaks. A system may hold two (a case within one province): then the
    kind decides, as only one of them may send it. The gateway speaks as itself, and a window that
    is no party as a service: it may bring a re-certification.
    """
    if system == GATEWAY_SYSTEM:
        return "GATEWAY"
    roles: list[Role] = [party.role for party in case.parties if party.system == system]
    if len(roles) > 1:
        letters = "".join(row.by for row in TRANSITIONS if row.kind == kind)
        roles = [role for role in roles if role[0] in letters] or roles
    stranger: Role = "SERVICE" if kind == "entitlement_change" else "RECEIVING"
    return roles[0] if roles else stranger


__all__ = [
    "GATEWAY_SYSTEM",
    "Standing",
    "case_place",
    "open_case_row",
    "remember",
    "remembered",
    "role_for",
    "stand",
]
