from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import IntegrityError
from gateway.core.frame import frame, unframe


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_parts_come_back_as_they_were(parts: list[bytes]):
    assert unframe(frame(*parts)) == tuple(parts)


@given(st.lists(st.binary(max_size=20), max_size=4), st.lists(st.binary(max_size=20), max_size=4))
def test_different_parts_are_different_bytes(one: list[bytes], other: list[bytes]):
    assert (frame(*one) == frame(*other)) == (one == other)


@pytest.mark.parametrize("cut", [1, 3, 5, 8])
def test_what_was_cut_does_not_unframe(cut: int):
    with pytest.raises(IntegrityError):
        unframe(frame(b"one", b"three")[:-cut] or b"\0")
