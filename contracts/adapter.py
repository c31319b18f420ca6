"""
What the gateway and its adapters say to each other: records, byte plans, steps, outcomes.

Words: a *record* is a province's document as plain Python (dict, list, str, int, bool); XML
attributes are keys that begin with "@", the text of an element that also has attributes is "#text",
an element that occurs more than once is a list. A *step* is one call to the province. A
*byte plan* is the payload of a step: literal bytes and references to materials, so that the same
plan always gives the same bytes and a scan is never held in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol

from contracts.errors import Finding

Record = dict[str, Any]
Environment = Literal["test", "production"]
MaterialEncoding = Literal["raw", "base64"]


@dataclass(frozen=True, slots=True)
class MaterialRef:
    """Bytes of a material at this place of the payload; `digest` is SHA-256 hex of the content."""

    digest: str
    size: int
    encoding: MaterialEncoding = "raw"


@dataclass(frozen=True, slots=True)
class BytePlan:
    """The same plan gives the same bytes. Stored encrypted and immutable once committed."""

    segments: tuple[bytes | MaterialRef, ...]

    @property
    def literal(self) -> bytes:
        """All literal bytes joined; what a plan without materials sends."""
        return b"".join(part for part in self.segments if isinstance(part, bytes))

    @property
    def materials(self) -> tuple[MaterialRef, ...]:
        return tuple(part for part in self.segments if isinstance(part, MaterialRef))


@dataclass(frozen=True, slots=True)
class Step:
    """
    One call of a delivery.

    `plan` is None while the payload needs answers of earlier steps: it is then rendered from the
    stored record and those answers, and committed, before it is sent.
    """

    operation: str
    plan: BytePlan | None
    material_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProvinceReceipt:
    """What the other side confirmed: its number for the case, our serial echoed, other values."""

    number: str | None = None
    serial: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The last exchange as it happened; answer bytes are kept encrypted, never logged."""

    status: int | None = None
    answer: bytes = b""
    charset_rule: str | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A valid answer that matches what was sent."""

    receipt: ProvinceReceipt
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A business no: final, goes back to the sender as a message. `text` may be personal."""

    code: str
    text: str = ""
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Certain that it was not applied: refused connection, TLS failure, 429, 503 before a body."""

    reason: str
    retry_after: timedelta | None = None
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Bytes left us and no certain answer came. Every surprise is this."""

    reason: str
    exchange: Exchange = Exchange()


Outcome = Delivered | Rejected | Unavailable | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """The other side holds the serial we asked for."""

    receipt: ProvinceReceipt
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Absent:
    """The other side says it does not hold the serial."""

    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The question itself failed; ask again."""

    reason: str
    retry_after: timedelta | None = None


QueryAnswer = Found | Absent | Unanswered


@dataclass(frozen=True, slots=True)
class Capabilities:
    """
    What one counterpart can do; drives what becomes of an Unknown.

    `idempotent`: the same serial sent twice has one effect. `query`: it can be asked whether it
    holds a serial. `settle_time`: how long after a lost answer "not found" is believed.
    """

    idempotent: bool = False
    query: bool = False
    settle_time: timedelta = timedelta(seconds=2)
    pull: bool = False
    mailbox: bool = False
    max_concurrency: int = 16


@dataclass(frozen=True, slots=True)
class WireRequest:
    """An HTTP request as received at a dialect endpoint; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WireReply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class InlineMaterial:
    """A material that came inside the dialect document; decoded, still to be staged."""

    digest: str
    content: bytes
    media_type: str
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class InboundDocument:
    """
    One message of a province in its own words, identified by the template in connection.yaml.

    `case_ref` names the case: our own number, or (system, their number). `charset_rule` says how
    bytes became text. `raw` are the exact bytes received.
    """

    kind: str
    message_id: str
    data_version: int
    record: Record
    raw: bytes
    system: str
    case_number: str | None = None
    party_number: str | None = None
    charset_rule: str = "utf-8"
    materials: tuple[InlineMaterial, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundOperation:
    """
    What a dialect request wants.

    `message`: hands us a message. `mailbox`: fetches what waits for it. `fetch`: fetches the data
    of a number we pushed. `contract`: reads the WSDL or OpenAPI we publish back. `bearer`: the
    gateway's own token in the Authorization header decides.
    """

    name: str
    purpose: Literal["message", "mailbox", "contract", "fetch"]
    bearer: bool = False


@dataclass(frozen=True, slots=True)
class Pulled:
    """Messages a pull-only province had for us, in its order, and the cursor to store."""

    documents: tuple[InboundDocument, ...]
    cursor: str


MaterialReader = Callable[[str], AsyncIterator[bytes]]
"""Opens the content of a material by digest, in pieces."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A step with envelope, token and signature: ready to leave.

    `wire_digest` is SHA-256(salt || exact body bytes); the salt is stored under the case key.
    """

    url: str
    method: str
    headers: Mapping[str, str]
    body: BytePlan
    wire_digest: str
    wire_salt: bytes
    operation: str
    serial: str
    target: Mapping[str, Any] = field(default_factory=dict)


class Adapter(Protocol):
    """One system of a province, seen from us. Pure but for prepare, transmit, query and pull."""

    system: str

    def capabilities(self) -> Capabilities: ...

    def carries(self, kind: str) -> bool:
        """Whether this counterpart takes messages of that kind from us."""
        ...

    def encode(self, kind: str, record: Record) -> tuple[Step, ...]:
        """
        Turn a record into ordered steps.

        Raises:
            Unrenderable: a character or value the target cannot carry.
        """
        ...

    def render(
        self, step: Step, *, kind: str, record: Record, answers: tuple[ProvinceReceipt, ...]
    ) -> BytePlan:
        """Render a step that needed answers of earlier steps."""
        ...

    def ready(self, operation: str) -> bool:
        """Whether prepare needs no call first, such as one for a token."""
        ...

    async def prepare(
        self, operation: str, plan: BytePlan, *, serial: str, open_material: MaterialReader
    ) -> Prepared | Unavailable: ...

    async def transmit(self, prepared: Prepared, *, open_material: MaterialReader) -> Outcome: ...

    async def query(self, serial: str) -> QueryAnswer:
        """Ask whether the other side holds a serial. Only called when capabilities().query."""
        ...

    async def pull(self, cursor: str) -> Pulled | Unanswered: ...

    def verifies(self) -> frozenset[str]:
        """Subjects (list verification_subject) this counterpart verifies; empty: none."""
        ...

    async def poll(self, serial: str) -> Outcome | None:
        """
        Ask for the answer of a verification that was still being worked on.

        None: it has no such call or no longer knows the serial; the question itself is asked again.
        """
        ...

    def read_answer(self, answer: bytes, *, polled: bool) -> Record:
        """
        The record in the bytes of a delivered answer, to the question or to `poll`.

        Raises:
            Unreadable
        """
        ...

    def inbound(self, request: WireRequest) -> InboundOperation | None:
        """Name the inbound operation this request is for, or None."""
        ...

    def authenticate(self, operation: str, request: WireRequest, *, now: datetime) -> str:
        """
        Check a dialect credential and name the system it belongs to.

        Not called for operations with `bearer`: there the gateway's own token decides.

        Raises:
            AccessDenied: missing, wrong or expired credential or signature.
        """
        ...

    def decode(self, operation: str, request: WireRequest, *, system: str) -> InboundDocument:
        """
        Raises:
            Unreadable: bytes that cannot become a record, or whose identity cannot be read.
        """
        ...

    def answer(self, operation: str, *, receipt: Mapping[str, Any]) -> WireReply:
        """Our yes, in their dialect."""
        ...

    def refuse(self, operation: str, *, problem: Mapping[str, Any]) -> WireReply:
        """Our no, in their dialect; `problem` is the RFC 9457 object."""
        ...

    def mailbox_cursor(self, operation: str, request: WireRequest) -> str:
        """The cursor a pulling counterpart sent; empty at its first call."""
        ...

    def fetched_serial(self, operation: str, request: WireRequest) -> str:
        """Of which number we pushed the data are wanted; empty when it names none."""
        ...

    def fetch_reply(self, operation: str, *, record: Record) -> WireReply:
        """The data of a number we pushed, in its dialect."""
        ...

    def mailbox_reply(
        self, operation: str, *, payloads: tuple[bytes, ...], cursor: str
    ) -> WireReply:
        """What waits for a counterpart that pulls, in its dialect, and the cursor to send next."""
        ...


@dataclass(frozen=True, slots=True)
class Translation:
    """
    Result of running a mapping one way.

    `document` is the national message (JSON form) or the province's record. `lineage` holds
    (rule number, code-row id or -1) pairs, without values.
    """

    document: dict[str, Any]
    findings: tuple[Finding, ...]
    lineage: tuple[tuple[int, int], ...]


class Translator(Protocol):
    """A compiled mapping of one province; pure."""

    package: str
    package_digest: str

    def to_national(
        self, kind: str, record: Record, *, context: Mapping[str, Any], as_of: date | None
    ) -> Translation: ...

    def from_national(
        self, kind: str, document: Mapping[str, Any], *, context: Mapping[str, Any], as_of: date
    ) -> Translation: ...
