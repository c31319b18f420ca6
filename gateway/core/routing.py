"""
Which body handles a case: data, not code. The rule of the item names the place that decides, the
dated table of bodies names who serves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from contracts.errors import Finding, Unroutable
from contracts.places import county_of, current_county, pad


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
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    system: str
    place: str
    credit_code: str
    body_name: str


def route(place: str, *, item: str, bodies: Iterable[Serving], on: date) -> Destination:
    """
    The body that serves `place` (12 digits) for an item on a day; the narrowest area wins.

    A place named by an old county code that nobody serves any more is looked up under the code in
    force: household documents keep the code of their time (GB/T 2260 changes).

    Raises:
        Unroutable: no body serves it, or several equally narrow ones do; the finding names them.
    """
    offered = [
        body
        for body in bodies
        if (not body.items or item in body.items)
        and (body.valid_from is None or body.valid_from <= on)
        and (body.valid_to is None or on <= body.valid_to)
    ]
    serving = [body for body in offered if place.startswith(body.serves)]
    current = current_county(county_of(place), on)
    if not serving and current is not None and current != county_of(place):
        place = pad(current)
        serving = [body for body in offered if place.startswith(body.serves)]
    if not serving:
        raise Unroutable(
            findings=[
                Finding(
                    rule="route.none",
                    level="reject",
                    path="/body/handling_place",
                    message=f"区划 {place} 在 {on} 没有可办理该事项的机构;请核对户籍地区划",
                    message_en=f"no body handles this item for place {place} on {on}",
                )
            ]
        )
    longest = max(len(body.serves) for body in serving)
    narrowest = [body for body in serving if len(body.serves) == longest]
    if len({(body.system, body.credit_code) for body in narrowest}) > 1:
        names = ", ".join(sorted(body.credit_code for body in narrowest))
        raise Unroutable(
            findings=[
                Finding(
                    rule="route.ambiguous",
                    level="reject",
                    path="/body/handling_place",
                    message=f"区划 {place} 有多个机构可办:{names};请在 handling_place 指明",
                    message_en=f"several bodies serve place {place}: {names}; name one",
                )
            ]
        )
    body = narrowest[0]
    return Destination(
        system=body.system, place=place, credit_code=body.credit_code, body_name=body.name
    )


__all__ = ["Destination", "Serving", "route"]
