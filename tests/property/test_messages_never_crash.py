"""Whatever stands in a document, the answer is a message or findings."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import strict_json
from contracts.errors import InvalidDocument, Unreadable
from contracts.message import parse, parse_bundle, to_document, warnings
from tests.documents import DOCUMENTS as BY_NAME

DOCUMENTS = list(BY_NAME.values())

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(
        ["", "1", "ANSWER", "2026-02-30", "TB-1-2-3-4", "\ud800", "\uf92c", "x" * 9000]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything inside a document."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        at = stack.pop()
        entries = at.items() if isinstance(at, dict) else enumerate(at)
        for key, inner in entries:
            found.append((at, key))
            if isinstance(inner, dict | list):
                stack.append(inner)
    return found


def check(document: Any, *, from_sender: bool) -> None:
    bundle = isinstance(document, dict) and "document" in document
    try:
        message: Any = (parse_bundle if bundle else parse)(document, from_sender=from_sender)
    except InvalidDocument as refused:
        assert refused.findings
        assert all(one.level == "reject" and one.message_en for one in refused.findings)
        assert refused.findings == tuple(
            sorted(refused.findings, key=lambda one: (one.path or "", one.rule))
        )
    else:
        warnings(message)
        again = to_document(message)
        assert to_document((parse_bundle if bundle else parse)(again, from_sender=False)) == again


@settings(max_examples=400, deadline=None)
@given(data=st.data(), from_sender=st.booleans())
def test_one_field_removed_replaced_or_added(data, from_sender):
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    container, key = data.draw(st.sampled_from(places(document)))
    match data.draw(st.sampled_from(["remove", "replace", "add", "twice"])):
        case "remove":
            del container[key]
        case "replace":
            container[key] = data.draw(values)
        case "add" if isinstance(container, dict):
            container[data.draw(st.text(max_size=10))] = data.draw(values)
        case _ if isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
    check(document, from_sender=from_sender)


@settings(max_examples=100, deadline=None)
@given(document=values)
def test_any_json_at_all(document):
    check(document, from_sender=True)


@settings(max_examples=300, deadline=None)
@given(value=values, indent=st.sampled_from([None, 1]), escape=st.booleans())
def test_strict_reading_gives_what_an_ordinary_reader_gives(value, indent, escape):
    text = json.dumps(value, indent=indent, ensure_ascii=escape)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    try:
        assert strict_json.loads(data) == json.loads(text)
    except Unreadable:
        assert "\\ud" in text or any(abs(one) >= 2**53 for one in _integers(value))


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_unreadable(data):
    with contextlib.suppress(Unreadable):
        strict_json.loads(data)


@pytest.mark.parametrize("document", DOCUMENTS[:3])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_doubled_key_is_always_seen(document, data):
    text = json.dumps(document, ensure_ascii=False)
    key = data.draw(st.sampled_from([k for k in document if isinstance(document[k], str)]))
    spaced = data.draw(st.sampled_from([":", " :", "\n:"]))
    twice = text[:-1] + f', {json.dumps(key)}{spaced} "x"}}'
    with pytest.raises(Unreadable):
        strict_json.loads(twice.encode())


def _integers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [one for inner in value.values() for one in _integers(inner)]
    if isinstance(value, list):
        return [one for inner in value for one in _integers(inner)]
    return [value] if isinstance(value, int | float) else []
