"""
A message enters its case: fold, route, render, and everything that is committed with it.

Both ways in end here: what a sender handed over (take_in) and what a destination's answer means
(acknowledge). Nothing is stored here; the caller commits `Entered.change`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from contracts.errors import Finding, InvalidDocument
from contracts.message import parse
from gateway.core.audit.leaf import Leaf
from gateway.core.case import Case, Party, case_to_json
from gateway.core.clocks import snapshot
from gateway.core.lifecycle import Arrived, advance, open_case, rehome
from gateway.core.routing import route
from gateway.ports import (
    CaseKey,
    CaseRow,
    Change,
    Gateway,
    MaterialRow,
    MessageRow,
    NumberRow,
    System,
)
from gateway.usecases.answers import answer_body
from gateway.usecases.caller import Caller
from gateway.usecases.draft import Draft
from gateway.usecases.materials import bind_material
from gateway.usecases.opening import begin, clock_rules
from gateway.usecases.render import Rendered, render
from gateway.usecases.sealed import MessageContent, open_message, seal_message
from gateway.usecases.stand import Standing, case_place, role_for
from gateway.usecases.times import national, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a message makes of its case; durable once `change` is committed."""

    number: str
    arrival: int
    key: CaseKey
    case: Case
    change: Change
    answer: dict[str, Any]
    destinations: tuple[str, ...]
    previews: list[dict[str, Any]]


async def enter(
    draft: Draft, *, sender: System, standing: Standing | None, caller: Caller, gw: Gateway
) -> Entered:
    """
    Fold a message into its case and work out everything that follows from it.

    Raises:
        InvalidDocument: unknown material, unknown or ended item.
        Unroutable: an application nobody can be found for.
        TransitionNotAllowed: a step that can never be legal.
    """
    now = gw.clock.now()
    pending: dict[int, tuple[Arrived, dict[str, Any]]] = {}
    retried: tuple[int, ...] = ()
    before: Case | None
    if standing is None:
        opening, key, rules = begin(draft, sender=sender, now=now, gw=gw)
        arrival, before, applied = 1, None, True
        arrived = _arrived(draft, role="RECEIVING", sender=sender, arrival=1, now=now)
        case = open_case(arrived, opening=opening, rules=rules)
    else:
        key, before = standing.key, standing.case
        rules = clock_rules(before)
        arrival = before.arrivals + 1
        role = role_for(before, sender.system, draft.kind)
        arrived = _arrived(draft, role=role, sender=sender, arrival=arrival, now=now)
        pending = await _pending(before, key=key, gw=gw)
        advanced = advance(
            before, arrived, pending={at: one[0] for at, one in pending.items()}, rules=rules
        )
        case, applied, retried = advanced.case, advanced.applied, advanced.retried
        draft = replace(draft, findings=(*draft.findings, *advanced.findings))
        if draft.kind == "transfer" and applied:
            case = _rehomed(case, now=now, gw=gw)
    document = _document(draft, case=case, before=before, arrival=arrival, now=now, caller=caller)
    materials = await _materials(document, draft, case=case, key=key, owner=sender.system, gw=gw)

    rendered: list[Rendered] = []
    if applied:
        rendered += await _deliveries(
            document, case=case, before=before, role=arrived.role, key=key, caller=caller, gw=gw
        )
    for at in retried:
        rendered += await _deliveries(
            pending[at][1],
            case=case,
            before=before,
            role=pending[at][0].role,
            key=key,
            caller=caller,
            gw=gw,
        )

    salt = gw.ids.token(32)
    content_digest = hashlib.sha256(salt + draft.raw).hexdigest()
    findings = (*draft.findings, *(finding for one in rendered for finding in one.findings))
    answer = answer_body(
        document, case=case, applied=applied, findings=findings, content_digest=content_digest
    )
    revision = standing.row.revision + 1 if standing else 1
    change = Change(
        case=_row(case, sender=sender, key=key, revision=revision),
        parties=tuple(
            (case.number, party.system, party.role)
            for party in case.parties
            if before is None or _named(party) not in {_named(one) for one in before.parties}
        ),
        numbers=_numbers(case, before=before, gw=gw),
        messages=(
            MessageRow(
                case_number=case.number,
                arrival=arrival,
                system=sender.system,
                environment=gw.environment,
                message_id=draft.message.message_id,
                data_version=draft.message.data_version,
                kind=draft.kind,
                part_id=draft.message.part_id or case.parts[0].part_id,
                applied=applied,
                occurred_at=datetime.fromisoformat(draft.message.occurred_at),
                received_at=now,
                package=draft.package,
                sealed=seal_message(
                    MessageContent(
                        document=document,
                        raw=draft.raw,
                        salt=salt,
                        lineage=draft.lineage,
                        charset_rule=draft.charset_rule,
                    ),
                    case_number=case.number,
                    arrival=arrival,
                    key=key,
                ),
            ),
        ),
        now_applied=tuple((case.number, at) for at in retried),
        materials=materials,
        deliveries=tuple(one.delivery for one in rendered),
        steps=tuple(step for one in rendered for step in one.steps),
        leaves=(
            _leaf(
                draft,
                case,
                key=key,
                now=now,
                caller=caller,
                digest=content_digest,
                applied=applied,
                findings=findings,
            ),
            *(leaf for one in rendered for leaf in one.leaves),
        ),
    )
    return Entered(
        number=case.number,
        arrival=arrival,
        key=key,
        case=case,
        change=change,
        answer=answer,
        destinations=tuple(
            one.delivery.destination for one in rendered if one.delivery.state == "pending"
        ),
        previews=[
            {"destination": one.delivery.destination, "record": one.record} for one in rendered
        ],
    )


def merge(first: Change, second: Change) -> Change:
    """Two changes committed as one; single values are taken from whichever has one."""
    merged: dict[str, Any] = {}
    for field in fields(Change):
        mine, other = getattr(first, field.name), getattr(second, field.name)
        merged[field.name] = mine + other if isinstance(mine, tuple) else (mine or other)
    return Change(**merged)


# --- the message in its case ----------------------------------------------------------------


def _arrived(draft: Draft, *, role: Any, sender: System, arrival: int, now: datetime) -> Arrived:
    return Arrived(message=draft.message, role=role, system=sender.system, arrival=arrival, at=now)


async def _pending(
    case: Case, *, key: CaseKey, gw: Gateway
) -> dict[int, tuple[Arrived, dict[str, Any]]]:
    found: dict[int, tuple[Arrived, dict[str, Any]]] = {}
    for arrival in case.pending:
        row = await gw.store.message(case.number, arrival)
        if row is None:
            continue
        document = open_message(row, key=key).document
        role = role_for(case, row.system, row.kind)
        message = parse(document, from_sender=False)
        arrived = Arrived(
            message=message, role=role, system=row.system, arrival=arrival, at=row.received_at
        )
        found[arrival] = (arrived, document)
    return found


def _document(
    draft: Draft,
    *,
    case: Case,
    before: Case | None,
    arrival: int,
    now: datetime,
    caller: Caller,
) -> dict[str, Any]:
    """The message as it is stored and rendered: the sender's words and the gateway's fields."""
    document = {
        **draft.document,
        "case_number": case.number,
        "arrival": arrival,
        "received_at": national(now),
        "as_of_date": case.as_of_date.isoformat(),
        "trace_id": caller.trace_id,
        "item": dict(case.item),
        "numbers": {**case.numbers, **draft.document.get("numbers", {})},
    }
    if not document["numbers"]:
        del document["numbers"]
    if draft.package is not None:
        document["mapping"] = {
            "package": draft.package,
            "package_digest": draft.package_digest,
            "codec": draft.charset_rule,
            "raw_digest": hashlib.sha256(draft.raw).hexdigest(),
        }
    if draft.findings:
        document["findings"] = [_issue(finding) for finding in draft.findings]
    body = dict(document["body"])
    known = set(before.clocks) if before else set()
    clocks = [snapshot(clock) for clock in case.clocks if clock not in known]
    if clocks and draft.kind in _WITH_CLOCKS:
        body["clocks"] = clocks
    if draft.kind == "application":
        body["handling_place"] = body.get("handling_place") or _place(case.handling_place)
        handling = next(party for party in case.parties if party.role == "HANDLING")
        document["receivers"] = [
            {"system": handling.system, "province": handling.province, "role": "HANDLING"}
        ]
    if draft.kind == "transfer":
        body["holders"] = [
            {
                "place": _place(holder.place),
                "from_at": national(holder.from_at),
                **({"to_at": national(holder.to_at)} if holder.to_at else {}),
            }
            for holder in case.holders
        ]
        if not body["holders"]:
            del body["holders"]
    document["body"] = body
    return document


_WITH_CLOCKS = frozenset(
    {
        "application",
        "pre_review",
        "acceptance",
        "correction_request",
        "correction",
        "decision",
        "transfer",
    }
)


def _place(code: str) -> dict[str, str]:
    return {"code": code, "county": code[:6]}


def _issue(finding: Finding) -> dict[str, Any]:
    issue = {"rule": finding.rule, "level": finding.level, "message": finding.message}
    return {**issue, "path": finding.path} if finding.path else issue


async def _materials(
    document: Mapping[str, Any],
    draft: Draft,
    *,
    case: Case,
    key: CaseKey,
    owner: str,
    gw: Gateway,
) -> tuple[MaterialRow, ...]:
    """Bind every named file to the case, or refuse the message that names an unknown one."""
    inline = {material.digest for material in draft.inline}
    rows: list[MaterialRow] = []
    unknown: list[Finding] = []
    for path, digest in _digests(document["body"].get("materials", ())):
        row = await bind_material(digest, case_number=case.number, key=key, owner=owner, gw=gw)
        if row is not None:
            rows.append(row)
        elif digest not in inline:
            unknown.append(
                Finding(
                    rule="material.unknown",
                    level="reject",
                    path=path,
                    message="报文引用的材料未上传或已过期;请先上传该材料再提交报文",
                    message_en="the message names a material that was not uploaded, or expired",
                )
            )
    if unknown:
        raise InvalidDocument(findings=unknown)
    return tuple({row.index: row for row in rows}.values())


def _digests(materials: Any) -> list[tuple[str, str]]:
    return [
        (f"/body/materials/{at}/files/{number}/digest", file["digest"])
        for at, material in enumerate(materials)
        for number, file in enumerate(material.get("files", ()))
    ]


# --- where it goes --------------------------------------------------------------------------


async def _deliveries(
    document: Mapping[str, Any],
    *,
    case: Case,
    before: Case | None,
    role: str,
    key: CaseKey,
    caller: Caller,
    gw: Gateway,
) -> list[Rendered]:
    kind = str(document["kind"])
    wanted: list[tuple[str, Mapping[str, Any]]] = []
    other = "HANDLING" if role == "RECEIVING" else "RECEIVING"
    wanted += [(system, document) for system in case.systems(other)]  # type: ignore[arg-type]
    if kind == "transfer" and before is not None and case.handling_place != before.handling_place:
        application = await gw.store.message(case.number, 1)
        if application is not None:
            first = open_message(application, key=key).document
            moved = {
                **first,
                "arrival": document["arrival"],
                "body": {**first["body"], "handling_place": _place(case.handling_place)},
            }
            wanted = [(system, document) for system in case.systems("RECEIVING")]
            wanted += [(system, moved) for system in case.systems("HANDLING")]
    rendered = []
    for index, (name, content) in enumerate(wanted):
        target = gw.provinces.system(name, gw.environment)
        if target is None or not target.adapter.carries(str(content["kind"])):
            continue
        serial = f"{case.number}.{document['arrival']}" + (f".{index}" if index else "")
        rendered.append(
            render(
                content,
                case=case,
                key=key,
                target=target,
                serial=serial,
                trace_id=caller.trace_id,
                gw=gw,
            )
        )
    return rendered


def _named(party: Party) -> tuple[str, str]:
    return party.system, party.role


def _rehomed(case: Case, *, now: datetime, gw: Gateway) -> Case:
    """After a forward the body of the new place handles the case; the old one keeps its record."""
    if any(
        one.place == case.handling_place
        for one in case.parties
        if one.role == "HANDLING" and not one.former
    ):
        return case
    found = route(
        case.handling_place,
        item=case.catalogue_code,
        bodies=gw.provinces.bodies(),
        on=case.as_of_date,
    )
    target = gw.provinces.system(found.system, gw.environment)
    party = Party(
        system=found.system,
        role="HANDLING",
        province=target.province if target else case.handling_place[:2] + "0000",
        place=case.handling_place,
        name=found.body_name,
    )
    return rehome(case, party)


# --- rows -----------------------------------------------------------------------------------


def _row(case: Case, *, sender: System, key: CaseKey, revision: int) -> CaseRow:
    receiving = case.systems("RECEIVING")
    handling = case.systems("HANDLING")
    row = CaseRow(
        number=case.number,
        revision=revision,
        key_id=key.key_id,
        environment=case.environment,  # type: ignore[arg-type]
        status=case.status,
        turn=case.turn,
        due_on=case.due_on,
        item=case.catalogue_code,
        mode=case.mode,
        sender=receiving[0] if receiving else sender.system,
        handler=handling[0] if handling else "",
        receiving_county=case.receiving_place[:6],
        handling_county=case.handling_place[:6],
        arrivals=case.arrivals,
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        sealed=b"",
    )
    return replace(row, sealed=key.seal(case_to_json(case), case_place(row)))


def _numbers(case: Case, *, before: Case | None, gw: Gateway) -> tuple[NumberRow, ...]:
    rows = []
    for name, role in (("receiving", "RECEIVING"), ("handling", "HANDLING")):
        number = case.numbers.get(name)
        if number is None or (before is not None and before.numbers.get(name) == number):
            continue
        for system in case.systems(role):  # type: ignore[arg-type]
            index = gw.keys.index("number", system, number)
            rows.append(NumberRow(system=system, index=index, case_number=case.number))
    return tuple(rows)


def _leaf(
    draft: Draft,
    case: Case,
    *,
    key: CaseKey,
    now: datetime,
    caller: Caller,
    digest: str,
    applied: bool,
    findings: tuple[Finding, ...],
) -> Leaf:
    operator = draft.message.operator
    source = draft.message.item.local_code if draft.message.item else None
    applicant = getattr(draft.message.body, "applicant", None)
    number = applicant.id_number if applicant else None
    return Leaf(
        event="message.received",
        at=stamp(now),
        actor=replace(
            caller.actor,
            operator=operator.operator_id if operator else None,
            window=operator.window_id if operator else None,
        ),
        environment=case.environment,
        case_number=case.number,
        item=case.catalogue_code,
        item_source=source,
        kind=draft.kind,
        part=draft.message.part_id,
        outcome="applied" if applied else "not_applied",
        content_digest=digest,
        mapping=draft.package_digest,
        commitments=(key.commit("applicant.id_number", number),) if number else (),
        findings=tuple(sorted({finding.rule for finding in findings}))[:50],
        trace_id=caller.trace_id,
    )


__all__ = ["Entered", "enter", "merge"]
