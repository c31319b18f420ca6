"""
What a refused client is told.
"""

from __future__ import annotations

import pytest

from contracts.errors import AccessDenied, Finding, Forbidden, InvalidDocument, Overloaded
from gateway.api.problems import describe, explain, headers, leaves_of_tree, negotiate

FINDINGS = [
    Finding("id.check", "reject", "校验码不符", "/applicant/id_number", "wrong check character"),
    Finding("codes.unknown", "warn", "代码未知", "Head/MatterCode"),
]


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5, zh;q=0.4", "en"),
        ("fr, *;q=0.1", "zh"),
        ("en;q=0", "zh"),
        ("*", "zh"),
        ("; drop table", "zh"),
    ],
)
def test_chinese_unless_english_is_ranked_higher(asked, language):
    assert negotiate(asked) == language


def test_a_problem_names_side_remedy_and_every_finding_in_chinese_with_english_beside_it():
    problem = describe(
        InvalidDocument(findings=FINDINGS), language="zh", instance="/v1/cases", trace_id="a" * 32
    )

    assert problem == {
        "type": "/problems/invalid_document",
        "status": 422,
        "code": "invalid_document",
        "title": "报文内容不符合要求",
        "detail": "报文内容不符合要求",
        "remedy": "请按列出的问题逐条修改后重新提交;列出的是全部问题",
        "title_en": "The document does not fit the format",
        "detail_en": "The document does not fit the format",
        "remedy_en": "Mend everything that is listed, which is all there is, and send again",
        "side": "caller",
        "side_zh": "请求方",
        "retryable": False,
        "instance": "/v1/cases",
        "trace_id": "a" * 32,
        "errors": [
            {
                "rule": "id.check",
                "level": "reject",
                "pointer": "/applicant/id_number",
                "message": "校验码不符",
                "message_en": "wrong check character",
            },
            {
                "rule": "codes.unknown",
                "level": "warn",
                "path": "Head/MatterCode",
                "message": "代码未知",
                "message_en": "codes.unknown",
            },
        ],
    }


def test_english_first_keeps_the_chinese_beside_it():
    problem = describe(
        InvalidDocument(findings=FINDINGS[:1]), language="en", instance="/", trace_id="a" * 32
    )

    assert problem["title"] == "The document does not fit the format"
    assert problem["title_zh"] == "报文内容不符合要求"
    assert problem["errors"][0]["message"] == "wrong check character"
    assert problem["errors"][0]["message_zh"] == "校验码不符"


def test_who_may_come_again_is_told_when():
    assert headers(Overloaded(retry_after=7), "zh")["Retry-After"] == "7"
    assert headers(Overloaded(), "zh")["Retry-After"] == "1"
    assert "Retry-After" not in headers(InvalidDocument(), "zh")


def test_only_a_missing_or_wrong_credential_asks_for_one():
    assert "WWW-Authenticate" in headers(AccessDenied(), "zh")
    assert "WWW-Authenticate" not in headers(Forbidden(), "zh")


def test_every_code_is_unique_and_has_a_page():
    codes = [kind.code for kind in leaves_of_tree()]

    assert len(codes) == len(set(codes))
    for code in codes:
        page = explain(code)
        assert page is not None
        assert "下一步:" in page
        assert "next step:" in page
    assert explain("no_such_code") is None
