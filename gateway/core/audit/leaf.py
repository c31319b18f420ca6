"""
The audit leaf `audit/1`: one fact, final canonical bytes, no personal data.

A `Leaf` is what a use case knows; `canonical` adds what only the writer knows (leaf id, previous
leaf of the case) and gives the bytes that are stored, hashed and never re-serialised. The log index
is the leaf's position in the tree and is not in the leaf.

Source: design section 6; fields after reliability 3.2 (project convention). RFC 8785 canonical
form: with ASCII keys, no floats and NFC text, sorted compact JSON gives identical bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

import orjson

EVENTS = frozenset(
    {
        "access.denied",
        "access.granted",
        "access.revoked",
        "case.exported",
        "case.read",
        "catalogue.announced",
        "clock.jumped",
        "config.changed",
        "cursor.moved",
        "delivery.dead",
        "delivery.intent",
        "delivery.outcome",
        "delivery.parked",
        "delivery.redelivered",
        "delivery.released",
        "delivery.superseded",
        "mailbox.taken",
        "mapping.loaded",
        "material.read",
        "material.staged",
        "message.received",
        "message.refused",
        "node.started",
        "node.stopped",
        "query.outcome",
        "verification.answered",
        "verification.asked",
        "verification.failed",
    }
)
"""The closed list of events; a leaf with another one is refused."""

MAX_LEAF = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acted: a partner system, a named person (pseudonym) or the gateway itself."""

    kind: str
    system: str | None = None
    province: str | None = None
    client_id: str | None = None
    operator: str | None = None
    window: str | None = None


GATEWAY = Actor(kind="gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """
    One fact before it is numbered. Every text is a code, a number or a digest.

    `content_digest` and `wire_digest` are SHA-256 over a random 32-byte salt followed by the exact
    bytes, hex; `commitments` are HMACs under the case's commitment key, hex. `manifest_digest` is
    the SHA-256 of an archive's manifest, which holds enough salts not to be guessed.
    """

    event: str
    at: str
    actor: Actor
    environment: str | None = None
    case_number: str | None = None
    item: str | None = None
    item_source: str | None = None
    kind: str | None = None
    part: str | None = None
    peer: str | None = None
    serial: str | None = None
    step: int | None = None
    attempt: int | None = None
    outcome: str | None = None
    status: int | None = None
    reason: str | None = None
    content_digest: str | None = None
    wire_digest: str | None = None
    mapping: str | None = None
    key_commitment: str | None = None
    commitments: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    policy: str | None = None
    purpose: str | None = None
    trace_id: str | None = None
    manifest_digest: str | None = None


_VALUES = attrgetter(*Leaf.__slots__)


@lru_cache(maxsize=1024)
def _told(actor: Actor) -> dict[str, str]:
    """Only read: the same few act again and again."""
    return {part: text for part in Actor.__slots__ if (text := getattr(actor, part)) is not None}


def canonical(
    leaf: Leaf, *, log: str, node: str, counter: int, previous: str | None
) -> tuple[str, bytes]:
    """
    Number a leaf and give (leaf id, canonical bytes).

    Raises:
        ValueError: unknown event, a float, or more than `MAX_LEAF` bytes.
    """
    if leaf.event not in EVENTS:
        raise ValueError(f"unknown audit event {leaf.event}")
    leaf_id = f"{node}-{counter:012d}"
    record: dict[str, Any] = {"v": "audit/1", "log_id": log, "leaf_id": leaf_id, "node": node}
    if previous is not None:
        record["prev_case_leaf"] = previous
    for name, value in zip(Leaf.__slots__, _VALUES(leaf), strict=True):
        if value is None or value == ():
            continue
        if isinstance(value, float):
            raise TypeError(f"{name} is a float")
        record[name] = value
    record["actor"] = _told(leaf.actor)
    data = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    if len(data) > MAX_LEAF:
        raise ValueError(f"leaf of {len(data)} bytes is over {MAX_LEAF}")
    return leaf_id, data


__all__ = ["EVENTS", "GATEWAY", "MAX_LEAF", "Actor", "Leaf", "canonical"]
