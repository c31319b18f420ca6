"""
The shape of one operation in connection.yaml: transport, envelope, codec, signer, outcome, replies.

Grammar with examples: adapters/README.md. Names of addresses and secrets stand here, never values.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from adapters.templates import names

Scalar = str | int | bool


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _kind(value: Any) -> Any:
    """`json` stands for `{kind: json}`."""
    return {"kind": value} if isinstance(value, str) else value


# --- codec, envelope ------------------------------------------------------------------------


class Codec(Part):
    """Record ↔ text. `charset` is the true one; `declares` is what an XML declaration claims."""

    kind: Literal["json", "xml", "form"] = "json"
    charset: str | None = None
    root: str | None = None
    namespace: str | None = None
    declares: str | None = None
    lists: tuple[str, ...] = ()
    double: bool = False


class Envelope(Part):
    """Where the payload sits in the body."""

    kind: Literal["body", "none", "field", "multipart", "soap", "soap_string"] = "body"
    format: Literal["json", "form"] = "form"
    field: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    file: str | None = None
    file_name: str | None = None
    media_type: str | None = None
    parameter: str | None = None
    parameters: dict[str, str] = Field(default_factory=dict)
    cdata: bool = False
    charset: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Envelope:
        needed = {"field": "field", "multipart": "file", "soap_string": "parameter"}.get(self.kind)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"envelope {self.kind} needs `{needed}`")
        return self


class Shape(Part):
    envelope: Annotated[Envelope, BeforeValidator(_kind)] = Envelope()
    codec: Annotated[Codec, BeforeValidator(_kind)] = Codec()


class Soap(Part):
    wsdl: str
    port: str
    operation: str


# --- outcome --------------------------------------------------------------------------------


class Predicate(Part):
    """All conditions given must hold. Values are compared as they stand on the wire."""

    status: int | tuple[int, ...] | None = None
    path: str | None = None
    equals: Scalar | None = None
    in_: tuple[Scalar, ...] | None = Field(default=None, alias="in")
    starts: str | None = None
    present: bool | None = None
    all: tuple[Predicate, ...] | None = None
    any: tuple[Predicate, ...] | None = None
    not_: Predicate | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _says_something(self) -> Predicate:
        tests = [v is not None for v in (self.equals, self.in_, self.starts, self.present)]
        if sum(tests) != (self.path is not None):
            raise ValueError("`path` goes with exactly one of equals, in, starts, present")
        if not (any(tests) or self.status or self.all or self.any or self.not_):
            raise ValueError("a predicate without conditions would always hold")
        return self


ErrorClass = Literal["rejected", "unavailable", "unknown", "exists", "absent", "ours"]


class ErrorRow(Part):
    when: Predicate
    class_: ErrorClass = Field(alias="class")
    code: str = ""
    text: str = ""
    retry_after: str | int | None = None


class ReceiptPaths(Part):
    number: str | None = None
    serial: str | None = None
    values: dict[str, str] = Field(default_factory=dict)


class OutcomeTable(Part):
    success: Predicate
    errors: tuple[ErrorRow, ...] = ()
    receipt: ReceiptPaths = ReceiptPaths()


# --- replies, identity ----------------------------------------------------------------------


class Fault(Part):
    code: str
    reason: str = ""
    detail: dict[str, Any] | None = None


class ReplyTemplate(Part):
    status: int | Literal["problem"] = 200
    record: dict[str, Any] | None = None
    fault: Fault | None = None

    @model_validator(mode="after")
    def _one_content(self) -> ReplyTemplate:
        if (self.record is None) == (self.fault is None):
            raise ValueError("a reply has either `record` or `fault`")
        return self


class Replies(Part):
    accepted: ReplyTemplate | None = None
    refused: ReplyTemplate | None = None
    exists: ReplyTemplate | None = None
    found: ReplyTemplate | None = None
    absent: ReplyTemplate | None = None
    page: ReplyTemplate | None = None
    denied: ReplyTemplate | None = None
    noted: ReplyTemplate | None = None
    """heard, and nothing done yet: the caller asks later"""
    codes: dict[str, str] = Field(default_factory=dict)


class Pages(Part):
    """Where a page of events (or of a mailbox) holds its items and the next cursor."""

    items: str
    cursor: str
    text: bool = False


class Identify(Part):
    """A message by template: what it is, which repeat is the same one, which case it belongs to."""

    kind: str
    kinds: dict[str, str] = Field(default_factory=dict)
    message_id: str
    data_version: str = ""
    case_number: str = ""
    party_number: str = ""


class MaterialPath(Part):
    """Inline base64 in the record; media type and file name stand beside it."""

    path: str
    media_type: str | None = None
    file_name: str | None = None


def _material(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class Timeouts(Part):
    """Seconds: until connected, from the last byte sent to the first of the answer, altogether."""

    connect: float = Field(5, gt=0)
    first_byte: float = Field(30, gt=0)
    total: float = Field(120, gt=0)


# --- operation ------------------------------------------------------------------------------


class Operation(Part):
    transport: Literal["rest", "soap", "mailbox"] = "rest"
    purpose: Literal["message", "mailbox", "contract", "fetch"] = "message"
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    address: str = "base"
    path: str = ""
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    soap: Soap | None = None
    credentials: tuple[str, ...] = ()
    signer: str | None = None
    request: Shape = Shape()
    reply: Shape = Shape()
    materials: tuple[Annotated[MaterialPath, BeforeValidator(_material)], ...] = ()
    serial: str = ""
    record: dict[str, Any] | None = None
    timeouts: Timeouts = Timeouts()
    answer_limit: int = Field(4 * 1024 * 1024, ge=1024)
    outcome: OutcomeTable | None = None
    replies: Replies = Replies()
    pages: Pages | None = None
    identify: Identify | None = None
    cursor: str = ""
    file: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Operation:
        if (self.transport == "soap") != (self.soap is not None):
            raise ValueError("transport soap and `soap:` go together")
        if self.request.envelope.kind == "field" and self.materials:
            # A form would have to percent-encode base64 while streaming; nobody has asked for it.
            raise ValueError("inline materials cannot stand inside a form or JSON field")
        outside = [*names(self.path), *_templates(self.query), *_templates(self.headers)]
        if wrong := [n for n in outside if n not in VARIABLES and not n.startswith("secret:")]:
            raise ValueError(f"path, query and headers take variables only, not {wrong}")
        if self.purpose == "contract" and self.file is None:
            raise ValueError("purpose contract needs `file`")
        return self


VARIABLES = frozenset({"serial", "cursor"})
"""What may stand in a URL or header: numbers of a case, never a field of a document."""


def _templates(values: dict[str, str]) -> list[str]:
    return [name for value in values.values() for name in names(value)]


__all__ = [
    "VARIABLES",
    "Codec",
    "Envelope",
    "ErrorRow",
    "Identify",
    "MaterialPath",
    "Operation",
    "OutcomeTable",
    "Pages",
    "Part",
    "Predicate",
    "Replies",
    "ReplyTemplate",
    "Shape",
    "Soap",
    "Timeouts",
]
