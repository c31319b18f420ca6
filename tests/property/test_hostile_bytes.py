"""
Whatever bytes come from a province: a refusal or an outcome, never an accident.
"""

from __future__ import annotations

import contextlib
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import charset
from adapters.asking import classifier, reader
from adapters.codecs import TextCodec
from adapters.http import HttpReply
from adapters.layers import Codec
from adapters.open import open_adapters, read_folder
from adapters.xml import from_record, parse_xml, to_record
from contracts.adapter import Delivered, Rejected, Unavailable, Unknown, WireRequest
from contracts.errors import AccessDenied, Unreadable, Unrenderable
from tests.adapter_tools import NOON, PROVINCES, SECRETS, CountedIds, StillClock

QUIET = settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
FOLDERS = sorted(path.parent for path in PROVINCES.glob("*/connection.yaml"))
folder = cache(read_folder)


@st.composite
def spoiled(draw, seed: bytes) -> bytes:
    """A good document with some bytes cut, doubled, swapped or replaced."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(("cut", "flip", "insert", "double", "drop"))):
            case "cut":
                del data[at:]
            case "flip":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "insert":
                data[at:at] = draw(
                    st.one_of(
                        st.binary(max_size=8),
                        st.sampled_from(
                            [b"<", b"&x;", b"]]>", b'"', b"\\ud800", b"\x00", b"{", b"%FF"]
                        ),
                    )
                )
            case "double":
                end = at + draw(st.integers(1, 60))
                data[at:at] = data[at:end]
            case "drop":
                del data[at : at + draw(st.integers(1, 60))]
    return bytes(data)


def replies():
    for path in FOLDERS:
        for operation in folder(path).operations.values():
            for name in ("accepted", "refused", "found", "page"):
                reply = operation.write_reply(
                    name, {"serial": "S-1", "number": "N-1", "items": [], "cursor": "7"}.get
                )
                if reply is not None and operation.classifier is not None:
                    yield pytest.param(operation, reply, id=f"{path.name}-{operation.name}-{name}")


@pytest.mark.parametrize(("operation", "reply"), list(replies()))
@QUIET
@given(data=st.data())
def test_a_spoiled_answer_is_an_outcome(operation, reply, data):
    body = data.draw(st.one_of(spoiled(reply.body), st.binary(max_size=200)))
    status = data.draw(st.sampled_from([200, 201, 204, 302, 400, 401, 404, 409, 500, 502, 503]))
    result = HttpReply(status, dict(reply.headers), body)

    outcome = classifier(operation).outcome(result, read=reader(operation), serial="S-1", now=NOON)

    assert isinstance(outcome, Delivered | Rejected | Unavailable | Unknown)


def requests():
    for path in FOLDERS:
        read = folder(path)
        for operation in read.inbound.values():
            if operation.profile.purpose == "contract":
                continue
            yield pytest.param(path, operation, id=f"{path.name}-{operation.name}")


@pytest.mark.parametrize(("path", "operation"), list(requests()))
@QUIET
@given(data=st.data())
def test_a_spoiled_request_is_refused_or_read(path, operation, data):
    adapter = next(iter(_adapters(path).values()))
    seed = _seed(operation)
    body = data.draw(st.one_of(spoiled(seed), st.binary(max_size=200)))
    kind = data.draw(
        st.sampled_from(["", "text/xml; charset=GBK", "application/json", "a; charset=utf-16"])
    )
    profile = operation.profile
    path_sent = profile.path.replace("{serial}", "S-1")
    request = WireRequest(profile.method, path_sent, {}, {"content-type": kind}, body)

    named = adapter.inbound(request)
    assert named is not None
    for act in (
        lambda: adapter.authenticate(named.name, request, now=NOON),
        lambda: _read(adapter, named.name, request, profile),
    ):
        with contextlib.suppress(Unreadable, AccessDenied):
            act()


def _read(adapter, name, request, profile):
    if profile.purpose == "fetch":
        return adapter.fetched_serial(name, request)
    if profile.identify:
        return adapter.decode(name, request, system="x")
    return adapter.mailbox_cursor(name, request)


@cache
def _adapters(path):
    return open_adapters(
        path,
        environment="test",
        addresses={},
        secrets=SECRETS,
        http=None,
        clock=StillClock(),
        ids=CountedIds(),
    )


def _seed(operation):
    record = {"PACKAGE": {"PACKAGEHEAD": {"BUSINESSTYPE": "申请", "SERIALNO": "S"}}}
    if operation.request.soap is None:
        record = {"serial": "S", "kind": "application", "n": 1, "list": [{"a": "甲"}]}
    payload = operation.request.encode(record)
    return operation.request.wrap(payload, look=lambda name: None)[0].literal


@QUIET
@given(st.binary(max_size=400), st.sampled_from([None, "gbk", "utf-8"]))
def test_bytes_become_text_or_are_refused(data, expected):
    try:
        found = charset.decode(data, expected=expected)
    except Unreadable:
        return
    assert found.text.encode("utf-8", "surrogatepass") is not None


NAMES = st.from_regex(r"[A-Za-z_\u4e00-\u9fff][\w.-]{0,8}", fullmatch=True)
TEXTS = st.text(max_size=20)
RECORDS = st.recursive(
    st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4),
    lambda inner: st.dictionaries(
        NAMES,
        st.one_of(TEXTS, inner, st.lists(inner, min_size=2, max_size=3)),
        min_size=1,
        max_size=4,
    ),
    max_leaves=8,
)


@QUIET
@given(RECORDS)
def test_any_record_survives_xml_or_is_unrenderable(record):
    try:
        text = from_record("r", record)
    except Unrenderable as error:
        assert error.findings
        return
    assert to_record(parse_xml(text)) == record


@QUIET
@given(RECORDS, st.sampled_from(["json", "xml"]), st.sampled_from(["utf-8", "gbk", "gb18030"]))
def test_any_record_survives_its_character_set_or_is_unrenderable(record, kind, name):
    codec = TextCodec(Codec(kind=kind, charset=name, root="r" if kind == "xml" else None))
    try:
        data = codec.encode(record)
    except Unrenderable as error:
        assert error.findings
        return
    found = charset.decode(data, expected=name)
    assert codec.decode(found.text) == record
