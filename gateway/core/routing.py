"""
Which body handles a case: data, not code. The rule of the item names the place that decides, the
dated table of bodies names who serves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from contracts.errors import Finding, Unroutable
from contracts.places import county_of, current_county, pad

DECISION = "DECISION"
"""Role of the body that decides; a case without parts has only that one (list part_role)."""


class Serving(Protocol):
    """A row of the table of bodies; `serves` is a prefix of 12-digit place codes."""

    @property
    def credit_code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def serves(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def system(self) -> str: ...
    @property
    def items(self) -> tuple[str, ...]: ...
    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    system: str
    place: str
    credit_code: str
    body_name: str


def deciding_place(application: Any, *, rule: str, on: date) -> str:
    """
    The place whose body decides, 12 digits, by the item's rule (list routing_rule).

    HOUSEHOLD and LEAD_MEMBER follow the applicant's household place (the lead member is the
    applicant), RESIDENCE the place of residence; for the others the sender names it. A place named
    beside one that the rule gives must lie in the same county: a contradiction asks the window.

    Raises:
        Unroutable: nothing names the place, or two places are named.
    """
    named = application.handling_place.code if application.handling_place else None
    field = _RULED_BY.get(rule)
    if field is None:
        if named is None:
            raise _unroutable(
                "route.unnamed", "/body/handling_place", "请填写办理地", "name the handling place"
            )
        return str(named)
    ruled = getattr(application.applicant, field)
    if ruled is None:
        rule_id, zh, en = _MISSING[field]
        raise _unroutable(rule_id, f"/body/applicant/{field}", zh, en)
    if named is not None and _today(named, on) != _today(ruled.code, on):
        raise _unroutable(
            "route.differs",
            "/body/handling_place",
            "办理地与按事项规则确定的属地不在同一县区,请核对后重发",
            "the handling place lies in another county than the one the item's rule gives",
        )
    return str(ruled.code)


def route(
    place: str,
    *,
    item: str,
    bodies: Iterable[Serving],
    on: date,
    named: str | None = None,
    role: str | None = DECISION,
) -> Destination:
    """
    The body that serves `place` (12 digits) for an item on a day; the narrowest area wins.

    `role` is what it has to do (list part_role): a body that lists its roles is found for those
    alone, None asks nothing. `named` is the credit code of the body the sender named: it decides
    between equally narrow ones. A place named by an old county code that nobody serves any more is
    looked up under the code in force: household documents keep the code of their time (GB/T 2260
    changes).

    Raises:
        Unroutable: no body serves it, or several equally narrow ones do; the finding names them.
    """
    offered = [
        body
        for body in bodies
        if (not body.items or item in body.items)
        and (role is None or not body.roles or role in body.roles)
        and (body.valid_from is None or body.valid_from <= on)
        and (body.valid_to is None or on <= body.valid_to)
    ]
    serving = [body for body in offered if place.startswith(body.serves)]
    current = current_county(county_of(place), on)
    if not serving and current is not None and current != county_of(place):
        place = pad(current)
        serving = [body for body in offered if place.startswith(body.serves)]
    if not serving:
        raise _unroutable(
            "route.none",
            "/body/handling_place",
            f"区划 {place} 在 {on} 没有可办理该事项的机构;请核对户籍地区划",
            f"no body handles this item for place {place} on {on}",
        )
    longest = max(len(body.serves) for body in serving)
    narrowest = [body for body in serving if len(body.serves) == longest]
    chosen = [body for body in narrowest if body.credit_code == named] or narrowest
    if len({(body.system, body.credit_code) for body in chosen}) > 1:
        names = ", ".join(sorted({body.credit_code for body in chosen}))
        raise _unroutable(
            "route.ambiguous",
            "/body/handling_body",
            f"区划 {place} 有多个机构可办:{names};请在 handling_body 的信用代码中指明一个",
            f"several bodies serve place {place}: {names}; name one in handling_body",
        )
    body = chosen[0]
    return Destination(
        system=body.system, place=place, credit_code=body.credit_code, body_name=body.name
    )


def route_part(
    part: Any, *, path: str, item: str, bodies: Iterable[Serving], on: date
) -> Destination:
    """
    The body of one part of a case, and the system it is reached at, by the part's place and role.

    A body the table knows by its credit code is taken at its word, however wide its area; one the
    table does not know is reached through the body that serves the place in the part's role.

    Raises:
        Unroutable: the named body does not serve the place, or nobody does, or several do.
    """
    role = str(part.role.code) if part.role else DECISION
    named = part.body.credit_code
    table = tuple(bodies)
    own = tuple(body for body in table if named is not None and body.credit_code == named)
    try:
        if own:
            return route(part.place.code, item=item, bodies=own, on=on, named=named, role=None)
        return route(part.place.code, item=item, bodies=table, on=on, role=role)
    except Unroutable as error:
        findings = [replace(finding, path=path) for finding in error.findings]
        raise Unroutable(findings=findings) from None


_RULED_BY = {
    "HOUSEHOLD": "household_place",
    "LEAD_MEMBER": "household_place",
    "RESIDENCE": "residence_place",
}
_MISSING = {
    "household_place": (
        "route.no_household",
        "请填写申请人户籍地区划",
        "give the household region of the applicant",
    ),
    "residence_place": (
        "route.no_residence",
        "请填写申请人经常居住地区划",
        "give the region where the applicant lives",
    ),
}


def _today(place: str, on: date) -> str:
    """The county in force, so that an old code and its successor are the same place."""
    county = county_of(place)
    return current_county(county, on) or county


def _unroutable(rule: str, path: str, zh: str, en: str) -> Unroutable:
    finding = Finding(rule=rule, level="reject", path=path, message=zh, message_en=en)
    return Unroutable(findings=[finding])


__all__ = ["DECISION", "Destination", "Serving", "deciding_place", "route", "route_part"]
