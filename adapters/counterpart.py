"""
The province's side of its own folder: what a sandbox or a conformance run plays.

Server side: name the call, check its credential, give record, serial and materials, and build the
reply. Client side: send a message to the gateway's dialect endpoint, fetch the mailbox. All layers
are those of the gateway's side, used the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

import orjson

from adapters.asking import ask_for_record, classifier, fetch_items, no_material, reader
from adapters.caller import Caller
from adapters.connection import OAuth2
from adapters.doorman import Doorman
from adapters.http import HttpClient
from adapters.identify import Identifier
from adapters.names import Names
from adapters.open import Folder, read_folder
from adapters.operation import CompiledOperation
from adapters.province import find_operation
from adapters.world import Clock, Ids
from contracts.adapter import (
    InlineMaterial,
    MaterialReader,
    Outcome,
    Record,
    Unanswered,
    Unavailable,
    WireReply,
    WireRequest,
)
from contracts.errors import GatewayError, NotFound

TOKEN_SECONDS = 600
GATEWAY_ADDRESS = "gateway"
Purpose = Literal["token", "message", "upload", "query", "pull", "verify", "poll", "number"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the gateway as this place understands it; the credential has been checked."""

    operation: str
    purpose: Purpose
    kinds: tuple[str, ...] = ()
    record: Record | None = None
    serial: str | None = None
    cursor: str = ""
    materials: tuple[InlineMaterial, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What waited in the gateway's mailbox, oldest first."""

    records: tuple[Record, ...]
    cursor: str


class Counterpart:
    """One system of a province, played."""

    def __init__(
        self,
        folder: Folder,
        system: str,
        *,
        names: Names,
        caller: Caller,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self.system = system
        self.profile = folder.profile
        self._operations = {
            name: operation
            for name, operation in folder.operations.items()
            if operation.profile.transport != "mailbox"
        }
        self._waiting = next(
            (o for o in folder.operations.values() if o.profile.transport == "mailbox"), None
        )
        self._inbound = folder.inbound
        self._names = names
        self._caller = caller
        self._clock = clock
        self._ids = ids
        self._tokens: dict[str, float] = {}
        self._doorman = Doorman(folder.profile, names=names, issued=self._issued)

    # --- called by the gateway ------------------------------------------------------------

    def receive(self, request: WireRequest, *, now: datetime) -> Call:
        """
        Name a call and check its credential. `request.path` is relative to this system's address.

        Raises:
            NotFound: no operation is called like this.
            AccessDenied: credential or signature missing, wrong, expired or seen before.
            Unreadable: the body is not what the operation takes.
        """
        if self._token_credential(request) is not None:
            return Call("token", "token", record=dict(parse_qsl(request.body.decode("utf-8"))))
        operation = find_operation(self._operations, request)
        if operation is None:
            raise NotFound
        read = operation.read_request(request)
        self._doorman.check(operation, request, read, now=now)
        return Call(
            operation=operation.name,
            purpose=self._purpose(operation),
            kinds=self._kinds(operation),
            record=read.record,
            serial=operation.serial_of(request, read),
            cursor=operation.cursor_of(request, read),
            materials=read.materials,
        )

    def give_token(self, call: Call) -> WireReply:
        """Answer a token call: a fresh token, or 401 when client id or secret is wrong."""
        given = call.record or {}
        for credential in self.profile.credentials.values():
            if not isinstance(credential, OAuth2):
                continue
            wanted = {
                "grant_type": "client_credentials",
                "client_id": self._names.secret(credential.client_id),
                "client_secret": self._names.secret(credential.client_secret),
            }
            if all(given.get(name) == value for name, value in wanted.items()):
                token = self._ids.hex(16)
                self._tokens[token] = self._clock.monotonic() + TOKEN_SECONDS
                return _json(
                    200,
                    {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS},
                )
        return _json(401, {"error": "invalid_client"})

    def forget_tokens(self) -> None:
        """Every token given out so far becomes invalid, as after a restart of an old system."""
        self._tokens.clear()

    def accept(
        self, call: Call, *, number: str = "", values: Mapping[str, Any] | None = None
    ) -> WireReply:
        return self._reply(call, "accepted", number=number, **dict(values or {}))

    def reject(self, call: Call, *, code: str, text: str) -> WireReply:
        """A business no."""
        return self._reply(call, "refused", code=code, text=text)

    def already(self, call: Call, *, number: str) -> WireReply:
        """A repeat of a serial this place knows; `accepted` where the folder has no `exists`."""
        name = "exists" if self._operation(call).profile.replies.exists else "accepted"
        return self._reply(call, name, number=number)

    def found(self, call: Call, *, number: str) -> WireReply:
        return self._reply(call, "found", number=number)

    def note(self, call: Call) -> WireReply:
        """Heard; the data are still to be fetched."""
        return self._reply(call, "noted")

    def absent(self, call: Call) -> WireReply:
        return self._reply(call, "absent")

    def page(self, call: Call, *, events: Sequence[Record], cursor: str) -> WireReply:
        return self._reply(call, "page", items=list(events), cursor=cursor)

    def deny(self, request: WireRequest, error: GatewayError) -> WireReply:
        """This place's answer to a call whose credential or body failed."""
        operation = find_operation(self._operations, request)
        if operation is not None:
            values = {"code": error.code, "text": error.detail_zh}
            for name in ("denied", "refused"):
                reply = operation.write_reply(name, values.get, status=error.status)
                if reply is not None:
                    return reply
        return _json(error.status, {"error": error.code, "message": error.detail_zh})

    def _reply(self, call: Call, name: str, **values: Any) -> WireReply:
        known = {"serial": call.serial or "", **values}
        reply = self._operation(call).write_reply(name, known.get)
        if reply is None:
            raise ValueError(f"operation {call.operation} has no reply `{name}`")
        return reply

    def _operation(self, call: Call) -> CompiledOperation:
        return self._operations[call.operation]

    def _purpose(self, operation: CompiledOperation) -> Purpose:
        if operation.name == self.profile.query:
            return "query"
        if operation.name == self.profile.pull:
            return "pull"
        if operation.name == self.profile.poll:
            return "poll"
        if operation.name in [s.called for s in self.profile.messages.get("verification", ())]:
            return "verify"
        if operation.profile.record is not None and self._kinds(operation):
            return "number"
        uploads = (
            step.upload.operation
            for steps in self.profile.messages.values()
            for step in steps
            if step.upload is not None
        )
        return "upload" if operation.name in uploads else "message"

    def _kinds(self, operation: CompiledOperation) -> tuple[str, ...]:
        return tuple(
            kind
            for kind, steps in self.profile.messages.items()
            if operation.name in [step.operation for step in steps]
        )

    def _token_credential(self, request: WireRequest) -> OAuth2 | None:
        for credential in self.profile.credentials.values():
            if isinstance(credential, OAuth2) and request.path == credential.path:
                return credential
        return None

    def _issued(self, token: str) -> bool:
        return self._tokens.get(token, 0.0) > self._clock.monotonic()

    # --- calling the gateway --------------------------------------------------------------

    async def send(
        self, kind: str, record: Record, *, open_material: MaterialReader = no_material
    ) -> Outcome:
        """
        Hand a message to the gateway's dialect endpoint.

        `Delivered.receipt.number` is the gateway's case number. Material tokens at the declared
        paths are sent inline from `open_material`.

        Raises:
            ValueError: the folder declares no inbound operation for that kind.
            Unrenderable: the record does not fit it.
        """
        operation = self._carrier(kind)
        payload = operation.request.encode(record)
        prepared = await self._caller.prepare(
            operation, payload, serial="", open_material=open_material
        )
        if isinstance(prepared, Unavailable):
            return prepared
        result = await self._caller.send(operation, prepared, open_material=open_material)
        # The message is known by its own id, not by a delivery serial: nothing to compare.
        return classifier(operation).outcome(
            result, read=reader(operation), serial=None, now=self._clock.now()
        )

    async def fetch(self, cursor: str) -> Page | Unanswered:
        """
        Fetch what waits in the mailbox; asking with the cursor it gave acknowledges all before.

        Raises:
            ValueError: the folder declares no mailbox.
        """
        operation = next(
            (o for o in self._inbound.values() if o.profile.purpose == "mailbox"), None
        )
        waiting = self._waiting
        if operation is None or operation.profile.pages is None or waiting is None:
            raise ValueError(f"{self.profile.province} has no mailbox")
        page = await fetch_items(operation, cursor, caller=self._caller, now=self._clock.now)
        if isinstance(page, Unanswered):
            return page
        items = page.items
        if operation.profile.pages.text:
            items = tuple(waiting.request.codec.decode(item) for item in items)
        return Page(tuple(item for item in items if isinstance(item, dict)), page.cursor)

    @property
    def fetches_data(self) -> bool:
        """Whether numbers are pushed to this place and it fetches what they stand for."""
        return any(one.profile.purpose == "fetch" for one in self._inbound.values())

    async def fetch_data(self, serial: str) -> Record | None:
        """
        Fetch the data of a number the gateway pushed; None when it could not be had just now.

        Raises:
            ValueError: the folder declares no such operation.
        """
        operation = next((o for o in self._inbound.values() if o.profile.purpose == "fetch"), None)
        if operation is None:
            raise ValueError(f"{self.profile.province} fetches no data")
        return await ask_for_record(operation, serial, caller=self._caller, now=self._clock.now)

    def _carrier(self, kind: str) -> CompiledOperation:
        for operation in self._inbound.values():
            identify = operation.profile.identify
            if identify is not None and kind in Identifier(identify).kinds:
                return operation
        raise ValueError(f"{self.profile.province} has no inbound operation for {kind}")


def open_counterparts(
    folder: Path,
    *,
    addresses: Mapping[str, str],
    secrets: Mapping[str, str],
    http: HttpClient,
    clock: Clock,
    ids: Ids,
) -> dict[str, Counterpart]:
    """
    Every system of a folder, played. `addresses["gateway"]` is the gateway's base address.

    Raises:
        ValueError, IntegrityError: see `adapters.open.read_folder`.
    """
    read = read_folder(folder)
    places = {}
    for system in read.profile.systems:
        names = Names(system.system, addresses=addresses, secrets=secrets)
        caller = Caller(
            read.profile,
            names=names,
            http=http,
            clock=clock,
            ids=ids,
            address=GATEWAY_ADDRESS,
            prefix=f"/provinces/{read.profile.province}",
        )
        places[system.system] = Counterpart(
            read, system.system, names=names, caller=caller, clock=clock, ids=ids
        )
    return places


def _json(status: int, content: Mapping[str, Any]) -> WireReply:
    return WireReply(status, {"content-type": "application/json"}, orjson.dumps(dict(content)))


__all__ = ["Call", "Counterpart", "Page", "Purpose", "open_counterparts"]
