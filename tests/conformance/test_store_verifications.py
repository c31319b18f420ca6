"""
What `gateway.ports.Store` promises about questions to verification services.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.ports import Change, DuplicateReceiptError, RevisionConflictError, Store
from tests.rows import NOON, SECOND, a_verification


async def test_a_question_is_read_back_by_number_and_by_identity(store: Store):
    row = a_verification(1, case_number="TB-1")

    await store.commit(Change(verifications=(row,)))

    assert await store.verification("VF-1") == row
    assert await store.verification_by_identity(row.system, "test", row.identity) == row
    assert await store.verification_by_identity("150000", "test", row.identity) is None
    assert await store.verification_by_identity(row.system, "production", row.identity) is None
    assert await store.verification("VF-2") is None


async def test_an_identity_is_one_question(store: Store):
    row = a_verification(1)
    await store.commit(Change(verifications=(row,)))

    with pytest.raises(DuplicateReceiptError):
        await store.commit(Change(verifications=(replace(row, number="VF-9"),)))

    assert await store.verification("VF-9") is None


async def test_an_answer_moves_it_once(store: Store):
    row = a_verification(1)
    await store.commit(Change(verifications=(row,)))
    answered = replace(
        row,
        revision=2,
        state="answered",
        attempt=1,
        answered_at=NOON + SECOND,
        sealed=b"sealed answer",
    )

    await store.commit(Change(verifications=(answered,)))
    with pytest.raises(RevisionConflictError):
        await store.commit(Change(verifications=(replace(answered, state="failed"),)))

    assert await store.verification("VF-1") == answered


async def test_due_are_those_without_an_answer_soonest_first(store: Store):
    rows = (
        a_verification(1, next_at=NOON + SECOND),
        a_verification(2, state="open"),
        a_verification(3, state="answered", answered_at=NOON),
        a_verification(4, next_at=NOON + 2 * SECOND),
        a_verification(5, state="failed", answered_at=NOON),
    )
    await store.commit(Change(verifications=rows))

    async def due(*, limit: int = 9) -> list[str]:
        found = await store.verifications_due(NOON + SECOND, limit=limit)
        return [row.number for row in found]

    assert await due() == ["VF-2", "VF-1"]
    assert await due(limit=1) == ["VF-2"]
