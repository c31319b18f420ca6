from __future__ import annotations

import base64
import hashlib

import pytest

from adapters.layers import MaterialPath
from adapters.materials import count_tokens, cut, size_of, stream, take_inline
from contracts.adapter import BytePlan, MaterialRef
from contracts.errors import IntegrityError, Unreadable, Unrenderable
from tests.adapter_tools import Scans

DIGEST = "ab" * 32
TOKEN = f"material:{DIGEST}:5"


def test_a_token_becomes_a_reference_and_the_rest_stays_literal():
    plan = cut(b'{"f":"' + TOKEN.encode() + b'","g":1}', expected=1)

    assert plan.segments == (b'{"f":"', MaterialRef(DIGEST, 5, "base64"), b'","g":1}')


def test_text_that_looks_like_a_token_elsewhere_is_never_answered_with_a_document():
    record = {"file": TOKEN, "reason": f"please send {TOKEN}"}

    with pytest.raises(Unrenderable) as caught:
        cut(str(record).encode(), expected=count_tokens(record, [("file",)]))

    assert caught.value.findings[0].rule == "material.token_elsewhere"


def test_a_payload_without_materials_is_one_segment():
    assert cut(b"{}", expected=0) == BytePlan((b"{}",))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1000, 1001, 1002, 50_000])
async def test_base64_is_streamed_as_if_encoded_at_once(size):
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    scans = Scans(content)
    digest = hashlib.sha256(content).hexdigest()
    plan = BytePlan(
        (b"<", MaterialRef(digest, size, "base64"), b"|", MaterialRef(digest, size), b">")
    )

    sent = b"".join([chunk async for chunk in stream(plan, scans.open)])

    assert sent == b"<" + base64.b64encode(content) + b"|" + content + b">"
    assert size_of(plan) == len(sent)


async def test_a_material_of_another_size_stops_the_call():
    content = b"four"
    scans = Scans(content)
    plan = BytePlan((MaterialRef(hashlib.sha256(content).hexdigest(), 5),))

    with pytest.raises(IntegrityError):
        [chunk async for chunk in stream(plan, scans.open)]


def test_inline_base64_becomes_a_token_with_type_and_name_from_beside():
    content = b"scan" * 50
    wrapped = base64.encodebytes(content).decode()
    record = {"M": [{"C": wrapped, "T": "image/jpeg", "N": "证.jpg"}, {"C": ""}, {"T": "x"}]}

    taken = take_inline(record, (MaterialPath(path="M/C", media_type="T", file_name="N"),))

    digest = hashlib.sha256(content).hexdigest()
    assert record["M"][0]["C"] == f"material:{digest}:200"
    assert [(m.digest, m.content, m.media_type, m.file_name) for m in taken] == [
        (digest, content, "image/jpeg", "证.jpg")
    ]
    assert record["M"][1:] == [{"C": ""}, {"T": "x"}]


@pytest.mark.parametrize("value", ["not base64!", "QUJ", TOKEN, "QUJD~"])
def test_what_is_not_base64_is_refused_without_repeating_it(value):
    with pytest.raises(Unreadable) as caught:
        take_inline({"C": value}, (MaterialPath(path="C"),))

    assert value not in str(caught.value)
