"""
Take in one message of any kind, native or in a province's dialect: the one way in.

The same message sent twice gets the first answer again. After this returns, the message, the case
it belongs to, what must be sent because of it and the audit leaf are durable together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from contracts.adapter import InboundDocument
from contracts.errors import (
    AccessDenied,
    Finding,
    Forbidden,
    InvalidDocument,
    MessageIdReused,
    NotFound,
    Overloaded,
    Refused,
    StoreUnavailable,
)
from contracts.message import KINDS
from gateway.core.audit.leaf import Leaf
from gateway.ports import (
    Change,
    DuplicateReceiptError,
    FenceLostError,
    Gateway,
    MaterialRow,
    ReceiptRow,
    RevisionConflictError,
    System,
)
from gateway.usecases.caller import Caller
from gateway.usecases.draft import Draft, read_foreign, read_native
from gateway.usecases.enter import Entered, enter
from gateway.usecases.first_intent import NONE, open_first
from gateway.usecases.materials import bind_material, stage_bytes
from gateway.usecases.stand import Standing, remember, role_for, stand
from gateway.usecases.times import stamp
from gateway.usecases.verified import proves_life

_TOLD_ANYBODY = frozenset(
    {"case_number", "message_id", "kind", "arrival", "applied", "received_at", "findings"}
    | {"content_digest"}
)
"""What a window learns that is no party of the case: that its message came, not how it stands."""

REVISION_TRIES = 20
"""A case has few writers at a time; losing this often means the node is overloaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """
    A message at the door: `document` when it came in the national format, else `foreign`.

    `raw` are the exact bytes received. `case_number` is the one of the URL, if it names one.
    """

    caller: Caller
    raw: bytes
    document: dict[str, Any] | None = None
    foreign: InboundDocument | None = None
    case_number: str | None = None
    idempotency_key: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is what the sender is told; a replay carries the body of the first answer."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Names by which a repeat is recognised, and a keyed digest of the content."""

    keys: tuple[bytes, ...]
    fingerprint: bytes


async def take_in(inbound: Inbound, *, gw: Gateway) -> Answer:
    """
    Take in a message and promise what follows from it.

    Raises:
        Refused: nothing but a `message.refused` leaf was stored; the error lists every finding.
        TryLater: nothing was stored; the same request may be sent again unchanged.
    """
    try:
        return await _take_in(inbound, gw=gw)
    except Refused as refusal:
        if not inbound.dry_run:
            await gw.store.commit(Change(leaves=(refusal_leaf(inbound, refusal, gw=gw),)))
        raise


async def _take_in(inbound: Inbound, *, gw: Gateway) -> Answer:
    sender = sender_of(inbound, gw=gw)
    identity = _identify(inbound, gw=gw)
    if inbound.dry_run and (first := await first_answer(identity, sender=sender, gw=gw)):
        return first
    # A repeat is rare: it is recognised by the commit it loses, not by asking before every message.
    overtakes = True
    for number in range(REVISION_TRIES):
        trusting = number == 0 and not inbound.dry_run
        try:
            return await _enter(
                inbound, identity, sender=sender, gw=gw, trusting=trusting, overtakes=overtakes
            )
        except RevisionConflictError:
            continue
        except FenceLostError:
            overtakes = False  # what it would overtake is just being sent: it goes behind it
        except (DuplicateReceiptError, Refused):
            # A twin that was first is why this one finds its step taken or its number in use.
            if first := await first_answer(identity, sender=sender, gw=gw):
                return first
            raise
    raise Overloaded("该办件正被频繁更新", "this case is being updated too often", retry_after=1)


async def _enter(
    inbound: Inbound,
    identity: Identity,
    *,
    sender: System,
    gw: Gateway,
    trusting: bool,
    overtakes: bool,
) -> Answer:
    """
    One try to enter the message into its case as it stands now.

    Raises:
        RevisionConflictError: the case moved on meanwhile.
        FenceLostError: a delivery that this overtakes is being sent.
        DuplicateReceiptError: a twin was first.
        Refused: nothing was stored.
    """
    standing = await _standing(inbound, sender=sender, gw=gw)
    draft = _read(inbound, sender=sender, standing=standing, gw=gw)
    entered = await enter(
        draft,
        sender=sender,
        standing=standing,
        caller=inbound.caller,
        gw=gw,
        trusting=trusting,
        overtakes=overtakes,
    )
    answer = entered.answer()
    if standing is not None and role_for(standing.case, sender.system, answer["kind"]) == "SERVICE":
        answer = {name: value for name, value in answer.items() if name in _TOLD_ANYBODY}
    if inbound.dry_run:
        return Answer(200, {**answer, "dry_run": True, "previews": _previews(entered)})
    change = replace(
        entered.change,
        receipts=receipt_rows(identity, entered, answer, sender=sender, gw=gw),
        materials=(*entered.change.materials, *await _keep_inline(inbound, entered, gw=gw)),
    )
    # Of a new case every delivery is first; later ones may have something before them.
    first = NONE if standing else await open_first(entered.rendered, key=entered.key, gw=gw)
    try:
        await gw.store.commit(first.into(change))
    except BaseException:
        first.give_back()
        raise
    first.start()
    remember(entered.standing, gw=gw)
    for destination in entered.destinations_without(first):
        gw.wake(destination)
    return Answer(202, answer)


def _previews(entered: Entered) -> list[dict[str, Any]]:
    """What would be sent, and where to."""
    return [
        {"destination": one.delivery.destination, "record": one.record} for one in entered.rendered
    ]


# --- who and what ---------------------------------------------------------------------------


def sender_of(inbound: Inbound, *, gw: Gateway) -> System:
    """The sending system: the token's; a document may not claim another one."""
    name = inbound.caller.system
    if name is None:
        raise Forbidden("该令牌不代表任何业务系统,不能提交报文", "this token speaks for no system")
    system = gw.provinces.system(name, gw.environment)
    if system is None:
        raise AccessDenied(
            "令牌所属系统没有已启用的连接", "the token's system has no connection in force"
        )
    if inbound.document is not None:
        claimed = inbound.document.get("sender")
        known = {"system": system.system, "province": system.province}
        if isinstance(claimed, dict) and any(claimed.get(k, v) != v for k, v in known.items()):
            raise Forbidden(
                "报文的发送方与令牌所属系统或省份不一致",
                "the document's sender is not the token's system and province",
            )
    return system


def _identify(inbound: Inbound, *, gw: Gateway) -> Identity:
    if inbound.foreign is not None:
        content: Any = inbound.foreign.record
        message_id, version = inbound.foreign.message_id, inbound.foreign.data_version
    else:
        content = inbound.document or {}
        message_id, version = content.get("message_id"), content.get("data_version", 1)
    keys = [gw.keys.index("message", str(message_id), str(version))]
    if inbound.idempotency_key is not None:
        keys.append(gw.keys.index("idempotency", inbound.idempotency_key))
    # Over the content, not the bytes: a dialect signs each sending anew with nonce and time.
    body = orjson.dumps([inbound.case_number, content], option=orjson.OPT_SORT_KEYS)
    return Identity(tuple(keys), gw.keys.fingerprint(body))


async def first_answer(identity: Identity, *, sender: System, gw: Gateway) -> Answer | None:
    for key in identity.keys:
        held = await gw.store.receipt(sender.system, gw.environment, key)
        if held is None:
            continue
        if held.fingerprint != identity.fingerprint:
            raise MessageIdReused
        sealed = gw.keys.case_key(held.key_id).open(
            held.sealed, _receipt_place(held.case_number, held.arrival, held.key)
        )
        return Answer(202, orjson.loads(sealed), replayed=True)
    return None


async def _standing(inbound: Inbound, *, sender: System, gw: Gateway) -> Standing | None:
    """The case this message belongs to; None for an application. Foreign and absent: NotFound."""
    foreign, document = inbound.foreign, inbound.document or {}
    kind = foreign.kind if foreign else document.get("kind")
    if kind == "application":
        return None
    number = inbound.case_number or (
        foreign.case_number if foreign else document.get("case_number")
    )
    if number is None and foreign is not None and foreign.party_number is not None:
        index = gw.keys.index("number", sender.system, foreign.party_number)
        number = await gw.store.case_by_number(sender.system, index)
    if not isinstance(number, str):
        if foreign is None and inbound.case_number is None:
            return None  # the format check names the missing field
        raise NotFound
    standing = await stand(number, gw=gw)
    if standing is None:
        raise NotFound
    if (
        not await gw.store.is_party(number, sender.system)
        and not _supervises(standing, sender)
        and not await proves_life(document, standing=standing, system=sender.system, gw=gw)
    ):
        raise NotFound
    return standing


def _supervises(standing: Standing, sender: System) -> bool:
    parties = standing.case.parties
    return any(one.system == sender.system and one.role == "AUTHORITY" for one in parties)


def _read(inbound: Inbound, *, sender: System, standing: Standing | None, gw: Gateway) -> Draft:
    if inbound.foreign is not None:
        return read_foreign(inbound.foreign, sender=sender, standing=standing, gw=gw)
    document = dict(inbound.document or {})
    number = inbound.case_number
    if number is not None and document.setdefault("case_number", number) != number:
        raise InvalidDocument(
            findings=[
                Finding(
                    rule="case_number.differs",
                    level="reject",
                    path="/case_number",
                    message="报文中的通办编号与地址中的不一致,请改为一致后重发",
                    message_en="the case number in the document is not the one of the address",
                )
            ]
        )
    if document.get("environment") not in (None, gw.environment):
        raise InvalidDocument(
            findings=[
                Finding(
                    rule="environment.differs",
                    level="reject",
                    path="/environment",
                    message=f"本网关为 {gw.environment} 环境;测试与生产互不相通,请核对接入地址",
                    message_en=f"this gateway is {gw.environment}; environments do not cross",
                )
            ]
        )
    return read_native(document, raw=inbound.raw, sender=sender)


async def _keep_inline(
    inbound: Inbound, entered: Entered, *, gw: Gateway
) -> tuple[MaterialRow, ...]:
    """Stage and bind what came inside a dialect document, once nothing speaks against it."""
    owner, rows = inbound.caller.system or "", []
    for material in inbound.foreign.materials if inbound.foreign else ():
        digest = await stage_bytes(
            material.content,
            media_type=material.media_type,
            file_name=material.file_name,
            caller=inbound.caller,
            gw=gw,
        )
        row = await bind_material(
            digest, case_number=entered.number, key=entered.key, owner=owner, gw=gw
        )
        if row is None:
            raise StoreUnavailable("材料暂存失败", "a material could not be staged", retry_after=1)
        rows.append(row)
    return tuple(rows)


# --- rows -----------------------------------------------------------------------------------


def receipt_rows(
    identity: Identity,
    entered: Entered,
    answer: dict[str, Any],
    *,
    sender: System,
    gw: Gateway,
) -> tuple[ReceiptRow, ...]:
    body, number, arrival = orjson.dumps(answer), entered.number, entered.arrival
    return tuple(
        ReceiptRow(
            system=sender.system,
            environment=gw.environment,
            key=key,
            fingerprint=identity.fingerprint,
            case_number=number,
            arrival=arrival,
            key_id=entered.key.key_id,
            sealed=entered.key.seal(body, _receipt_place(number, arrival, key)),
        )
        for key in identity.keys
    )


def _receipt_place(number: str, arrival: int, key: bytes) -> str:
    return f"receipt:{number}:{arrival}:{key.hex()}"


def refusal_leaf(inbound: Inbound, refusal: Refused, *, gw: Gateway) -> Leaf:
    foreign = inbound.foreign
    kind = foreign.kind if foreign else (inbound.document or {}).get("kind")
    return Leaf(
        event="message.refused",
        at=stamp(gw.clock.now()),
        actor=inbound.caller.actor,
        environment=gw.environment,
        kind=kind if isinstance(kind, str) and kind in KINDS else None,
        reason=refusal.code,
        findings=tuple(sorted({finding.rule for finding in refusal.findings}))[:50],
        trace_id=inbound.caller.trace_id,
    )


__all__ = [
    "Answer",
    "Identity",
    "Inbound",
    "first_answer",
    "receipt_rows",
    "refusal_leaf",
    "sender_of",
    "take_in",
]
