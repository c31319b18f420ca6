"""
What `gateway.ports.Store` promises about what is committed and read; deliveries and crashes have
files of their own.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.errors import IntegrityError, NotFound, StoreUnavailable
from gateway.ports import (
    AccessRow,
    CalendarRow,
    CaseFilter,
    Change,
    CursorRow,
    DuplicateReceiptError,
    FenceLostError,
    NumberRow,
    RevisionConflictError,
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
    a_material,
    a_message,
    a_move,
    a_receipt,
    a_step,
    a_submission,
    an_attempt,
    number,
)

# --- calendars, watch ------------------------------------------------------------------------


def a_calendar(count: int) -> CalendarRow:
    return CalendarRow(
        version=f"2026.1+{count}",
        base="2026.1",
        loaded_at=NOON,
        client="os:clerk",
        digest=f"{count}" * 64,
        content='{"days":[],"announced":[]}',
    )


async def test_calendars_are_kept_in_the_order_loaded(store: Store):
    first, second = a_calendar(1), a_calendar(2)
    await store.commit(Change(calendars=(first,)))
    await store.commit(Change(calendars=(second,)))
    done = replace(first, recounted_at=NOON + SECOND)
    await store.commit(Change(calendars=(done,)))

    assert await store.calendars() == [done, second]


async def test_one_version_is_one_calendar(store: Store):
    await store.commit(Change(calendars=(a_calendar(1),)))

    with pytest.raises(RevisionConflictError):
        await store.commit(Change(calendars=(replace(a_calendar(1), digest="f" * 64),)))
    assert await store.calendars() == [a_calendar(1)]


async def test_cases_to_be_watched_are_found_by_their_day(store: Store):
    for serial, day in ((1, date(2026, 3, 4)), (2, date(2026, 3, 6)), (3, None)):
        await store.commit(Change(case=a_case(serial, watch_on=day)))

    async def found(by: date) -> list[str]:
        return [row.number for row in await store.cases(CaseFilter(watch_by=by))]

    assert await found(date(2026, 3, 3)) == []
    assert await found(date(2026, 3, 5)) == [number(1)]
    assert await found(date(2026, 3, 6)) == [number(2), number(1)]
    row = await store.case(number(1))
    assert row is not None
    await store.commit(Change(case=replace(row, revision=2, watch_on=None)))
    assert await found(date(2026, 3, 6)) == [number(2)]


# --- one change -----------------------------------------------------------------------------


async def test_what_is_committed_is_read_back_the_same(store: Store):
    change = a_submission(1)

    await store.commit(change)

    (leaf_1, leaf_2) = [name for name, _ in await store.leaves()]
    assert await store.case(number(1)) == replace(change.case, last_leaf=leaf_2)
    assert leaf_1 != leaf_2
    assert await store.messages(number(1)) == list(change.messages)
    assert await store.message(number(1), 1) == change.messages[0]
    assert await store.receipt("530303-window", "test", b"identity 1") == change.receipts[0]
    assert await store.delivery(change.deliveries[0].serial) == change.deliveries[0]
    assert await store.steps(change.deliveries[0].serial) == list(change.steps)
    assert await store.parties(number(1)) == [("530303-window", "RECEIVING"), (LANE, "HANDLING")]
    assert await store.is_party(number(1), LANE)
    assert await store.case_by_number("530303-window", b"number 1") == number(1)


async def test_what_is_absent_is_none_or_empty(store: Store):
    assert await store.case(number(1)) is None
    assert await store.message(number(1), 1) is None
    assert await store.messages(number(1)) == []
    assert await store.receipt("530303-window", "test", b"?") is None
    assert await store.delivery("?") is None
    assert await store.steps("?") == []
    assert await store.attempts("?") == []
    assert await store.staged("?", b"?") is None
    assert await store.case_materials(number(1)) == []
    assert await store.case_by_number("?", b"?") is None
    assert not await store.is_party(number(1), LANE)
    assert await store.cursor("?", "test") is None
    assert await store.access(b"?") is None
    assert await store.leaves() == []
    assert await store.lanes(NOON) == {}


async def test_optional_columns_keep_their_values(store: Store):
    full = a_case(1, due_on=date(2026, 4, 1), turn=None)
    late = a_delivery(1, settled_at=NOON, reason="gone", trace_id=None, package=None)
    step = a_step(1, sealed_plan=None, material_id="m1", sealed_answer=b"answer", done=True)
    ended = an_attempt(1, ended_at=NOON, outcome="delivered", status=200, reason="ok", sealed=None)

    await store.commit(Change(case=full, deliveries=(late,), steps=(step,), attempts=(ended,)))

    assert await store.case(number(1)) == full
    assert await store.delivery(late.serial) == late
    assert await store.steps(late.serial) == [step]
    assert await store.attempts(late.serial) == [ended]


async def test_a_time_without_zone_is_a_mistake_and_stores_nothing(store: Store):
    with pytest.raises(TypeError):
        await store.commit(
            replace(a_submission(1), case=a_case(1, updated_at=NOON.replace(tzinfo=None)))
        )

    assert (await store.counts())["leaves"] == 0


# --- revisions ------------------------------------------------------------------------------


async def nothing_of_case_two(store: Store) -> bool:
    return (
        await store.case(number(2)) is None
        and await store.messages(number(2)) == []
        and await store.receipt("530303-window", "test", b"identity 2") is None
        and await store.delivery(a_delivery(2).serial) is None
        and await store.case_by_number("530303-window", b"number 2") is None
        and await store.leaves(number(2)) == []
    )


async def test_a_case_moves_one_revision_at_a_time(store: Store):
    await store.commit(a_submission(1))
    moved = a_case(1, revision=2, status="PUSHED", handler="150000", sealed=b"other")

    await store.commit(Change(case=moved))

    stored = await store.case(number(1))
    assert stored == replace(moved, last_leaf=stored.last_leaf)


@pytest.mark.parametrize("revision", [1, 3])
async def test_a_case_that_moved_on_conflicts_and_nothing_is_stored(store: Store, revision: int):
    await store.commit(a_submission(1))
    late = replace(a_submission(2), case=a_case(1, revision=revision, status="VOID"))

    with pytest.raises(RevisionConflictError):
        await store.commit(late)

    assert (await store.case(number(1))).status == "COLLECTED"
    assert await nothing_of_case_two(store)


async def test_an_update_of_an_absent_case_conflicts(store: Store):
    with pytest.raises(RevisionConflictError):
        await store.commit(Change(case=a_case(1, revision=2)))


async def test_one_key_is_never_the_key_of_two_cases(store: Store):
    await store.commit(a_submission(1))

    with pytest.raises(IntegrityError):
        await store.commit(replace(a_submission(2), case=a_case(2, key_id=1)))

    assert await nothing_of_case_two(store)


async def test_of_many_who_move_a_case_at_once_one_wins(store: Store):
    await store.commit(a_submission(1))

    results = await asyncio.gather(
        *(
            store.commit(Change(case=a_case(1, revision=2, status=f"S{n}"), leaves=(a_leaf(1),)))
            for n in range(64)
        ),
        return_exceptions=True,
    )

    won = [n for n, result in enumerate(results) if isinstance(result, tuple)]
    lost = [result for result in results if isinstance(result, RevisionConflictError)]
    assert (len(won), len(lost)) == (1, 63)
    assert (await store.case(number(1))).status == f"S{won[0]}"
    assert len(await store.leaves(number(1))) == 3


# --- receipts, numbers ----------------------------------------------------------------------


async def test_an_identity_is_answered_once(store: Store):
    await store.commit(a_submission(1))
    twin = replace(a_submission(2), receipts=(a_receipt(2, key=b"identity 1"),))

    with pytest.raises(DuplicateReceiptError):
        await store.commit(twin)

    assert await nothing_of_case_two(store)
    assert (await store.receipt("530303-window", "test", b"identity 1")).case_number == number(1)


@pytest.mark.parametrize("other", [{"system": "150000"}, {"environment": "production"}])
async def test_identities_of_others_are_other_identities(store: Store, other: dict[str, str]):
    await store.commit(a_submission(1))

    await store.commit(
        replace(a_submission(2), receipts=(a_receipt(2, key=b"identity 1", **other),))
    )

    assert await store.case(number(2)) is not None


async def test_a_twin_hears_of_its_receipt_before_it_hears_of_a_conflict(store: Store):
    await store.commit(a_submission(1))

    with pytest.raises(DuplicateReceiptError):
        await store.commit(a_submission(1))


async def test_of_many_twins_at_once_one_is_taken_in(store: Store):
    changes = [
        replace(a_submission(n), receipts=(a_receipt(n, key=b"same"),)) for n in range(1, 65)
    ]

    results = await asyncio.gather(*map(store.commit, changes), return_exceptions=True)

    assert sum(isinstance(result, DuplicateReceiptError) for result in results) == 63
    assert (await store.counts())["cases"] == 1


async def test_a_partys_number_names_one_case(store: Store):
    await store.commit(a_submission(1))
    again = NumberRow(system="530303-window", index=b"number 1", case_number=number(1))
    await store.commit(Change(numbers=(again,)))

    with pytest.raises(RevisionConflictError):
        await store.commit(
            replace(a_submission(2), numbers=(replace(again, case_number=number(2)),))
        )

    assert await nothing_of_case_two(store)


async def test_a_message_becomes_applied_later(store: Store):
    early = a_message(1, arrival=2, applied=False)
    await store.commit(replace(a_submission(1), messages=(a_message(1), early)))

    await store.commit(Change(now_applied=((number(1), 2),)))

    assert await store.message(number(1), 2) == replace(early, applied=True)


# --- commit groups --------------------------------------------------------------------------


async def test_in_a_group_the_conflicting_change_fails_alone(store: Store):
    await store.commit(a_submission(50))

    results = await asyncio.gather(
        *(store.commit(a_submission(n)) for n in range(1, 101)), return_exceptions=True
    )

    failed = [n for n, result in enumerate(results, 1) if isinstance(result, Exception)]
    assert failed == [50]
    assert (await store.counts())["cases"] == 100


async def test_leaf_ids_come_back_to_the_one_who_wrote_them(store: Store):
    results = await asyncio.gather(*(store.commit(a_submission(n)) for n in range(1, 41)))

    for n, ids in enumerate(results, 1):
        assert list(ids) == [name for name, _ in await store.leaves(number(n))]


async def test_an_abandoned_wait_disturbs_nobody(store: Store):
    gone = asyncio.create_task(store.commit(a_submission(1)))
    others = [asyncio.create_task(store.commit(a_submission(n))) for n in range(2, 10)]
    await asyncio.sleep(0)
    gone.cancel()

    await asyncio.gather(*others)

    assert gone.cancelled()
    assert await store.case(number(9)) is not None


async def test_a_closed_store_says_so(kind: Kind, tmp_path: Path):
    store = kind.open(tmp_path)
    await store.close()
    await store.close()

    with pytest.raises(StoreUnavailable):
        await store.commit(a_submission(1))


async def test_everything_is_there_after_reopening(kind: Kind, tmp_path: Path):
    store = kind.open(tmp_path)
    await store.commit(a_submission(1))
    await store.close()

    store = kind.open(tmp_path)
    (first, second, third) = [
        name
        for change in (a_submission(2),)
        for name in [
            *[leaf for leaf, _ in await store.leaves()],
            (await store.commit(change))[0],
        ]
    ]

    assert await store.case(number(1)) is not None
    assert first < second < third
    await store.close()


# --- audit ----------------------------------------------------------------------------------


async def test_leaves_are_counted_without_a_gap_and_chained_by_case(store: Store):
    await store.commit(a_submission(1))
    await asyncio.gather(*(store.commit(a_submission(n)) for n in (2, 3)))
    with pytest.raises(RevisionConflictError):
        await store.commit(Change(case=a_case(9, revision=4), leaves=(a_leaf(9),)))
    await store.commit(Change(leaves=(a_leaf(1), a_leaf(None), a_leaf(2), a_leaf(1))))

    stored = await store.leaves()

    records = [json.loads(data) for _, data in stored]
    assert [record["leaf_id"] for record in records] == [name for name, _ in stored]
    assert [name.rpartition("-")[2] for name, _ in stored] == [f"{n:012d}" for n in range(1, 11)]
    before: dict[str, str] = {}
    for record in records:
        case_number = record.get("case_number")
        assert record.get("prev_case_leaf") == before.get(case_number)
        if case_number is not None:
            before[case_number] = record["leaf_id"]
    for case_number, last in before.items():
        assert (await store.case(case_number)).last_leaf == last


async def test_leaves_are_the_canonical_bytes(store: Store):
    await store.commit(Change(leaves=(a_leaf(None, reason="补正"),)))

    ((_, data),) = await store.leaves()

    assert (
        data
        == (
            '{"actor":{"kind":"gateway"},"at":"2026-03-02T04:00:00.123456Z","environment":"test",'
            '"event":"message.received","leaf_id":"n1-000000000001","log_id":"tongban/test",'
            '"node":"n1","reason":"补正","v":"audit/1"}'
        ).encode()
    )


async def test_a_leaf_of_an_unknown_event_stores_nothing(store: Store):
    with pytest.raises(ValueError, match="unknown audit event"):
        await store.commit(replace(a_submission(2), leaves=(a_leaf(2), a_leaf(2, event="x.y"))))

    assert await nothing_of_case_two(store)
    assert await store.commit(Change(leaves=(a_leaf(None),))) == ("n1-000000000001",)


# --- materials ------------------------------------------------------------------------------


async def test_a_staged_material_is_its_senders_alone(store: Store):
    await store.commit(Change(materials=(a_material(),)))

    assert await store.staged("530303-window", b"index") == a_material()
    assert await store.staged("150000", b"index") is None


async def test_staged_again_the_newest_counts(store: Store):
    await store.commit(Change(materials=(a_material(),)))
    newer = a_material(blob="11" * 16, at=NOON + SECOND, sealed=b"newer")

    await store.commit(Change(materials=(newer,)))

    assert await store.staged("530303-window", b"index") == newer
    assert await store.blobs() == ["11" * 16]


async def test_a_case_keeps_the_material_it_has(store: Store):
    first = a_material(case_number=number(1))
    await store.commit(replace(a_submission(1), materials=(first, a_material())))

    await store.commit(Change(materials=(a_material(case_number=number(1), sealed=b"later"),)))

    assert await store.case_materials(number(1)) == [first]


async def test_staged_materials_are_forgotten_and_unreferred_blobs_named(store: Store):
    old, new = NOON, NOON + timedelta(hours=25)
    kept, lost, fresh = "aa" * 16, "bb" * 16, "cc" * 16
    await store.commit(
        replace(
            a_submission(1),
            materials=(
                a_material(index=b"1", blob=kept, at=old),
                a_material(case_number=number(1), blob=kept, at=old),
                a_material(index=b"2", blob=lost, at=old),
                a_material(owner="150000", index=b"2", blob=lost, at=old),
                a_material(index=b"3", blob=fresh, at=new),
            ),
        )
    )

    assert await store.forget_staged(NOON + timedelta(hours=24)) == [lost]

    assert sorted(await store.blobs()) == [kept, fresh]
    assert await store.staged("530303-window", b"1") is None
    assert await store.staged("530303-window", b"3") is not None
    assert await store.forget_staged(NOON + timedelta(hours=24)) == []


# --- access, cursors ------------------------------------------------------------------------


async def test_a_token_is_found_by_its_hash_and_can_be_revoked(store: Store):
    row = AccessRow(
        client_id="c1",
        role="partner",
        system="150000",
        province="150000",
        environment="test",
        token_hash=b"h1",
        created_at=NOON,
        expires_at=None,
    )
    rotated = replace(row, token_hash=b"h2", expires_at=NOON + SECOND)
    await store.commit(Change(access=(row, rotated)))

    await store.commit(Change(access=(replace(row, revoked_at=NOON),)))

    assert await store.access(b"h1") == replace(row, revoked_at=NOON)
    assert await store.accesses() == [replace(row, revoked_at=NOON), rotated]


async def test_a_cursor_is_replaced_by_the_newer(store: Store):
    at = CursorRow(system="150000", environment="test", cursor="7", at=NOON)
    await store.commit(Change(cursor=at))
    await store.commit(Change(cursor=replace(at, cursor="9")))

    assert await store.cursor("150000", "test") == "9"
    assert await store.cursor("150000", "production") is None


# --- lists ----------------------------------------------------------------------------------


async def numbers(store: Store, **where: object) -> list[int]:
    found = await store.cases(CaseFilter(**where))
    return [int(row.number.split("-")[3][1:]) for row in found]


@pytest.fixture
async def five(store: Store) -> Store:
    for serial, changed in enumerate(
        (
            {"due_on": date(2026, 5, 1)},
            {"status": "APPROVED", "turn": None},
            {"due_on": date(2026, 4, 1), "handler": "150000"},
            {"sender": "310000", "turn": "R"},
            {"due_on": date(2026, 4, 1)},
        ),
        1,
    ):
        await store.commit(replace(a_submission(serial), case=a_case(serial, **changed)))
    return store


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"order": "due"}, [3, 5, 1, 2, 4]),
        ({"status": "APPROVED"}, [2]),
        ({"turn": "H"}, [5, 3, 1]),
        ({"open_only": True}, [5, 4, 3, 1]),
        ({"handler": "150000"}, [3]),
        ({"sender": "310000"}, [4]),
        ({"due_before": date(2026, 5, 1), "order": "due"}, [3, 5]),
        ({"system": LANE, "status": "COLLECTED", "limit": 2}, [5, 4]),
        ({"system": "510000"}, []),
    ],
)
async def test_cases_are_listed_by_condition(
    five: Store, where: dict[str, object], found: list[int]
):
    assert await numbers(five, **where) == found


@pytest.mark.parametrize("order", ["opened", "due"])
async def test_pages_have_no_gap_and_no_repetition(five: Store, order: str):
    whole = await numbers(five, order=order)
    paged: list[int] = []
    after = None
    while page := await five.cases(CaseFilter(order=order, after=after, limit=2)):
        paged += [int(row.number.split("-")[3][1:]) for row in page]
        after = page[-1].number
        if len(paged) == 2:
            await five.commit(replace(a_submission(9), case=a_case(9)))

    assert [n for n in paged if n != 9] == whole


async def test_a_page_after_nothing_known_is_not_found(store: Store):
    with pytest.raises(NotFound):
        await store.cases(CaseFilter(after=number(1)))


async def test_counts_tell_rows_and_states(store: Store):
    await store.commit(a_submission(1))
    for n, state in ((2, "mailbox"), (3, "delivered"), (4, "rejected"), (5, "asking")):
        await store.commit(
            replace(a_submission(n), deliveries=(a_delivery(n, state=state),), leaves=())
        )

    counts = await store.counts()

    assert {name: counts[name] for name in ("cases", "leaves", "deliveries")} == {
        "cases": 5,
        "leaves": 2,
        "deliveries": 5,
    }
    assert {name: n for name, n in counts.items() if name.startswith("deliveries.") and n} == {
        f"deliveries.{state}": 1
        for state in ("pending", "mailbox", "delivered", "rejected", "asking")
    }
    assert counts["deliveries.dead"] == 0


async def test_an_update_of_an_absent_delivery_loses(store: Store):
    with pytest.raises(FenceLostError):
        await store.commit(Change(updates=(a_move(a_delivery(1), "sending"),)))
