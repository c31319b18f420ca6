from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.open import read_folder
from adapters.soap.envelope import NAMESPACES, around, read_envelope, read_fault, write_fault
from adapters.soap.security import Login, check_header, write_header
from contracts.errors import AccessDenied, Unreadable
from tests.adapter_tools import NOON, PROVINCES

LOGIN = Login(username="gateway", password="模拟 & <secret>")


def envelope(version, content, header=""):
    before, after = around(version, header=header, charset="utf-8")
    return (before + content.encode() + after).decode()


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_fault_reads_back_alike_in_both_versions(version):
    fault = write_fault(
        version, code="Client", reason="不行 & <no>", detail={"info": {"code": "E1"}}
    )

    parts = read_envelope(envelope(version, fault))

    assert parts.is_fault
    assert read_fault(parts) == {
        "Fault": {
            "code": "Client" if version == "1.1" else "Sender",
            "reason": "不行 & <no>",
            "detail": {"info": {"code": "E1"}},
        }
    }


def test_a_fault_of_another_hand_is_read_with_subcode_and_foreign_prefixes():
    text = (
        f'<s:Envelope xmlns:s="{NAMESPACES["1.2"]}"><s:Body><s:Fault><s:Code>'
        "<s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:w='u'>w:FailedAuthentication"
        "</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang='en'>no</s:Text>"
        "<s:Text xml:lang='zh'>不"
        "</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
    )

    assert read_fault(read_envelope(text)) == {
        "Fault": {"code": "Sender", "subcode": "FailedAuthentication", "reason": "no"}
    }


@pytest.mark.parametrize(
    "text",
    [
        "<a/>",
        "<Envelope><Body/></Envelope>",
        "<html><body>502</body></html>",
        envelope("1.1", "<a/><b/>"),
        f'<s:Envelope xmlns:s="{NAMESPACES["1.2"]}"/>',
        f'<s:Envelope xmlns:s="{NAMESPACES["1.2"]}"><s:Body/><s:Body/></s:Envelope>',
    ],
)
def test_what_is_no_envelope_with_one_document_is_refused(text):
    with pytest.raises(Unreadable):
        read_envelope(text)


@pytest.mark.parametrize("digest", [True, False])
def test_a_username_token_is_accepted_by_its_reader(digest):
    login = Login(username=LOGIN.username, password=LOGIN.password, digest=digest)
    header = write_header(login, nonce=b"n" * 16, created=NOON)

    parts = read_envelope(envelope("1.2", "<a/>", header))

    assert check_header(parts, login, now=NOON) == b"n" * 16
    assert ("secret" in header) is not digest


@pytest.mark.parametrize(
    ("change", "now"),
    [
        (lambda h: "", NOON),
        (lambda h: h, NOON + timedelta(seconds=301)),
        (lambda h: h, NOON - timedelta(seconds=301)),
        (lambda h: h.replace("gateway", "other"), NOON),
        (lambda h: h.replace("2026-03-02T04:00:00", "2026-03-02T04:00:01"), NOON),
        (lambda h: h.replace("2026-03-02T04:00:00.000Z", "yesterday"), NOON),
        (lambda h: h.replace("bm5ubm5ubm5ubm5ubm5ubg==", "AAAA"), NOON),
        (lambda h: h.replace("bm5ubm5ubm5ubm5ubm5ubg==", "bm5ubm5ubm5ubm5ubm5uYg=="), NOON),
        (
            lambda h: h.replace("Password Type", "Other Type").replace(
                "wsse:Password>", "wsse:Other>"
            ),
            NOON,
        ),
    ],
    ids=["none", "late", "early", "user", "created", "time", "short", "nonce", "password"],
)
def test_a_username_token_that_was_changed_is_refused(change, now):
    header = change(write_header(LOGIN, nonce=b"n" * 16, created=NOON))
    parts = read_envelope(envelope("1.2", "<a/>", header))

    with pytest.raises(AccessDenied) as caught:
        check_header(parts, LOGIN, now=now)

    assert "secret" not in str(caught.value)


class _Response:
    """What zeep's process_reply looks at."""

    status_code = 200
    encoding = "utf-8"

    def __init__(self, content):
        self.content = content
        self.headers = {"Content-Type": "application/soap+xml; charset=utf-8"}


def test_zeep_reads_the_same_values_from_our_reply_as_we_do():
    from zeep import Client

    folder = read_folder(PROVINCES / "150000")
    named = folder.operations["submit_case"]
    reply = named.write_reply("accepted", {"number": "N-1", "serial": "S-1"}.get)
    document = folder.services.document("case.wsdl")
    binding = folder.services.binding("case.wsdl", port="CasePort")
    client = Client(document, transport=document.transport)

    theirs = binding.process_reply(client, binding.get("SubmitCase"), _Response(reply.body))
    ours = named.read_reply(reply.body, content_type=reply.headers["content-type"]).record

    assert {name: getattr(theirs, name) for name in ours} == ours
    assert ours["CaseNo"] == "N-1"
