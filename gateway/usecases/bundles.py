"""
A bundle 一件事: one form and one set of materials become several cases, each with its own route.

Intake expands the document into applications and commits them together: all or none. From then on
each case lives its own life; the bundle only knows which they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from contracts.casenumber import make_case_number, make_serial
from contracts.errors import (
    Finding,
    InvalidDocument,
    NotFound,
    Overloaded,
    Refused,
)
from contracts.message import check, parse_bundle
from gateway.core.sentences import case_sentence
from gateway.ports import (
    BundleRow,
    Change,
    DuplicateReceiptError,
    Gateway,
    RevisionConflictError,
    System,
)
from gateway.usecases.answers import label
from gateway.usecases.caller import Caller
from gateway.usecases.draft import Draft
from gateway.usecases.enter import Entered, enter
from gateway.usecases.read_cases import case_line
from gateway.usecases.stand import open_case_row, remember
from gateway.usecases.take_in import (
    Answer,
    Identity,
    Inbound,
    first_answer,
    receipt_rows,
    refusal_leaf,
    sender_of,
)
from gateway.usecases.times import local_date, national

TRIES = 5
"""New cases conflict with nothing but a number taken in the same instant."""
_ENVELOPE = (
    "format_version",
    "environment",
    "simulation_mark",
    "data_version",
    "sender",
    "operator",
    "occurred_at",
)
_SHARED = (
    "receiving_place",
    "receiving_body",
    "dates",
    "applicant",
    "agent",
    "preferred_contact",
    "consents",
)
_OWN = ("mode", "handling_place", "handling_body", "parts", "form")


async def take_in_bundle(inbound: Inbound, *, gw: Gateway) -> Answer:
    """
    Take in a bundle: every case of it is stored and promised, or none is.

    A case gets the materials its `material_ids` name and no others: what one body needs is not
    shown to the next. The first answer comes again on repetition, as for a single application.

    Raises:
        Refused: nothing but a `message.refused` leaf was stored; findings name places in the
            bundle.
        TryLater: nothing was stored.
    """
    try:
        return await _take_in(inbound, gw=gw)
    except Refused as refusal:
        await gw.store.commit(Change(leaves=(refusal_leaf(inbound, refusal, gw=gw),)))
        raise


async def _take_in(inbound: Inbound, *, gw: Gateway) -> Answer:
    sender = sender_of(inbound, gw=gw)
    identity = _identify(inbound, gw=gw)
    for _ in range(TRIES):
        try:
            return await _enter(inbound, identity, sender=sender, gw=gw)
        except RevisionConflictError:
            continue
        except (DuplicateReceiptError, Refused):
            if first := await first_answer(identity, sender=sender, gw=gw):
                return first
            raise
    raise Overloaded("网关繁忙", "the gateway is busy", retry_after=1)


async def _enter(inbound: Inbound, identity: Identity, *, sender: System, gw: Gateway) -> Answer:
    document = dict(inbound.document or {})
    if document.get("environment") != gw.environment:
        raise InvalidDocument(findings=[_environment(gw.environment)])
    if sender.simulation_mark:
        document.setdefault("simulation_mark", sender.simulation_mark)
    bundle = parse_bundle(document, from_sender=True)
    theme = str(bundle.theme.code) if bundle.theme is not None else None
    now = gw.clock.now()
    number = make_case_number(
        local_date(now),
        bundle.receiving_place.county,
        make_serial(gw.keys.take().key_id, gw.environment),
        prefix="TBB",
    )
    entered = [
        await _enter_case(document, index, number, inbound=inbound, sender=sender, gw=gw)
        for index in range(len(bundle.cases))
    ]
    body = {
        "bundle_number": number,
        "message_id": bundle.message_id,
        "received_at": national(now),
        "theme": theme,
        "theme_zh": label("bundle_theme", theme) if theme else None,
        "cases": [one.answer() for one in entered],
        "links": {"self": f"/v1/bundles/{number}"},
    }
    change = replace(
        _together(entered),
        bundle=BundleRow(
            number=number,
            environment=gw.environment,
            theme=theme,
            sender=sender.system,
            opened_at=now,
            cases=tuple(one.number for one in entered),
        ),
        receipts=receipt_rows(identity, entered[0], body, sender=sender, gw=gw),
    )
    await gw.store.commit(change)
    for one in entered:
        remember(one.standing, gw=gw)
        for destination in one.destinations:
            gw.wake(destination)
    return Answer(202, body)


async def _enter_case(
    document: Mapping[str, Any],
    index: int,
    number: str,
    *,
    inbound: Inbound,
    sender: System,
    gw: Gateway,
) -> Entered:
    """
    One case of the bundle as the application its window could have sent.

    Raises:
        Refused: with the findings' places in the bundle.
    """
    application = expand(document, index)
    try:
        # The bundle was checked as its sender wrote it; this document is the gateway's.
        message, cautions = check(application, from_sender=False)
        draft = Draft(
            kind="application",
            message=message,
            document=application,
            raw=inbound.raw,
            findings=cautions,
            bundle_number=number,
        )
        return await enter(draft, sender=sender, standing=None, caller=inbound.caller, gw=gw)
    except Refused as refusal:
        raise type(refusal)(
            refusal.detail_zh,
            refusal.detail_en,
            findings=[_in_bundle(one, document, index) for one in refusal.findings],
        ) from None


def expand(document: Mapping[str, Any], index: int) -> dict[str, Any]:
    """The application that the case at `index` of a bundle is, as a document of its own."""
    case = document["cases"][index]
    body = {name: document[name] for name in _SHARED if name in document}
    body |= {name: case[name] for name in _OWN if name in case}
    materials = [one for _, one in _materials(document, case)]
    if materials:
        body["materials"] = materials
    return {
        **{name: document[name] for name in _ENVELOPE if name in document},
        "kind": "application",
        "message_id": _message_id(str(document["message_id"]), index),
        "item": case["item"],
        **({"channel": document["channel"]} if "channel" in document else {}),
        "body": body,
    }


def _materials(
    document: Mapping[str, Any], case: Mapping[str, Any]
) -> list[tuple[int, Mapping[str, Any]]]:
    """The shared materials a case names, with their place in the bundle."""
    wanted = set(case.get("material_ids", ()))
    shared = document.get("materials", ())
    return [(at, one) for at, one in enumerate(shared) if one.get("material_id") in wanted]


def _message_id(bundle: str, index: int) -> str:
    """The id of an application in a bundle: the bundle's own and its place, at most 64 long."""
    if len(bundle) > 60:
        bundle = hashlib.sha256(bundle.encode()).hexdigest()[:60]
    return f"{bundle}.{index + 1}"


def _in_bundle(finding: Finding, document: Mapping[str, Any], index: int) -> Finding:
    """The same finding with the place the sender wrote, not the one in the expanded document."""
    steps = (finding.path or "").split("/")[1:]
    if steps[:1] == ["item"] or (steps[:1] == ["body"] and steps[1:2] and steps[1] in _OWN):
        path = f"/cases/{index}/" + "/".join(steps[steps[0] == "body" :])
    elif steps[:2] == ["body", "materials"] and len(steps) > 2:
        at = _materials(document, document["cases"][index])[int(steps[2])][0]
        path = "/".join(("/materials", str(at), *steps[3:]))
    elif steps[:1] == ["body"]:
        path = "/" + "/".join(steps[1:])
    else:
        path = finding.path or f"/cases/{index}"
    return replace(finding, path=path)


def _together(entered: list[Entered]) -> Change:
    first, *others = [one.change for one in entered]
    every = (first, *others)
    return replace(
        first,
        more_cases=tuple(one.case for one in others if one.case is not None),
        applicants=tuple(row for one in every for row in one.applicants),
        parties=tuple(row for one in every for row in one.parties),
        numbers=tuple(row for one in every for row in one.numbers),
        messages=tuple(row for one in every for row in one.messages),
        materials=tuple(row for one in every for row in one.materials),
        deliveries=tuple(row for one in every for row in one.deliveries),
        steps=tuple(row for one in every for row in one.steps),
        leaves=tuple(row for one in every for row in one.leaves),
    )


def _identify(inbound: Inbound, *, gw: Gateway) -> Identity:
    content = inbound.document or {}
    message_id, version = str(content.get("message_id")), str(content.get("data_version", 1))
    keys = [gw.keys.index("bundle", message_id, version)]
    if inbound.idempotency_key is not None:
        keys.append(gw.keys.index("idempotency", inbound.idempotency_key))
    body = orjson.dumps(["bundle", content], option=orjson.OPT_SORT_KEYS)
    return Identity(tuple(keys), gw.keys.fingerprint(body))


def _environment(environment: str) -> Finding:
    return Finding(
        rule="environment.differs",
        level="reject",
        path="/environment",
        message=f"本网关为 {environment} 环境;测试与生产互不相通,请核对接入地址",
        message_en=f"this gateway is {environment}; environments do not cross",
    )


# --- reading --------------------------------------------------------------------------------


async def read_bundle(number: str, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    Where all cases of a bundle stand, as far as the caller is a party of them.

    Raises:
        NotFound: absent, or none of its cases is theirs.
    """
    bundle = await gw.store.bundle(number)
    if bundle is None:
        raise NotFound
    today, lines, finished = local_date(gw.clock.now()), [], 0
    for case_number in bundle.cases:
        row = await gw.store.case(case_number)
        own = caller.sees_all or (
            caller.system is not None and await gw.store.is_party(case_number, caller.system)
        )
        if row is None or not own:
            continue
        case = open_case_row(row, gw=gw).case
        said = case_sentence(case, today=today, calendars=gw.almanac.current)
        lines.append({**case_line(row), "sentence": said})
        finished += case.finished
    if not lines:
        raise NotFound
    return {
        "bundle_number": bundle.number,
        "theme": bundle.theme,
        "theme_zh": label("bundle_theme", bundle.theme) if bundle.theme else None,
        "opened_at": national(bundle.opened_at),
        "finished": finished,
        "total": len(lines),
        "sentence": f"一件事共 {len(lines)} 件,已办结 {finished} 件。",
        "cases": lines,
    }


__all__ = ["expand", "read_bundle", "take_in_bundle"]
