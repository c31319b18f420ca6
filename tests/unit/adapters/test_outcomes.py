from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.codecs import read_json
from adapters.http import HttpReply, Lost, NotSent
from adapters.layers import OutcomeTable, Predicate
from adapters.outcomes import Classifier, View, compile_predicate, retry_after
from adapters.shapes import Read
from contracts.adapter import (
    Absent,
    Delivered,
    Found,
    Rejected,
    Unanswered,
    Unavailable,
    Unknown,
)
from tests.adapter_tools import NOON

TABLE = OutcomeTable.model_validate(
    {
        "success": {"all": [{"status": [200, 201]}, {"path": "status/code", "in": ["0", "00"]}]},
        "errors": [
            {"when": {"path": "status/code", "equals": "E409"}, "class": "exists"},
            {"when": {"path": "status/code", "equals": "E404"}, "class": "absent"},
            {
                "when": {"path": "status/code", "equals": "E900"},
                "class": "unavailable",
                "code": "{status/code}",
                "retry_after": "{status/wait}",
            },
            {
                "when": {"path": "status/code", "equals": "E001"},
                "class": "ours",
                "code": "{status/code}",
            },
            {
                "when": {"path": "status/code", "starts": "E"},
                "class": "rejected",
                "code": "{status/code}",
                "text": "{status/text}",
            },
            {"when": {"status": 504}, "class": "unavailable", "code": "gateway-timeout"},
        ],
        "receipt": {"number": "case", "serial": "serial", "values": {"id": "file/id"}},
    }
)


def classify(result, serial="S-1"):
    return Classifier(TABLE).outcome(
        result, read=lambda reply: Read(read_json(reply.body.decode())), serial=serial, now=NOON
    )


def answer(body, status=200, **headers):
    return HttpReply(status, {k.replace("_", "-"): v for k, v in headers.items()}, body.encode())


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (NotSent("connection refused"), Unavailable),
        (Lost("reset"), Unknown),
        (Lost("broke off", 200), Unknown),
        (Lost("broke off", 503), Unavailable),
        (answer('{"status": {"code": "0"}, "case": "N"}'), Delivered),
        (answer('{"status": {"code": 0}}'), Delivered),  # compared as it stands on the wire
        (answer('{"status": {"code": "00"}}', 201), Delivered),
        (answer('{"status": {"code": "0"}}', 500), Unknown),
        (answer('{"status": {"code": "E101", "text": "不符"}}'), Rejected),
        (answer('{"status": {"code": "E101"}}', 503), Rejected),
        (answer('{"status": {"code": "E900"}}'), Unavailable),
        (answer('{"status": {"code": "E001"}}'), Unavailable),
        (answer('{"status": {"code": "Z"}}'), Unknown),
        (answer("{}"), Unknown),
        (answer(""), Unknown),
        (answer("<html>502 Bad Gateway</html>", 502), Unknown),
        (answer("<html>login</html>", 200), Unknown),
        (answer("", 302, location="http://elsewhere/"), Unknown),
        (answer("busy", 503), Unavailable),
        (answer("busy", 429), Unavailable),
        (answer("timeout", 504), Unavailable),
        (answer("", 401), Unknown),
        (answer("", 404), Unknown),
    ],
)
def test_each_answer_has_its_class_and_surprises_are_unknown(result, kind):
    assert type(classify(result)) is kind


def test_a_delivered_answer_yields_the_receipt():
    outcome = classify(
        answer('{"status": {"code": "0"}, "case": "N", "serial": "S-1", "file": {"id": 7}}')
    )

    assert isinstance(outcome, Delivered)
    assert outcome.receipt.number == "N"
    assert outcome.receipt.serial == "S-1"
    assert outcome.receipt.values == {"id": "7"}


def test_success_that_names_another_serial_is_not_ours():
    outcome = classify(answer('{"status": {"code": "0"}, "serial": "S-2"}'))

    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"status": {"code": "E409"}, "serial": "S-1", "case": "N"}', Delivered),
        ('{"status": {"code": "E409"}, "serial": "S-2", "case": "N"}', Unknown),
        ('{"status": {"code": "E409"}, "case": "N"}', Unknown),
    ],
)
def test_already_exists_is_delivered_only_for_our_serial(body, kind):
    assert type(classify(answer(body))) is kind


def test_a_business_no_carries_code_and_text():
    outcome = classify(answer('{"status": {"code": "E101", "text": "户籍不符"}}'))

    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.text) == ("E101", "户籍不符")


def test_a_code_that_is_no_code_is_not_repeated_in_a_reason():
    outcome = classify(answer('{"status": {"code": "E 模拟·甲 990002"}}'))

    assert isinstance(outcome, Rejected)
    assert outcome.code == "unlisted"


def test_our_own_mistake_never_becomes_a_business_no():
    outcome = classify(answer('{"status": {"code": "E001"}}'))

    assert isinstance(outcome, Unavailable)
    assert outcome.reason == "our mistake: E001"


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("Mon, 02 Mar 2026 04:02:00 GMT", timedelta(minutes=2)),
        ("Mon, 02 Mar 2026 03:00:00 GMT", timedelta(0)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 30, timedelta(seconds=10**8)),
    ],
)
def test_retry_after_in_both_forms(value, wait):
    assert retry_after({"retry-after": value}, now=NOON) == wait
    outcome = classify(answer("busy", 503, retry_after=value))
    assert isinstance(outcome, Unavailable)
    assert outcome.retry_after == wait


def test_a_wait_named_in_the_answer_itself_is_honoured():
    outcome = classify(answer('{"status": {"code": "E900", "wait": 30}}'))

    assert isinstance(outcome, Unavailable)
    assert outcome.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (answer('{"status": {"code": "0"}, "case": "N", "serial": "S-1"}'), Found),
        (answer('{"status": {"code": "0"}, "case": "N", "serial": "S-2"}'), Unanswered),
        (answer('{"status": {"code": "E404"}}'), Absent),
        (answer('{"status": {"code": "E101"}}'), Unanswered),
        (answer("", 404), Unanswered),
        (answer("busy", 503), Unanswered),
        (NotSent("refused"), Unanswered),
        (Lost("reset"), Unanswered),
    ],
)
def test_only_a_listed_no_is_absence(result, kind):
    found = Classifier(TABLE).query_answer(
        result, read=lambda reply: Read(read_json(reply.body.decode())), serial="S-1", now=NOON
    )

    assert type(found) is kind


@pytest.mark.parametrize(
    ("predicate", "holds"),
    [
        ({"path": "^code", "equals": 1}, True),
        ({"path": "flag", "equals": True}, True),
        ({"path": "flag", "equals": "true"}, True),
        ({"path": "a/b", "present": True}, False),
        ({"path": "a", "present": False}, True),
        ({"path": "empty", "present": True}, False),
        ({"not": {"path": "flag", "equals": False}}, True),
        (
            {
                "any": [
                    {"status": 500},
                    {"all": [{"status": 200}, {"path": "flag", "equals": True}]},
                ]
            },
            True,
        ),
        ({"path": "object", "in": ["x"]}, False),
        ({"path": "absent", "equals": ""}, False),
    ],
)
def test_predicates_nest_and_compare_wire_values(predicate, holds):
    view = View(200, {"flag": True, "empty": "", "object": {"x": 1}}, {"code": "1"})

    assert compile_predicate(Predicate.model_validate(predicate))(view) is holds


@pytest.mark.parametrize(
    "predicate",
    [{}, {"path": "a"}, {"equals": "1"}, {"path": "a", "equals": "1", "in": ["2"]}, {"all": []}],
)
def test_a_predicate_that_says_nothing_is_no_predicate(predicate):
    with pytest.raises(ValueError):
        Predicate.model_validate(predicate)
