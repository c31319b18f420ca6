"""
One system of a province as seen from the gateway: `contracts.adapter.Adapter` from its folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters import dialect
from adapters.asking import ask_again, ask_for_serial, classifier, fetch_items, reader
from adapters.caller import Caller
from adapters.connection import ConnectionProfile, GatewayToken, SystemProfile
from adapters.doorman import Doorman
from adapters.identify import Identifier, Source, element_bytes
from adapters.operation import CompiledOperation
from adapters.soap.envelope import SoapParts, read_envelope
from adapters.steps import encode_steps, render_step
from adapters.templates import look_in
from adapters.world import Clock
from contracts.adapter import (
    BytePlan,
    Capabilities,
    InboundDocument,
    InboundOperation,
    MaterialReader,
    Outcome,
    Prepared,
    ProvinceReceipt,
    Pulled,
    QueryAnswer,
    Record,
    Step,
    Unanswered,
    Unavailable,
    WireReply,
    WireRequest,
)
from contracts.errors import AccessDenied, Unreadable, Unrenderable


class ProvinceAdapter:
    """See `contracts.adapter.Adapter`; every public method is one of its promises."""

    def __init__(
        self,
        profile: ConnectionProfile,
        system: SystemProfile,
        *,
        operations: Mapping[str, CompiledOperation],
        inbound: Mapping[str, CompiledOperation],
        files: Mapping[str, bytes],
        caller: Caller,
        doorman: Doorman,
        clock: Clock,
    ) -> None:
        self.system = system.system
        self._profile = profile
        self._verifies = frozenset(system.verifies)
        self._capabilities = system.capabilities.value()
        self._operations = operations
        self._inbound = inbound
        self._files = files
        self._caller = caller
        self._doorman = doorman
        self._clock = clock
        self._identifiers = {
            name: Identifier(operation.profile.identify)
            for name, operation in {**operations, **inbound}.items()
            if operation.profile.identify is not None
        }

    def capabilities(self) -> Capabilities:
        return self._capabilities

    def carries(self, kind: str) -> bool:
        return kind in self._profile.messages

    # --- out ------------------------------------------------------------------------------

    def encode(self, kind: str, record: Record) -> tuple[Step, ...]:
        entries = self._profile.messages.get(kind)
        if entries is None:
            raise Unrenderable(
                f"{self.system} 不接收 {kind} 报文", f"{self.system} takes no {kind} messages"
            )
        return encode_steps(entries, record, operations=self._operations)

    def render(
        self, step: Step, *, kind: str, record: Record, answers: tuple[ProvinceReceipt, ...]
    ) -> BytePlan:
        entries = self._profile.messages[kind]
        return render_step(step, entries, record, answers=answers, operations=self._operations)

    def ready(self, operation: str) -> bool:
        return self._caller.ready(self._operations[operation])

    async def prepare(
        self, operation: str, plan: BytePlan, *, serial: str, open_material: MaterialReader
    ) -> Prepared | Unavailable:
        return await self._caller.prepare(
            self._operations[operation], plan, serial=serial, open_material=open_material
        )

    async def transmit(self, prepared: Prepared, *, open_material: MaterialReader) -> Outcome:
        operation = self._operations[prepared.operation]
        result = await self._caller.send(operation, prepared, open_material=open_material)
        return classifier(operation).outcome(
            result, read=reader(operation), serial=prepared.serial, now=self._clock.now()
        )

    async def query(self, serial: str) -> QueryAnswer:
        operation = self._operations[self._profile.query or ""]
        return await ask_for_serial(operation, serial, caller=self._caller, now=self._clock.now)

    async def pull(self, cursor: str) -> Pulled | Unanswered:
        operation = self._operations[self._profile.pull or ""]
        page = await fetch_items(operation, cursor, caller=self._caller, now=self._clock.now)
        if isinstance(page, Unanswered):
            return page
        identifier = self._identifiers[operation.name]
        documents = tuple(
            identifier.anyhow(
                item, look_in(record=item), Source(element_bytes(item), self.system, page.rule)
            )
            for item in page.items
            if isinstance(item, dict)
        )
        return Pulled(documents, page.cursor)

    # --- verification ---------------------------------------------------------------------

    def verifies(self) -> frozenset[str]:
        return self._verifies

    async def poll(self, serial: str) -> Outcome | None:
        if self._profile.poll is None:
            return None
        operation = self._operations[self._profile.poll]
        return await ask_again(operation, serial, caller=self._caller, now=self._clock.now)

    def read_answer(self, answer: bytes, *, polled: bool) -> Record:
        asked = self._profile.messages["verification"][0].called
        name = self._profile.poll if polled and self._profile.poll else asked
        return self._operations[name].read_reply(answer, content_type=None).record

    # --- in -------------------------------------------------------------------------------

    def inbound(self, request: WireRequest) -> InboundOperation | None:
        named = find_operation(self._inbound, request)
        if named is None:
            return None
        credentials = [self._profile.credentials[n] for n in named.profile.credentials]
        return InboundOperation(
            named.name,
            named.profile.purpose,
            bearer=any(isinstance(c, GatewayToken) for c in credentials),
        )

    def authenticate(self, operation: str, request: WireRequest, *, now: datetime) -> str:
        named = self._inbound[operation]
        if not (named.profile.credentials or named.profile.signer):
            raise AccessDenied("该接口没有配置凭据", "this operation has no credential")
        read = named.request.unwrap(
            request.body, content_type=request.headers.get("content-type"), inner=False
        )
        return self._doorman.check(named, request, read, now=now) or self.system

    def decode(self, operation: str, request: WireRequest, *, system: str) -> InboundDocument:
        named = self._inbound[operation]
        read = named.read_request(request)
        source = Source(request.body, system, read.rule, read.materials)
        look = named.look(request, read)
        document = self._identifiers[operation].document(read.record, look, source)
        _refuse_unsayable(document.message_id, charset=named.reply.charset)
        return document

    def answer(self, operation: str, *, receipt: Mapping[str, Any]) -> WireReply:
        named = self._inbound[operation]
        if named.profile.purpose == "contract":
            return dialect.contract(named, self._files)
        return dialect.answer(named, receipt)

    def refuse(self, operation: str, *, problem: Mapping[str, Any]) -> WireReply:
        return dialect.refuse(self._inbound[operation], problem)

    def mailbox_cursor(self, operation: str, request: WireRequest) -> str:
        named = self._inbound[operation]
        return named.cursor_of(request, named.read_request(request))

    def fetched_serial(self, operation: str, request: WireRequest) -> str:
        named = self._inbound[operation]
        return named.serial_of(request, named.read_request(request)) or ""

    def fetch_reply(self, operation: str, *, record: Record) -> WireReply:
        return dialect.data(self._inbound[operation], record)

    def mailbox_reply(
        self, operation: str, *, payloads: tuple[bytes, ...], cursor: str
    ) -> WireReply:
        waiting = next(o for o in self._operations.values() if o.profile.transport == "mailbox")
        return dialect.page(self._inbound[operation], waiting, payloads=payloads, cursor=cursor)


# --- shared with the counterpart ------------------------------------------------------------


def find_operation(
    operations: Mapping[str, CompiledOperation], request: WireRequest
) -> CompiledOperation | None:
    """
    The operation a request is for. Several SOAP operations at one path are told apart by the body;
    one that cannot be read is given to the first of them, whose dialect then says so.
    """
    fitting = [operation for operation in operations.values() if operation.fits(request, None)]
    if len(fitting) < 2 or fitting[0].request.soap is None:
        return max(fitting, key=lambda operation: len(operation.profile.query), default=None)
    parts = _parts(fitting[0], request)
    if parts is None:
        return fitting[0]
    return next((operation for operation in fitting if operation.fits(request, parts)), None)


def _refuse_unsayable(identity: str, *, charset: str) -> None:
    """Our yes repeats the identity: one it cannot hold is refused before anything is stored."""
    try:
        identity.encode(charset)
    except UnicodeEncodeError:
        raise Unreadable(
            f"报文标识含有 {charset} 以外的字符,请改用字母和数字",
            f"the message id holds characters outside {charset}; use letters and digits",
        ) from None


def _parts(operation: CompiledOperation, request: WireRequest) -> SoapParts | None:
    content_type = request.headers.get("content-type")
    try:
        found = operation.request.text_of(request.body, content_type=content_type)
        return read_envelope(found.text)
    except Unreadable:
        return None


__all__ = ["ProvinceAdapter", "find_operation"]
