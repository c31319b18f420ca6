"""
A message by template: kind, identity, version, case; the fields by which a repeat is recognised.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from adapters.layers import Identify
from adapters.templates import Lookup, compile_text, names
from contracts.adapter import InboundDocument, InlineMaterial, Record
from contracts.errors import Unreadable

MAX_IDENTITY = 64
"""Characters of message_id in the national format."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a message came from: exact bytes, charset rule, system, inline materials."""

    raw: bytes
    system: str
    charset_rule: str = "utf-8"
    materials: tuple[InlineMaterial, ...] = ()


class Identifier:
    """The `identify` part of one operation."""

    def __init__(self, profile: Identify) -> None:
        self._kinds = profile.kinds
        self._fixed = not names(profile.kind)
        self._kind = compile_text(profile.kind)
        self._message_id = compile_text(profile.message_id)
        self._version = compile_text(profile.data_version)
        self._case_number = compile_text(profile.case_number)
        self._party_number = compile_text(profile.party_number)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind an operation can carry."""
        return (self._kind(lambda name: None),) if self._fixed else tuple(self._kinds.values())

    def document(self, record: Record, look: Lookup, source: Source) -> InboundDocument:
        """
        Raises:
            Unreadable: no kind, identity or version can be read.
        """
        return InboundDocument(
            kind=self._kind_of(look),
            message_id=self._identity(look),
            data_version=self._version_of(look),
            record=record,
            raw=source.raw,
            system=source.system,
            case_number=self._case_number(look).strip() or None,
            party_number=self._party_number(look).strip() or None,
            charset_rule=source.charset_rule,
            materials=source.materials,
        )

    def anyhow(self, record: Record, look: Lookup, source: Source) -> InboundDocument:
        """
        The same for an element of a page, which must not hold up the ones after it: what cannot be
        named is called `unknown` or by its digest, and intake refuses and records it.
        """
        try:
            return self.document(record, look, source)
        except Unreadable:
            digest = hashlib.sha256(source.raw).hexdigest()
            return InboundDocument(
                kind="unknown",
                message_id=digest,
                data_version=1,
                record=record,
                raw=source.raw,
                system=source.system,
                charset_rule=source.charset_rule,
            )

    def _kind_of(self, look: Lookup) -> str:
        said = self._kind(look).strip()
        kind = said if self._fixed else self._kinds.get(said)
        if kind is None:
            raise Unreadable("报文类型未知或缺失", "the kind of message is unknown or missing")
        return kind

    def _identity(self, look: Lookup) -> str:
        identity = self._message_id(look).strip()
        if not 1 <= len(identity) <= MAX_IDENTITY or not identity.isprintable():
            raise Unreadable(
                f"报文标识缺失或超过 {MAX_IDENTITY} 个字符",
                f"the message id is missing or longer than {MAX_IDENTITY} characters",
            )
        return identity

    def _version_of(self, look: Lookup) -> int:
        said = self._version(look).strip()
        if not said:
            return 1
        if not said.isascii() or not said.isdigit() or not 1 <= int(said) <= 2**31:
            raise Unreadable(
                "数据版本须是正整数", "the data version is not a positive whole number"
            )
        return int(said)


def element_bytes(record: Record) -> bytes:
    """Bytes of one element of a page: its record as sorted JSON (project convention)."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


__all__ = ["Identifier", "Source", "element_bytes"]
