"""
The short slice of `python -m tests.fault.powerloss`, and proof that it can fail.
"""

from __future__ import annotations

from tests.fault.powerloss import play_all


def test_nothing_acknowledged_is_lost_when_the_power_fails():
    found = play_all(range(30))

    assert (found.lost, found.damaged) == (0, 0)
    assert found.acknowledged > 30 * 20


def test_without_a_sync_at_each_commit_the_same_test_fails():
    found = play_all(range(5), synchronous="NORMAL")

    assert found.lost > 0
    assert found.damaged == 0


def test_without_any_sync_the_same_test_finds_damage():
    assert play_all(range(12), synchronous="OFF").damaged > 0
