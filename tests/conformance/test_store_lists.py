"""What `gateway.ports.Store` promises about announced lists and uses of old versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.ports import AnnouncementRow, Change, OldUseRow, RevisionConflictError, Store
from tests.rows import NOON


def an_announcement(number: int = 1, **changed: Any) -> AnnouncementRow:
    row = AnnouncementRow(
        province="530000",
        number=number,
        state="adopted",
        digest="0" * 64,
        cause_on=date(2026, 2, 9),
        requested_on=date(2026, 2, 13),
        approved_on=date(2026, 2, 27),
        valid_from=date(2026, 3, 2),
        announced_at=NOON,
        client="os.zhang",
        findings="[]",
        content="local_code\n",
    )
    return replace(row, **changed)


async def test_announcements_come_back_in_the_order_they_were_made(store: Store) -> None:
    second = an_announcement(2, state="requested", approved_on=None, valid_from=None)
    await store.commit(Change(announcements=(an_announcement(),)))
    await store.commit(Change(announcements=(second,)))

    assert await store.announcements() == [an_announcement(), second]


async def test_a_number_of_a_province_is_announced_once(store: Store) -> None:
    await store.commit(Change(announcements=(an_announcement(),)))

    with pytest.raises(RevisionConflictError):
        await store.commit(Change(announcements=(an_announcement(state="refused"),)))
    other = an_announcement(province="310000")
    await store.commit(Change(announcements=(other,)))
    assert await store.announcements() == [an_announcement(), other]


async def test_uses_of_an_old_version_are_added_up(store: Store) -> None:
    first = OldUseRow(
        province="530000",
        system="530303",
        catalogue_code="000599999000",
        version="2",
        first_on=date(2026, 3, 2),
        last_on=date(2026, 3, 2),
    )
    later = replace(first, first_on=date(2026, 3, 9), last_on=date(2026, 3, 9))
    await store.commit(Change(old_uses=(first,)))
    await store.commit(Change(old_uses=(later, replace(first, version="1"))))

    assert await store.old_uses() == [
        replace(first, version="1"),
        replace(first, last_on=date(2026, 3, 9), cases=2),
    ]
