from __future__ import annotations

import copy
import json

import pytest

from adapters.open import read_folder
from adapters.soap.sample import for_zeep, samples
from adapters.soap.schema import read_element
from adapters.soap.service import Services, infoset, zeep_body
from adapters.xml import parse_xml
from contracts.errors import Unrenderable
from tests.adapter_tools import PROVINCES
from tests.unit.adapters.wsdl_samples import element, wsdl


def operation(schema, **options):
    services = Services({"a.wsdl": wsdl(schema, **options)})
    return services, services.operation("a.wsdl", port="Port", name="Do")


TEXT_A = '<x:element name="A" type="x:string"/>'
TEXT_B = '<x:element name="B" type="x:string"/>'
COMPILED = {
    "sequence": f"""<x:sequence>{TEXT_A}
        <x:element name="B" type="x:int" minOccurs="0"/></x:sequence>""",
    "all": """<x:all><x:element name="A" type="x:date"/>
        <x:element name="B" type="x:boolean"/></x:all>""",
    "list": """<x:sequence><x:element name="A" type="x:string" minOccurs="0" maxOccurs="3"/>
        <x:element name="B" type="x:base64Binary" maxOccurs="unbounded"/></x:sequence>""",
    "nested": """<x:sequence><x:element name="A"><x:complexType>
        <x:sequence><x:element name="B" type="x:dateTime"/></x:sequence>
        <x:attribute name="id" type="x:string" use="required"/>
        <x:attribute name="ok" type="x:boolean"/></x:complexType></x:element></x:sequence>""",
    "choice": f"""<x:sequence><x:choice>{TEXT_A}{TEXT_B}</x:choice>
        <x:choice minOccurs="0"><x:element name="C" type="x:string"/></x:choice></x:sequence>""",
    "nillable": """<x:sequence>
        <x:element name="A" type="x:string" nillable="true"/></x:sequence>""",
    "simple content": """<x:sequence><x:element name="A"><x:complexType><x:simpleContent>
        <x:extension base="x:string"><x:attribute name="lang" type="x:string"/></x:extension>
        </x:simpleContent></x:complexType></x:element></x:sequence>""",
    "unqualified": """<x:sequence>
        <x:element name="A" type="x:string" form="unqualified"/></x:sequence>""",
    "empty": "",
}
NOT_COMPILED = {
    "wildcard": '<x:sequence><x:any minOccurs="0"/></x:sequence>',
    "repeated sequence": f'<x:sequence maxOccurs="2">{TEXT_A}</x:sequence>',
    "repeated choice": f'<x:choice maxOccurs="unbounded">{TEXT_A}{TEXT_B}</x:choice>',
}


@pytest.mark.parametrize("content", COMPILED.values(), ids=COMPILED.keys())
@pytest.mark.parametrize("version", ["", "12"])
def test_a_compiled_message_equals_zeeps_envelope(content, version):
    services, read = operation(element(content), version=version)
    message = services.binding("a.wsdl", port="Port").get("Do").input
    member = read_element(message.body)

    assert read.input.compiled
    assert read.version == ("1.2" if version else "1.1")
    for sample in samples(member.content):
        theirs = zeep_body(message, for_zeep(member.content, sample))
        assert infoset(parse_xml(read.input.write(sample))) == infoset(theirs)


@pytest.mark.parametrize("content", NOT_COMPILED.values(), ids=NOT_COMPILED.keys())
def test_what_the_compiler_does_not_know_goes_through_zeep(content):
    assert not operation(element(content))[1].input.compiled


def test_a_message_through_zeep_carries_materials_by_their_token():
    token = "material:" + "ab" * 32 + ":5"
    content = (
        '<x:sequence><x:any minOccurs="0"/><x:element name="A" type="x:base64Binary"/>'
        '<x:element name="B" type="x:string"/></x:sequence>'
    )

    _, read = operation(element(content))
    written = read.input.write({"A": token, "B": token})

    assert written.count(token) == 2
    assert "b'" not in written


def test_a_record_zeep_refuses_is_unrenderable_without_its_values():
    _, read = operation(element('<x:sequence><x:any minOccurs="0"/></x:sequence>'))

    with pytest.raises(Unrenderable) as caught:
        read.input.write({"Unknown": "模拟·甲"})

    assert "模拟" not in str(caught.value)


def test_rpc_style_is_written_with_its_wrapper():
    _, read = operation("", style="rpc", parts='<part name="a" type="x:string"/>')

    assert infoset(parse_xml(read.input.write({"a": "1"})))[0] == "{urn:t}Do"


def test_a_template_that_differs_from_zeep_is_not_used(monkeypatch):
    from adapters.soap import service

    monkeypatch.setattr(
        service, "compile_element", lambda member: lambda record: f'<Do xmlns="urn:t">{1}</Do>'
    )

    assert not operation(element(COMPILED["sequence"]))[1].input.compiled


def test_every_misfit_of_a_record_is_named_at_once():
    _, read = operation(element(COMPILED["nested"] + ""))

    with pytest.raises(Unrenderable) as caught:
        read.input.write({"A": {"@ok": "true", "C": "模拟·甲"}, "D": "1"})

    assert {(f.rule, f.path) for f in caught.value.findings} == {
        ("soap.missing", "/A/@id"),
        ("soap.missing", "/A/B"),
        ("soap.unknown_field", "/A/C"),
        ("soap.unknown_field", "/D"),
    }
    assert "模拟" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "record", "rule"),
    [
        ("list", {"A": ["1", "2", "3", "4"], "B": "QQ=="}, "soap.occurs"),
        ("list", {"A": "1"}, "soap.missing"),
        ("sequence", {"A": ["1", "2"]}, "soap.occurs"),
        ("sequence", {"A": {"x": "1"}}, "soap.not_text"),
        ("sequence", {"A": "a\x07"}, "xml.character"),
        ("choice", {"A": "1", "B": "2"}, "soap.choice"),
        ("all", {"A": "1", "B": {"x": "1"}}, "soap.not_text"),
        ("nested", {"A": "text"}, "soap.not_an_object"),
        ("sequence", {"A": "1", "Z": "2"}, "soap.unknown_field"),
    ],
)
def test_a_misfit_is_a_finding(content, record, rule):
    _, read = operation(element(COMPILED[content]))

    with pytest.raises(Unrenderable) as caught:
        read.input.write(record)

    assert [finding.rule for finding in caught.value.findings] == [rule]


def test_a_value_cannot_break_out_of_its_element():
    _, read = operation(element(COMPILED["nested"]))
    hostile = '"><x:evil xmlns:x="u"/>&amp;]]>'

    text = read.input.write({"A": {"@id": hostile, "B": hostile}})

    root = parse_xml(text)
    assert len(root) == 1
    assert len(root[0]) == 1
    assert root[0].get("id") == hostile
    assert root[0][0].text == hostile


def test_every_soap_operation_of_the_folders_is_compiled():
    compiled = {}
    for folder in sorted(path.parent for path in PROVINCES.glob("*/connection.yaml")):
        for named in read_folder(folder).operations.values():
            if named.request.soap and named.reply.soap:
                both = named.request.soap.message.compiled and named.reply.soap.message.compiled
                compiled[f"{folder.name}/{named.name}"] = both

    assert len(compiled) >= 7
    assert all(compiled.values())


def test_the_golden_application_of_inner_mongolia_is_what_zeep_writes():
    folder = read_folder(PROVINCES / "150000")
    named = folder.operations["submit_case"]
    message = folder.services.binding("case.wsdl", port="CasePort").get("SubmitCase").input
    member = read_element(message.body)
    for path in sorted((PROVINCES / "150000" / "golden").glob("*.application.out.record.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        inline = copy.deepcopy(record)
        for material in inline["Case"]["Materials"]["Material"]:
            for file in material.get("File", []):
                file["Content"] = "QUJD"

        ours = parse_xml(named.request.soap.message.write(inline))

        assert infoset(ours) == infoset(zeep_body(message, for_zeep(member.content, inline)))
