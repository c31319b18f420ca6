"""Deliveries: intents, the four quadrants of an Unknown, steps, crashes, a business no."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.adapter import (
    Absent,
    Capabilities,
    Delivered,
    Found,
    Outcome,
    ProvinceReceipt,
    Rejected,
    Unanswered,
    Unavailable,
    Unknown,
)
from contracts.errors import Finding, InvalidDocument, TransitionNotAllowed, Unrenderable
from gateway.ports import DeliveryFilter, DeliveryRow
from gateway.usecases.deliver import deliver
from gateway.usecases.redeliver import retry_delivery
from gateway.usecases.take_in import Inbound, take_in
from tests.world import HANDLER, WINDOW, World, a_world, caller, example, say_as

LOST = Unknown("connection lost before an answer")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


async def an_accepted_case(world: World, number: int = 1) -> str:
    document = example("application")
    del document["body"]["materials"]
    document["message_id"] = f"app-{number}"
    document["numbers"] = {"receiving": f"MN-{number}"}
    raw = json.dumps(document).encode()
    answer = await take_in(Inbound(caller=caller(), raw=raw, document=document), gw=world.gw)
    return str(answer.body["case_number"])


async def send(world: World, kind: str, number: str, *, by: str, **body: Any) -> None:
    """A later message of the case, after the example of its kind."""
    document = example(kind)
    document |= {"case_number": number, "message_id": f"{kind}-1"}
    document.pop("numbers", None)
    say_as(document, by)
    document["body"] |= body
    raw = json.dumps(document).encode()
    await take_in(
        Inbound(caller=caller(by), raw=raw, document=document, case_number=number), gw=world.gw
    )


async def to_handler(world: World) -> DeliveryRow:
    rows = await world.gw.store.deliveries(DeliveryFilter(destination=HANDLER))
    assert len(rows) == 1
    return rows[0]


async def events(world: World, number: str) -> list[str]:
    return [json.loads(data)["event"] for _, data in await world.gw.store.leaves(number)]


async def test_a_delivered_application_is_acknowledged_to_the_window(world: World) -> None:
    number = await an_accepted_case(world)

    await world.drain()

    row = await world.gw.store.case(number)
    assert row is not None
    assert (row.status, row.turn) == ("PUSHED", "HANDLING")
    assert world.handler.sent == [("submit", f"{number}.1")]
    assert world.window.sent == [("submit", f"{number}.2")]
    assert await events(world, number) == [
        "message.received",
        "delivery.intent",
        "delivery.outcome",
        "message.received",
        "delivery.intent",
        "delivery.outcome",
    ]


async def test_the_handlers_number_finds_the_case(world: World) -> None:
    number = await an_accepted_case(world)
    await world.drain()

    index = world.gw.keys.index("number", HANDLER, f"N-{number}.1")

    assert await world.gw.store.case_by_number(HANDLER, index) == number


async def test_a_business_no_goes_back_to_the_window(world: World) -> None:
    world.handler.outcomes = [Rejected("E101", "户籍不在本地(模拟)")]
    number = await an_accepted_case(world)

    await world.drain()

    assert (await to_handler(world)).state == "rejected"
    told = json.loads(world.window.prepared[0])["document"]["body"]
    assert (told["status"], told["problem"], told["text"]) == (
        "REJECTED",
        "E101",
        "户籍不在本地(模拟)",
    )
    row = await world.gw.store.case(number)
    assert row is not None
    assert (row.status, row.turn) == ("COLLECTED", "RECEIVING")
    leaves = b"".join(data for _, data in await world.gw.store.leaves(number)).decode()
    assert "户籍不在本地" not in leaves


async def test_unavailable_is_sent_again_when_the_other_side_said(world: World) -> None:
    world.handler.outcomes = [Unavailable("HTTP 503", timedelta(seconds=90))]
    await an_accepted_case(world)

    await world.drain()
    row = await to_handler(world)
    assert row.state == "pending"
    assert row.next_at == world.clock.now() + timedelta(seconds=90)

    world.clock.pass_(seconds=89)
    await world.drain()
    assert len(world.handler.sent) == 1

    world.clock.pass_(seconds=1)
    await world.drain()
    assert len(world.handler.sent) == 2
    assert (await to_handler(world)).state == "delivered"


async def test_an_unknown_that_was_applied_is_found_by_asking_and_never_resent(
    world: World,
) -> None:
    world.handler.outcomes = [LOST]
    number = await an_accepted_case(world)
    world.handler.answers = [Found(ProvinceReceipt(number="IM-7", serial=f"{number}.1"))]

    await world.drain()
    assert (await to_handler(world)).state == "asking"
    world.clock.pass_(seconds=2)
    await world.drain()

    assert world.handler.sent == [("submit", f"{number}.1")]
    assert world.handler.asked == [f"{number}.1"]
    assert (await to_handler(world)).state == "delivered"


async def test_not_found_is_believed_only_after_the_settle_time_then_sent_once_more(
    world: World,
) -> None:
    world.handler.can = Capabilities(query=True, settle_time=timedelta(seconds=30))
    world.handler.outcomes = [LOST]
    number = await an_accepted_case(world)

    await world.drain()
    world.clock.pass_(seconds=30)
    await world.drain()

    assert world.handler.asked == [f"{number}.1"]
    assert world.handler.sent == [("submit", f"{number}.1")] * 2
    assert (await to_handler(world)).state == "delivered"


async def test_a_failing_question_is_asked_again_and_nothing_is_resent(world: World) -> None:
    world.handler.outcomes = [LOST]
    world.handler.answers = [Unanswered("HTTP 500")] * 50
    await an_accepted_case(world)

    for _ in range(20):
        await world.drain()
        world.clock.pass_(hours=2)

    assert len(world.handler.sent) == 1
    assert (await to_handler(world)).state == "parked"


async def test_an_unknown_of_a_deduplicating_place_is_resent_under_the_same_serial(
    world: World,
) -> None:
    world.handler.can = Capabilities(idempotent=True, query=False)
    world.handler.outcomes = [LOST]
    number = await an_accepted_case(world)

    await world.drain()
    world.clock.pass_(seconds=60)
    await world.drain()

    assert world.handler.sent == [("submit", f"{number}.1")] * 2
    assert world.handler.prepared[0] == world.handler.prepared[1]


async def test_an_unknown_nobody_can_be_asked_about_is_parked_for_a_person(world: World) -> None:
    world.handler.can = Capabilities(idempotent=False, query=False)
    world.handler.outcomes = [LOST]
    number = await an_accepted_case(world)

    for _ in range(5):
        await world.drain()
        world.clock.pass_(days=1)

    assert world.handler.sent == [("submit", f"{number}.1")]
    assert (await to_handler(world)).state == "parked"
    assert "delivery.parked" in await events(world, number)


async def test_attempts_end_in_a_dead_letter_that_a_person_can_send_again(world: World) -> None:
    world.handler.outcomes = [Unavailable("connection refused")] * 5
    number = await an_accepted_case(world)
    for _ in range(8):
        await world.drain()
        world.clock.pass_(hours=1)
    assert (await to_handler(world)).state == "dead"

    await retry_delivery(f"{number}.1", reason="对方已恢复", caller=caller(), gw=world.gw)
    await world.drain()

    assert (await to_handler(world)).state == "delivered"
    assert "delivery.redelivered" in await events(world, number)


def refuse(*_: Any, **__: Any) -> Any:
    raise Unrenderable(findings=[Finding("no.room", "reject", "该系统没有此字段", "/body/x")])


async def test_a_later_message_that_cannot_be_rendered_is_a_dead_letter_and_the_case_stands(
    world: World,
) -> None:
    number = await an_accepted_case(world)
    await world.drain()
    world.window.encode = refuse  # type: ignore[method-assign]

    await send(world, "acceptance", number, by=HANDLER)

    dead = await world.gw.store.deliveries(DeliveryFilter(states=("dead",)))
    assert [(row.kind, row.reason) for row in dead] == [("acceptance", "unrenderable: no.room")]
    assert (await events(world, number)).count("delivery.dead") == 1
    row = await world.gw.store.case(number)
    assert row is not None
    assert row.status == "ACCEPTED"


async def test_an_application_its_handling_place_cannot_carry_is_refused_at_once(
    world: World,
) -> None:
    world.handler.encode = refuse  # type: ignore[method-assign]

    with pytest.raises(InvalidDocument) as refusal:
        await an_accepted_case(world)

    assert [finding.rule for finding in refusal.value.findings] == ["no.room"]
    counts = await world.gw.store.counts()
    assert (counts["cases"], counts["deliveries"]) == (0, 0)
    leaves = [json.loads(data) for _, data in await world.gw.store.leaves()]
    assert [(leaf["event"], leaf["findings"]) for leaf in leaves] == [
        ("message.refused", ["no.room"])
    ]


async def test_what_could_not_be_rendered_is_sent_from_what_it_was_made_of_anew(
    world: World,
) -> None:
    number = await an_accepted_case(world)
    await world.drain()
    encode, world.window.encode = world.window.encode, refuse  # type: ignore[method-assign]
    await send(world, "acceptance", number, by=HANDLER)
    (dead,) = await world.gw.store.deliveries(DeliveryFilter(states=("dead",)))

    with pytest.raises(Unrenderable):
        await retry_delivery(dead.serial, reason="再试", caller=caller(), gw=world.gw)
    world.window.encode = encode  # type: ignore[method-assign]
    world.window.uploads = 1  # the last step is rendered from the stored record
    await retry_delivery(dead.serial, reason="映射已改", caller=caller(), gw=world.gw)
    await world.drain()

    assert world.window.sent[-2:] == [("upload", dead.serial), ("submit", dead.serial)]
    assert json.loads(world.window.prepared[-1])["record"]["kind"] == "acceptance"


async def test_a_party_without_a_connection_is_owed_a_dead_letter(world: World) -> None:
    number = await an_accepted_case(world)
    await world.drain()
    window = world.provinces.remove(WINDOW)

    await send(world, "acceptance", number, by=HANDLER)

    (dead,) = await world.gw.store.deliveries(DeliveryFilter(states=("dead",)))
    assert (dead.kind, dead.destination) == ("acceptance", WINDOW)
    with pytest.raises(TransitionNotAllowed):
        await retry_delivery(dead.serial, reason="再试", caller=caller(), gw=world.gw)
    world.provinces.add(window)
    await retry_delivery(dead.serial, reason="已恢复连接", caller=caller(), gw=world.gw)
    await world.drain()
    assert world.window.sent[-1] == ("submit", dead.serial)


# --- what the other side answers ------------------------------------------------------------


@pytest.mark.parametrize("number", ["N-7\n8", "N" * 300, " ", "e\u0301\u202e1"])
async def test_any_number_the_other_side_gives_ends_the_delivery(world: World, number: str) -> None:
    world.handler.outcomes = [Delivered(ProvinceReceipt(number=number))]
    case_number = await an_accepted_case(world)

    await world.drain()

    assert (await to_handler(world)).state == "delivered"
    row = await world.gw.store.case(case_number)
    assert row is not None
    assert row.status == "PUSHED"


async def test_a_number_that_names_another_case_already_is_left_out_and_told(
    world: World,
) -> None:
    same = Delivered(ProvinceReceipt(number="N-1"))
    world.handler.outcomes = [same, same]
    first, second = await an_accepted_case(world, 1), await an_accepted_case(world, 2)

    await world.drain()

    index = world.gw.keys.index("number", HANDLER, "N-1")
    assert await world.gw.store.case_by_number(HANDLER, index) == first
    row = await world.gw.store.case(second)
    assert row is not None
    assert row.status == "PUSHED"
    leaves = [json.loads(data) for _, data in await world.gw.store.leaves(second)]
    assert ["numbers.reused"] in [leaf.get("findings") for leaf in leaves]
    states = [one.state for one in await world.gw.store.deliveries(DeliveryFilter())]
    assert set(states) == {"delivered"}


# --- steps ----------------------------------------------------------------------------------


async def test_uploads_come_first_and_the_submit_carries_their_answers(world: World) -> None:
    world.handler.uploads = 2
    number = await an_accepted_case(world)

    await world.drain()

    assert [operation for operation, _ in world.handler.sent] == ["upload", "upload", "submit"]
    assert json.loads(world.handler.prepared[-1])["files"] == ["f-1", "f-1"]
    steps = await world.gw.store.steps(f"{number}.1")
    assert [step.done for step in steps] == [True, True, True]


async def test_a_half_sent_delivery_goes_on_at_the_step_that_failed(world: World) -> None:
    world.handler.uploads = 2
    delivered = Delivered(ProvinceReceipt(values={"file": "f-9"}))
    script: list[Outcome] = [delivered, LOST]
    world.handler.outcomes = script
    await an_accepted_case(world)

    await world.drain()
    row = await to_handler(world)
    assert (row.state, row.step) == ("pending", 1)  # an upload may be repeated: it has no effect

    world.clock.pass_(minutes=1)
    await world.drain()

    assert [operation for operation, _ in world.handler.sent] == [
        "upload",
        "upload",
        "upload",
        "submit",
    ]
    assert (await to_handler(world)).state == "delivered"


async def test_what_an_upload_answered_is_kept_when_the_next_step_cannot_be_prepared(
    world: World,
) -> None:
    world.handler.uploads = 1
    number = await an_accepted_case(world)
    prepare = world.handler.prepare

    async def no_token_for_submit(operation: str, *args: Any, **more: Any) -> Any:
        if operation == "submit":
            return Unavailable("token: connection refused")
        return await prepare(operation, *args, **more)

    world.handler.prepare = no_token_for_submit  # type: ignore[method-assign]
    await world.drain()
    row = await to_handler(world)
    assert (row.state, row.step) == ("pending", 1)

    world.handler.prepare = prepare  # type: ignore[method-assign]
    world.clock.pass_(minutes=1)
    await world.drain()

    assert [operation for operation, _ in world.handler.sent] == ["upload", "submit"]
    assert json.loads(world.handler.prepared[-1])["files"] == ["f-1"]
    attempts = await world.gw.store.attempts(f"{number}.1")
    assert [one.outcome for one in attempts] == ["delivered", "unavailable", "delivered"]


async def test_a_last_step_that_cannot_be_rendered_ends_in_a_dead_letter(world: World) -> None:
    world.handler.uploads = 1
    world.handler.outcomes = [Delivered(ProvinceReceipt(values={}))]  # no file id
    number = await an_accepted_case(world)

    await world.drain()

    row = await to_handler(world)
    assert (row.state, row.step, row.attempt) == ("dead", 1, 1)
    assert row.reason == "unrenderable: KeyError"
    (attempt,) = await world.gw.store.attempts(f"{number}.1")
    assert attempt.outcome == "delivered"


class Broken(Exception):
    """An adapter's own mistake; its text may quote what was being sent."""


@pytest.mark.parametrize(
    ("method", "state", "reason"),
    [
        ("prepare", "pending", "could not be prepared: Broken"),
        ("transmit", "asking", "the attempt broke off: Broken"),
        ("query", "asking", "the question broke off: Broken"),
    ],
)
async def test_an_adapter_that_fails_is_counted_and_tried_again_with_its_text_unsaid(
    world: World, method: str, state: str, reason: str
) -> None:
    async def fail(*_: Any, **__: Any) -> Any:
        raise Broken("990002201503120024")

    world.handler.outcomes = [LOST] if method == "query" else []
    setattr(world.handler, method, fail)
    number = await an_accepted_case(world)
    await world.drain()
    world.clock.pass_(seconds=3)
    await world.drain()

    row = await to_handler(world)
    assert row.state == state
    reasons = [one.reason for one in await world.gw.store.attempts(row.serial)]
    assert reason in reasons
    leaves = b"".join(data for _, data in await world.gw.store.leaves(number))
    assert b"990002201503120024" not in leaves


# --- crashes --------------------------------------------------------------------------------


class Killed(BaseException):
    """Ends a delivery as SIGKILL would: nothing after it runs."""


@pytest.mark.parametrize("applied", [True, False])
async def test_an_intent_without_an_end_is_asked_about_after_the_restart(
    tmp_path: Path, applied: bool
) -> None:
    async with a_world(tmp_path) as world:
        number = await an_accepted_case(world)

        async def die(*_: Any, **__: Any) -> Outcome:
            raise Killed

        world.handler.transmit = die  # type: ignore[method-assign]
        with pytest.raises(Killed):
            await world.drain()

    async with a_world(tmp_path) as world:
        world.clock.pass_(minutes=5)
        found = Found(ProvinceReceipt(number="IM-7", serial=f"{number}.1"))
        world.handler.answers = [found if applied else Absent()]
        await world.drain()
        if not applied:  # the bytes may have left a moment ago: it is too early to believe it
            assert world.handler.sent == []
            world.clock.pass_(seconds=2)
            await world.drain()

        assert world.handler.asked == [f"{number}.1"] * (1 if applied else 2)
        assert len(world.handler.sent) == (0 if applied else 1)
        assert (await to_handler(world)).state == "delivered"
        attempts = await world.gw.store.attempts(f"{number}.1")
        assert all(attempt.ended_at is not None for attempt in attempts)


async def test_a_delivery_somebody_else_took_over_is_left_alone(world: World) -> None:
    number = await an_accepted_case(world)
    now = world.clock.now()
    (mine,) = await world.gw.store.claim(
        HANDLER, now=now, lease_until=now + timedelta(seconds=10), limit=5
    )
    world.clock.pass_(seconds=11)
    later = world.clock.now()
    (theirs,) = await world.gw.store.claim(
        HANDLER, now=later, lease_until=later + timedelta(seconds=10), limit=5
    )

    assert await deliver(mine, gw=world.gw) == "lost"
    assert world.handler.sent == []
    assert await deliver(theirs, gw=world.gw) == "delivered"
    assert world.handler.sent == [("submit", f"{number}.1")]


# --- order ----------------------------------------------------------------------------------


async def test_a_withdrawal_passes_a_parked_application(world: World) -> None:
    world.handler.can = Capabilities(idempotent=False, query=False)
    world.handler.outcomes = [LOST]
    number = await an_accepted_case(world)
    await world.drain()
    assert (await to_handler(world)).state == "parked"

    await send(world, "withdrawal", number, by=WINDOW)
    await world.drain()

    assert [serial for _, serial in world.handler.sent] == [f"{number}.1", f"{number}.2"]


async def test_one_place_that_fails_does_not_hold_up_another(world: World) -> None:
    world.handler.outcomes = [Unavailable("refused")] * 10
    await an_accepted_case(world)
    world.window.sent.clear()

    await world.drain()

    lanes = await world.gw.store.lanes(world.clock.now() + timedelta(days=1))
    assert set(lanes) == {HANDLER}
    assert (await to_handler(world)).state == "pending"
