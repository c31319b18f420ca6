from __future__ import annotations

import pytest

from adapters.codecs import TextCodec, read_form, read_json
from adapters.layers import Codec
from contracts.errors import Unreadable, Unrenderable


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": "\\ud800"}',
        "[1]",
        '"text"',
        "{",
        "",
        "{'a': 1}",
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_json_that_could_be_read_in_two_ways_is_refused(text):
    with pytest.raises(Unreadable):
        read_json(text)


def test_numbers_keep_their_value():
    record = read_json('{"amount": 100.10, "big": 123456789012345678901234567890, "e": 1e2}')

    assert record == {"amount": "100.10", "big": 123456789012345678901234567890, "e": "1e2"}


@pytest.mark.parametrize("charset", [None, "gb18030"])
def test_json_reads_back_what_it_wrote(charset):
    codec = TextCodec(Codec(kind="json", charset=charset))
    record = {"姓名": "模拟·甲𠮷", "n": 1, "big": 2**80, "flag": True, "list": [{"a": ""}]}

    assert codec.decode(codec.encode(record).decode(charset or "utf-8")) == record


def test_json_never_sends_a_lone_surrogate():
    with pytest.raises(Unrenderable) as caught:
        TextCodec(Codec(kind="json")).encode({"a": {"b": "\ud800"}})

    assert caught.value.findings[0].path == "/a/b"


def test_an_xml_record_without_a_declared_root_has_its_root_as_only_key():
    codec = TextCodec(Codec(kind="xml", declares="GBK"), inside=True, charset="gbk")
    record = {"PACKAGE": {"HEAD": {"@sid": "1", "NAME": "模拟·甲"}}}

    written = codec.encode(record)

    assert written.startswith(b'<?xml version="1.0" encoding="GBK"?><PACKAGE>')
    assert codec.decode(written.decode("gbk")) == record
    with pytest.raises(Unrenderable):
        codec.encode({"A": "1", "B": "2"})


def test_another_root_than_the_declared_one_is_refused():
    with pytest.raises(Unreadable):
        TextCodec(Codec(kind="xml", root="Case")).decode("<Other/>")


def test_payload_text_inside_something_else_has_no_declaration_of_its_own():
    codec = TextCodec(Codec(kind="xml", root="Case"), inside=True)

    assert codec.encode({"A": "1"}) == b"<Case><A>1</A></Case>"


@pytest.mark.parametrize(
    "text", ["a=1&a=2", "a=%FF%FE", "a", "&".join(f"f{i}=1" for i in range(2000))]
)
def test_forms_that_are_ambiguous_are_refused(text):
    with pytest.raises(Unreadable):
        read_form(text, charset="utf-8")


@pytest.mark.parametrize(("charset", "double"), [("utf-8", False), ("gbk", False), ("gbk", True)])
def test_forms_read_back_what_they_wrote(charset, double):
    codec = TextCodec(Codec(kind="form", charset=charset, double=double))
    record = {"xm": "模拟·甲 & co", "empty": ""}

    assert codec.decode(codec.encode(record).decode("ascii")) == record
