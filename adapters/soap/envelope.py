"""
SOAP 1.1 and 1.2 envelopes as bytes out and as parsed parts in, faults included. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from adapters.soap.service import SoapVersion
from adapters.xml import from_record, local, parse_xml, text_of, to_record
from contracts.adapter import Record
from contracts.errors import Unreadable

NAMESPACES: dict[SoapVersion, str] = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
_VERSIONS = {namespace: version for version, namespace in NAMESPACES.items()}


def around(version: SoapVersion, *, header: str, charset: str) -> tuple[bytes, bytes]:
    """What stands before and after the content of the body."""
    head = f"<soap:Header>{header}</soap:Header>" if header else ""
    before = (
        f'<?xml version="1.0" encoding="{charset.upper()}"?>'
        f'<soap:Envelope xmlns:soap="{NAMESPACES[version]}">{head}<soap:Body>'
    )
    return before.encode(charset), b"</soap:Body></soap:Envelope>"


def content_type(version: SoapVersion, *, action: str, charset: str) -> str:
    """SOAP 1.2 carries the action in the media type (RFC 3902), 1.1 in the SOAPAction header."""
    name = charset.upper() if charset != "utf-8" else charset
    if version == "1.2":
        extra = f'; action="{action}"' if action else ""
        return f"application/soap+xml; charset={name}{extra}"
    return f"text/xml; charset={name}"


@dataclass(frozen=True, slots=True)
class SoapParts:
    version: SoapVersion
    header: etree._Element | None
    content: etree._Element | None
    """the one element of the body"""

    @property
    def tag(self) -> str:
        return "" if self.content is None else local(self.content.tag)

    @property
    def is_fault(self) -> bool:
        return self.content is not None and self.content.tag == (
            f"{{{NAMESPACES[self.version]}}}Fault"
        )


def read_envelope(text: str) -> SoapParts:
    """
    Raises:
        Unreadable: no SOAP envelope with at most one element in its body.
    """
    root = parse_xml(text)
    namespace, _, name = str(root.tag).rpartition("}")
    version = _VERSIONS.get(namespace.lstrip("{"))
    if version is None or name != "Envelope":
        raise Unreadable("不是 SOAP 信封", "not a SOAP envelope")
    bodies = root.findall(f"{namespace}}}Body")
    if len(bodies) != 1 or len(bodies[0]) > 1:
        raise Unreadable(
            "SOAP 信封须有一个 Body,其中至多一个元素",
            "a SOAP envelope has one Body with at most one element",
        )
    content = bodies[0][0] if len(bodies[0]) else None
    return SoapParts(version, root.find(f"{namespace}}}Header"), content)


# --- faults ---------------------------------------------------------------------------------


def read_fault(parts: SoapParts) -> Record:
    """`{Fault: {code, subcode, reason, detail}}`, the same for both versions; prefixes cut off."""
    assert parts.content is not None
    fault = to_record(parts.content)
    if parts.version == "1.1":
        code, subcode = fault.get("faultcode"), None
        reason, detail = fault.get("faultstring"), fault.get("detail")
    else:
        tree = fault.get("Code") or {}
        code = tree.get("Value") if isinstance(tree, dict) else None
        inner = tree.get("Subcode") if isinstance(tree, dict) else None
        subcode = inner.get("Value") if isinstance(inner, dict) else None
        reason, detail = _first(fault.get("Reason"), "Text"), fault.get("Detail")
    result: dict[str, Any] = {"code": _unprefixed(code), "reason": _plain(reason)}
    if subcode:
        result["subcode"] = _unprefixed(subcode)
    if detail:
        result["detail"] = detail
    return {"Fault": result}


def _first(value: Any, name: str) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    return found[0] if isinstance(found, list) else found


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("#text", "")
    return value if isinstance(value, str) else ""


def _unprefixed(value: Any) -> str:
    return _plain(value).strip().rpartition(":")[2]


def write_fault(
    version: SoapVersion, *, code: str, reason: str, detail: Record | None = None
) -> str:
    """A fault element. `code` is `Client` or `Server`; SOAP 1.2 says `Sender` and `Receiver`."""
    inner = "".join(from_record(key, value) for key, value in (detail or {}).items())
    said = text_of(reason, "")
    if version == "1.1":
        details = f"<detail>{inner}</detail>" if inner else ""
        return (
            f"<soap:Fault><faultcode>soap:{text_of(code, '')}</faultcode>"
            f"<faultstring>{said}</faultstring>{details}</soap:Fault>"
        )
    name = {"Client": "Sender", "Server": "Receiver"}.get(code, code)
    details = f"<soap:Detail>{inner}</soap:Detail>" if inner else ""
    return (
        f"<soap:Fault><soap:Code><soap:Value>soap:{text_of(name, '')}</soap:Value></soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="zh">{said}</soap:Text></soap:Reason>'
        f"{details}</soap:Fault>"
    )


__all__ = [
    "NAMESPACES",
    "SoapParts",
    "around",
    "content_type",
    "read_envelope",
    "read_fault",
    "write_fault",
]
