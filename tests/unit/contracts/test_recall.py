"""Values that are checked once and then known."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.coded import ApplyTypeCode
from contracts.fields import FROM_SENDER
from contracts.recall import LIMIT

CODE = TypeAdapter(ApplyTypeCode)


def coded(**more: Any) -> dict[str, Any]:
    source = {"system": "310000", "code": "add", "equivalence": "equal"}
    return {"code": "NEW", "list": "apply_type", "source": source, **more}


def test_a_value_seen_before_is_the_same_object() -> None:
    assert CODE.validate_python(coded()) is CODE.validate_python(coded())


def test_what_only_the_gateway_writes_is_refused_from_a_sender_though_known() -> None:
    CODE.validate_python(coded())
    with pytest.raises(ValidationError, match="set by the gateway"):
        CODE.validate_python(coded(), context=FROM_SENDER)


def test_a_known_value_does_not_vouch_for_one_that_says_more() -> None:
    CODE.validate_python(coded())
    with pytest.raises(ValidationError, match="Extra inputs"):
        CODE.validate_python(coded(more="1"))


def test_nan_is_not_taken_for_null() -> None:
    CODE.validate_python({"code": None, "list": "apply_type"})
    with pytest.raises(ValidationError, match="valid string"):
        CODE.validate_python({"code": float("nan"), "list": "apply_type"})


def test_what_is_refused_is_refused_again() -> None:
    for _ in range(2):
        with pytest.raises(ValidationError):
            CODE.validate_python({"code": "NEW", "list": "other"})


def test_more_values_than_are_kept_still_read() -> None:
    for number in range(LIMIT + 2):
        assert CODE.validate_python({"code": f"C{number}", "list": "apply_type"})
