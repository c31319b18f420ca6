"""
A WSDL with a schema of the test's choosing.
"""

from __future__ import annotations


def wsdl(schema: str, *, style: str = "document", parts: str = "", version: str = "") -> bytes:
    """One operation `Do`; `schema` declares the element `Do`. `version` is "" or "12"."""
    part = parts or '<part name="p" element="t:Do"/>'
    namespace = ' namespace="urn:t"' if style == "rpc" else ""
    body = f'<s:body use="literal"{namespace}/>'
    return f"""<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:t"
  xmlns:t="urn:t" xmlns:x="http://www.w3.org/2001/XMLSchema"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap{version}/">
  <types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">{schema}</x:schema>
  </types>
  <message name="in">{part}</message><message name="out">{part}</message>
  <portType name="P"><operation name="Do">
    <input message="t:in"/><output message="t:out"/></operation></portType>
  <binding name="B" type="t:P"><s:binding style="{style}"
    transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Do"><s:operation soapAction="urn:t/Do"/>
      <input>{body}</input><output>{body}</output></operation></binding>
  <service name="S"><port name="Port" binding="t:B"><s:address location="http://h.invalid/"/></port>
  </service></definitions>""".encode()


def element(content: str) -> str:
    return f'<x:element name="Do"><x:complexType>{content}</x:complexType></x:element>'
