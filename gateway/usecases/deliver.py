"""
Send one claimed delivery: intent first, then the socket, then what the outcome means.

The intent (attempt, wire digest, fence) is durable before a byte leaves. An intent without an end
is Unknown: after a crash the delivery comes back as "asking", and nothing is sent again before the
other side was asked, unless it recognises a repeat by the serial.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.adapter import (
    Delivered,
    Exchange,
    Found,
    MaterialReader,
    Outcome,
    Prepared,
    ProvinceReceipt,
    Rejected,
    Step,
    Unanswered,
    Unavailable,
    Unknown,
)
from contracts.errors import IntegrityError, Unrenderable
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.core.frame import frame, unframe
from gateway.core.retry import (
    DeadLetter,
    Decision,
    Park,
    Query,
    RetryAt,
    Return,
    Settle,
    after_query,
    decide,
)
from gateway.ports import (
    AttemptRow,
    CaseKey,
    Change,
    DeliveryRow,
    DeliveryState,
    DeliveryUpdate,
    FenceLostError,
    Gateway,
    StepRow,
    System,
)
from gateway.usecases.acknowledge import acknowledge
from gateway.usecases.materials import find_case_material
from gateway.usecases.sealed import open_answer, open_plan, open_record, seal_answer, seal_step
from gateway.usecases.times import stamp

SENDABLE: tuple[DeliveryState, ...] = ("pending", "asking")


@dataclass(frozen=True, slots=True)
class _Work:
    """A claimed delivery with everything needed to act on it."""

    row: DeliveryRow
    system: System
    key: CaseKey
    steps: tuple[StepRow, ...]


async def deliver(row: DeliveryRow, *, gw: Gateway) -> str:
    """
    Do what is due for a claimed delivery and return the state it is in afterwards.

    Never raises for anything the other side does. Losing the fence ends quietly: somebody else
    holds the delivery.
    """
    system = gw.provinces.system(row.destination, row.environment)
    if system is None:
        return await _bury(row, "destination has no connection", gw=gw)
    work = _Work(
        row=row,
        system=system,
        key=gw.keys.case_key(row.key_id),
        steps=tuple(await gw.store.steps(row.serial)),
    )
    try:
        if row.state == "asking":
            return await _ask(work, gw=gw)
        return await _send(work, gw=gw)
    except FenceLostError:
        return "lost"


# --- sending --------------------------------------------------------------------------------


async def _send(work: _Work, *, gw: Gateway) -> str:
    """Send the remaining steps in order; stop at the first that is not delivered."""
    row, attempt = work.row, work.row.attempt
    was: tuple[DeliveryState, ...] = SENDABLE
    steps = list(work.steps)
    ended: AttemptRow | None = None
    for index in range(row.step, len(steps)):
        try:
            step = _rendered(steps[index], work=work, steps=steps)
        except Unrenderable as error:
            return await _bury(row, f"unrenderable: {error.code}", gw=gw)
        plan = open_plan(step, key=work.key)
        attempt += 1
        started = gw.clock.now()
        prepared = await work.system.adapter.prepare(
            step.operation, plan, serial=row.serial, open_material=_reader(work, gw=gw)
        )
        if isinstance(prepared, Unavailable):
            intent = _intent(work, None, attempt=attempt, step=index, at=started)
            outcome: Outcome = prepared
            was = was if ended is None else ("sending",)
        else:
            intent = _intent(work, prepared, attempt=attempt, step=index, at=started)
            await gw.store.commit(
                Change(
                    steps=(*(steps[index - 1 : index] if ended else ()), step),
                    attempts=((ended,) if ended else ()) + (intent,),
                    updates=(_move(row, was, "sending", step=index, attempt=attempt, at=started),),
                    leaves=(_leaf("delivery.intent", work, intent, at=started),),
                )
            )
            was = ("sending",)
            ended = None
            outcome = await work.system.adapter.transmit(
                prepared, open_material=_reader(work, gw=gw)
            )
        if isinstance(outcome, Unknown) and step.material_id is not None:
            # An upload has no effect until the submit that names it: repeating it is harmless.
            outcome = Unavailable(outcome.reason, exchange=outcome.exchange)
        intent = _ended(intent, outcome, work=work, prepared=prepared, at=gw.clock.now())
        if isinstance(outcome, Delivered) and index + 1 < len(steps):
            answer = seal_answer(outcome.receipt, serial=row.serial, index=index, key=work.key)
            steps[index] = replace(step, sealed_answer=answer, done=True)
            ended = intent
            continue
        return await _settle(work, outcome, intent, step=step, index=index, was=was, gw=gw)
    raise IntegrityError(f"送达 {row.serial} 没有待发步骤", "a delivery without steps left")


def _rendered(step: StepRow, *, work: _Work, steps: list[StepRow]) -> StepRow:
    """The step with its payload; rendered now when it needs answers of earlier steps."""
    if step.sealed_plan is not None:
        return step
    plan = work.system.adapter.render(
        Step(step.operation, None, step.material_id),
        kind=work.row.kind,
        record=open_record(work.row, key=work.key),
        answers=tuple(open_answer(earlier, key=work.key) for earlier in steps[: step.index]),
    )
    return seal_step(
        Step(step.operation, plan, step.material_id),
        serial=step.serial,
        index=step.index,
        key=work.key,
    )


def _reader(work: _Work, *, gw: Gateway) -> MaterialReader:
    async def read(digest: str) -> AsyncIterator[bytes]:
        found = await find_case_material(
            digest, case_number=work.row.case_number, key=work.key, gw=gw
        )
        if found is None:
            raise IntegrityError("办件材料缺失", "a material of the case is missing")
        pointer, blob = found
        async for chunk in gw.blobs.read(blob, pointer.key):
            yield chunk

    return read


# --- asking ---------------------------------------------------------------------------------


async def _ask(work: _Work, *, gw: Gateway) -> str:
    """An Unknown stands open: ask the other side, or decide as for an Unknown when it cannot be."""
    row, can = work.row, work.system.adapter.capabilities()
    now = gw.clock.now()
    attempts = await gw.store.attempts(row.serial)
    open_intent = next((a for a in reversed(attempts) if a.ended_at is None), None)
    sent = [a for a in attempts if a.purpose == "send"]
    step = work.steps[row.step]
    if not can.query or step.material_id is not None:
        number = open_intent or AttemptRow(
            serial=row.serial,
            number=row.attempt,
            purpose="send",
            step=row.step,
            fence=row.fence,
            started_at=now,
            wire_digest=None,
            sealed=None,
        )
        reason = "no answer before the gateway stopped"
        outcome: Outcome = Unavailable(reason) if step.material_id else Unknown(reason)
        ended = _ended(number, outcome, work=work, prepared=None, at=now)
        return await _settle(
            work, outcome, ended, step=step, index=row.step, was=("asking",), gw=gw
        )
    answer = await work.system.adapter.query(row.serial)
    now = gw.clock.now()
    asked = AttemptRow(
        serial=row.serial,
        number=row.attempt + 1,
        purpose="query",
        step=row.step,
        fence=row.fence,
        started_at=now,
        wire_digest=None,
        sealed=None,
        ended_at=now,
        outcome=type(answer).__name__.lower(),
        reason=answer.reason if isinstance(answer, Unanswered) else None,
    )
    closed = () if open_intent is None else (replace(open_intent, ended_at=now, outcome="unknown"),)
    if isinstance(answer, Found):
        outcome = Delivered(answer.receipt, answer.exchange)
        return await _settle(
            work, outcome, asked, step=step, index=row.step, was=("asking",), gw=gw, also=closed
        )
    unknown_since = max((a.ended_at or a.started_at for a in sent), default=row.created_at)
    decision = after_query(
        answer,
        attempt=row.attempt + 1,
        since=unknown_since,
        now=now,
        policy=work.system.retry,
        can=can,
        jitter=gw.ids.fraction(),
        started=row.created_at,
    )
    return await _commit(work, decision, asked, index=row.step, was=("asking",), gw=gw, also=closed)


# --- settling -------------------------------------------------------------------------------


async def _settle(
    work: _Work,
    outcome: Outcome,
    ended: AttemptRow,
    *,
    step: StepRow,
    index: int,
    was: tuple[DeliveryState, ...],
    gw: Gateway,
    also: tuple[AttemptRow, ...] = (),
) -> str:
    decision = decide(
        outcome,
        attempt=ended.number,
        now=gw.clock.now(),
        policy=work.system.retry,
        can=work.system.adapter.capabilities(),
        jitter=gw.ids.fraction(),
        started=work.row.created_at,
    )
    return await _commit(
        work,
        decision,
        ended,
        index=index,
        was=was,
        gw=gw,
        also=also,
        step=step,
        receipt=outcome.receipt if isinstance(outcome, Delivered) else None,
        rejection=outcome if isinstance(outcome, Rejected) else None,
    )


async def _commit(
    work: _Work,
    decision: Decision,
    ended: AttemptRow,
    *,
    index: int,
    was: tuple[DeliveryState, ...],
    gw: Gateway,
    also: tuple[AttemptRow, ...] = (),
    step: StepRow | None = None,
    receipt: ProvinceReceipt | None = None,
    rejection: Rejected | None = None,
) -> str:
    """Commit what became of an attempt, together with the acknowledgement it makes."""
    row, now = work.row, gw.clock.now()
    state, next_at, reason = _target(decision, now)
    update = replace(
        _move(row, was, state, step=index, attempt=ended.number, at=next_at),
        reason=reason,
        settled_at=now if state in ("delivered", "rejected") else None,
    )
    steps: tuple[StepRow, ...] = ()
    if receipt is not None and step is not None:
        answer = seal_answer(receipt, serial=row.serial, index=index, key=work.key)
        steps = (replace(step, sealed_answer=answer, done=True),)
    event = {"parked": "delivery.parked", "dead": "delivery.dead"}.get(state, "delivery.outcome")
    if ended.purpose == "query" and event == "delivery.outcome":
        event = "query.outcome"
    change = Change(
        steps=steps,
        attempts=(*also, ended),
        updates=(update,),
        leaves=(_leaf(event, work, ended, at=now, reason=reason),),
    )
    if state in ("delivered", "rejected"):
        await acknowledge(
            row, receipt=receipt, rejection=rejection, system=work.system, change=change, gw=gw
        )
    else:
        await gw.store.commit(change)
    return state


def _target(decision: Decision, now: datetime) -> tuple[DeliveryState, datetime, str | None]:
    match decision:
        case Settle():
            return "delivered", now, None
        case Return(reason):
            return "rejected", now, reason
        case RetryAt(at, reason):
            return "pending", at, reason
        case Query(at, reason):
            return "asking", at, reason
        case Park(reason):
            return "parked", now, reason
        case DeadLetter(reason):
            return "dead", now, reason


async def _bury(row: DeliveryRow, reason: str, *, gw: Gateway) -> str:
    now = gw.clock.now()
    leaf = Leaf(
        event="delivery.dead",
        at=stamp(now),
        actor=GATEWAY,
        environment=row.environment,
        case_number=row.case_number,
        kind=row.kind,
        peer=row.destination,
        serial=row.serial,
        reason=reason,
        trace_id=row.trace_id,
    )
    update = replace(
        _move(row, SENDABLE, "dead", step=row.step, attempt=row.attempt, at=now), reason=reason
    )
    await gw.store.commit(Change(updates=(update,), leaves=(leaf,)))
    return "dead"


# --- rows -----------------------------------------------------------------------------------


def _move(
    row: DeliveryRow,
    was: tuple[DeliveryState, ...],
    state: DeliveryState,
    *,
    step: int,
    attempt: int,
    at: datetime,
) -> DeliveryUpdate:
    return DeliveryUpdate(
        serial=row.serial,
        fence=row.fence,
        was=was,
        state=state,
        next_at=at,
        attempt=attempt,
        step=step,
    )


def _intent(
    work: _Work, prepared: Prepared | None, *, attempt: int, step: int, at: datetime
) -> AttemptRow:
    place = f"attempt:{work.row.serial}:{attempt}"
    return AttemptRow(
        serial=work.row.serial,
        number=attempt,
        purpose="send",
        step=step,
        fence=work.row.fence,
        started_at=at,
        wire_digest=prepared.wire_digest if prepared else None,
        sealed=work.key.seal(frame(prepared.wire_salt, b""), place) if prepared else None,
    )


def _ended(
    intent: AttemptRow,
    outcome: Outcome,
    *,
    work: _Work,
    prepared: Prepared | Unavailable | None,
    at: datetime,
) -> AttemptRow:
    exchange: Exchange = outcome.exchange
    sealed = intent.sealed
    if exchange.answer:
        place = f"attempt:{intent.serial}:{intent.number}"
        salt = prepared.wire_salt if isinstance(prepared, Prepared) else b""
        if not salt and intent.sealed is not None:
            salt = unframe(work.key.open(intent.sealed, place))[0]
        sealed = work.key.seal(frame(salt, exchange.answer), place)
    return replace(
        intent,
        ended_at=at,
        outcome=type(outcome).__name__.lower(),
        status=exchange.status,
        reason=_reason(outcome),
        sealed=sealed,
    )


def _reason(outcome: Outcome) -> str | None:
    """A code or a cause of ours; the other side's words may be personal and stay sealed."""
    match outcome:
        case Rejected(code):
            return code
        case Unavailable(reason) | Unknown(reason):
            return reason
        case Delivered():
            return None


def _leaf(
    event: str, work: _Work, attempt: AttemptRow, *, at: datetime, reason: str | None = None
) -> Leaf:
    row = work.row
    return Leaf(
        event=event,
        at=stamp(at),
        actor=GATEWAY,
        environment=row.environment,
        case_number=row.case_number,
        kind=row.kind,
        peer=row.destination,
        serial=row.serial,
        step=attempt.step,
        attempt=attempt.number,
        outcome=attempt.outcome,
        status=attempt.status,
        reason=reason or attempt.reason,
        wire_digest=attempt.wire_digest,
        mapping=row.package,
        trace_id=row.trace_id,
    )


__all__ = ["deliver"]
