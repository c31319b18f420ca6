"""
The case an application begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from contracts.errors import Finding, InvalidDocument
from gateway.core.case import MAIN, Case, Part, Party
from gateway.core.clocks import move_clocks
from gateway.core.noted import numbers
from gateway.core.owed import start_owed
from gateway.core.rules import Arrived, Rules
from gateway.core.transitions import rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """
    What intake found out for a new case, beyond the application itself. `systems` names where a
    part is reached; parts it leaves out are at the first handling party.
    """

    number: str
    handling_place: str
    parties: tuple[Party, ...]
    catalogue_code: str
    catalogue_version: str
    item: Mapping[str, object]
    systems: Mapping[str, str] = field(default_factory=dict)
    earlier_case: str | None = None
    earliest_on: date | None = None
    """`earlier_case`: the same person has this case of the same item under way, since then"""


def open_case(arrived: Arrived, *, opening: Opening, rules: Rules) -> Case:
    """
    Make the case an application begins.

    Raises:
        InvalidDocument: parts the item does not allow, or none of them decides.
    """
    message = arrived.message
    body: Any = message.body
    _check_parts(body.parts, rules=rules)
    case = Case(
        number=opening.number,
        environment=message.environment,
        mode=body.mode.code,
        item=opening.item,
        catalogue_code=opening.catalogue_code,
        catalogue_version=opening.catalogue_version,
        application_date=date.fromisoformat(body.dates.application_date),
        receiving_place=body.receiving_place.code,
        handling_place=opening.handling_place,
        parties=opening.parties,
        parts=_parts(body, opening=opening),
        joined=rules.joined,
        earlier_case=opening.earlier_case,
        earliest_on=opening.earliest_on,
        arrivals=arrived.arrival,
        opened_at=arrived.at,
        updated_at=arrived.at,
        sequences={arrived.system: message.sequence or 1},
        numbers=numbers({}, arrived),
        kinds={message.message_id: message.kind},
    )
    (row,) = rows_of("application")
    case = move_clocks(case, row.clocks, part=case.parts[0], arrived=arrived, rules=rules)
    return start_owed(case, arrived)


def _parts(body: Any, *, opening: Opening) -> tuple[Part, ...]:
    handling = next((one.system for one in opening.parties if one.role == "HANDLING"), None)
    main = Part(
        part_id=MAIN,
        status="COLLECTED",
        turn="RECEIVING",
        system=handling,
        place=opening.handling_place,
        body_name=next((one.name for one in opening.parties if one.role == "HANDLING"), None),
    )
    if not body.parts:
        return (main,)
    return tuple(
        replace(
            main,
            part_id=part.part_id,
            status="WAITING" if part.after else "COLLECTED",
            decides=_decides(part),
            required=part.required is not False,
            after=tuple(part.after or ()),
            role=part.role.code if part.role else None,
            system=opening.systems.get(part.part_id, handling),
            place=part.place.code,
            body=part.body.credit_code,
            body_name=part.body.name,
        )
        for part in body.parts
    )


def _decides(part: Any) -> bool:
    return part.role is None or part.role.code == "DECISION"


def _check_parts(parts: Any, *, rules: Rules) -> None:
    if not parts:
        return
    rule = zh = en = None
    if not rules.parts_allowed:
        rule, zh = "part.not_allowed", "该事项不允许拆分为多个办理部分"
        en = "a case of this item has no parts"
    elif not any(_decides(part) for part in parts):
        rule, zh = "part.none_decides", "至少一个办理部分的职责应为 DECISION(审定)"
        en = "one part has to decide"
    if rule and zh:
        raise InvalidDocument(
            findings=[
                Finding(rule=rule, level="reject", path="/body/parts", message=zh, message_en=en)
            ]
        )


__all__ = ["Opening", "open_case"]
