"""
The beginning of a case: which item, which place, which number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.casenumber import make_case_number, make_serial
from contracts.catalogue import CatalogueItem, find_item, item, item_version, refuse_outside
from contracts.errors import Finding, InvalidDocument, Unroutable
from gateway.core.case import Case, Party
from gateway.core.lifecycle import Opening, Rules
from gateway.core.routing import DECISION, Destination, deciding_place, route, route_part
from gateway.ports import CaseKey, Gateway, OldUseRow, System
from gateway.usecases.draft import Draft
from gateway.usecases.gaps import missing
from gateway.usecases.lists import old_use, old_version
from gateway.usecases.prescribed import prescribed_parties
from gateway.usecases.times import local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """`findings` say what the application lacks; it is taken in all the same."""

    opening: Opening
    key: CaseKey
    rules: Rules
    findings: tuple[Finding, ...]
    old_uses: tuple[OldUseRow, ...] = ()


def begin(draft: Draft, *, sender: System, now: datetime, gw: Gateway) -> Begun:
    """
    Find item and handling body of an application and give the case its number and key.

    Raises:
        InvalidDocument: the item is unknown, ended before the application date, not offered in
            this mode, or offered only inside an alliance that does not join the two places.
        Unroutable: nobody can be found, or too many.
        Overloaded: no key is ready.
    """
    body: Any = draft.message.body
    on = date.fromisoformat(body.dates.application_date)
    entry = _item(draft, on=on, mode=str(body.mode.code))
    found = route(
        deciding_place(body, rule=entry.routing_rule, on=on),
        item=entry.catalogue_code,
        bodies=gw.provinces.bodies(),
        on=on,
        named=body.handling_body.credit_code if body.handling_body else None,
    )
    outside = refuse_outside(entry, on, receiving=body.receiving_place.code, handling=found.place)
    if findings := list(outside):
        raise InvalidDocument(findings=findings)
    parts = _route_parts(body, item=entry.catalogue_code, found=found, on=on, gw=gw)
    handling = _handling(found, body, parts, gw=gw)
    key = gw.keys.take()
    number = make_case_number(
        local_date(now), body.receiving_place.county, make_serial(key.key_id, gw.environment)
    )
    opening = Opening(
        number=number,
        handling_place=found.place,
        parties=(
            Party(
                system=sender.system,
                role="RECEIVING",
                province=sender.province,
                place=body.receiving_place.code,
                name=sender.name,
            ),
            *handling,
            *prescribed_parties(entry.catalogue_code, gw=gw),
        ),
        catalogue_code=entry.catalogue_code,
        catalogue_version=entry.version,
        item={
            **draft.document["item"],
            "catalogue_code": entry.catalogue_code,
            "catalogue_version": entry.version,
        },
        systems={name: one.system for name, one in parts.items()},
    )
    used = old_use(
        draft.message.item, catalogue_code=entry.catalogue_code, sender=sender, on=on, gw=gw
    )
    lacking = missing(body, item=entry, province=handling[0].province, on=on, gw=gw)
    return Begun(
        opening=opening,
        key=key,
        rules=Rules.of(entry),
        findings=(*lacking, *((old_version(used),) if used else ())),
        old_uses=(used,) if used else (),
    )


def _route_parts(
    body: Any, *, item: str, found: Destination, on: date, gw: Gateway
) -> dict[str, Destination]:
    """
    Where every part of the case is handled, by part; empty where the application names none.

    Raises:
        Unroutable: nobody can be found for a part, or none that decides lies with the body the
            item's own rule gives: the window has to say which of the two it means.
    """
    bodies = gw.provinces.bodies()
    parts = {
        part.part_id: route_part(
            part, path=f"/body/parts/{index}/place", item=item, bodies=bodies, on=on
        )
        for index, part in enumerate(body.parts or ())
    }
    if parts and found.system not in {parts[one.part_id].system for one in _deciding(body)}:
        raise Unroutable(
            findings=[
                Finding(
                    rule="route.parts_elsewhere",
                    level="reject",
                    path="/body/parts",
                    message="按事项规则应由属地机构审定,但没有一个审定部分由其办理;请核对各部分的地点",
                    message_en="the item's rule names a deciding place, and no deciding part lies "
                    "there; check the places of the parts",
                )
            ]
        )
    return parts


def _deciding(body: Any) -> list[Any]:
    return [part for part in body.parts or () if part.role is None or part.role.code == DECISION]


def _handling(
    found: Destination, body: Any, parts: Mapping[str, Destination], *, gw: Gateway
) -> tuple[Party, ...]:
    """
    One party for each system that handles the case or a part; the one that decides comes first.

    Raises:
        Unroutable: one of them is not connected.
    """
    names = {part.part_id: part.body.name for part in body.parts or ()}
    wanted = {found.system: (found.place, found.body_name)}
    for name, one in parts.items():
        wanted.setdefault(one.system, (one.place, names[name] or one.body_name))
    made = []
    for system, (place, body_name) in wanted.items():
        target = gw.provinces.system(system, gw.environment)
        if target is None:
            raise Unroutable(
                f"办理机构所在系统 {system} 未接入", f"system {system} is not connected"
            )
        made.append(
            Party(
                system=system,
                role="HANDLING",
                province=target.province,
                place=place,
                name=body_name,
            )
        )
    return tuple(made)


def clock_rules(case: Case) -> Rules:
    """The limits of a case under way: of the catalogue version it began with."""
    entry = item_version(case.catalogue_code, case.catalogue_version) or item(
        case.catalogue_code, case.application_date
    )
    return Rules.of(entry) if entry is not None else Rules()


def _item(draft: Draft, *, on: date, mode: str) -> CatalogueItem:
    named = draft.message.item
    found = find_item(
        catalogue_code=named.catalogue_code if named else None,
        implementation_code=named.implementation_code if named else None,
        on=on,
    )
    if found.item is None:
        raise InvalidDocument(findings=found.findings)
    if found.item.duty(mode, on) is None:
        raise InvalidDocument(
            findings=[
                Finding(
                    rule="item.mode",
                    level="reject",
                    path="/body/mode",
                    message=f"该事项在申请日不以 {mode} 方式跨省通办;请改用事项允许的通办模式",
                    message_en=f"the item is not offered in mode {mode} on the application date",
                )
            ]
        )
    return found.item


__all__ = ["Begun", "begin", "clock_rules"]
