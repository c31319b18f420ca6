"""
One operation of connection.yaml, ready for both sides: requests and replies, made and read. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from adapters.layers import Operation, ReplyTemplate
from adapters.outcomes import Classifier, View
from adapters.paths import getter
from adapters.shapes import Read, Shape, SoapSide
from adapters.soap.envelope import SoapParts, write_fault
from adapters.soap.service import Services
from adapters.templates import Lookup, compile_template, compile_text
from contracts.adapter import BytePlan, WireReply, WireRequest

REPLY_NAMES = ("accepted", "refused", "exists", "found", "absent", "page", "denied", "noted")


class CompiledOperation:
    """Encode and decode of requests and replies of one operation."""

    def __init__(self, name: str, profile: Operation, *, services: Services) -> None:
        self.name = name
        self.profile = profile
        asking = answering = None
        if profile.soap is not None:
            soap = services.operation(
                profile.soap.wsdl, port=profile.soap.port, name=profile.soap.operation
            )
            asking = SoapSide(soap.version, soap.action, soap.input)
            answering = SoapSide(soap.version, soap.action, soap.output)
        self.request = Shape(profile.request, soap=asking, materials=profile.materials)
        self.reply = Shape(profile.reply, soap=answering)
        self.classifier = Classifier(profile.outcome) if profile.outcome else None
        self._path = _path_pattern(profile.path)
        self._serial = compile_text(profile.serial or _where_serial_stands(profile))
        self._cursor = compile_text(profile.cursor)
        self._record = compile_template(profile.record or {})
        self._replies = {
            reply: compile_template(template.record)
            for reply in REPLY_NAMES
            if (template := self._template(reply)) is not None and template.record is not None
        }

    # --- the side that calls --------------------------------------------------------------

    def own_request(self, look: Lookup) -> BytePlan:
        """The payload of a question whose record stands in connection.yaml (query, pull)."""
        return self.request.encode(self._record(look))

    def read_reply(self, body: bytes, *, content_type: str | None) -> Read:
        """
        Raises:
            Unreadable
        """
        return self.reply.unwrap(body, content_type=content_type)

    # --- the side that is called ----------------------------------------------------------

    def fits(self, request: WireRequest, parts: SoapParts | None) -> bool:
        """Whether a received request is this operation. `parts` is its SOAP envelope, if any."""
        profile = self.profile
        method = "POST" if profile.soap else profile.method
        if profile.purpose == "contract":
            method = "GET"
        if request.method != method or self._path.fullmatch(request.path) is None:
            return False
        if self.request.soap is None:
            return profile.purpose != "contract" or set(profile.query) <= set(request.query)
        return parts is None or parts.tag == self.request.soap.message.tag

    def read_request(self, request: WireRequest) -> Read:
        """
        Raises:
            Unreadable
        """
        return self.request.unwrap(request.body, content_type=request.headers.get("content-type"))

    def serial_of(self, request: WireRequest, read: Read) -> str | None:
        return self._serial(self.look(request, read)) or None

    def cursor_of(self, request: WireRequest, read: Read) -> str:
        return self._cursor(self.look(request, read))

    def look(self, request: WireRequest, read: Read) -> Lookup:
        """Variables of a received request: header:, query:, path:, ^wrapper field, record path."""

        def look(name: str) -> Any:
            source, colon, key = name.partition(":")
            if colon and source == "header":
                return request.headers.get(key.lower())
            if colon and source == "query":
                return request.query.get(key)
            if colon and source == "path":
                match = self._path.fullmatch(request.path)
                return unquote((match and match.groupdict().get(key)) or "")
            if name.startswith("^"):
                return getter(name[1:])(read.outer)
            return getter(name)(read.record)

        return look

    def write_reply(
        self, reply: str, look: Lookup, *, status: int | None = None
    ) -> WireReply | None:
        """A reply of connection.yaml, filled; None if it has no such reply."""
        template = self._template(reply)
        if template is None:
            return None
        if template.status != "problem":
            status = template.status
        if template.fault is not None:
            return self._fault(template, look, status=status or 500)
        payload = self.reply.encode(self._replies[reply](look))
        body, kind = self.reply.wrap(payload, look=look)
        return WireReply(status or 200, {"content-type": kind}, body.literal)

    def _fault(self, template: ReplyTemplate, look: Lookup, *, status: int) -> WireReply:
        assert template.fault is not None and self.reply.soap is not None
        fault = write_fault(
            self.reply.soap.version,
            code=template.fault.code,
            reason=compile_text(template.fault.reason)(look),
            detail=compile_template(template.fault.detail or {})(look),
        )
        content = BytePlan((fault.encode(self.reply.charset, errors="xmlcharrefreplace"),))
        body, kind = self.reply.in_envelope(content)
        return WireReply(status, {"content-type": kind}, body.literal)

    def _template(self, reply: str) -> ReplyTemplate | None:
        template: ReplyTemplate | None = getattr(self.profile.replies, reply)
        return template

    # --- both sides agree -----------------------------------------------------------------

    def check(self) -> list[str]:
        """
        What is wrong between `replies` and `outcome`: each reply must be read as it is named.

        Returns one sentence per contradiction, for the author of the folder.
        """
        if self.classifier is None:
            return []
        expected = {
            "accepted": ("accepted",),
            "found": ("accepted",),
            "page": ("accepted",),
            "refused": ("rejected", "none"),
            "exists": ("exists", "accepted"),
            "absent": ("absent",),
            "noted": ("unknown",),
            "denied": ("ours", "unavailable", "rejected", "none"),
        }
        wrong = []
        for name, kinds in expected.items():
            reply = self.write_reply(name, _sample(self.profile.replies.codes))
            if reply is None:
                continue
            read = self.read_reply(reply.body, content_type=reply.headers["content-type"])
            found = self.classifier.kind(View(reply.status, read.record, read.outer))
            if found not in kinds:
                wrong.append(f"{self.name}: the reply `{name}` is read as {found}")
        return wrong


def _sample(codes: Mapping[str, str]) -> Lookup:
    """Values for a trial reply; `code` is one that the folder itself uses, if it lists any."""
    code = codes.get("*") or next(iter(codes.values()), "E000")

    def look(name: str) -> Any:
        if name == "items":
            return []
        return {"code": code, "serial": "SAMPLE-1", "number": "SAMPLE-2"}.get(name, "sample")

    return look


def _path_pattern(path: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", path)
    pattern = "".join(
        f"(?P<{piece}>[^/]+)" if index % 2 else re.escape(piece)
        for index, piece in enumerate(pieces)
    )
    return re.compile(pattern)


def _where_serial_stands(profile: Operation) -> str:
    """`{serial}` in a header, the query or the path says where a request carries it."""
    for name, template in profile.headers.items():
        if template == "{serial}":
            return f"{{header:{name}}}"
    for name, template in profile.query.items():
        if template == "{serial}":
            return f"{{query:{name}}}"
    return "{path:serial}" if "{serial}" in profile.path else ""


__all__ = ["CompiledOperation"]
