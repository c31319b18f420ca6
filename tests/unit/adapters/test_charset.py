from __future__ import annotations

import pytest

from adapters.charset import decode, encode, strip_declaration
from contracts.errors import Unreadable, Unrenderable

NAME = "<a>模拟·其其格</a>"
RARE = "<a>模拟·镕</a>"  # 镕 is in GBK, not in GB2312


def declared(name: str, text: str = NAME) -> str:
    return f'<?xml version="1.0" encoding="{name}"?>{text}'


@pytest.mark.parametrize(
    ("data", "header", "expected", "rule"),
    [
        (declared("UTF-8").encode(), None, None, "declaration:utf-8"),
        (declared("GBK").encode("gbk"), None, None, "declaration:gb18030"),
        (declared("GB2312", RARE).encode("gbk"), None, None, "declaration:gb18030"),
        (NAME.encode("gbk"), "text/xml; charset=GBK", None, "header:gb18030"),
        (NAME.encode("gbk"), 'text/xml; charset="gb2312"', None, "header:gb18030"),
        (NAME.encode(), None, None, "utf-8"),
        (NAME.encode("gb18030"), None, None, "gb18030"),
        (NAME.encode("gbk"), None, "gbk", "connection:gb18030"),
        (b"\xef\xbb\xbf" + NAME.encode(), "text/xml; charset=GBK", None, "bom:utf-8"),
        (b"\xff\xfe" + NAME.encode("utf-16-le"), None, None, "bom:utf-16-le"),
    ],
)
def test_the_rule_that_fits_the_bytes_decides(data, header, expected, rule):
    found = decode(data, header=header, expected=expected)

    assert "模拟·" in found.text
    assert found.rule == rule


@pytest.mark.parametrize(
    ("data", "header", "rule"),
    [
        (declared("UTF-8").encode("gbk"), None, "gb18030"),
        (declared("UTF-8").encode("gbk"), "text/xml; charset=GBK", "header:gb18030"),
        (declared("GBK").encode(), None, "utf-8"),
        (declared("ISO-8859-1").encode(), None, "utf-8"),
        (NAME.encode("gbk"), "text/html; charset=ISO-8859-1", "gb18030"),
        (declared("UTF-16").encode(), None, "utf-8"),
        (declared("base64").encode(), None, "utf-8"),
        (declared("no-such-charset").encode("gbk"), None, "gb18030"),
    ],
)
def test_a_declaration_that_lies_is_not_believed(data, header, rule):
    found = decode(data, header=header)

    assert "模拟·其其格" in found.text
    assert found.rule == rule


def test_utf8_that_also_happens_to_be_valid_gbk_is_told_apart_by_its_content():
    data = declared("GBK", "<a>模拟申请</a>").encode()

    assert "模拟申请" not in data.decode("gb18030")
    assert decode(data).text.endswith("<a>模拟申请</a>")
    assert decode(data).rule == "content:utf-8 (declaration said gb18030)"


@pytest.mark.parametrize(
    "text", ["路", "梅路", "模拟", "模拟·其其格", "申请", "回执", "𠮷野家", "联通公司"]
)
def test_gbk_text_declared_as_gbk_is_not_mistaken_for_utf8(text):
    assert decode(declared("GBK", text).encode("gb18030")).text.endswith(text)


def test_characters_beyond_gbk_survive_in_gb18030():
    assert decode("𠮷\ue816".encode("gb18030")).text == "𠮷\ue816"


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(Unreadable):
        decode(b"\xff\xff\x00\x80")


def test_a_byte_order_mark_binds():
    with pytest.raises(Unreadable):
        decode(b"\xef\xbb\xbf\xff\xff")


def test_the_declaration_inside_text_is_cut_off():
    assert strip_declaration('\ufeff<?xml version="1.0" encoding="GBK"?>\n<a/>') == "<a/>"
    assert strip_declaration("<a><?xml-like?></a>") == "<a><?xml-like?></a>"


def test_a_character_the_target_lacks_is_named_by_place_and_code_point_only():
    record = {"applicant": {"name": "模拟𠮷", "others": ["x", "甲𠮷𠮷"]}}

    with pytest.raises(Unrenderable) as caught:
        encode(str(record), charset="gbk", record=record)

    assert [(f.path, f.rule) for f in caught.value.findings] == [
        ("/applicant/name", "charset.lacking"),
        ("/applicant/others/1", "charset.lacking"),
    ]
    said = str(caught.value) + "".join(
        f.message + (f.message_en or "") for f in caught.value.findings
    )
    assert "U+20BB7" in said
    assert "𠮷" not in said
    assert "模拟" not in said


def test_gb2312_lacks_the_middle_dot_that_gbk_has():
    assert encode("模拟·甲", charset="gbk")
    with pytest.raises(Unrenderable):
        encode("模拟·甲", charset="gb2312")


def test_a_lone_surrogate_is_never_sent():
    with pytest.raises(Unrenderable):
        encode("a\ud800", charset="utf-8")
