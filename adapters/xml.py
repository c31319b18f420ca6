"""
The one place where XML is parsed, and written from records.

DTDs, entities, external references and the network are off; bytes, elements, depth, siblings and
attributes are bounded by us (libxml2 takes 2,000,000 siblings or 200,000 attributes by default).
Text arrives decoded (`charset.decode`), so a declaration inside it has no effect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from adapters.charset import strip_declaration
from contracts.adapter import Record
from contracts.errors import Finding, Unreadable, Unrenderable

XSI = "http://www.w3.org/2001/XMLSchema-instance"
# XML 1.0 (fifth edition) section 2.3, NameStartChar and NameChar without the colon.
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = re.compile(f"[{_START}][{_START}.0-9\u00b7\u0300-\u036f\u203f-\u2040-]*")
# XML 1.0 section 2.2: characters a document cannot contain, not even as a reference.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>]").search
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """Bounds of one document; `attributes` per element, `siblings` per parent."""

    characters: int = 96 * 1024 * 1024
    elements: int = 50_000
    equals: int = 200_000
    depth: int = 64
    siblings: int = 10_000
    attributes: int = 64


LIMITS = XmlLimits()


def parse_xml(text: str, *, limits: XmlLimits = LIMITS) -> etree._Element:
    """
    Parse decoded text.

    Raises:
        Unreadable: not well-formed, a DOCTYPE, or over a limit.
    """
    _prescan(text, limits)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        remove_comments=True,
        remove_pis=True,
        # Lifts libxml2's 10 MB per text, needed for scans; entities, which its guard is about,
        # cannot exist without the DOCTYPE refused above.
        huge_tree=True,
    )
    try:
        root = etree.fromstring(strip_declaration(text).encode("utf-8"), parser=parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        raise Unreadable(
            f"不是格式良好的 XML(第 {line} 行)", f"not well-formed XML (line {line})"
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _doctype()
    _bounds(root, limits)
    return root


def _prescan(text: str, limits: XmlLimits) -> None:
    """What can be told without building a tree, so that a hostile document costs no memory."""
    if len(text) > limits.characters:
        raise _over("字符数", "characters", limits.characters)
    if text.count("<") > 2 * limits.elements:
        raise _over("元素数", "elements", limits.elements)
    if text.count("=") > limits.equals:
        raise _over("属性数", "attributes", limits.equals)
    position = 1 if text.startswith("\ufeff") else 0
    while match := _PROLOG.match(text, position):
        position = match.end()
    if text[position : position + 64].lstrip().startswith("<!DOCTYPE"):
        raise _doctype()


def _bounds(root: etree._Element, limits: XmlLimits) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > limits.depth:
            raise _over("嵌套层数", "levels of nesting", limits.depth)
        below: list[etree._Element] = []
        for element in level:
            if len(element.attrib) > limits.attributes:
                raise _over("单个元素的属性数", "attributes of one element", limits.attributes)
            if len(element) > limits.siblings:
                raise _over("同级元素数", "sibling elements", limits.siblings)
            below.extend(element)
        level = below


def _over(zh: str, en: str, limit: int) -> Unreadable:
    return Unreadable(f"XML 的{zh}超过上限 {limit}", f"the XML has more than {limit} {en}")


def _doctype() -> Unreadable:
    return Unreadable(
        "XML 不得包含 DOCTYPE 或实体声明", "XML with a DOCTYPE or entity declarations is refused"
    )


# --- element to record ----------------------------------------------------------------------


def local(name: Any) -> str:
    """A tag or attribute name without its namespace."""
    return str(name).rpartition("}")[2]


def to_record(element: etree._Element, *, lists: frozenset[str] = frozenset()) -> Record:
    """
    Content of an element as a record; namespaces fall away, repeated elements become lists.

    `lists` are paths below the element that are lists even with one element. Text keeps its spaces;
    text beside child elements stands under "#text", never dropped.
    """
    value = _value(element, lists, "")
    return value if isinstance(value, dict) else {"#text": value} if value else {}


def _value(element: etree._Element, lists: frozenset[str], path: str) -> Any:
    result: dict[str, Any] = {
        f"@{local(name)}": value
        for name, value in element.attrib.items()
        if not str(name).startswith(f"{{{XSI}}}")
    }
    own = element.text or ""
    if len(element) == 0:
        if not result:
            return own
        if own:
            result["#text"] = own
        return result
    for child in element:
        name = local(child.tag)
        where = f"{path}/{name}" if path else name
        value = _value(child, lists, where)
        if name in result:
            known = result[name]
            if not isinstance(known, list):
                result[name] = known = [known]
            known.append(value)
        else:
            result[name] = [value] if where in lists else value
        own += child.tail or ""
    if own.strip():
        result["#text"] = own
    return result


# --- record to text -------------------------------------------------------------------------


def from_record(root: str, content: Any, *, namespace: str | None = None) -> str:
    """
    Write a record as an element; order is that of the record.

    Raises:
        Unrenderable: a character XML cannot contain, or a key that is no element name.
    """
    out: list[str] = []
    extra = f" xmlns={quoteattr(namespace)}" if namespace else ""
    _write(out, root, content, extra, "")
    return "".join(out)


def _write(out: list[str], name: str, value: Any, extra: str, path: str) -> None:
    _check_name(name, path)
    if isinstance(value, list):
        for index, element in enumerate(value):
            _write(out, name, element, extra, f"{path}/{index}")
        return
    if not isinstance(value, dict):
        body = text_of(value, path)
        out.append(f"<{name}{extra}>{body}</{name}>" if body else f"<{name}{extra}/>")
        return
    attributes = ""
    for key, part in value.items():
        if key.startswith("@"):
            _check_name(key[1:], f"{path}/{key}")
            attributes += f' {key[1:]}="{attribute_of(part, f"{path}/{key}")}"'
    out.append(f"<{name}{extra}{attributes}>")
    for key, part in value.items():
        if key == "#text":
            out.append(text_of(part, f"{path}/{key}"))
        elif not key.startswith("@"):
            _write(out, key, part, "", f"{path}/{key}")
    out.append(f"</{name}>")


@lru_cache(4096)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and not name.startswith("xmlns")


def _check_name(name: str, path: str) -> None:
    if not _is_name(name):
        raise _unrenderable(path, "不是合法的元素或属性名", "not a name in XML", "xml.name")


def text_of(value: Any, path: str) -> str:
    """
    A scalar as escaped element text.

    Raises:
        Unrenderable: a control character or lone surrogate; never dropped.
    """
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return ""
    plain = value if isinstance(value, str) else str(value)
    if plain.isprintable() and _SPECIAL(plain) is None:
        return plain  # most values; isprintable rules out everything XML cannot carry
    if bad := _ILLEGAL.search(plain):
        point = ord(bad.group())
        raise _unrenderable(
            path,
            f"XML 不能承载字符 U+{point:04X}",
            f"XML cannot carry U+{point:04X}",
            "xml.character",
        )
    return escape(plain, {"\r": "&#13;"})


def attribute_of(value: Any, path: str) -> str:
    """A scalar as escaped attribute value, for use between double quotes."""
    escaped = text_of(value, path)
    return escaped.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def _unrenderable(path: str, zh: str, en: str, rule: str) -> Unrenderable:
    return Unrenderable(
        zh,
        en,
        findings=[Finding(rule=rule, level="reject", message=zh, path=path, message_en=en)],
    )


__all__ = [
    "LIMITS",
    "XSI",
    "XmlLimits",
    "attribute_of",
    "from_record",
    "local",
    "parse_xml",
    "text_of",
    "to_record",
]
