from __future__ import annotations

import time

import pytest

from adapters.xml import XmlLimits, from_record, parse_xml, to_record
from contracts.errors import Unreadable, Unrenderable

BOMB = (
    '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;">'
    '<!ENTITY z "&y;&y;&y;&y;&y;&y;&y;&y;&y;&y;">]><a>&z;</a>'
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        f"<?xml version='1.0'?><!-- first --> \n{BOMB}",
        "\ufeff<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a PUBLIC '-//x' 'http://127.0.0.1:1/x.dtd'><a/>",
        "<!DOCTYPE a><a/>",
    ],
)
def test_a_doctype_is_refused_before_anything_is_expanded(text):
    with pytest.raises(Unreadable, match="DOCTYPE"):
        parse_xml(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not xml",
        "<a>",
        "<a/><b/>",
        "<a>&undefined;</a>",
        "<a b='1' b='2'/>",
        "<a>\x00</a>",
        "<a>&#0;</a>",
        "<a:b/>",
    ],
)
def test_text_that_is_not_well_formed_is_refused(text):
    with pytest.raises(Unreadable) as caught:
        parse_xml(text)

    assert "行" in caught.value.detail_zh


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("<a>" * 70 + "</a>" * 70, XmlLimits()),
        ("<a>" * 400_000 + "</a>" * 400_000, XmlLimits()),
        ("<a>" + "<b/>" * 20_000 + "</a>", XmlLimits()),
        ("<a>" + "<b/>" * 200_000 + "</a>", XmlLimits()),
        ("<a " + " ".join(f"b{i}='1'" for i in range(100)) + "/>", XmlLimits()),
        ("<a " + " ".join(f"b{i}='1'" for i in range(250_000)) + "/>", XmlLimits()),
        ("<a>" + "x" * 2000 + "</a>", XmlLimits(characters=1000)),
    ],
    ids=["deep", "very deep", "wide", "very wide", "attributes", "many attributes", "long"],
)
def test_documents_over_a_limit_are_refused_quickly(text, limits):
    started = time.perf_counter()

    with pytest.raises(Unreadable):
        parse_xml(text, limits=limits)

    assert time.perf_counter() - started < 1


def test_a_scan_of_twelve_megabytes_in_one_element_is_read():
    assert len(parse_xml(f"<a>{'QUJD' * 3_000_000}</a>").text or "") == 12_000_000


def test_xinclude_and_stylesheets_are_only_text():
    element = parse_xml(
        '<?xml-stylesheet href="http://127.0.0.1:1/x"?>'
        '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></a>'
    )

    assert to_record(element) == {"include": {"@href": "file:///etc/passwd"}}


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("<a><b>1</b><b>2</b><c/></a>", {"b": ["1", "2"], "c": ""}),
        ('<a sid="7"><b n="1">x</b></a>', {"@sid": "7", "b": {"@n": "1", "#text": "x"}}),
        ('<a xmlns:p="u"><p:b p:n="1"> x </p:b></a>', {"b": {"@n": "1", "#text": " x "}}),
        ("<a>left<b>1</b>right</a>", {"b": "1", "#text": "leftright"}),
        ("<a>\n  <b>1</b>\n</a>", {"b": "1"}),
        ("<a><b>1<!-- 2 -->3</b></a>", {"b": "13"}),
        ("<a><b><![CDATA[<x>&]]></b></a>", {"b": "<x>&"}),
        (
            '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><b xsi:nil="true"/></a>',
            {"b": ""},
        ),
    ],
)
def test_elements_become_records(text, record):
    assert to_record(parse_xml(text)) == record


def test_a_declared_list_is_a_list_with_one_element():
    lists = frozenset({"m", "m/f"})

    assert to_record(parse_xml("<a><m><f>1</f></m></a>"), lists=lists) == {"m": [{"f": ["1"]}]}


@pytest.mark.parametrize(
    "record",
    [
        {"b": "1", "c": ["1", "2"], "d": {"@x": '<&"\n\t', "#text": "]]> & <"}},
        {"b": "a\r\nb", "c": " spaces ", "姓名": "模拟·甲𠮷"},
        {"@sid": "MN011004", "b": {"c": {"d": ""}}},
    ],
)
def test_what_is_written_reads_the_same(record):
    assert to_record(parse_xml(from_record("a", record))) == record


@pytest.mark.parametrize("value", ["a\x07b", "a\x00", "\ufffe"])
def test_characters_xml_cannot_carry_are_named_not_dropped(value):
    with pytest.raises(Unrenderable) as caught:
        from_record("a", {"b": [{"c": value}]})

    assert caught.value.findings[0].path == "/b/0/c"
    assert value not in str(caught.value)


@pytest.mark.parametrize("key", ["b><c", "Aª", "1a", "", "a:b", "a b", '@x="1" y', "@xmlns", "@"])
def test_a_key_that_is_no_name_is_refused(key):
    with pytest.raises(Unrenderable):
        from_record("a", {key: "1", "b": "2"})
