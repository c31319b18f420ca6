"""
What `gateway.ports.Store` promises about deliveries: claims, leases, fences, order.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from contracts.errors import IntegrityError, NotFound
from gateway.ports import (
    OPEN_STATES,
    Change,
    DeliveryFilter,
    DeliveryRow,
    DeliveryState,
    FenceLostError,
    Store,
)
from tests.conformance.stores import Kind
from tests.rows import (
    LANE,
    NOON,
    SECOND,
    a_case,
    a_delivery,
    a_leaf,
    a_move,
    a_step,
    an_attempt,
    number,
)

LEASE = timedelta(minutes=2)


async def promise(store: Store, *rows: DeliveryRow) -> None:
    """Deliveries of case 1, which is made on the first call."""
    case = a_case(1) if await store.case(number(1)) is None else None
    await store.commit(Change(case=case, deliveries=rows))


def queued(position: int, **changed: object) -> DeliveryRow:
    """The `position`-th delivery of one order key."""
    return a_delivery(1, serial=f"s{position}", position=position, **changed)


def alone(name: str, **changed: object) -> DeliveryRow:
    """A delivery with an order key of its own."""
    return a_delivery(1, **{"serial": name, "order_key": name, **changed})


async def claim(
    store: Store, *, now: datetime = NOON, limit: int = 10, lane: str = LANE
) -> Sequence[DeliveryRow]:
    return await store.claim(lane, now=now, lease_until=now + LEASE, limit=limit)


async def serials(store: Store, **how: object) -> list[str]:
    return [row.serial for row in await claim(store, **how)]  # type: ignore[arg-type]


# --- begun with what promises them ------------------------------------------------------------


async def begin(store: Store, row: DeliveryRow) -> None:
    case = a_case(1) if await store.case(number(1)) is None else None
    intent = an_attempt(1, serial=row.serial)
    await store.commit(
        Change(case=case, deliveries=(row,), attempts=(intent,), lease_until=NOON + LEASE)
    )


def begun(name: str, **changed: object) -> DeliveryRow:
    return alone(name, state="sending", attempt=1, fence=1, **changed)


async def test_a_delivery_that_comes_begun_is_leased_and_moves_under_its_fence(store: Store):
    await begin(store, begun("a"))
    assert await serials(store) == []

    done = a_move(begun("a"), "delivered", was=("sending",), attempt=1)
    with pytest.raises(FenceLostError):
        await store.commit(Change(updates=(replace(done, fence=0),)))
    await store.commit(Change(updates=(done,)))

    row = await store.delivery("a")
    assert row is not None
    assert (row.state, row.fence, row.attempt) == ("delivered", 1, 1)


async def test_a_begun_delivery_nobody_ends_comes_back_to_be_asked_about(store: Store):
    await begin(store, begun("a"))

    (row,) = await claim(store, now=NOON + LEASE)

    assert (row.serial, row.state, row.fence) == ("a", "asking", 2)


async def test_a_delivery_cannot_be_begun_behind_an_open_one(store: Store):
    await promise(store, queued(1))
    with pytest.raises(IntegrityError):
        await begin(store, replace(begun("s2"), order_key=queued(1).order_key, position=2))
    assert await store.delivery("s2") is None


async def test_a_delivery_can_be_begun_in_the_change_that_ends_the_one_before(store: Store):
    await promise(store, queued(1))
    (first,) = await claim(store)
    second = replace(begun("s2"), order_key=first.order_key, position=2)
    await store.commit(
        Change(
            updates=(a_move(first, "delivered"),),
            deliveries=(second,),
            attempts=(an_attempt(1, serial="s2"),),
            lease_until=NOON + LEASE,
        )
    )
    assert await serials(store) == []
    assert await store.delivery("s2") == second


async def test_an_answered_step_keeps_its_plan(store: Store):
    await promise(store, alone("a"))
    await store.commit(Change(steps=(a_step(1, serial="a"),)))
    answered = a_step(1, serial="a", sealed_plan=b"not looked at", sealed_answer=b"y", done=True)
    await store.commit(Change(answered=(answered,)))

    assert await store.steps("a") == [replace(answered, sealed_plan=b"sealed plan")]


# --- claiming -------------------------------------------------------------------------------


async def test_a_claim_gives_the_row_under_a_new_fence(store: Store):
    await promise(store, alone("a"))

    (row,) = await claim(store)

    assert row == alone("a", fence=1)
    assert await store.delivery("a") == row


async def test_only_what_is_due_in_this_lane_is_claimed(store: Store):
    await promise(
        store,
        alone("due"),
        alone("later", next_at=NOON + SECOND),
        alone("ask", state="asking"),
        alone("elsewhere", destination="150000"),
        *(
            alone(state, state=state)
            for state in ("mailbox", "parked", "dead", "delivered", "rejected", "superseded")
        ),
    )

    assert sorted(await serials(store)) == ["ask", "due"]
    assert await serials(store, lane="150000") == ["elsewhere"]
    assert await serials(store, now=NOON + SECOND) == ["later"]


async def test_the_oldest_come_first_and_the_limit_holds(store: Store):
    await promise(store, *(alone(f"{n}", next_at=NOON - n * SECOND) for n in range(5)))

    assert await serials(store, limit=3) == ["4", "3", "2"]
    assert await serials(store, limit=3) == ["1", "0"]


async def test_a_lease_holds_until_it_ends(store: Store):
    await promise(store, alone("a"))
    await claim(store)

    assert await serials(store, now=NOON + LEASE - SECOND) == []

    (row,) = await claim(store, now=NOON + LEASE)
    assert (row.state, row.fence) == ("pending", 2)


async def test_claims_at_once_never_give_a_delivery_twice(store: Store):
    await promise(store, *(alone(f"{n:02d}") for n in range(50)))

    claims = await asyncio.gather(*(serials(store, limit=3) for _ in range(25)))

    given = [serial for claimed in claims for serial in claimed]
    assert sorted(given) == [f"{n:02d}" for n in range(50)]


async def test_an_open_intent_whose_lease_ended_comes_back_as_asking(store: Store):
    await promise(store, alone("a"))
    (row,) = await claim(store)
    await store.commit(Change(updates=(a_move(row, "sending"),)))

    assert await serials(store, now=NOON + LEASE - SECOND) == []
    (back,) = await claim(store, now=NOON + LEASE)

    assert (back.state, back.fence, back.attempt) == ("asking", 2, 1)
    assert (await store.delivery("a")).state == "asking"


async def test_a_withdrawal_passes_what_became_unknown(store: Store):
    await promise(store, queued(1), queued(2, overtakes=True))
    (row,) = await claim(store)
    await store.commit(Change(updates=(a_move(row, "sending"),)))
    assert await serials(store) == []

    after = NOON + LEASE
    assert "s1" in await serials(store, now=after)
    assert await serials(store, now=after) in (["s2"], [])
    assert (await store.delivery("s2")).fence == 1


async def test_leases_of_a_process_that_is_gone_have_ended(kind: Kind, tmp_path: Path):
    store = kind.open(tmp_path)
    await promise(store, alone("claimed"), alone("sent"), alone("waiting", next_at=NOON + LEASE))
    for row in await claim(store):
        if row.serial == "sent":
            await store.commit(Change(updates=(a_move(row, "sending"),)))
    await store.close()

    store = kind.open(tmp_path)
    states = {row.serial: row.state for row in await claim(store)}
    await store.close()

    assert states == {"claimed": "pending", "sent": "asking"}


# --- fences ---------------------------------------------------------------------------------


async def test_the_holder_moves_a_delivery(store: Store):
    await promise(store, alone("a"))
    (row,) = await claim(store)
    move = a_move(row, "delivered", settled_at=NOON, reason="ok", step=2)

    await store.commit(Change(updates=(move,)))

    assert await store.delivery("a") == replace(
        row, state="delivered", attempt=1, step=2, reason="ok", settled_at=NOON
    )


async def test_what_is_rendered_anew_replaces_what_was_promised(store: Store):
    await promise(store, alone("a"))
    (row,) = await claim(store)
    anew = a_move(row, "pending", sealed_record=b"anew", package="sha256:11")
    await store.commit(Change(updates=(anew,)))

    await store.commit(Change(updates=(replace(anew, sealed_record=None, package=None),)))

    found = await store.delivery("a")
    assert (found.sealed_record, found.package) == (b"anew", "sha256:11")


@pytest.mark.parametrize("wrong", [{"fence": 0}, {"fence": 2}, {"was": ("sending", "asking")}])
async def test_who_is_not_the_holder_moves_nothing(store: Store, wrong: dict[str, object]):
    await promise(store, alone("a"))
    (row,) = await claim(store)

    with pytest.raises(FenceLostError):
        await store.commit(
            Change(
                updates=(a_move(row, "delivered", **wrong),),
                steps=(a_step(1, serial="a"),),
                leaves=(a_leaf(1),),
            )
        )

    assert await store.delivery("a") == row
    assert await store.steps("a") == []
    assert await store.leaves() == []


async def test_a_stale_holder_loses_to_the_next(store: Store):
    await promise(store, alone("a"))
    (stale,) = await claim(store)
    (current,) = await claim(store, now=NOON + LEASE)

    with pytest.raises(FenceLostError):
        await store.commit(Change(updates=(a_move(stale, "delivered"),)))
    await store.commit(Change(updates=(a_move(current, "delivered"),)))


async def test_all_updates_of_a_change_stand_or_fall_together(store: Store):
    await promise(store, alone("a", state="mailbox"), alone("b", state="mailbox", fence=3))
    moves = [a_move(alone(name, state="mailbox"), "delivered") for name in ("a", "b")]

    with pytest.raises(FenceLostError):
        await store.commit(Change(updates=tuple(moves)))

    assert (await store.delivery("a")).state == "mailbox"


async def test_what_was_rendered_anew_replaces_what_the_row_held(store: Store):
    row = alone("a", state="dead", package=None)
    await promise(store, row)
    anew = a_move(row, "pending", sealed_record=b"made anew", package="north@2")

    await store.commit(Change(updates=(anew,)))
    (claimed,) = await claim(store)
    await store.commit(Change(updates=(a_move(claimed, "asking"),)))

    held = await store.delivery("a")
    assert (held.sealed_record, held.package) == (b"made anew", "north@2")


async def test_a_retry_ends_the_lease(store: Store):
    await promise(store, alone("a"))
    (row,) = await claim(store)
    retry = a_move(row, "pending", next_at=NOON + 5 * SECOND)
    await store.commit(Change(updates=(retry,)))

    assert await serials(store, now=NOON + 4 * SECOND) == []
    assert await serials(store, now=NOON + 5 * SECOND) == ["a"]


async def test_an_open_query_keeps_the_lease(store: Store):
    await promise(store, alone("a", state="asking"))
    (row,) = await claim(store)
    asking = an_attempt(1, serial="a", purpose="query")
    await store.commit(Change(updates=(a_move(row, "asking"),), attempts=(asking,)))
    assert await serials(store) == []

    await store.commit(
        Change(
            updates=(a_move(row, "asking", next_at=NOON + SECOND),),
            attempts=(replace(asking, ended_at=NOON, outcome="absent"),),
        )
    )

    assert await serials(store, now=NOON + SECOND) == ["a"]


async def test_steps_and_attempts_are_known_better_later(store: Store):
    await promise(store, alone("a"))
    first, second = a_step(1, serial="a"), a_step(1, serial="a", index=1, sealed_plan=None)
    intent = an_attempt(1, serial="a")
    await store.commit(Change(steps=(first, second), attempts=(intent,)))
    done = replace(first, sealed_answer=b"answer", done=True)
    rendered = replace(second, sealed_plan=b"plan")
    ended = replace(intent, ended_at=NOON, outcome="delivered", status=200, sealed=b"all")

    await store.commit(Change(steps=(done, rendered), attempts=(ended, replace(intent, number=2))))

    assert await store.steps("a") == [done, rendered]
    assert await store.attempts("a") == [ended, replace(intent, number=2)]


# --- order ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["pending", "sending", "asking", "mailbox", "parked", "dead"])
async def test_a_later_delivery_waits_for_an_open_one(store: Store, state: DeliveryState):
    await promise(store, queued(1, state=state, next_at=NOON + LEASE), queued(2))

    assert await serials(store) == []


@pytest.mark.parametrize("state", ["delivered", "rejected", "superseded"])
async def test_a_later_delivery_follows_a_settled_one(store: Store, state: DeliveryState):
    await promise(store, queued(1, state=state), queued(2))

    assert await serials(store) == ["s2"]


async def test_of_one_order_key_one_is_under_way(store: Store):
    await promise(store, queued(2), queued(1), queued(3))

    (first,) = await claim(store)
    assert first.serial == "s1"
    assert await serials(store) == []

    await store.commit(Change(updates=(a_move(first, "delivered"),)))
    assert await serials(store) == ["s2"]


async def test_at_one_position_the_first_promised_goes_first(store: Store):
    await promise(store, alone("x", order_key="k"), alone("y", order_key="k"))

    assert await serials(store) == ["x"]


@pytest.mark.parametrize(
    ("state", "passes"),
    [
        ("parked", True),
        ("asking", True),
        ("dead", True),
        ("pending", False),
        ("sending", False),
        ("mailbox", False),
    ],
)
async def test_a_withdrawal_passes_what_is_stuck(store: Store, state: DeliveryState, passes: bool):
    await promise(store, queued(1, state=state, next_at=NOON + LEASE), queued(2, overtakes=True))

    assert await serials(store) == (["s2"] if passes else [])


async def test_what_waits_behind_an_overtaker_waits(store: Store):
    await promise(store, queued(1, state="parked"), queued(2, overtakes=True), queued(3))

    assert await serials(store) == ["s2"]
    assert await serials(store, now=NOON + SECOND) == []


# --- lanes, lists ---------------------------------------------------------------------------


async def test_lanes_name_when_something_can_next_be_claimed(store: Store):
    await promise(
        store,
        alone("a", next_at=NOON + 3 * SECOND),
        alone("b", next_at=NOON + 2 * SECOND, state="asking"),
        alone("c", destination="150000"),
        alone("d", destination="340100", state="parked"),
        queued(1, destination="510000", next_at=NOON + 9 * SECOND),
        queued(2, destination="510000"),
    )

    assert await store.lanes(NOON) == {
        LANE: NOON + 2 * SECOND,
        "150000": NOON,
        "510000": NOON + 9 * SECOND,
    }
    assert await store.due(LANE, NOON) == NOON + 2 * SECOND
    assert await store.due("340100", NOON) is None


async def test_a_leased_delivery_counts_when_its_lease_ends(store: Store):
    await promise(store, alone("a"), alone("b"))
    (row, _) = await claim(store)
    await store.commit(Change(updates=(a_move(row, "sending"),)))

    assert await store.lanes(NOON) == {LANE: NOON + LEASE}
    after = NOON + LEASE + SECOND
    assert (await store.lanes(after))[LANE] <= after
    assert len(await claim(store, now=after)) == 2


async def test_an_idle_lane_is_not_named(store: Store):
    await promise(store, alone("a"))
    (row,) = await claim(store)
    await store.commit(Change(updates=(a_move(row, "delivered"),)))

    assert await store.lanes(NOON + LEASE) == {}


async def listed(store: Store, **where: object) -> list[str]:
    return [row.serial for row in await store.deliveries(DeliveryFilter(**where))]  # type: ignore[arg-type]


async def test_deliveries_are_listed_in_the_order_promised(store: Store):
    await store.commit(
        Change(case=a_case(2), deliveries=(a_delivery(2, serial="other", state="dead"),))
    )
    await promise(
        store,
        alone("c", state="mailbox"),
        alone("b", state="delivered"),
        alone("a", destination="150000", state="parked"),
        alone("d", state="mailbox"),
        alone("e"),
    )

    assert await listed(store) == ["other", "c", "b", "a", "d", "e"]
    assert await listed(store, case_number=number(1)) == ["c", "b", "a", "d", "e"]
    assert await listed(store, case_number=number(1), states=("mailbox",)) == ["c", "d"]
    assert await listed(store, destination=LANE, states=("mailbox",)) == ["c", "d"]
    assert await listed(store, states=("parked", "dead")) == ["other", "a"]
    assert await listed(store, states=("pending", "dead")) == ["other", "e"]
    assert await listed(store, states=("delivered", "pending")) == ["b", "e"]
    assert await listed(store, states=("mailbox",), after="c", limit=5) == ["d"]
    assert await listed(store, after="b", limit=2) == ["a", "d"]


async def test_a_page_of_deliveries_after_nothing_known_is_not_found(store: Store):
    with pytest.raises(NotFound):
        await store.deliveries(DeliveryFilter(after="?"))


# --- order, against a plain model -----------------------------------------------------------

STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)


def claimable(rows: Sequence[DeliveryRow]) -> list[str]:
    """What the rule of the port says, row by row; `rows` in the order promised."""
    found = []
    for index, row in enumerate(rows):
        earlier = [
            other
            for at, other in enumerate(rows)
            if other.order_key == row.order_key
            and (other.position, at) < (row.position, index)
            and other.state in OPEN_STATES
            and not (row.overtakes and other.state in ("parked", "asking", "dead"))
        ]
        if row.state in ("pending", "asking") and not earlier:
            found.append(row.serial)
    return sorted(found)


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_moves_exactly_the_free_ones_are_claimed(store: Store, seed: int):
    chance = random.Random(seed)
    rows: list[DeliveryRow] = []
    await promise(store)
    for turn in range(25):
        if len(rows) < 9 and chance.random() < 0.5:
            row = alone(
                f"{turn}",
                order_key=chance.choice("kl"),
                position=chance.randint(1, 4),
                overtakes=chance.random() < 0.3,
                state=chance.choice(STATES),
            )
            await promise(store, row)
            rows.append(row)
        elif rows:
            at = chance.randrange(len(rows))
            # Not "sending": without its worker it would come back as asking.
            to = chance.choice([state for state in STATES if state != "sending"])
            await store.commit(Change(updates=(a_move(rows[at], to, attempt=0),)))
            rows[at] = replace(rows[at], state=to)

        expected = claimable(rows)
        assert (await store.due(LANE, NOON) is not None) == bool(expected)
        # A lease that ends at once: every turn looks at all of them.
        claimed = await store.claim(LANE, now=NOON, lease_until=NOON - SECOND, limit=99)
        assert sorted(row.serial for row in claimed) == expected
        rows = [await store.delivery(row.serial) for row in rows]  # type: ignore[misc]
