"""
The archive package of one case: which files it holds, under which names, and what its manifest is.

Layout and names are project convention. Of GB/T 42727-2023 and DA/T 85-2019 only titles and tables
of contents could be read; `NOTES` says so inside every package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

FORMAT = "tongban-archive/1"
MANIFEST = "manifest.json"
NOTES = "NOTES.md"
READS = frozenset({"case.exported", "case.read", "material.read"})
"""Events that tell who looked at a case; those after its last act do not go into its package."""
_PRETTY = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path inside the package, and its content unless it is streamed (`source`)."""

    path: str
    sha256: str
    size: int
    content: bytes | None = None
    source: str | None = None

    @classmethod
    def of(cls, path: str, content: bytes) -> Entry:
        return cls(path, hashlib.sha256(content).hexdigest(), len(content), content)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedMessage:
    """A message as it lies in the package: the national document and the bytes that came."""

    arrival: int
    kind: str
    message_id: str
    system: str
    received_at: str
    applied: bool
    package: str | None
    document: Mapping[str, Any]
    raw: bytes
    salt: bytes
    charset_rule: str
    lineage: Sequence[tuple[int, int]]
    receipt: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedMaterial:
    digest: str
    size: int
    media_type: str
    file_name: str | None


def json_bytes(value: Any) -> bytes:
    """Same value, same bytes."""
    return orjson.dumps(value, option=_PRETTY) + b"\n"


def lay_out(
    number: str,
    *,
    metadata: Mapping[str, Any],
    messages: Sequence[ArchivedMessage],
    materials: Sequence[ArchivedMaterial],
    deliveries: Sequence[Mapping[str, Any]],
    leaves: Sequence[tuple[str, bytes]],
) -> tuple[Entry, ...]:
    """
    Every file of the package in order of its path, the manifest included.

    The same case gives the same entries. Materials carry their digest as `source`: their bytes are
    read when the package is written.
    """
    found = [
        Entry.of("metadata.json", json_bytes(metadata)),
        Entry.of("deliveries.json", json_bytes(list(deliveries))),
        Entry.of(NOTES, notes()),
        *_message_entries(messages),
        *_material_entries(materials),
        *_audit_entries(kept_leaves(leaves)),
    ]
    entries = sorted(found, key=lambda one: one.path)
    manifest = {
        "format": FORMAT,
        "case_number": number,
        "files": {one.path: {"sha256": one.sha256, "size": one.size} for one in entries},
    }
    return (*entries, Entry.of(MANIFEST, json_bytes(manifest)))


def kept_leaves(leaves: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """
    The leaves of a case up to its last act: reads after that are about readers, not about the case.

    Cutting only at the end keeps the chain of `prev_case_leaf` whole.
    """
    kept = list(leaves)
    while kept and orjson.loads(kept[-1][1])["event"] in READS:
        kept.pop()
    return kept


def leaf_hash(canonical: bytes) -> str:
    """Leaf hash of RFC 6962 (section 2.1): SHA-256 over a zero byte and the leaf, hex."""
    return hashlib.sha256(b"\x00" + canonical).hexdigest()


def notes() -> bytes:
    """How to read a package, and what is not known of the archive standards."""
    return files("gateway.core.archive").joinpath(NOTES).read_bytes()


def _message_entries(messages: Iterable[ArchivedMessage]) -> list[Entry]:
    found, index = [], []
    for one in messages:
        stem = f"messages/{one.arrival:04d}-{one.kind}"
        paths = {"document": f"{stem}.json", "raw": f"{stem}.raw"}
        found.append(Entry.of(paths["document"], json_bytes(dict(one.document))))
        found.append(Entry.of(paths["raw"], one.raw))
        if one.receipt is not None:
            paths["receipt"] = f"receipts/{one.arrival:04d}.json"
            found.append(Entry.of(paths["receipt"], json_bytes(dict(one.receipt))))
        index.append(
            {
                "arrival": one.arrival,
                "kind": one.kind,
                "message_id": one.message_id,
                "system": one.system,
                "received_at": one.received_at,
                "applied": one.applied,
                "mapping": one.package,
                "charset_rule": one.charset_rule,
                "lineage": [list(pair) for pair in one.lineage],
                "salt": one.salt.hex(),
                "files": paths,
            }
        )
    return [*found, Entry.of("messages.json", json_bytes(index))]


def _material_entries(materials: Iterable[ArchivedMaterial]) -> list[Entry]:
    found, index = [], []
    for one in sorted(materials, key=lambda material: material.digest):
        path = f"materials/{one.digest}"
        found.append(Entry(path, one.digest, one.size, source=one.digest))
        index.append(
            {
                "path": path,
                "sha256": one.digest,
                "size": one.size,
                "media_type": one.media_type,
                "file_name": one.file_name,
            }
        )
    return [*found, Entry.of("materials.json", json_bytes(index))]


def _audit_entries(leaves: Sequence[tuple[str, bytes]]) -> list[Entry]:
    index = [{"leaf_id": name, "leaf_hash": leaf_hash(data)} for name, data in leaves]
    return [
        Entry.of("audit/leaves.jsonl", b"".join(data + b"\n" for _, data in leaves)),
        Entry.of("audit/leaves.json", json_bytes(index)),
    ]


__all__ = [
    "FORMAT",
    "MANIFEST",
    "NOTES",
    "READS",
    "ArchivedMaterial",
    "ArchivedMessage",
    "Entry",
    "json_bytes",
    "kept_leaves",
    "lay_out",
    "leaf_hash",
    "notes",
]
