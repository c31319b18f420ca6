"""
What use cases need from the world: store, keys, blobs, provinces, clock, ids.

Everything here is a protocol or a frozen row. Rows carry sealed (encrypted) bytes wherever personal
data could stand; the store never sees a key.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, Protocol, TypeVar

from contracts.adapter import Adapter, Environment, Prepared, Translator
from contracts.calendar import SHIPPED, Calendars
from gateway.core.audit.leaf import Leaf

# --- clock, ids -----------------------------------------------------------------------------


class Clock(Protocol):
    """Wall time for people and records, monotonic time for deadlines."""

    def now(self) -> datetime:
        """Aware, UTC, microseconds."""
        ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    """All randomness of the product."""

    def token(self, size: int = 32) -> bytes: ...

    def hex(self, size: int = 16) -> str: ...

    def fraction(self) -> float:
        """A number in [0, 1), for jitter."""
        ...


T = TypeVar("T")


class Running(Protocol):
    """A thread that was started."""

    def join(self, seconds: float) -> bool:
        """Wait for its end; False when it still runs after `seconds`."""
        ...


class Threads(Protocol):
    """All threads of the product."""

    def start(self, run: Callable[[], None], *, name: str) -> Running: ...

    def lock(self) -> AbstractContextManager[object]:
        """A new lock, for `with`."""
        ...

    async def call(self, work: Callable[[], T]) -> T:
        """Do blocking work beside the event loop. Cancelling the wait does not stop the work."""
        ...


# --- keys -----------------------------------------------------------------------------------


class CaseKey(Protocol):
    """Key of one case: seals its columns and commits to its values."""

    key_id: int

    def seal(self, data: bytes, place: str) -> bytes:
        """AES-256-GCM; `place` is bound in as associated data."""
        ...

    def open(self, sealed: bytes, place: str) -> bytes:
        """
        Raises:
            IntegrityError: the bytes were changed or stand in another place.
        """
        ...

    def commit(self, name: str, value: str) -> str:
        """HMAC-SHA256 under the case's commitment key, hex."""
        ...


class Keys(Protocol):
    def take(self) -> CaseKey:
        """
        A fresh key that is already durable. Its `key_id` is never given out twice.

        Raises:
            Overloaded: the pool is empty; it is being refilled.
        """
        ...

    def case_key(self, key_id: int) -> CaseKey:
        """
        Raises:
            IntegrityError: no such key (erased, or the key store is not the database's).
        """
        ...

    def index(self, purpose: str, *parts: str) -> bytes:
        """Keyed blind index (HMAC-SHA256) of text, for look-ups and fingerprints."""
        ...

    def fingerprint(self, data: bytes) -> bytes: ...

    def seal(self, data: bytes, place: str) -> bytes:
        """For what belongs to no case yet (staged materials, cursors)."""
        ...

    def open(self, sealed: bytes, place: str) -> bytes: ...


# --- blobs ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """Durable: file and directory are synced. `digest` is SHA-256 hex of the plain content."""

    name: str
    key: bytes
    digest: str
    size: int


class BlobStore(Protocol):
    async def write(self, chunks: AsyncIterator[bytes], *, limit: int) -> StoredBlob:
        """
        Stream in, encrypt, digest, sync. Nothing is left behind on failure.

        Raises:
            TooLarge: more than `limit` bytes came.
        """
        ...

    def read(self, name: str, key: bytes) -> AsyncIterator[bytes]:
        """
        Raises:
            IntegrityError: the file is missing, cut or changed.
        """
        ...

    async def delete(self, name: str) -> None: ...

    async def names(self) -> Sequence[str]: ...


# --- rows -----------------------------------------------------------------------------------

DeliveryState = Literal[
    "pending",  # due at next_at
    "sending",  # an intent is open; after a crash this is Unknown
    "asking",  # Unknown; a query is due at next_at
    "mailbox",  # waits until the counterpart pulls
    "parked",  # nobody can be asked: a person decides
    "dead",  # dead letter
    "delivered",
    "rejected",
    "superseded",  # overtaken by withdrawal or correction
]
OPEN_STATES: tuple[DeliveryState, ...] = (
    "pending",
    "sending",
    "asking",
    "mailbox",
    "parked",
    "dead",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """
    Projection of a case. `revision` is 1 on insert, else the row must stand at revision - 1.

    Plain columns hold codes and dates only; `sealed` is the whole folded case under its key.
    """

    number: str
    revision: int
    key_id: int
    environment: Environment
    status: str
    turn: str | None
    due_on: date | None
    item: str
    mode: str
    sender: str
    handler: str
    receiving_county: str
    handling_county: str
    arrivals: int
    opened_at: datetime
    updated_at: datetime
    sealed: bytes
    last_leaf: str | None = None
    watch_on: date | None = None
    """the next day on which a clock of the case has to warn"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    case_number: str
    arrival: int
    system: str
    environment: Environment
    message_id: str
    data_version: int
    kind: str
    part_id: str
    applied: bool
    occurred_at: datetime
    received_at: datetime
    package: str | None
    sealed: bytes
    """Framed: national document, raw bytes, digest salt, lineage, charset rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """The first answer to an identity. Unique on (system, environment, key)."""

    system: str
    environment: Environment
    key: bytes
    fingerprint: bytes
    case_number: str
    arrival: int
    key_id: int
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """
    A party's number for the case, as a blind index; unique per (system, index).

    The same row again is harmless; the same index for another case is a revision conflict.
    """

    system: str
    index: bytes
    case_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRow:
    """A bundle 一件事 and the cases it became, in its order."""

    number: str
    environment: Environment
    theme: str | None
    sender: str
    opened_at: datetime
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantRow:
    """One application of one person for one item; `index` is a keyed index of both."""

    index: bytes
    case_number: str
    environment: Environment
    application_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRow:
    """
    A blob somebody refers to. Staged: `case_number` is None and `owner` is the sending system.

    `index` is a keyed index of (owner or case, digest); `sealed` holds digest, blob key, size,
    media type, file name.
    """

    owner: str
    case_number: str | None
    index: bytes
    blob: str
    at: datetime
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    serial: str
    index: int
    operation: str
    material_id: str | None
    sealed_plan: bytes | None
    """None until it can be rendered from earlier answers."""
    sealed_answer: bytes | None = None
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """
    Bytes promised to one system. `serial` names it for ever and is what the other side sees.

    Order: within `order_key` (case, part, destination) by `position`; a delivery with `overtakes`
    does not wait for parked, asking or dead ones before it.
    """

    serial: str
    case_number: str
    key_id: int
    order_key: str
    position: int
    overtakes: bool
    destination: str
    environment: Environment
    kind: str
    arrival: int
    package: str | None
    state: DeliveryState
    next_at: datetime
    created_at: datetime
    sealed_record: bytes
    """What steps without a plan are rendered from; empty where there are none."""
    attempt: int = 0
    step: int = 0
    fence: int = 0
    reason: str | None = None
    settled_at: datetime | None = None
    trace_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryUpdate:
    """
    Move one delivery. Applies only while the row's fence equals `fence` and its state is in `was`.

    The lease goes on if `state` is "sending" or the change opens an attempt of this serial; any
    other update ends it, so that `next_at` alone says when the delivery is due. `sealed_record` and
    `package` replace what the row holds where they are given: it was rendered anew.
    """

    serial: str
    fence: int
    was: tuple[DeliveryState, ...]
    state: DeliveryState
    next_at: datetime
    attempt: int
    step: int
    reason: str | None = None
    settled_at: datetime | None = None
    sealed_record: bytes | None = None
    package: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """An intent (ended_at None) or a finished attempt. `number` counts sends and queries alike."""

    serial: str
    number: int
    purpose: Literal["send", "query"]
    step: int
    fence: int
    started_at: datetime
    wire_digest: str | None
    sealed: bytes | None
    """Framed under the case key: wire salt; once ended also the answer bytes."""
    ended_at: datetime | None = None
    outcome: str | None = None
    status: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorRow:
    system: str
    environment: Environment
    cursor: str
    at: datetime


VerificationState = Literal["asking", "open", "answered", "refused", "failed"]
"""Not asked with success yet · being worked on · answered · the service said no · given up"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRow:
    """
    A question to a verification service, and its answer. Unique on (system, environment, identity).

    `revision` is 1 on insert, else the row must stand at revision - 1. Asking has no effect at the
    service: after a crash whatever is asking or open is asked again under the same `number`.
    `person` is a keyed index of the person's certificate number; question and answer are `sealed`.
    """

    number: str
    revision: int
    key_id: int
    system: str
    environment: Environment
    identity: bytes
    fingerprint: bytes
    service: str
    subject: str
    case_number: str | None
    person: bytes
    state: VerificationState
    next_at: datetime
    attempt: int
    asked_at: datetime
    answered_at: datetime | None
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """A token, hashed. `role`: partner, operator, security_officer, auditor, window_clerk."""

    client_id: str
    role: str
    system: str | None
    province: str | None
    environment: Environment
    token_hash: bytes
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRow:
    """
    Working calendars as an operator loaded them; `content` is `calendars_to_text` of all of them.

    `base` is the revision of the product then. `recounted_at`: since when every case that was open
    has been counted anew with it. The same version with another digest is a revision conflict.
    """

    version: str
    base: str
    loaded_at: datetime
    client: str
    digest: str
    content: str
    recounted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementRow:
    """
    An implementation list as a province announced it; `content` is its items.csv, `findings` JSON.

    `number` counts a province's announcements from 1. requested: not yet approved, only compared;
    refused: asks for more than the upper list; adopted: in force from `valid_from` on.
    """

    province: str
    number: int
    state: Literal["requested", "adopted", "refused"]
    digest: str
    cause_on: date
    requested_on: date
    approved_on: date | None
    valid_from: date | None
    announced_at: datetime
    client: str
    findings: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OldUseRow:
    """Cases of an item that came in a version no longer in force; rows of one name are added up."""

    province: str
    system: str
    catalogue_code: str
    version: str
    first_on: date
    last_on: date
    cases: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    Everything one use case commits, in one transaction (a savepoint of a commit group).

    Either all of it is durable when `Store.commit` returns, or none of it.
    """

    case: CaseRow | None = None
    more_cases: tuple[CaseRow, ...] = ()
    """the other cases of a bundle: all of them or none"""
    bundle: BundleRow | None = None
    applicants: tuple[ApplicantRow, ...] = ()
    parties: tuple[tuple[str, str, str], ...] = ()
    """(case number, system, role)"""
    numbers: tuple[NumberRow, ...] = ()
    messages: tuple[MessageRow, ...] = ()
    now_applied: tuple[tuple[str, int], ...] = ()
    """(case number, arrival) of earlier messages that this one made applicable"""
    receipts: tuple[ReceiptRow, ...] = ()
    materials: tuple[MaterialRow, ...] = ()
    deliveries: tuple[DeliveryRow, ...] = ()
    """
    New ones. With `lease_until` one that comes as "sending" is begun here: its intent comes along
    in `attempts`, it is leased until then, and no open delivery may stand before it.
    """
    lease_until: datetime | None = None
    steps: tuple[StepRow, ...] = ()
    """New steps, or steps whose plan or answer is now known (upsert on serial, index)."""
    answered: tuple[StepRow, ...] = ()
    """Steps that were answered; their plan stands as it is stored."""
    attempts: tuple[AttemptRow, ...] = ()
    """Intents to open, or the same rows ended (upsert on serial, number)."""
    updates: tuple[DeliveryUpdate, ...] = ()
    verifications: tuple[VerificationRow, ...] = ()
    cursor: CursorRow | None = None
    access: tuple[AccessRow, ...] = ()
    calendars: tuple[CalendarRow, ...] = ()
    announcements: tuple[AnnouncementRow, ...] = ()
    old_uses: tuple[OldUseRow, ...] = ()
    leaves: tuple[Leaf, ...] = ()


class RevisionConflictError(Exception):
    """The case moved on meanwhile: read it again and fold anew."""


class DuplicateReceiptError(Exception):
    """Somebody with the same identity was first: read their receipt."""


class FenceLostError(Exception):
    """The delivery belongs to somebody else now: do nothing more with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """All given conditions must hold; pages are stable and ordered."""

    system: str | None = None
    """only cases this system is a party of"""
    status: str | None = None
    turn: str | None = None
    due_before: date | None = None
    watch_by: date | None = None
    """only cases with a clock that has to warn by this day"""
    handler: str | None = None
    sender: str | None = None
    open_only: bool = False
    """only cases in which it is somebody's turn"""
    order: Literal["opened", "due"] = "opened"
    """newest first, or soonest due first with those that owe nothing last"""
    after: str | None = None
    """number of the last case of the page before"""
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    case_number: str | None = None
    destination: str | None = None
    states: tuple[DeliveryState, ...] = ()
    """empty: all"""
    after: str | None = None
    """serial of the last delivery of the page before; they come in the order promised"""
    limit: int = 50


# --- store ----------------------------------------------------------------------------------


class Store(Protocol):
    async def commit(self, change: Change) -> tuple[str, ...]:
        """
        Make a change durable and return the ids of its leaves, in order.

        Sets `prev_case_leaf` and the case's `last_leaf` itself. Cancelling does not undo it.

        Raises:
            RevisionConflictError, DuplicateReceiptError, FenceLostError: nothing was stored.
            StoreUnavailable: the disk refused; nothing was stored.
            Overloaded: too many commits wait; nothing was stored.
            IntegrityError: a key, serial or arrival is used twice; nothing was stored.
        """
        ...

    async def case(self, number: str) -> CaseRow | None: ...

    async def cases(self, where: CaseFilter) -> Sequence[CaseRow]:
        """
        Raises:
            NotFound: `where.after` names no case.
        """
        ...

    async def is_party(self, number: str, system: str) -> bool: ...

    async def parties(self, number: str) -> Sequence[tuple[str, str]]:
        """(system, role)"""
        ...

    async def bundle(self, number: str) -> BundleRow | None: ...

    async def applications(self, index: bytes, *, but: Collection[str]) -> Sequence[ApplicantRow]:
        """The first and the last case of one person and item whose status is none of `but`."""
        ...

    async def case_by_number(self, system: str, index: bytes) -> str | None: ...

    async def receipt(
        self, system: str, environment: Environment, key: bytes
    ) -> ReceiptRow | None: ...

    async def message(self, number: str, arrival: int) -> MessageRow | None: ...

    async def messages(self, number: str) -> Sequence[MessageRow]: ...

    async def claim(
        self, destination: str, *, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[DeliveryRow]:
        """
        Lease due deliveries of one lane, oldest first.

        Returned rows carry a new `fence`. A row is due when its state is pending or asking, its
        next_at has come, no lease holds it, and no earlier open delivery of its order key is in its
        way. An expired lease in state "sending" comes back as state "asking" (an open intent is
        Unknown). Opening an embedded store ends all leases: their process is gone.
        """
        ...

    async def lanes(self, now: datetime) -> Mapping[str, datetime]:
        """
        Destination -> when `claim` can next give something of it, as far as is known now.

        The earliest next_at of its pending or asking deliveries that wait for no other; a leased
        one counts when its lease ends.
        """
        ...

    async def due(self, destination: str, now: datetime) -> datetime | None:
        """The same for one destination; cheap enough to ask before every rest."""
        ...

    async def delivery(self, serial: str) -> DeliveryRow | None: ...

    async def deliveries(self, where: DeliveryFilter) -> Sequence[DeliveryRow]:
        """
        Raises:
            NotFound: `where.after` names no delivery.
        """
        ...

    async def steps(self, serial: str) -> Sequence[StepRow]: ...

    async def attempts(self, serial: str) -> Sequence[AttemptRow]: ...

    async def staged(self, owner: str, index: bytes) -> MaterialRow | None: ...

    async def case_materials(self, number: str) -> Sequence[MaterialRow]: ...

    async def forget_staged(self, before: datetime) -> Sequence[str]:
        """Drop staged rows older than `before`; names of blobs no row refers to any more."""
        ...

    async def blobs(self) -> Sequence[str]:
        """Names of all blobs a row refers to."""
        ...

    async def verification(self, number: str) -> VerificationRow | None: ...

    async def verification_by_identity(
        self, system: str, environment: Environment, identity: bytes
    ) -> VerificationRow | None: ...

    async def verifications_due(self, now: datetime, *, limit: int) -> Sequence[VerificationRow]:
        """Asking or open ones whose next_at has come, longest due first."""
        ...

    async def cursor(self, system: str, environment: Environment) -> str | None: ...

    async def access(self, token_hash: bytes) -> AccessRow | None: ...

    async def accesses(self) -> Sequence[AccessRow]: ...

    async def calendars(self) -> Sequence[CalendarRow]:
        """Everything loaded, oldest first."""
        ...

    async def announcements(self) -> Sequence[AnnouncementRow]:
        """Implementation lists of all provinces, oldest first."""
        ...

    async def old_uses(self) -> Sequence[OldUseRow]: ...

    async def leaves(self, number: str | None = None) -> Sequence[tuple[str, bytes]]:
        """(leaf id, canonical bytes), in the order written."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """
        How many cases, deliveries, materials, accesses and leaves, and `deliveries.<state>` for
        every state; for metrics and the doctor.
        """
        ...

    async def close(self) -> None: ...


# --- provinces ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Addresses and secrets of one province in one environment, by the names its folder uses."""

    addresses: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """
    Stored schedule of one counterpart: seconds to wait after the n-th failure, then give up.

    `first` * `factor`^(n-1), at most `cap`, with full jitter, until `attempts` or `hours`.
    """

    first: float = 5.0
    factor: float = 2.0
    cap: float = 3600.0
    attempts: int = 40
    hours: float = 24 * 7
    retry_after_cap: float = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system of a province that sends to us or receives from us, in one environment."""

    system: str
    province: str
    name: str
    simulated: bool
    place: str | None
    """12 digits"""
    adapter: Adapter
    translator: Translator
    retry: RetryPolicy
    simulation_mark: str | None = None
    prescribed_for: tuple[str, ...] = ()
    """12-digit catalogue codes for which it is the prescribed channel"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A handling body and one place it serves, with validity. `system` is where it is reached."""

    credit_code: str
    name: str
    serves: str
    """a prefix of place codes: 2, 4, 6, 9 or 12 digits"""
    place: str
    system: str
    items: tuple[str, ...] = ()
    """12-digit catalogue codes; empty: all"""
    phone: str | None = None
    hours: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    roles: tuple[str, ...] = ()
    """what it does in a case of several parts (list part_role); empty: whatever is asked"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A supervising authority (a system) that is told results of cases. `facts`: names, `*` all."""

    authority: str
    serves: str
    """a prefix of place codes of handling places"""
    facts: tuple[str, ...]
    legal_basis: str
    items: tuple[str, ...] = ()
    """12-digit catalogue codes; empty: all"""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalItem:
    """A row of a province's implementation list."""

    province: str
    local_code: str
    catalogue_code: str
    implementation_code: str | None
    name: str
    version: str
    materials: tuple[str, ...]
    valid_from: date | None = None
    valid_to: date | None = None
    may_owe: tuple[str, ...] = ()
    by_check: tuple[str, ...] = ()
    by_commitment: tuple[str, ...] = ()


class Provinces(Protocol):
    """All connections in force. Constant between two loads, but for announced lists."""

    def system(self, system: str, environment: Environment) -> System | None: ...

    def systems(self, environment: Environment) -> Sequence[System]: ...

    def dialect(self, province: str, environment: Environment) -> Adapter | None:
        """The adapter whose inbound operations stand under /provinces/<code>/."""
        ...

    def bodies(self) -> Sequence[Body]: ...

    def subscriptions(self) -> Sequence[Subscription]: ...

    def local_items(self, province: str) -> Sequence[LocalItem]: ...

    def adopt(self, province: str, items: Sequence[LocalItem]) -> None:
        """Put an announced list in the place of the one in force; its rows carry their validity."""
        ...


# --- lanes ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunDelivery:
    """
    A delivery whose first intent is durable with what promises it, still in the hands that made it.

    Nothing of it has left. If the process ends here it is an Unknown like every open intent.
    """

    row: DeliveryRow
    """as it is stored with its intent"""
    system: System
    key: CaseKey
    steps: tuple[StepRow, ...]
    message_id: str
    prepared: Prepared
    intent: AttemptRow


class Slot(Protocol):
    """Room in a lane, kept for one delivery: it is either started or given back."""

    lease: timedelta

    def start(self, begun: BegunDelivery) -> None:
        """Send it, once its intent is durable; never blocks."""
        ...

    def give_back(self) -> None: ...


class Lines(Protocol):
    """The lanes as use cases see them. Only `dial` waits."""

    def slot(self, destination: str) -> Slot | None:
        """Room for a delivery that is begun outside its lane; None where there is none to spare."""
        ...

    async def dial(self, destination: str) -> bool:
        """Wait until one more call to a destination may be made; False: it took too long."""
        ...

    def hang_up(self, destination: str) -> None:
        """The call that `dial` allowed is over."""
        ...

    def done_calling(self, destination: str, serial: str) -> None:
        """A delivery makes no more calls: what is left to commit needs no room in its lane."""
        ...


class NoLines:
    """Where no lanes run, nothing is begun ahead and every call may be made at once."""

    def slot(self, destination: str) -> Slot | None:
        return None

    async def dial(self, destination: str) -> bool:
        return True

    def hang_up(self, destination: str) -> None:
        return None

    def done_calling(self, destination: str, serial: str) -> None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds at the door; all in bytes or seconds."""

    body: int = 1024 * 1024
    dialect_body: int = 8 * 1024 * 1024
    """A dialect carries materials inline, base64 in the document."""
    material: int = 50 * 1024 * 1024
    headers: int = 16 * 1024
    header_seconds: float = 10.0
    body_idle_seconds: float = 8.0
    stage_hours: float = 24.0


@dataclass(slots=True)
class Almanac:
    """The working calendars in force, and every version there was; changed by loading only."""

    current: Calendars = SHIPPED
    versions: dict[str, Calendars] = field(default_factory=lambda: {SHIPPED.revision: SHIPPED})

    def enact(self, calendars: Calendars) -> None:
        self.versions[calendars.revision] = calendars
        self.current = calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What every use case is given: the one object `app.open_gateway` builds."""

    store: Store
    keys: Keys
    blobs: BlobStore
    provinces: Provinces
    clock: Clock
    ids: Ids
    environment: Environment
    node: str
    standings: dict[str, object] = field(default_factory=dict)
    """Opened cases by number, kept by the use cases; only ever a copy of what the store holds."""
    wake: Callable[[str], None]
    """Tells the lane of a destination that there is work for it; never blocks."""
    lines: Lines = field(default_factory=NoLines)
    limits: Limits = field(default_factory=Limits)
    prescribed: frozenset[str] = frozenset()
    """Systems that are in force as prescribed channel (国家系统); empty: 模拟直连 alone."""
    almanac: Almanac = field(default_factory=Almanac)
