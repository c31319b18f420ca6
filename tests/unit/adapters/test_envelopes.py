"""
Where a payload sits in a body: each envelope writes what it reads, for awkward content too.
"""

from __future__ import annotations

import pytest

from adapters.layers import OutcomeTable
from adapters.layers import Shape as ShapeProfile
from adapters.open import read_folder
from adapters.outcomes import Classifier, View
from adapters.shapes import Shape
from contracts.errors import Unreadable
from tests.adapter_tools import PROVINCES

AWKWARD = {"PACKAGE": {"NAME": '模拟·甲]]>乙 & <b> \\ " 丂\\', "TEXT": "a]]]>b", "@sid": "]]>"}}
# 丂 and its like have a backslash or bracket as second byte in GBK.
BRACKETS = {"PACKAGE": {"NAME": "".join(chr(c) for c in range(0x4E00, 0x4F00))}}


def nothing(name):
    return None


def shape(**profile):
    return Shape(ShapeProfile.model_validate(profile))


def soap_shape(**envelope):
    message = read_folder(PROVINCES / "340000").operations["push_status"].request.soap
    profile = {
        "envelope": {"kind": "soap_string", "parameter": "xml", **envelope},
        "codec": {"kind": "xml", "declares": "GBK"},
    }
    return Shape(ShapeProfile.model_validate(profile), soap=message)


def through(made, record, **options):
    body, kind = made.wrap(made.encode(record), look=nothing, **options)
    return made.unwrap(body.literal, content_type=kind)


@pytest.mark.parametrize("record", [AWKWARD, BRACKETS], ids=["awkward", "brackets"])
@pytest.mark.parametrize("charset", ["utf-8", "gbk", "gb18030"])
@pytest.mark.parametrize("cdata", [False, True])
def test_a_document_inside_a_soap_string_comes_out_as_it_went_in(record, charset, cdata):
    made = soap_shape(charset=charset, cdata=cdata)

    assert through(made, record).record == record


def test_parameters_beside_the_document_are_the_wrappers_own_fields():
    made = soap_shape(parameters={"licenceCode": "L & 1"})

    read = through(made, {"P": {"A": "1"}})

    assert read.outer["licenceCode"] == "L & 1"
    assert read.record == {"P": {"A": "1"}}
    body, kind = made.wrap(made.encode({"P": {"A": "1"}}), look=nothing)
    assert made.unwrap(body.literal, content_type=kind, inner=False).record == {}


@pytest.mark.parametrize("codec", ["json", "xml"])
@pytest.mark.parametrize("form", ["json", "form"])
@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_text_in_one_field_comes_out_as_it_went_in(codec, form, charset):
    made = shape(
        envelope={"kind": "field", "format": form, "field": "xmlStr", "charset": charset},
        codec=codec,
    )

    read = through(made, AWKWARD, fields={"appKey": "k & k"})

    assert read.record == AWKWARD
    assert read.outer["appKey"] == "k & k"


def test_an_answer_with_a_code_outside_and_a_document_inside_is_read_on_both_levels():
    # Quirk Q01: the answer carries XML in a JSON string again.
    made = shape(
        envelope={"kind": "field", "format": "json", "field": "data"},
        codec={"kind": "xml", "root": "Result"},
    )
    read = made.unwrap(
        b'{"code": "200", "data": "<?xml version=\\"1.0\\" encoding=\\"GBK\\"?>'
        b'<Result><No>7</No></Result>"}',
        content_type="application/json",
    )
    table = {
        "success": {"all": [{"path": "^code", "equals": 200}, {"path": "No", "present": True}]},
        "receipt": {"number": "No"},
    }
    classifier = Classifier(OutcomeTable.model_validate(table))
    view = View(200, read.record, read.outer)

    assert classifier.kind(view) == "accepted"
    assert classifier.receipt(view).number == "7"


def test_an_object_where_text_was_agreed_is_taken():
    made = shape(envelope={"kind": "field", "format": "json", "field": "data"})

    assert made.unwrap(b'{"data": {"a": 1}}', content_type=None).record == {"a": 1}


@pytest.mark.parametrize("body", [b"{}", b'{"data": ""}', b'{"data": 1}', b'{"data": "{"}'])
def test_a_wrapper_without_its_document_is_refused(body):
    made = shape(envelope={"kind": "field", "format": "json", "field": "data"})

    with pytest.raises(Unreadable):
        made.unwrap(body, content_type=None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b\r\n\r\n--b--",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--',
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n1\r\n',
        b"--other\r\n\r\n--other--",
    ],
)
def test_a_broken_upload_is_refused(body):
    made = shape(envelope={"kind": "multipart", "file": "file"})

    with pytest.raises(Unreadable):
        made.unwrap(body, content_type="multipart/form-data; boundary=b")


def test_an_upload_with_binary_content_is_read_exactly():
    made = shape(envelope={"kind": "multipart", "file": "file"})
    content = bytes(range(256)) + b"\r\n--b\n--bx\r\n"
    body = (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xe7\x94\xb2\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xe7\x94\xb2.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + content.replace(b"--b\n--bx", b"x") + b"\r\n--b--\r\n"
    )

    read = made.unwrap(body, content_type='multipart/form-data; boundary="b"')

    assert read.materials[0].content == content.replace(b"--b\n--bx", b"x")
    assert read.materials[0].file_name == "甲.jpg"
    assert read.record["a"] == "甲"
    assert read.record["file"].startswith("material:")


def test_a_soap_answer_with_another_document_is_refused():
    folder = read_folder(PROVINCES / "150000")
    reply = folder.operations["query_case"].write_reply("found", {"serial": "S", "number": "N"}.get)

    with pytest.raises(Unreadable):
        folder.operations["submit_case"].read_reply(reply.body, content_type=None)
