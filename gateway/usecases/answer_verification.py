"""
Ask the service, read its answer, keep it as evidence: one due verification, one step.

Asking has no effect at the service, so a question is asked again after every failure and after
every crash, under the same number, until it is answered, refused or given up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from contracts.adapter import Delivered, Outcome, Rejected, Unavailable, Unknown
from contracts.errors import GatewayError, InvalidDocument, Unreadable
from contracts.message import check
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.core.retry import backoff, exhausted
from gateway.ports import Change, Gateway, RevisionConflictError, System, VerificationRow
from gateway.usecases.draft import envelope
from gateway.usecases.times import local_date, national, stamp
from gateway.usecases.verify import Held, open_held, place_of

PENDING = "PENDING"
POLL_FIRST = timedelta(seconds=1)
POLL_CAP = timedelta(seconds=600)
"""A long-running answer is asked for after a quarter of the time it has taken so far, within these
bounds (project convention)."""


async def answer_verification(row: VerificationRow, *, gw: Gateway) -> str:
    """
    Do what is due for a verification and return the state it is in afterwards.

    Never raises for anything the service does.
    """
    service = gw.provinces.system(row.service, gw.environment)
    if service is None:
        return await _later(row, "no connection", service=None, gw=gw)
    held = open_held(row, gw=gw)
    polled = row.state == "open"
    outcome = await service.adapter.poll(row.number) if polled else None
    if outcome is None:
        polled = False
        try:
            outcome = await _send(row, held, service=service, gw=gw)
        except GatewayError as error:  # it cannot be said in the service's words: never will be
            return await _end(row, held, state="failed", reason=error.code, gw=gw)
    match outcome:
        case Delivered(_, exchange):
            try:
                answer, cautions = _read(
                    row, held, exchange.answer, polled=polled, service=service, gw=gw
                )
            except (Unreadable, InvalidDocument) as error:
                return await _later(row, error.code, service=service, gw=gw)
            raw = exchange.answer.decode("utf-8", errors="replace")
            if answer["body"]["result"]["code"] == PENDING:
                return await _wait(row, gw=gw)
            kept = replace(held, answer=answer, raw=raw)
            return await _end(row, kept, state="answered", reason=None, gw=gw, rules=cautions)
        case Rejected(code, _, _):
            return await _end(row, held, state="refused", reason=code, gw=gw)
        case Unavailable(reason, wait, _):
            return await _later(row, reason, service=service, gw=gw, wait=wait)
        case Unknown(reason, _):
            return await _later(row, reason, service=service, gw=gw)


async def _send(row: VerificationRow, held: Held, *, service: System, gw: Gateway) -> Outcome:
    """
    Raises:
        Unrenderable: the question cannot be said in the service's words.
    """
    translated = service.translator.from_national(
        "verification",
        held.question,
        context=_context(row, held, service=service, gw=gw),
        as_of=local_date(row.asked_at),
    )
    (step,) = service.adapter.encode("verification", translated.document)
    assert step.plan is not None
    prepared = await service.adapter.prepare(
        step.operation, step.plan, serial=row.number, open_material=_no_material
    )
    if isinstance(prepared, Unavailable):
        return prepared
    return await service.adapter.transmit(prepared, open_material=_no_material)


def _read(
    row: VerificationRow, held: Held, data: bytes, *, polled: bool, service: System, gw: Gateway
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """
    The answer as a national message of the service; what was asked is repeated from the question.

    Raises:
        Unreadable, InvalidDocument: not an answer.
    """
    record = service.adapter.read_answer(data, polled=polled)
    translated = service.translator.to_national(
        "verification",
        record,
        context=_context(row, held, service=service, gw=gw),
        as_of=local_date(row.asked_at),
    )
    now = national(gw.clock.now())
    asked = held.question["body"]
    opened = envelope("verification", sender=service, standing=None, gw=gw)
    document: dict[str, Any] = {
        **opened,
        "sender": {**opened["sender"], "role": "SERVICE"},
        "message_id": f"{row.number}-answer",
        "in_reply_to": held.question["message_id"],
        "data_version": 1,
        "occurred_at": now,
        **translated.document,
    }
    document["body"] = {
        "phase": "ANSWER",
        **{name: asked[name] for name in ("subject", "legal_basis", "purpose")},
        "answered_at": now,
        **document.get("body", {}),
    }
    if row.case_number is not None:
        document["case_number"] = row.case_number
    message, cautions = check(document, from_sender=False)
    result = getattr(message.body, "result", None)
    if result is None or result.code is None:
        raise Unreadable("核验答复没有结果", "the answer holds no result")
    findings = (*translated.findings, *cautions)
    return document, tuple(sorted({one.rule for one in findings}))[:50]


def _context(row: VerificationRow, held: Held, *, service: System, gw: Gateway) -> dict[str, Any]:
    context = {
        "system": service.system,
        "environment": gw.environment,
        "now": national(gw.clock.now()),
        "serial": row.number,
        "case_number": row.case_number,
        "message_id": held.question["message_id"],
        "simulation_mark": service.simulation_mark,
    }
    return {name: value for name, value in context.items() if value is not None}


# --- what becomes of it ---------------------------------------------------------------------


async def _wait(row: VerificationRow, *, gw: Gateway) -> str:
    """The service works on it: ask again later, and count failures from here."""
    now = gw.clock.now()
    wait = min(max((now - row.asked_at) / 4, POLL_FIRST), POLL_CAP)
    moved = replace(row, revision=row.revision + 1, state="open", attempt=0, next_at=now + wait)
    return await _commit(moved, gw=gw)


async def _later(
    row: VerificationRow,
    reason: str,
    *,
    service: System | None,
    gw: Gateway,
    wait: timedelta | None = None,
) -> str:
    now, attempt = gw.clock.now(), row.attempt + 1
    # How long a service may work on an open one is its own affair: there only failures count.
    started = now if row.state == "open" else row.asked_at
    if service is None or exhausted(attempt, started=started, now=now, policy=service.retry):
        return await _end(row, open_held(row, gw=gw), state="failed", reason=reason[:200], gw=gw)
    pause = wait or backoff(attempt, policy=service.retry, jitter=gw.ids.fraction())
    moved = replace(row, revision=row.revision + 1, attempt=attempt, next_at=now + pause)
    return await _commit(moved, gw=gw)


async def _end(
    row: VerificationRow,
    held: Held,
    *,
    state: Any,
    reason: str | None,
    gw: Gateway,
    rules: tuple[str, ...] = (),
) -> str:
    now, key = gw.clock.now(), gw.keys.case_key(row.key_id)
    kept = replace(held, reason=reason)
    moved = replace(
        row,
        revision=row.revision + 1,
        state=state,
        attempt=row.attempt + 1,
        answered_at=now,
        sealed=key.seal(kept.to_bytes(), place_of(row.number)),
    )
    commitments: tuple[str, ...] = ()
    if kept.answer is not None:
        result = kept.answer["body"]["result"]["code"]
        commitments = (key.commit("/body/result", result),)
    leaf = Leaf(
        event="verification.failed" if state == "failed" else "verification.answered",
        at=stamp(now),
        actor=GATEWAY,
        environment=row.environment,
        case_number=row.case_number,
        peer=row.service,
        serial=row.number,
        outcome=state,
        reason=reason,
        commitments=commitments,
        findings=rules,
    )
    return await _commit(moved, gw=gw, leaves=(leaf,))


async def _commit(row: VerificationRow, *, gw: Gateway, leaves: tuple[Leaf, ...] = ()) -> str:
    try:
        await gw.store.commit(Change(verifications=(row,), leaves=leaves))
    except RevisionConflictError:
        return "lost"
    return row.state


async def _no_material(digest: str) -> AsyncIterator[bytes]:
    raise LookupError(digest)
    yield b""


__all__ = ["PENDING", "answer_verification"]
