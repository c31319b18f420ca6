from __future__ import annotations

import hashlib
import socket

import pytest

from adapters.soap.contract import load_wsdl, read_contract
from contracts.errors import IntegrityError
from tests.unit.adapters.wsdl_samples import element, wsdl

GOOD = wsdl(element('<x:sequence><x:element name="A" type="x:string"/></x:sequence>'))


def pinned(tmp_path, files, *, pins=None):
    contract = tmp_path / "contract"
    contract.mkdir()
    for name, content in files.items():
        (contract / name).write_bytes(content)
    sums = pins if pins is not None else files
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sums.items()]
    (contract / "SHA256SUMS").write_text("".join(lines))
    return tmp_path


def test_pinned_files_are_read(tmp_path):
    assert read_contract(pinned(tmp_path, {"a.wsdl": GOOD})) == {"a.wsdl": GOOD}


def test_a_folder_without_a_contract_has_none(tmp_path):
    assert read_contract(tmp_path) == {}


@pytest.mark.parametrize(
    ("files", "pins"),
    [
        ({"a.wsdl": GOOD + b" "}, {"a.wsdl": GOOD}),
        ({"a.wsdl": GOOD, "extra.xsd": b""}, {"a.wsdl": GOOD}),
        ({"a.wsdl": GOOD}, {"a.wsdl": GOOD, "gone.xsd": b""}),
    ],
    ids=["changed", "unpinned", "missing"],
)
def test_a_file_that_is_not_the_pinned_one_stops_the_folder(tmp_path, files, pins):
    with pytest.raises(IntegrityError):
        read_contract(pinned(tmp_path, files, pins=pins))


def test_contract_files_without_pins_stop_the_folder(tmp_path):
    (tmp_path / "contract").mkdir()
    (tmp_path / "contract" / "a.wsdl").write_bytes(GOOD)

    with pytest.raises(IntegrityError, match="SHA256SUMS"):
        read_contract(tmp_path)


@pytest.fixture
def no_sockets(monkeypatch):
    def refuse(*arguments, **named):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:9/x.xsd",
        "https://example.invalid/x.xsd",
        "file:///etc/hostname",
        "/etc/hostname",
        "../../../../etc/hostname",
        "ftp://127.0.0.1/x.xsd",
        "\\\\host\\share\\x.xsd",
        "unpinned.xsd",
        "http://[::ffff:127.0.0.1]/x.xsd",
        "http://2130706433/x.xsd",
    ],
)
@pytest.mark.parametrize("kind", ["import", "include"])
def test_a_wsdl_reaches_nothing_outside_the_pinned_set(no_sockets, location, kind):
    namespace = 'namespace="urn:other"' if kind == "import" else ""
    schema = f'<x:{kind} {namespace} schemaLocation="{location}"/>' + element("<x:sequence/>")

    with pytest.raises(IntegrityError):
        load_wsdl("a.wsdl", files={"a.wsdl": wsdl(schema)})


def test_a_wsdl_import_reaches_nothing_outside_the_pinned_set(no_sockets):
    text = GOOD.replace(
        b"<types>", b'<import namespace="urn:o" location="http://127.0.0.1:9/o.wsdl"/><types>'
    )

    with pytest.raises(IntegrityError):
        load_wsdl("a.wsdl", files={"a.wsdl": text})


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE definitions [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>",
        b"<!DOCTYPE definitions SYSTEM 'http://127.0.0.1:9/x.dtd'>",
    ],
)
def test_a_wsdl_with_a_doctype_is_refused(no_sockets, doctype):
    with pytest.raises(IntegrityError):
        load_wsdl("a.wsdl", files={"a.wsdl": doctype + GOOD})


def test_a_pinned_schema_beside_the_wsdl_is_found():
    schema = '<x:import namespace="urn:o" schemaLocation="sub/o.xsd"/>' + element(
        '<x:sequence><x:element name="A" type="o:T" xmlns:o="urn:o"/></x:sequence>'
    )
    other = (
        b'<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:o">'
        b'<x:simpleType name="T"><x:restriction base="x:string"/></x:simpleType></x:schema>'
    )

    document = load_wsdl("a.wsdl", files={"a.wsdl": wsdl(schema), "sub/o.xsd": other})

    assert list(document.services) == ["S"]
