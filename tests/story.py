"""
A case told in messages: the smallest valid documents of each kind, folded one after the other.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.calendar import SHIPPED
from contracts.catalogue import item
from contracts.message import parse
from gateway.core.case import Case, Party, case_from_json, case_to_json
from gateway.core.lifecycle import Advanced, Arrived, Opening, Rules, advance, open_case

EXAMPLES = Path(__file__).parent.parent / "contracts" / "examples" / "v1" / "valid"
NUMBER = "TB-20260302-530303-T00017-T"
WINDOW, HANDLER = "530303-window", "150000"
PLACES = {"RECEIVING": "530303990000", "HANDLING": "150402990000"}
SYSTEMS = {
    "RECEIVING": WINDOW,
    "HANDLING": HANDLER,
    "NATIONAL": "national",
    "GATEWAY": "gateway",
    "SERVICE": "another-window",
}
ORDINARY = {
    "pre_review": "RECEIVING",
    "correction": "RECEIVING",
    "withdrawal": "RECEIVING",
    "notification": "RECEIVING",
    "application": "RECEIVING",
    "evaluation": "RECEIVING",
}
SUBSIDIES, CHILDREN, LICENCE = "000599999000", "000599998000", "000199996000"
START = datetime.fromisoformat("2026-03-02T09:14:05+08:00")
SECOND_START = datetime.fromisoformat("2026-12-10T09:14:05+08:00")
"""The second set of story dates: its clocks run into a year whose calendar is not announced."""
_DAY = re.compile(r"2026-[0-9]{2}-[0-9]{2}")
PARTIES = (
    Party(system=WINDOW, role="RECEIVING", province="530000", place=PLACES["RECEIVING"]),
    Party(system=HANDLER, role="HANDLING", province="150000", place=PLACES["HANDLING"]),
)
PRESCRIBED = (*PARTIES, Party(system="national", role="NATIONAL", province="000000"))
"""With a national system that must hold the case before it counts as pushed."""


JOINT_PARTIES = (
    *PARTIES,
    *(Party(system=name, role="HANDLING", province="150000") for name in ("t", "f")),
)
"""Beside the handling place two more bodies with systems of their own."""


def coded(name: str, code: str) -> dict[str, str]:
    return {"list": name, "code": code}


def place(code: str) -> dict[str, str]:
    return {"code": code, "county": code[:6]}


def moved(document: Any, start: datetime) -> Any:
    """A document with every day of its story as many days later as `start` is after `START`."""
    if isinstance(document, dict):
        return {name: moved(value, start) for name, value in document.items()}
    if isinstance(document, list):
        return [moved(one, start) for one in document]
    if not isinstance(document, str) or not _DAY.match(document):
        return document
    day = date.fromisoformat(document[:10]) + (start.date() - START.date())
    return day.isoformat() + document[10:]


def gaps(*names: str) -> list[dict[str, str]]:
    return [{"gap_id": name, "what": "模拟缺项"} for name in names or ("g-1",)]


def time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def body_of(kind: str, at: datetime, **given: Any) -> dict[str, Any]:
    """The least a message of a kind says; `given` overrides."""
    least: dict[str, dict[str, Any]] = {
        "acceptance": {"result": coded("acceptance_result", "ACCEPTED")},
        "acknowledgement": {"of": "m-1", "status": "RECEIVED"},
        "correction_request": {"gaps": gaps()},
        "correction": {"answers": [{"gap_id": "g-1"}]},
        "progress": {"step_name": "模拟环节"},
        "special_procedure": {"phase": "START", "started_at": time(at)},
        "decision": {
            "decision_id": "d-1",
            "result": coded("decision_result", "APPROVED"),
            "decided_at": time(at),
        },
        "transfer": {
            "transfer_kind": coded("transfer_kind", "FORWARD"),
            "from_place": place("150402000000"),
            "to_place": place("150403990000"),
        },
        "notification": {
            "notice_kind": coded("notice_kind", "OUTCOME"),
            "method": coded("contact_method", "IN_PERSON"),
            "told_at": time(at),
            "told_person": "APPLICANT",
            "succeeded": True,
        },
        "withdrawal": {"requested_at": time(at)},
        "pre_review": {"phase": "ASK"},
        "fee": {
            "fee": {"order_no": "f-1", "amount_fen": 100, "state": coded("fee_state", "ORDERED")}
        },
        "delivery_of_result": {
            "delivery": {
                "method": coded("delivery_method", "POST"),
                "state": coded("delivery_state", "SENT"),
            }
        },
        "evaluation": {
            "phase": "REVIEW",
            "satisfaction": coded("satisfaction_gbt39046", "1"),
            "evaluated_at": time(at),
        },
        "entitlement_change": {
            "change": coded("entitlement_change_kind", "RECERTIFIED"),
            "effective_month": f"{at:%Y-%m}",
        },
        "objection": {"phase": "ASK"},
        "reminder": {"to": "HANDLING", "count": 1},
        "handover": {},
        "benefit_payment": {
            "payments": [
                {
                    "benefit": coded("subsidy_kind", "CARE"),
                    "month": "2026-03",
                    "amount_fen": 10000,
                    "state": coded("payment_state", "PAID"),
                }
            ]
        },
    }
    return {**least.get(kind, {}), **given}


def part(name: str, role: str, *after: str, county: str = "150402") -> dict[str, Any]:
    return {
        "part_id": name,
        "role": coded("part_role", role),
        "body": {"name": f"模拟{name}", "credit_code": "11990015300000041E"},
        "place": place(f"{county}990000"),
        "after": list(after),
        "required": True,
    }


CHAIN = [
    part("township", "PRE_CHECK"),
    part("federation", "REVIEW", "township"),
    part("civil", "DECISION", "federation"),
]
BOTH = [part("east", "DECISION"), part("west", "DECISION")]


class Story:
    """One case and everything that was sent about it, an hour apart."""

    def __init__(
        self,
        *,
        code: str = SUBSIDIES,
        mode: str = "PROXY",
        parts: list[dict[str, Any]] | None = None,
        systems: dict[str, str] | None = None,
        parties: tuple[Party, ...] = PARTIES,
        completed: bool = True,
        start: datetime = START,
        materials: list[dict[str, Any]] | None = None,
    ) -> None:
        found = item(code, date(2026, 3, 2))
        assert found is not None
        self.rules = Rules.of(found)
        self.opening = Opening(
            number=NUMBER,
            handling_place=PLACES["HANDLING"],
            parties=parties,
            catalogue_code=code,
            catalogue_version="2026.1",
            item={"catalogue_code": code, "name": "模拟事项"},
            systems=systems or {},
        )
        self.at = start
        self.calendars = SHIPPED
        self.sent: dict[int, Arrived] = {}
        document = json.loads((EXAMPLES / "application.json").read_text(encoding="utf-8"))
        document = moved(document, start)
        document["message_id"] = "m-1"
        document["body"]["mode"] = coded("business_mode", mode)
        if parts is not None:
            document["body"]["parts"] = parts
        if materials is not None:
            document["body"]["materials"] = materials
        if not completed:
            del document["body"]["dates"]["completed_at"]
        self.sent[1] = Arrived(
            message=parse(document, from_sender=False),
            role="RECEIVING",
            system=WINDOW,
            arrival=1,
            at=self.at,
        )
        self.case: Case = open_case(self.sent[1], opening=self.opening, rules=self.rules)

    def make(
        self,
        kind: str,
        *,
        by: str | None = None,
        system: str | None = None,
        part_id: str | None = None,
        in_reply_to: str | None = None,
        message_id: str | None = None,
        numbers: dict[str, str] | None = None,
        after: timedelta = timedelta(hours=1),
        **body: Any,
    ) -> Arrived:
        """The next message, not yet folded."""
        role = by or ORDINARY.get(kind, "HANDLING")
        name = system or SYSTEMS[role]
        self.at += after
        arrival = len(self.sent) + 1
        content = body_of(kind, self.at, **body)
        if content.get("result", {}).get("code") in ("REFUSED", "NOT_ACCEPTED"):
            content.setdefault("reason", "模拟理由")
        if kind == "correction":
            in_reply_to = in_reply_to or self.case.open_request or "unknown"
        if kind == "acknowledgement" or content.get("phase") == "ANSWER":
            in_reply_to = in_reply_to or content.get("of", "m-1")
        document: dict[str, Any] = {
            "format_version": "1.0",
            "kind": kind,
            "environment": "test",
            "simulation_mark": "模拟",
            "message_id": message_id or f"m-{arrival}",
            "data_version": 1,
            "case_number": NUMBER,
            "sender": {"system": name, "province": "990000", "role": role},
            "occurred_at": time(self.at),
            "body": content,
        }
        extra = {"part_id": part_id, "in_reply_to": in_reply_to, "numbers": numbers}
        document.update({name: value for name, value in extra.items() if value is not None})
        return Arrived(
            message=parse(document, from_sender=False),
            role=role,  # type: ignore[arg-type]
            system=name,
            arrival=arrival,
            at=self.at,
            calendars=self.calendars,
        )

    def send(self, kind: str, **given: Any) -> Advanced:
        """Fold the next message."""
        return self.fold(self.make(kind, **given))

    def fold(self, arrived: Arrived) -> Advanced:
        pending = {arrival: self.sent[arrival] for arrival in self.case.pending}
        advanced = advance(self.case, arrived, pending=pending, rules=self.rules)
        self.case = advanced.case
        self.sent[arrived.arrival] = arrived
        return advanced

    def replay(self, *, through_json: bool = False) -> Case:
        """Everything again, in the same order; through the stored bytes after each message."""
        case = open_case(self.sent[1], opening=self.opening, rules=self.rules)
        for arrival in range(2, len(self.sent) + 1):
            if through_json:
                case = case_from_json(case_to_json(case))
            pending = {one: self.sent[one] for one in case.pending}
            case = advance(case, self.sent[arrival], pending=pending, rules=self.rules).case
        return case

    # --- shortcuts ---

    def at_status(self, status: str, **change: Any) -> Story:
        """Put the first part into a status, as if the messages before had led there."""
        first, *others = self.case.parts
        self.case = replace(self.case, parts=(replace(first, status=status, **change), *others))
        return self

    def clock(self, kind: str, part_id: str | None = None) -> Any:
        """The newest clock of a kind."""
        return [
            one for one in self.case.clocks if one.kind == kind and part_id in (None, one.part_id)
        ][-1]

    @property
    def status(self) -> str:
        return self.case.status

    @property
    def turn(self) -> str | None:
        return self.case.turn


def statuses(case: Case) -> dict[str, str]:
    return {one.part_id: one.status for one in case.parts}
