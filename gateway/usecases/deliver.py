"""
Send one claimed delivery: intent first, then the socket, then what the outcome means.

The intent (attempt, wire digest, fence) is durable before a byte leaves. An intent without an end
is Unknown: after a crash the delivery comes back as "asking", and nothing is sent again before the
other side was asked, unless it recognises a repeat by the serial.
"""

from __future__ import annotations

from dataclasses import replace

from contracts.adapter import (
    Delivered,
    Found,
    MaterialReader,
    Outcome,
    Prepared,
    ProvinceReceipt,
    QueryAnswer,
    Rejected,
    Step,
    Unanswered,
    Unavailable,
    Unknown,
)
from contracts.errors import GatewayError, IntegrityError, Unrenderable
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.core.retry import (
    Decision,
    after_query,
    decide,
)
from gateway.ports import (
    AttemptRow,
    BegunDelivery,
    Change,
    DeliveryRow,
    DeliveryState,
    FenceLostError,
    Gateway,
    StepRow,
)
from gateway.usecases.acknowledge import acknowledge
from gateway.usecases.attempts import Work, attempt_leaf, end_attempt, move, open_attempt, target
from gateway.usecases.enter import merge
from gateway.usecases.materials import material_reader
from gateway.usecases.render import NO_CONNECTION
from gateway.usecases.sealed import open_answer, open_plan, open_record, seal_answer, seal_step
from gateway.usecases.times import stamp

SENDABLE: tuple[DeliveryState, ...] = ("pending", "asking")
_NOTHING = Change()


async def deliver(row: DeliveryRow, *, gw: Gateway) -> str:
    """
    Do what is due for a claimed delivery and return the state it is in afterwards.

    Never raises for anything the other side does. Losing the fence ends quietly: somebody else
    holds the delivery.
    """
    system = gw.provinces.system(row.destination, row.environment)
    try:
        if system is None:
            return await _bury(row, NO_CONNECTION, gw=gw)
        work = Work(
            row=row,
            system=system,
            key=gw.keys.case_key(row.key_id),
            steps=tuple(await gw.store.steps(row.serial)),
        )
        if row.step >= len(work.steps):
            return await _bury(row, "no step is left to send", gw=gw)
        if row.state == "asking":
            return await _ask(work, gw=gw)
        return await _send(work, gw=gw)
    except FenceLostError:
        return "lost"


async def deliver_begun(begun: BegunDelivery, *, gw: Gateway) -> str:
    """The same for a delivery whose first intent was committed with what promises it."""
    work = Work(begun.row, begun.system, begun.key, begun.steps, begun.message_id)
    try:
        return await _send(work, begun=begun, gw=gw)
    except FenceLostError:
        return "lost"


# --- sending --------------------------------------------------------------------------------


async def _send(work: Work, *, gw: Gateway, begun: BegunDelivery | None = None) -> str:
    """Send the remaining steps in order; stop at the first that is not delivered."""
    row, steps, sent = work.row, list(work.steps), work.row.attempt
    if begun is not None:  # its row says so already
        sent -= 1
    was: tuple[DeliveryState, ...] = SENDABLE
    before = _NOTHING  # what the step before brought, still to be committed
    last = len(steps) - 1
    for index in range(row.step, len(steps)):
        step, number = steps[index], sent + 1 + index - row.step
        prepared: Prepared | Unavailable
        if begun is not None:
            prepared, intent, begun = begun.prepared, begun.intent, None
        else:
            try:
                step = _rendered(step, work=work, steps=steps)
            except Exception as error:  # whatever is wrong, sending again would not mend it
                reason = f"unrenderable: {_cause(error)}"
                left = replace(row, step=index, attempt=number - 1)
                return await _bury(left, reason, was=was, before=before, gw=gw)
            at = gw.clock.now()
            prepared = await _prepare(step, work=work, gw=gw)
            intent = open_attempt(work, prepared, attempt=number, step=index, at=at)
            if isinstance(prepared, Prepared):
                opened = Change(
                    steps=() if step is steps[index] else (step,),
                    attempts=(intent,),
                    updates=(move(row, was, "sending", step=index, attempt=number, at=at),),
                    leaves=(attempt_leaf("delivery.intent", work, intent, at=at),),
                )
                await gw.store.commit(opened if before is _NOTHING else merge(before, opened))
                before = _NOTHING
        outcome: Outcome
        if isinstance(prepared, Prepared):
            was = ("sending",)
            outcome = await _transmit(prepared, work=work, gw=gw)
        else:
            outcome = prepared
        if isinstance(outcome, Unknown) and step.material_id is not None:
            # An upload has no effect until the submit that names it: repeating it is harmless.
            outcome = Unavailable(outcome.reason, exchange=outcome.exchange)
        ended = end_attempt(intent, outcome, work=work, prepared=prepared, at=gw.clock.now())
        if index == last or not isinstance(outcome, Delivered):
            gw.lines.done_calling(row.destination, row.serial)
            return await _settle(
                work, outcome, ended, step=step, index=index, was=was, before=before, gw=gw
            )
        answer = seal_answer(outcome.receipt, serial=row.serial, index=index, key=work.key)
        steps[index] = replace(step, sealed_answer=answer, done=True)
        before = Change(answered=(steps[index],), attempts=(ended,))
    raise IntegrityError(f"送达 {row.serial} 没有待发步骤", "a delivery without steps left")


async def _prepare(step: StepRow, *, work: Work, gw: Gateway) -> Prepared | Unavailable:
    """Ready to leave, or why not. Nothing has left yet: whatever failed may be tried again."""
    try:
        return await work.system.adapter.prepare(
            step.operation,
            open_plan(step, key=work.key),
            serial=work.row.serial,
            open_material=_reader(work, gw=gw),
        )
    except Exception as error:
        return Unavailable(f"could not be prepared: {_cause(error)}")


async def _transmit(prepared: Prepared, *, work: Work, gw: Gateway) -> Outcome:
    """Bytes may have left us when something fails here: every surprise is an Unknown."""
    if not await gw.lines.dial(work.row.destination):
        return Unavailable("no call to the destination could be made in time")
    try:
        return await work.system.adapter.transmit(prepared, open_material=_reader(work, gw=gw))
    except Exception as error:
        return Unknown(f"the attempt broke off: {_cause(error)}")
    finally:
        gw.lines.hang_up(work.row.destination)


def _cause(error: Exception) -> str:
    """A code or a class name: texts of errors may quote what was being sent."""
    if isinstance(error, Unrenderable):
        return ", ".join(sorted({finding.rule for finding in error.findings})) or error.code
    return error.code if isinstance(error, GatewayError) else type(error).__name__


def _reader(work: Work, *, gw: Gateway) -> MaterialReader:
    return material_reader(work.row.case_number, key=work.key, gw=gw)


def _rendered(step: StepRow, *, work: Work, steps: list[StepRow]) -> StepRow:
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


# --- asking ---------------------------------------------------------------------------------


async def _ask(work: Work, *, gw: Gateway) -> str:
    """An Unknown stands open: ask the other side, or decide as for an Unknown when it cannot be."""
    row, can = work.row, work.system.adapter.capabilities()
    now = gw.clock.now()
    attempts = await gw.store.attempts(row.serial)
    in_doubt = next((one for one in reversed(attempts) if one.ended_at is None), None)
    step = work.steps[row.step]
    if not can.query or step.material_id is not None:
        reason = "no answer before the gateway stopped"
        outcome: Outcome = Unavailable(reason) if step.material_id else Unknown(reason)
        intent = in_doubt or open_attempt(
            work, None, attempt=row.attempt + 1, step=row.step, at=now
        )
        ended = end_attempt(intent, outcome, work=work, prepared=None, at=now)
        return await _settle(
            work, outcome, ended, step=step, index=row.step, was=("asking",), gw=gw
        )
    answer = await _query(work, gw=gw)
    gw.lines.done_calling(row.destination, row.serial)
    asked = AttemptRow(
        serial=row.serial,
        number=row.attempt + 1,
        purpose="query",
        step=row.step,
        fence=row.fence,
        started_at=now,
        wire_digest=None,
        sealed=None,
        ended_at=gw.clock.now(),
        outcome=type(answer).__name__.lower(),
        reason=answer.reason if isinstance(answer, Unanswered) else None,
    )
    before = Change()
    if in_doubt is not None:
        before = Change(attempts=(replace(in_doubt, ended_at=now, outcome="unknown"),))
    if isinstance(answer, Found):
        found = Delivered(answer.receipt, answer.exchange)
        return await _settle(
            work,
            found,
            asked,
            step=step,
            index=row.step,
            was=("asking",),
            before=before,
            gw=gw,
        )
    # When an attempt without an end ended is not known, but it was before this question.
    sent = [one.ended_at or now for one in attempts if one.purpose == "send"]
    decision = after_query(
        answer,
        attempt=row.attempt + 1,
        since=max(sent, default=row.created_at),
        now=gw.clock.now(),
        policy=work.system.retry,
        can=can,
        jitter=gw.ids.fraction(),
        started=row.created_at,
    )
    return await _commit(
        work, decision, asked, index=row.step, was=("asking",), before=before, gw=gw
    )


async def _query(work: Work, *, gw: Gateway) -> QueryAnswer:
    if not await gw.lines.dial(work.row.destination):
        return Unanswered("no call to the destination could be made in time")
    try:
        return await work.system.adapter.query(work.row.serial)
    except Exception as error:
        return Unanswered(f"the question broke off: {_cause(error)}")
    finally:
        gw.lines.hang_up(work.row.destination)


# --- settling -------------------------------------------------------------------------------


async def _settle(
    work: Work,
    outcome: Outcome,
    ended: AttemptRow,
    *,
    step: StepRow,
    index: int,
    was: tuple[DeliveryState, ...],
    gw: Gateway,
    before: Change = _NOTHING,
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
        before=before,
        step=step,
        receipt=outcome.receipt if isinstance(outcome, Delivered) else None,
        rejection=outcome if isinstance(outcome, Rejected) else None,
    )


async def _commit(
    work: Work,
    decision: Decision,
    ended: AttemptRow,
    *,
    index: int,
    was: tuple[DeliveryState, ...],
    gw: Gateway,
    before: Change = _NOTHING,
    step: StepRow | None = None,
    receipt: ProvinceReceipt | None = None,
    rejection: Rejected | None = None,
) -> str:
    """Commit what became of an attempt, together with the acknowledgement it makes."""
    row, now = work.row, gw.clock.now()
    state, next_at, reason = target(decision, now)
    update = move(
        row,
        was,
        state,
        step=index,
        attempt=ended.number,
        at=next_at,
        reason=reason,
        settled_at=now if state in ("delivered", "rejected") else None,
    )
    answered: tuple[StepRow, ...] = ()
    if receipt is not None and step is not None:
        answer = seal_answer(receipt, serial=row.serial, index=index, key=work.key)
        answered = (replace(step, sealed_answer=answer, done=True),)
    event = {"parked": "delivery.parked", "dead": "delivery.dead"}.get(state, "delivery.outcome")
    if ended.purpose == "query" and event == "delivery.outcome":
        event = "query.outcome"
    change = Change(
        answered=answered,
        attempts=(ended,),
        updates=(update,),
        leaves=(attempt_leaf(event, work, ended, at=now, reason=reason),),
    )
    change = change if before is _NOTHING else merge(before, change)
    if state in ("delivered", "rejected"):
        await acknowledge(
            row,
            receipt=receipt,
            rejection=rejection,
            system=work.system,
            change=change,
            gw=gw,
            of=work.message_id,
        )
    else:
        await gw.store.commit(change)
    return state


async def _bury(
    row: DeliveryRow,
    reason: str,
    *,
    gw: Gateway,
    was: tuple[DeliveryState, ...] = SENDABLE,
    before: Change = _NOTHING,
) -> str:
    """Make it a dead letter: nothing that repeating could mend."""
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
    moved = move(row, was, "dead", step=row.step, attempt=row.attempt, at=now, reason=reason)
    change = Change(updates=(moved,), leaves=(leaf,))
    await gw.store.commit(merge(before, change))
    return "dead"


__all__ = ["deliver", "deliver_begun"]
