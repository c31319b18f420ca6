"""A short, seeded slice of the crash run; `python -m tests.fault.crash` is the whole of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.crash import crash


@pytest.mark.slow
@pytest.mark.xdist_group("processes")
async def test_nothing_acknowledged_is_lost_or_done_twice_over_kills(tmp_path: Path) -> None:
    result = await crash(kills=3, seed=7, folder=tmp_path, pauses=(0.3, 1.0))

    assert [line for line in result.lines() if not line[-1]] == []
    assert result.acknowledged >= 3
