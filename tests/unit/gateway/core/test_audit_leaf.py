"""The audit leaf: canonical, closed, bounded; held to an independent RFC 8785 implementation."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.audit.leaf import GATEWAY, MAX_LEAF, Actor, Leaf, canonical

AT = "2026-03-02T01:14:06.000000Z"
TEXT = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=40)


def a_leaf(**changes: object) -> Leaf:
    return Leaf(**{"event": "delivery.intent", "at": AT, "actor": GATEWAY, **changes})  # type: ignore[arg-type]


@given(reason=TEXT, item=TEXT, rules=st.lists(TEXT, max_size=5), attempt=st.integers(1, 2**53 - 1))
def test_the_stored_bytes_are_canonical_json(
    reason: str, item: str, rules: list[str], attempt: int
) -> None:
    leaf = a_leaf(reason=reason, item=item, findings=tuple(rules), attempt=attempt)

    _, data = canonical(leaf, log="l", node="n1", counter=7, previous="n1-000000000006")

    assert data == rfc8785.dumps(json.loads(data))


def test_the_writer_gives_number_and_predecessor() -> None:
    leaf_id, data = canonical(a_leaf(), log="l", node="n1", counter=7, previous="n1-000000000003")

    record = json.loads(data)
    assert leaf_id == record["leaf_id"] == "n1-000000000007"
    assert record["prev_case_leaf"] == "n1-000000000003"
    assert record["v"] == "audit/1"
    assert "index" not in record


def test_what_is_absent_is_left_away() -> None:
    _, data = canonical(a_leaf(), log="l", node="n1", counter=1, previous=None)

    assert set(json.loads(data)) == {"v", "log_id", "leaf_id", "node", "event", "at", "actor"}


def test_an_actor_is_a_set_of_codes() -> None:
    actor = Actor(kind="system", system="150000", operator="op-1")

    _, data = canonical(a_leaf(actor=actor), log="l", node="n1", counter=1, previous=None)

    expected = {"kind": "system", "system": "150000", "operator": "op-1"}
    assert json.loads(data)["actor"] == expected


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown audit event"):
        canonical(a_leaf(event="case.deleted"), log="l", node="n1", counter=1, previous=None)


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        canonical(a_leaf(attempt=1.5), log="l", node="n1", counter=1, previous=None)


def test_a_leaf_over_the_limit_is_refused() -> None:
    big = a_leaf(findings=tuple(f"rule.{number:05d}" for number in range(MAX_LEAF // 10)))

    with pytest.raises(ValueError, match="over"):
        canonical(big, log="l", node="n1", counter=1, previous=None)
