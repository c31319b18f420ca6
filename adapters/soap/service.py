"""
Operations of a WSDL: names, versions, and a writer for each message.

zeep reads the WSDL and is the authority. For the hot path each message is compiled into a template
whose output is compared with zeep's, element by element, when the folder loads; where the compiler
does not know a construct or the two differ, zeep writes that message.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from adapters.materials import read_token
from adapters.soap.contract import load_wsdl
from adapters.soap.sample import for_zeep, samples
from adapters.soap.schema import Member, UnknownConstructError, list_paths, read_element
from adapters.soap.template import compile_element
from adapters.xml import local, parse_xml
from contracts.adapter import Record
from contracts.errors import Finding, IntegrityError, Unrenderable

SoapVersion = Literal["1.1", "1.2"]


@dataclass(frozen=True, slots=True)
class SoapMessage:
    """One direction of an operation. `compiled` says whether the template or zeep writes it."""

    tag: str
    """local name of the element in the SOAP body"""
    write: Callable[[Record], str]
    lists: frozenset[str]
    compiled: bool


@dataclass(frozen=True, slots=True)
class SoapOperation:
    name: str
    version: SoapVersion
    action: str
    input: SoapMessage
    output: SoapMessage


class Services:
    """The pinned WSDLs of one province; each is read once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._documents: dict[str, Any] = {}
        self._operations: dict[tuple[str, str, str], SoapOperation] = {}

    def document(self, wsdl: str) -> Any:
        """The zeep document of a pinned WSDL."""
        if wsdl not in self._documents:
            self._documents[wsdl] = load_wsdl(wsdl, files=self._files)
        return self._documents[wsdl]

    def operation(self, wsdl: str, *, port: str, name: str) -> SoapOperation:
        """
        Raises:
            IntegrityError: the WSDL has no such port or operation.
        """
        key = (wsdl, port, name)
        if key not in self._operations:
            self._operations[key] = self._read(wsdl, port, name)
        return self._operations[key]

    def _read(self, wsdl: str, port: str, name: str) -> SoapOperation:
        from zeep.wsdl.bindings import Soap12Binding

        binding = self.binding(wsdl, port=port)
        operation = binding.get(name)
        return SoapOperation(
            name=name,
            version="1.2" if isinstance(binding, Soap12Binding) else "1.1",
            action=operation.soapaction or "",
            input=_message(operation.input),
            output=_message(operation.output),
        )

    def binding(self, wsdl: str, *, port: str) -> Any:
        for service in self.document(wsdl).services.values():
            if port in service.ports:
                return service.ports[port].binding
        raise IntegrityError(f"{wsdl} 中没有端口 {port}", f"{wsdl} has no port {port}")


def _message(message: Any) -> SoapMessage:
    if message is None or message.body is None:
        return SoapMessage(tag="", write=lambda record: "", lists=frozenset(), compiled=True)
    try:
        if message._is_body_wrapped:
            raise UnknownConstructError("several parts")
        member = read_element(message.body)
        write = compile_element(member)
        _compare(message, member, write)
    except UnknownConstructError:
        return SoapMessage(
            tag=message.body.name,
            write=_through_zeep(message),
            lists=frozenset(),
            compiled=False,
        )
    return SoapMessage(tag=member.name, write=write, lists=list_paths(member), compiled=True)


# --- against zeep ---------------------------------------------------------------------------


def _compare(message: Any, member: Member, write: Callable[[Record], str]) -> None:
    for sample in samples(member.content):
        try:
            theirs = zeep_body(message, for_zeep(member.content, sample))
        except Exception as error:
            raise UnknownConstructError(f"zeep: {type(error).__name__}") from None
        if infoset(parse_xml(write(sample))) != infoset(theirs):
            raise UnknownConstructError("the template differs from zeep")


def zeep_body(message: Any, value: Any) -> etree._Element:
    """What zeep puts into the SOAP body for a value."""
    arguments = value if isinstance(value, dict) else {"value": value}
    envelope = message.serialize(**arguments).content
    body = envelope.find(f"{{{message.nsmap['soap-env']}}}Body")
    element: etree._Element = body[0]
    return element


def infoset(element: etree._Element) -> tuple[Any, ...]:
    """Names, attributes, text and children; prefixes and declarations do not count."""
    return (
        element.tag,
        sorted(element.attrib.items()),
        element.text or "",
        [infoset(child) for child in element],
    )


def _through_zeep(message: Any) -> Callable[[Record], str]:
    def write(record: Record) -> str:
        tokens: list[str] = []
        try:
            element = zeep_body(message, _plain(record, tokens))
        except Exception as error:
            # zeep raises its own tree, TypeError, ValueError and KeyError for a misfit; its texts
            # may repeat values, so only the kind is told.
            note = f"zeep 无法写出报文({type(error).__name__})"
            raise Unrenderable(
                note,
                f"zeep cannot write it ({type(error).__name__})",
                findings=[Finding(rule="soap.zeep", level="reject", message=note)],
            ) from None
        text = etree.tostring(element, encoding="unicode")
        for token in tokens:
            for written in (base64.b64encode(token.encode()).decode(), f"b'{token}'"):
                text = text.replace(written, token)
        return text

    return write


def _plain(value: Any, tokens: list[str]) -> Any:
    """A record for zeep without knowing its schema; base64 fields are only known by their token."""
    if isinstance(value, dict):
        return {
            "_value_1" if key == "#text" else key.lstrip("@"): _plain(part, tokens)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_plain(part, tokens) for part in value]
    if read_token(value) is not None:
        tokens.append(value)
        return str(value).encode()
    return value


__all__ = [
    "Services",
    "SoapMessage",
    "SoapOperation",
    "SoapVersion",
    "infoset",
    "local",
    "zeep_body",
]
