"""
One system of a simulated province: it takes what the gateway brings and writes it into its books.

A case is recognised by any number in a document that the books know. A place that is declared
`idempotent` answers a repeated serial with what it answered first; any other place does the act
again, and its books show a duplicate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from adapters.connection import SystemProfile
from adapters.counterpart import Call, Counterpart
from adapters.layers import Identify
from contracts.adapter import Record, WireReply
from gateway.ports import Clock
from gateway.sandbox.acts import local_date, moment
from gateway.sandbox.ledger import Ledger
from gateway.sandbox.paths import read_path, write_path
from gateway.sandbox.register import Entry, find_entry
from gateway.sandbox.rows import Filed
from mappings.engine import CompiledMapping

CASE_NUMBER = re.compile(r"TB-[0-9]{8}-[0-9]{6}-[0-9A-Z]+-[0-9A-Z]")
PAGE = 50
NUMBERS = "number:"
_LONGEST_NUMBER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`voice` is the mapping seen from this side; `identities` where identity stands, by kind."""

    profile: SystemProfile
    counterpart: Counterpart
    voice: CompiledMapping
    identities: Mapping[str, Identify]
    simulation_mark: str | None
    refusals: Mapping[str, str]
    """operation → a code by which this place says no"""
    ledger: Ledger
    clock: Clock
    register: Sequence[Entry] = ()
    """whom this place, as a verification service, knows"""

    @property
    def system(self) -> str:
        return self.profile.system

    @property
    def at(self) -> str:
        return moment(self.clock.now())

    # --- calls ----------------------------------------------------------------------------

    def take(self, call: Call, *, request: int) -> WireReply:
        """Do what a call asks; everything it changes belongs to the caller's transaction."""
        match call.purpose:
            case "token":
                return self.counterpart.give_token(call)
            case "upload":
                return self._take_upload(call)
            case "query":
                return self._answer_query(call)
            case "pull":
                return self._give_page(call)
            case "verify" if "SERVICE" in self.profile.roles:
                return self._verify(call, request=request)
            case "number":
                return self._take_number(call)
            case "poll":
                return self._answer_poll(call)
            case _:
                return self._take_message(call, request=request)

    def _take_upload(self, call: Call) -> WireReply:
        (material,) = call.materials
        file_id = f"MN-F-{self.ledger.next_number('file'):06d}"
        self.ledger.add_upload(
            file_id,
            at=self.at,
            system=self.system,
            digest=material.digest,
            size=len(material.content),
        )
        return self.counterpart.accept(call, values={"file_id": file_id})

    def _answer_query(self, call: Call) -> WireReply:
        done = self.ledger.effects(system=self.system, serial=call.serial or "")
        if not done:
            return self.counterpart.absent(call)
        return self.counterpart.found(call, number=done[0].number)

    def _give_page(self, call: Call) -> WireReply:
        """Events after the cursor; asking with a cursor says that all up to it have arrived."""
        after = int(call.cursor or 0)
        self.ledger.take_pulled(self.system, before=after)
        waiting = self.ledger.outgoing(system=self.system, way="pull", after=after)[:PAGE]
        cursor = str(waiting[-1].seq) if waiting else str(after)
        return self.counterpart.page(call, events=[one.record for one in waiting], cursor=cursor)

    def _take_message(self, call: Call, *, request: int) -> WireReply:
        serial = call.serial or ""
        done = self.ledger.effects(system=self.system, serial=serial)
        if done and self.profile.capabilities.idempotent:
            return self.counterpart.already(call, number=done[0].number)
        record = call.record or {}
        kind = self.kind_of(record, among=call.kinds)
        number = self._file(kind, record, serial=serial)
        if number is None:
            return self.refuse(call)
        self._note(kind, record, serial=serial, number=number, request=request)
        return self.counterpart.accept(call, number=number)

    def refuse(self, call: Call) -> WireReply:
        """A business no, in a code this place's outcome table knows."""
        code = self.refusals.get(call.operation, "")
        return self.counterpart.reject(call, code=code, text="模拟:业务退回")

    # --- verification ---------------------------------------------------------------------

    def _verify(self, call: Call, *, request: int) -> WireReply:
        """Look the person up; a check that takes long is noted, and answered when polled."""
        serial, record = call.serial or "", call.record or {}
        known = self.ledger.effects(system=self.system, serial=serial)
        if not known:
            number = f"MN-HY-{self.ledger.next_number('check'):06d}"
            self._note("verification", record, serial=serial, number=number, request=request)
        return self._answer(call, record, asked_at=known[0].at if known else self.at)

    def _answer_poll(self, call: Call) -> WireReply:
        asked = self.ledger.received(system=self.system)
        for one in asked:
            if one.serial == call.serial:
                return self._answer(call, one.record, asked_at=one.at)
        return self.counterpart.absent(call)

    def _answer(self, call: Call, record: Record, *, asked_at: str) -> WireReply:
        entry = find_entry(self.register, set(_texts(record)))
        waited = self.clock.now() - datetime.fromisoformat(asked_at)
        said = entry if waited >= entry.takes else entry.working()
        values = {"result": said.result, "facts": said.facts, "valid_until": said.valid_until}
        if isinstance(said.facts, dict):  # a service whose answer has a place for each of them
            values |= said.facts
        noted = self.ledger.effects(system=self.system, serial=call.serial or "")
        number = noted[0].number if noted else ""
        return self.counterpart.accept(call, number=number, values=values)

    # --- numbers whose data are fetched -----------------------------------------------------

    def _take_number(self, call: Call) -> WireReply:
        """Keep the number; what it stands for counts as held once it was fetched."""
        serial = call.serial or ""
        held = self.ledger.effects(system=self.system, serial=serial)
        if held:
            return self.counterpart.already(call, number=held[0].number)
        self.ledger.write(f"{NUMBERS}{self.system}:{serial}", "waiting")
        return self.counterpart.note(call)

    def numbers(self) -> list[str]:
        """Serials whose data are still to be fetched."""
        prefix = f"{NUMBERS}{self.system}:"
        return [name.removeprefix(prefix) for name in self.ledger.names(prefix, value="waiting")]

    def take_data(self, serial: str, record: Record, *, request: int) -> None:
        """File what was fetched; a later version of a known case joins the first."""
        known = self.find(record)
        number = known.number if known else self._file("application", record, serial=serial)
        self._note("application", record, serial=serial, number=number or "", request=request)
        self.ledger.write(f"{NUMBERS}{self.system}:{serial}", "held")

    # --- books ----------------------------------------------------------------------------

    def take_fetched(self, record: Record, *, request: int) -> None:
        """Take one payload out of the mailbox we fetched; a payload fetched twice counts once."""
        kind = self.kind_of(record, among=self.voice.kinds("in"))
        serial = str(read_path(record, self._any_identity().message_id) or "")
        if self.ledger.effects(system=self.system, serial=serial):
            return
        case = self.find(record)
        number = case.number if case else ""
        self._note(kind, record, serial=serial, number=number, request=request)

    def find(self, record: Record) -> Filed | None:
        return self.ledger.find_filed(set(_texts(record)), system=self.system)

    def new_number(self) -> str:
        """A case number in this place's own style; begins with MN for 模拟."""
        day = local_date(self.clock.now()).strftime("%Y%m%d")
        county = (self.profile.place or self.system)[:6]
        return f"MN{county}{day}{self.ledger.next_number(f'case:{county}'):05d}"

    def _file(self, kind: str, record: Record, *, serial: str) -> str | None:
        """
        The own number of the case this belongs to; an application opens a new one, and so does, at
        an authority, the first push.
        """
        known = self.find(record) if kind != "application" else None
        if known is not None:
            return known.number
        if kind != "application" and "AUTHORITY" not in self.profile.roles:
            return None
        number = self.new_number()
        self.ledger.add_filed(
            number,
            at=self.at,
            system=self.system,
            case_number=_case_number(record),
            serial=serial,
            record=record,
        )
        return number

    def _note(self, kind: str, record: Record, *, serial: str, number: str, request: int) -> None:
        known = self.ledger.filed(system=self.system, number=number)
        case_number = known[0].case_number if known else None
        self.ledger.add_received(
            at=self.at,
            system=self.system,
            kind=kind,
            serial=serial,
            number=number,
            case_number=case_number or _case_number(record),
            record=record,
        )
        self.ledger.add_effect(
            at=self.at,
            system=self.system,
            kind=kind,
            serial=serial,
            number=number,
            case_number=case_number or _case_number(record),
            request=request,
        )

    # --- words ----------------------------------------------------------------------------

    def kind_of(self, record: Record, *, among: Collection[str]) -> str:
        """What a document is, where one call carries several kinds: the one it fits best."""
        if len(among) == 1:
            return next(iter(among))
        return min(sorted(among), key=lambda kind: self._strange(kind, record))

    def read(self, kind: str, record: Record) -> dict[str, Any]:
        """A document brought to us, in national words."""
        context = {"system": self.system, "environment": "test", "now": self.at}
        return self.voice.to_national(kind, record, context=context, as_of=None).document

    def write(
        self,
        kind: str,
        document: Mapping[str, Any],
        *,
        message_id: str,
        number: str,
        case_number: str | None,
        as_of: date,
        handles: bool = False,
    ) -> Record:
        """
        Our own document for an act given in national words; `handles`: the case is worked on here.

        Raises:
            Unrenderable: this place has no words for it.
        """
        role = "handling" if handles else "receiving"
        whole = {
            "kind": kind,
            "message_id": message_id,
            "occurred_at": self.at,
            "operator": {"operator_id": f"mn-op-{self.system}", "name": "模拟经办人"},
            "numbers": {role: number},
            **({"case_number": case_number} if case_number else {}),
            **document,
        }
        context = {
            "system": self.system,
            "environment": "test",
            "now": self.at,
            "message_id": message_id,
            f"{role}_number": number,
            **({"case_number": case_number} if case_number else {}),
            **({"simulation_mark": self.simulation_mark} if self.simulation_mark else {}),
        }
        record = self.voice.from_national(kind, whole, context=context, as_of=as_of).document
        identity = self.identities[kind]
        write_path(record, identity.message_id, message_id)
        write_path(record, identity.data_version, 1)
        if case_number:
            write_path(record, identity.case_number, case_number)
        return record

    def _any_identity(self) -> Identify:
        return next(iter(self.identities.values()))

    def _strange(self, kind: str, record: Record) -> int:
        kept = self.read(kind, record).get("extensions", {}).get(self.system, {})
        return len(kept)


def _case_number(record: Record) -> str | None:
    for text in _texts(record):
        if CASE_NUMBER.fullmatch(text):
            return text
    return None


def _texts(value: Any) -> Iterator[str]:
    """Every short text of a document: what may be a number."""
    if isinstance(value, str):
        if 0 < len(value) <= _LONGEST_NUMBER:
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


__all__ = ["CASE_NUMBER", "PAGE", "Place"]
