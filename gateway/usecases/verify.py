"""
Ask a verification service about a person (在线核验), and read what it answered.

A question without legal basis, or without the authorisation (核对授权书) its subject needs, is
refused and recorded; nothing leaves the gateway. An accepted one is durable when this returns and
is asked by the worker until it is answered (`answer_verification`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from contracts.errors import (
    AccessDenied,
    Finding,
    Forbidden,
    InvalidDocument,
    MessageIdReused,
    NotFound,
    Refused,
    Unroutable,
)
from contracts.message import check
from gateway.core.audit.leaf import Leaf
from gateway.ports import Change, DuplicateReceiptError, Gateway, System, VerificationRow
from gateway.usecases.answers import label
from gateway.usecases.caller import Caller
from gateway.usecases.draft import envelope
from gateway.usecases.times import local_date, national, stamp

CHECKS = "verification"
"""What the bell is rung with: the worker that asks is told there is a new question."""
NEED_CONSENT = frozenset({"ECONOMIC"})
"""
Subjects that need a signed authorisation of each person (核对授权书). That an economic check needs
one is practice of the field (domain guide, confidence B); the list is a project convention.
"""
MEMBER = "household.member"
"""Fact of the question whose value is the certificate number of one more person asked about."""


@dataclass(frozen=True, slots=True)
class Held:
    """Question, answer (None while open) and, where the service said no, its code."""

    question: dict[str, Any]
    answer: dict[str, Any] | None = None
    reason: str | None = None
    raw: str = ""
    """the service's own answer, text as it was read"""

    def to_bytes(self) -> bytes:
        return orjson.dumps([self.question, self.answer, self.reason, self.raw])

    @classmethod
    def from_bytes(cls, data: bytes) -> Held:
        return cls(*orjson.loads(data))


async def ask(document: dict[str, Any], *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    Take in a question in the national format (kind `verification`, ASK) and promise to ask it.

    The same message sent twice is one question and gets the first number again.

    Raises:
        InvalidDocument: not of the format, no legal basis, or an authorisation is missing, expired
            or of another scope. Recorded.
        Unroutable: no service answers this subject. Recorded.
        NotFound: the case it names is not the caller's.
        MessageIdReused: the message id was used for another question.
        Overloaded: no key is ready.
    """
    try:
        return await _ask(document, caller=caller, gw=gw)
    except Refused as refusal:
        await gw.store.commit(Change(leaves=(_refusal(refusal, caller=caller, gw=gw),)))
        raise


async def _ask(document: dict[str, Any], *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    sender = _sender(document, caller=caller, gw=gw)
    identity = gw.keys.index("verification", str(document.get("message_id")))
    fingerprint = gw.keys.fingerprint(orjson.dumps(document, option=orjson.OPT_SORT_KEYS))
    if first := await _first(identity, fingerprint, sender=sender, gw=gw):
        return first
    now = gw.clock.now()
    question = {
        **envelope("verification", sender=sender, standing=None, gw=gw),
        "occurred_at": national(now),
        **document,
    }
    message, cautions = check(question, from_sender=True)
    body: Any = message.body
    today = local_date(now).isoformat()
    if wrong := list(_wrong(body, today=today)):
        raise InvalidDocument(findings=wrong)
    case_number = message.case_number
    if case_number is not None and not await gw.store.is_party(case_number, sender.system):
        raise NotFound
    service = service_for(body.subject.code, gw=gw)
    key = gw.keys.take()
    number = f"VF-{gw.ids.hex(12)}"
    row = VerificationRow(
        number=number,
        revision=1,
        key_id=key.key_id,
        system=sender.system,
        environment=gw.environment,
        identity=identity,
        fingerprint=fingerprint,
        service=service.system,
        subject=body.subject.code,
        case_number=case_number,
        person=person_index(body.person.id_number, gw=gw),
        state="asking",
        next_at=now,
        attempt=0,
        asked_at=now,
        answered_at=None,
        sealed=key.seal(Held(question).to_bytes(), place_of(number)),
    )
    leaf = Leaf(
        event="verification.asked",
        at=stamp(now),
        actor=caller.actor,
        environment=gw.environment,
        case_number=case_number,
        peer=service.system,
        serial=number,
        reason=row.subject,
        commitments=(key.commit("/body/person/id_number", body.person.id_number),),
        findings=tuple(sorted({one.rule for one in cautions}))[:50],
        trace_id=caller.trace_id,
    )
    try:
        await gw.store.commit(Change(verifications=(row,), leaves=(leaf,)))
    except DuplicateReceiptError:
        if first := await _first(identity, fingerprint, sender=sender, gw=gw):
            return first
        raise
    gw.wake(CHECKS)
    return told(row)


async def read_verification(number: str, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    A verification as the system that asked sees it, or another party of its case. Leaves a leaf.

    Raises:
        NotFound: absent or not theirs.
    """
    row = await gw.store.verification(number)
    if row is None or not await may_see(row, caller.system, gw=gw):
        raise NotFound
    leaf = Leaf(
        event="case.read",
        at=stamp(gw.clock.now()),
        actor=caller.actor,
        environment=gw.environment,
        case_number=row.case_number,
        serial=number,
        purpose="verification",
        trace_id=caller.trace_id,
    )
    await gw.store.commit(Change(leaves=(leaf,)))
    held = open_held(row, gw=gw)
    found = {**told(row), "reason": held.reason}
    if held.answer is not None:
        body = held.answer["body"]
        result = body["result"]["code"]
        found |= {
            "result": result,
            "result_zh": label("verification_result", result),
            "facts": body.get("facts", []),
            "valid_until": body.get("valid_until"),
        }
    return {name: value for name, value in found.items() if value is not None}


async def may_see(row: VerificationRow, system: str | None, *, gw: Gateway) -> bool:
    """Whether a system asked, or is a party of the case it was asked for."""
    if system is None or row.environment != gw.environment:
        return False
    if row.system == system:
        return True
    return row.case_number is not None and await gw.store.is_party(row.case_number, system)


def service_for(subject: str, *, gw: Gateway) -> System:
    """
    The service whose folder answers a subject; the first by name where several do.

    Raises:
        Unroutable
    """
    for system in sorted(gw.provinces.systems(gw.environment), key=lambda one: one.system):
        if subject in system.adapter.verifies():
            return system
    raise Unroutable(
        f"没有接入可核验“{label('verification_subject', subject)}”的服务,请改为提交证明材料",
        f"no connected service verifies {subject}; hand in the proof instead",
    )


def person_index(id_number: str, *, gw: Gateway) -> bytes:
    """By which a person's verification is recognised without storing the number."""
    return gw.keys.index("person", id_number.upper())


def place_of(number: str) -> str:
    return f"verification:{number}"


def open_held(row: VerificationRow, *, gw: Gateway) -> Held:
    return Held.from_bytes(gw.keys.case_key(row.key_id).open(row.sealed, place_of(row.number)))


def told(row: VerificationRow) -> dict[str, Any]:
    """What is known without opening anything."""
    return {
        "verification_id": row.number,
        "state": row.state,
        "subject": row.subject,
        "subject_zh": label("verification_subject", row.subject),
        "service": row.service,
        "asked_at": national(row.asked_at),
        "answered_at": national(row.answered_at) if row.answered_at else None,
    }


async def _first(
    identity: bytes, fingerprint: bytes, *, sender: System, gw: Gateway
) -> dict[str, Any] | None:
    row = await gw.store.verification_by_identity(sender.system, gw.environment, identity)
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise MessageIdReused
    return told(row)


def _sender(document: dict[str, Any], *, caller: Caller, gw: Gateway) -> System:
    if caller.system is None:
        raise Forbidden("该令牌不代表任何业务系统,不能发起核验", "this token speaks for no system")
    system = gw.provinces.system(caller.system, gw.environment)
    if system is None:
        raise AccessDenied(
            "令牌所属系统没有已启用的连接", "the token's system has no connection in force"
        )
    claimed = document.get("sender")
    if isinstance(claimed, dict) and claimed.get("system", system.system) != system.system:
        raise Forbidden("报文的发送方与令牌所属系统不一致", "the sender is not the token's system")
    if document.get("kind", "verification") != "verification":
        raise InvalidDocument(
            findings=[_finding("kind.unknown", "/kind", "此接口只收核验报文", "verifications only")]
        )
    return system


def _wrong(body: Any, *, today: str) -> Iterator[Finding]:
    if body.phase != "ASK":
        yield _finding(
            "verification.phase", "/body/phase", "此接口只收核验请求(ASK)", "a question is due here"
        )
    if body.person is None or not body.person.id_number:
        yield _finding(
            "verification.person",
            "/body/person/id_number",
            "缺少被核验人证件号码,请补填后重发",
            "whoever is asked about needs a certificate number",
        )
        return
    if body.subject.code in NEED_CONSENT:
        asked = [body.person.id_number]
        asked += [one.value for one in body.question or () if one.name == MEMBER]
        for at, person in enumerate(asked):
            yield from _unauthorised(body, str(person), at=at, today=today)


def _unauthorised(body: Any, person: str, *, at: int, today: str) -> Iterator[Finding]:
    """Which person: by position, the applicant first; a number is never repeated in a finding."""
    who = f"第 {at + 1} 名被核验人"
    theirs = [
        one
        for one in body.consents or ()
        if (one.person_id_number or "").upper() == person.upper()
        and body.subject.code in [subject.code for subject in one.subject]
    ]
    if not theirs:
        yield _finding(
            "consent.missing",
            "/body/consents",
            f"缺少{who}对该核验内容的核对授权书;请取得本人授权后重发,或改为提交证明材料",
            f"person {at + 1} has not authorised this verification; obtain the authorisation, "
            "or hand in the proof instead",
        )
    elif all(one.expires_on < today for one in theirs):
        yield _finding(
            "consent.expired",
            "/body/consents",
            f"{who}的核对授权书已过有效期;请重新取得授权后重发",
            f"the authorisation of person {at + 1} has expired; obtain a new one",
        )


def _finding(rule: str, path: str, message: str, english: str) -> Finding:
    return Finding(rule=rule, level="reject", message=message, path=path, message_en=english)


def _refusal(refusal: Refused, *, caller: Caller, gw: Gateway) -> Leaf:
    return Leaf(
        event="message.refused",
        at=stamp(gw.clock.now()),
        actor=caller.actor,
        environment=gw.environment,
        kind="verification",
        reason=refusal.code,
        findings=tuple(sorted({finding.rule for finding in refusal.findings}))[:50],
        trace_id=caller.trace_id,
    )


__all__ = [
    "CHECKS",
    "MEMBER",
    "NEED_CONSENT",
    "Held",
    "ask",
    "may_see",
    "open_held",
    "person_index",
    "place_of",
    "read_verification",
    "service_for",
    "told",
]
