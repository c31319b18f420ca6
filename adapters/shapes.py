"""
Envelope and codec of one direction of an operation: record ↔ payload ↔ body. Pure.

`encode` makes the payload that is stored and never changes; `wrap` puts it into the body, which may
carry time stamps and signatures and so differs from attempt to attempt; `unwrap` reads a body.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters import charset as charsets
from adapters import multipart
from adapters.codecs import TextCodec, read_form, read_json, write_form
from adapters.layers import MaterialPath
from adapters.layers import Shape as ShapeProfile
from adapters.materials import count_tokens, cut, read_token, take_inline
from adapters.paths import getter, split
from adapters.soap.envelope import SoapParts, around, content_type, read_envelope, read_fault
from adapters.soap.service import SoapMessage, SoapVersion
from adapters.templates import Lookup, compile_text
from adapters.xml import to_record
from contracts.adapter import BytePlan, InlineMaterial, MaterialRef, Record
from contracts.errors import Unreadable, Unrenderable

_PAYLOAD = "\uf8ffpayload\uf8ff"
"""Stands for the payload while the SOAP wrapper around it is written."""
NOTHING = BytePlan((b"",))


@dataclass(frozen=True, slots=True)
class Read:
    """What a body held. `outer` are the wrapper's own fields, payload included where it is text."""

    record: Record
    rule: str = "utf-8"
    outer: Mapping[str, Any] = field(default_factory=dict)
    materials: tuple[InlineMaterial, ...] = ()
    soap: SoapParts | None = None


@dataclass(frozen=True, slots=True)
class SoapSide:
    """The SOAP message this shape is one direction of."""

    version: SoapVersion
    action: str
    message: SoapMessage


class Shape:
    """One of connection.yaml's `request` and `reply`, ready to use."""

    def __init__(
        self,
        profile: ShapeProfile,
        *,
        soap: SoapSide | None = None,
        materials: tuple[MaterialPath, ...] = (),
    ) -> None:
        envelope = profile.envelope
        self.envelope = envelope
        self.soap = soap
        self._materials = materials
        self._material_paths = tuple(split(material.path) for material in materials)
        self.charset = envelope.charset or profile.codec.charset or "utf-8"
        codec = profile.codec
        if soap is not None and envelope.kind == "soap":
            codec = codec.model_copy(update={"lists": (*codec.lists, *soap.message.lists)})
        self._lists = frozenset(codec.lists)
        inside = envelope.kind in ("field", "soap_string")
        self.codec = TextCodec(codec, inside=inside, charset=self.charset)
        self._fields = {name: compile_text(text) for name, text in envelope.fields.items()}
        self._parameters = {name: compile_text(t) for name, t in envelope.parameters.items()}
        self._file = getter(envelope.file or "")
        self._file_name = compile_text(envelope.file_name or "material")
        self._media_type = compile_text(envelope.media_type or "application/octet-stream")

    # --- out ------------------------------------------------------------------------------

    def encode(self, record: Record, *, look: Lookup | None = None) -> BytePlan:
        """
        The payload of a record.

        Raises:
            Unrenderable: a character or value the target cannot carry.
        """
        kind = self.envelope.kind
        if kind == "none":
            return NOTHING
        if kind == "multipart":
            return self._multipart(record, look or (lambda name: getter(name)(record)))
        if kind == "soap":
            assert self.soap is not None
            text = self.soap.message.write(record)
            payload = charsets.encode(text, charset=self.charset, record=record)
        else:
            payload = self.codec.encode(record)
        expected = count_tokens(record, self._material_paths) if self._materials else 0
        return cut(payload, expected=expected)

    def _multipart(self, record: Record, look: Lookup) -> BytePlan:
        token = read_token(self._file(record))
        if token is None:
            raise Unrenderable("上传步骤没有材料", "an upload step without a material")
        return multipart.write(
            {name: fill(look) for name, fill in self._fields.items()},
            part=self.envelope.field or "file",
            file_name=self._file_name(look),
            media_type=self._media_type(look),
            material=MaterialRef(*token, "raw"),
        )

    def fields(self, look: Lookup) -> dict[str, str]:
        """The wrapper's own fields, filled."""
        return {name: fill(look) for name, fill in self._fields.items()}

    def wrap(
        self,
        payload: BytePlan,
        *,
        look: Lookup,
        fields: Mapping[str, str] | None = None,
        header: str = "",
    ) -> tuple[BytePlan, str]:
        """Put a payload into its body; returns body and content type. `header` is SOAP's."""
        match self.envelope.kind:
            case "none":
                return NOTHING, ""
            case "body":
                return payload, self.codec.content_type
            case "multipart":
                boundary = multipart.boundary_of(payload)
                return payload, f"multipart/form-data; boundary={boundary}"
            case "field":
                return self._field(payload, self.fields(look) if fields is None else fields)
            case "soap":
                return self.in_envelope(payload, header=header)
            case "soap_string":
                content = self._parameter(payload, look, fields or {})
                return self.in_envelope(content, header=header)

    def _field(self, payload: BytePlan, fields: Mapping[str, str]) -> tuple[BytePlan, str]:
        name = self.envelope.field or ""
        both = {**fields, name: payload.literal.decode(self.charset)}
        if self.envelope.format == "json":
            text = json.dumps(both, ensure_ascii=False, separators=(",", ":"))
            return BytePlan((text.encode(self.charset),)), "application/json"
        form = write_form(both, charset=self.charset)
        kind = f"application/x-www-form-urlencoded; charset={self.charset}"
        return BytePlan((form.encode("ascii"),)), kind

    def _parameter(self, payload: BytePlan, look: Lookup, fields: Mapping[str, str]) -> BytePlan:
        assert self.soap is not None
        values = {**{name: fill(look) for name, fill in self._parameters.items()}, **fields}
        wrapper = self.soap.message.write({**values, self.envelope.parameter or "": _PAYLOAD})
        before, _, after = wrapper.partition(_PAYLOAD)
        escape = _escape
        if self.envelope.cdata:
            before, after, escape = before + "<![CDATA[", "]]>" + after, self._cdata
        segments = tuple(
            escape(part) if isinstance(part, bytes) else part for part in payload.segments
        )
        return BytePlan((before.encode(self.charset), *segments, after.encode(self.charset)))

    def _cdata(self, part: bytes) -> bytes:
        # On text: the trail byte of a GBK character may be a bracket.
        text = part.decode(self.charset).replace("]]>", "]]]]><![CDATA[>")
        return text.encode(self.charset)

    def in_envelope(self, content: BytePlan, *, header: str = "") -> tuple[BytePlan, str]:
        """A SOAP envelope around the content of its body."""
        assert self.soap is not None
        before, after = around(self.soap.version, header=header, charset=self.charset)
        kind = content_type(self.soap.version, action=self.soap.action, charset=self.charset)
        return BytePlan((before, *content.segments, after)), kind

    # --- in -------------------------------------------------------------------------------

    def text_of(self, body: bytes, *, content_type: str | None) -> charsets.Text:
        """
        Raises:
            Unreadable: in no character set.
        """
        expected = None if self.charset == "utf-8" else self.charset
        return charsets.decode(body, header=content_type, expected=expected)

    def unwrap(self, body: bytes, *, content_type: str | None, inner: bool = True) -> Read:
        """
        Read a body: text first, then syntax, then the payload inside, inline materials taken out.

        With `inner=False` a payload inside a wrapper is left alone: enough to check a credential.

        Raises:
            Unreadable: with what was wrong.
        """
        kind = self.envelope.kind
        if kind == "none":
            return Read({})
        if kind == "multipart":
            return self._read_multipart(body, content_type or "")
        found = self.text_of(body, content_type=content_type)
        if kind in ("soap", "soap_string"):
            read = self._read_soap(read_envelope(found.text), rule=found.rule, inner=inner)
        elif kind == "field":
            read = self._read_field(found.text, rule=found.rule, inner=inner)
        else:
            read = Read(self.codec.decode(found.text), found.rule)
        taken = take_inline(read.record, self._materials) if inner and self._materials else ()
        return replace(read, materials=taken) if taken else read

    def _read_field(self, text: str, *, rule: str, inner: bool) -> Read:
        if self.envelope.format == "json":
            outer = read_json(text)
        else:
            outer = read_form(text, charset=self.charset)
        record = self._inner(outer, self.envelope.field or "") if inner else {}
        return Read(record, rule, outer)

    def _inner(self, outer: Mapping[str, Any], name: str) -> Record:
        value = outer.get(name)
        if isinstance(value, dict):
            return value  # sent as an object where a text was agreed
        if not isinstance(value, str) or not value.strip():
            raise Unreadable(f"缺少字段 {name}", f"the field {name} is missing")
        return self.codec.decode(value)

    def _read_soap(self, parts: SoapParts, *, rule: str, inner: bool) -> Read:
        """The record of a parsed envelope; a fault reads as `{Fault: …}`."""
        assert self.soap is not None
        if parts.is_fault:
            return Read(read_fault(parts), rule, soap=parts)
        if parts.content is None or parts.tag != self.soap.message.tag:
            raise Unreadable(
                f"SOAP 正文应为 {self.soap.message.tag}",
                f"the SOAP body is not {self.soap.message.tag}",
            )
        record = to_record(parts.content, lists=self._lists)
        if self.envelope.kind == "soap":
            return Read(record, rule, soap=parts)
        payload = self._inner(record, self.envelope.parameter or "") if inner else {}
        return Read(payload, rule, record, soap=parts)

    def _read_multipart(self, body: bytes, content_type: str) -> Read:
        fields, files = multipart.read(body, content_type=content_type)
        if len(files) != 1:
            raise Unreadable("上传报文须有且只有一个文件", "an upload has exactly one file part")
        material = InlineMaterial(
            digest=hashlib.sha256(files[0].content).hexdigest(),
            content=files[0].content,
            media_type=files[0].media_type,
            file_name=files[0].file_name,
        )
        token = f"material:{material.digest}:{len(material.content)}"
        record: Record = {**fields, self.envelope.file or "file": token}
        return Read(record, outer=fields, materials=(material,))


def _escape(part: bytes) -> bytes:
    # Safe on bytes: trail bytes of GBK and GB18030 never fall on these three characters.
    return part.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


__all__ = ["NOTHING", "Read", "Shape", "SoapSide"]
