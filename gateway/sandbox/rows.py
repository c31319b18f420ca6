"""
What the ledger of a simulated province holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["waiting", "taken", "refused"]
Way = Literal["push", "pull"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message of this province on its way to the gateway; sent again until it is answered."""

    seq: int
    system: str
    message_id: str
    kind: str
    number: str | None
    record: dict[str, Any]
    way: Way
    state: State
    attempts: int
    case_number: str | None
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One business act; `number` is this place's own case number, `case_number` ours."""

    at: str
    system: str
    kind: str
    serial: str
    number: str
    case_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A case in this place's books."""

    number: str
    system: str
    case_number: str | None
    serial: str | None
    record: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the gateway brought, in this place's own words, once per serial."""

    at: str
    system: str
    kind: str
    serial: str
    number: str | None
    case_number: str | None
    record: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call that arrived; `fault` is what the script did to it."""

    at: str
    operation: str
    serial: str | None
    fault: str | None
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    file_id: str
    digest: str
    size: int


__all__ = ["Effect", "Filed", "Outgoing", "Received", "Request", "State", "Upload", "Way"]
