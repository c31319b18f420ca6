"""The store suite for bundles and for what applications of one person are compared with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.ports import ApplicantRow, BundleRow, Change, RevisionConflictError, Store
from tests.conformance.stores import Kind
from tests.rows import NOON, a_case, number

BUNDLE = BundleRow(
    number="TBB-20260302-530303-T00001-A",
    environment="test",
    theme="DEATH",
    sender="530303-window",
    opened_at=NOON,
    cases=(number(2), number(1)),
)


def a_change(**more: object) -> Change:
    return Change(case=a_case(1), more_cases=(a_case(2),), bundle=BUNDLE, **more)  # type: ignore[arg-type]


async def test_a_bundle_and_all_its_cases_are_read_back_in_order(store: Store) -> None:
    await store.commit(a_change())
    assert await store.bundle(BUNDLE.number) == BUNDLE
    assert await store.case(number(2)) is not None
    assert await store.bundle("TBB-nothing") is None


async def test_of_a_bundle_all_cases_are_stored_or_none(store: Store) -> None:
    await store.commit(Change(case=a_case(2)))
    with pytest.raises(RevisionConflictError):
        await store.commit(a_change())
    assert await store.bundle(BUNDLE.number) is None
    assert await store.case(number(1)) is None


async def test_a_bundle_is_there_after_reopening(kind: Kind, tmp_path: Path) -> None:
    store = kind.open(tmp_path)
    await store.commit(a_change())
    await store.close()
    again = kind.open(tmp_path)
    assert await again.bundle(BUNDLE.number) == BUNDLE
    await again.close()


async def test_the_first_and_the_last_open_application_of_one_index_are_found(store: Store) -> None:
    def row(serial: int, index: bytes) -> ApplicantRow:
        return ApplicantRow(
            index=index,
            case_number=number(serial),
            environment="test",
            application_date=date(2026, 3, serial),
        )

    one, other, later = row(1, b"a"), row(2, b"b"), row(3, b"a")
    between, ended = row(4, b"a"), row(5, b"a")
    await store.commit(Change(case=a_case(1), applicants=(one,)))
    await store.commit(Change(case=a_case(2), applicants=(other,)))
    await store.commit(Change(case=a_case(4), applicants=(between,)))
    await store.commit(Change(case=a_case(3), applicants=(later, later)))
    await store.commit(Change(case=replace(a_case(5), status="NOTIFIED"), applicants=(ended,)))

    assert list(await store.applications(b"a", but={"NOTIFIED"})) == [one, later]
    assert list(await store.applications(b"a", but={"WITHDRAWN"})) == [one, ended]
    assert list(await store.applications(b"b", but={"NOTIFIED"})) == [other]
    assert list(await store.applications(b"c", but={"NOTIFIED"})) == []
