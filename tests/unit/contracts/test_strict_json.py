from __future__ import annotations

import json

import pytest

from contracts.errors import Unreadable
from contracts.strict_json import loads


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": 1, "b": [true, null, "x"]}', {"a": 1, "b": [True, None, "x"]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"[9007199254740991, -9007199254740991]", [2**53 - 1, 1 - 2**53]),
        (b'{"number": "123456789012345678901"}', {"number": "123456789012345678901"}),
        (b'{"a": ":", "b": "\\":"}', {"a": ":", "b": '":'}),
        (b'{"a" : {"a"\n:1}}', {"a": {"a": 1}}),
        (b'["\\ud83d\\ude00"]', ["😀"]),
    ],
)
def test_reads_what_every_reader_reads_alike(data, value):
    assert loads(data) == value


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"x": [{"a": 1, "b": 1, "a": 1}]}',
        # as many spaced colons as duplicates, so that plain counting would be deceived
        b'{"a" : 1, "b": 1, "b": 2}',
        # a text that looks like the end of a key makes up for the key that is missing
        b'{"a": ":", "b": 1, "b": 2}',
    ],
)
def test_refuses_duplicate_keys(data):
    with pytest.raises(Unreadable) as refused:
        loads(data)
    assert "twice" in refused.value.detail_en


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b'["\\ud800"]',
        b'["\xed\xa0\x80"]',
        b"[9007199254740992]",
        b"[-9007199254740992]",
        b"[123456789012345678901234567890]",
        b"9007199254740992",
        b'["\xff"]',
        b"",
        b"{",
        b"{'a': 1}",
        b"[1,]",
        b"{} {}",
    ],
)
def test_refuses_what_readers_read_differently(data):
    with pytest.raises(Unreadable):
        loads(data)


def test_depth_64_is_read_and_65_is_not():
    assert loads(b"[" * 64 + b"]" * 64)
    with pytest.raises(Unreadable) as refused:
        loads(b"[" * 65 + b"]" * 65)
    assert "64" in refused.value.detail_zh


def test_a_wide_document_is_not_a_deep_one():
    assert len(loads(json.dumps([{}] * 1000).encode())) == 1000


def test_names_line_and_column():
    with pytest.raises(Unreadable) as refused:
        loads(b'{\n "a": 1,\n "b": oops\n}')
    assert "line 3" in refused.value.detail_en
    assert "oops" not in refused.value.detail_en


def test_a_scalar_in_the_deepest_container_is_not_a_level():
    assert loads(b"[" * 64 + b"1" + b"]" * 64)
