"""
The own books of one simulated province: the only truth about what really happened there.

One SQLite file per sandbox (apsw, WAL, synchronous=FULL), so that a killed sandbox comes back with
everything it ever confirmed. The gateway never reads it. A *request* is every call that arrived; an
*effect* is one business act that was really done (a case filed, a correction filed, an applicant's
status shown). A place that recognises repeats keeps one effect per serial; a place that does not
gains a second one, and that is how a duplicate shows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from gateway.sandbox.rows import (
    Effect,
    Filed,
    Outgoing,
    Received,
    Request,
    State,
    Upload,
    Way,
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS request (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, system TEXT NOT NULL, operation TEXT NOT NULL,
  serial TEXT, digest TEXT NOT NULL, fault TEXT, status INTEGER);
CREATE TABLE IF NOT EXISTS effect (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, system TEXT NOT NULL, kind TEXT NOT NULL,
  serial TEXT NOT NULL, number TEXT NOT NULL, case_number TEXT, request INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS effect_serial ON effect (system, serial);
CREATE TABLE IF NOT EXISTS filed (
  number TEXT PRIMARY KEY, at TEXT NOT NULL, system TEXT NOT NULL, case_number TEXT,
  serial TEXT, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS filed_serial ON filed (system, serial);
CREATE TABLE IF NOT EXISTS received (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, system TEXT NOT NULL, kind TEXT NOT NULL,
  serial TEXT NOT NULL, number TEXT, case_number TEXT, record TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS received_once ON received (system, serial);
CREATE TABLE IF NOT EXISTS outgoing (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, system TEXT NOT NULL,
  message_id TEXT NOT NULL, kind TEXT NOT NULL, number TEXT, record TEXT NOT NULL,
  way TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  case_number TEXT, answer TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS outgoing_once ON outgoing (system, message_id);
CREATE TABLE IF NOT EXISTS upload (
  file_id TEXT PRIMARY KEY, at TEXT NOT NULL, system TEXT NOT NULL, digest TEXT NOT NULL,
  size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS material (
  digest TEXT PRIMARY KEY, media_type TEXT NOT NULL, file_name TEXT, size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Ledger:
    """
    Synchronous on purpose: a sandbox confirms only what its own disk holds.

    Times are RFC 3339 text given by the caller.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = apsw.Connection(str(path))
        self._db.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL").fetchall()
        self._db.execute(SCHEMA).fetchall()

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; what was written is on disk when the block has ended."""
        with self._db:
            yield

    # --- what arrives ---------------------------------------------------------------------

    def note_request(
        self,
        *,
        at: str,
        system: str,
        operation: str,
        serial: str | None,
        digest: str,
        fault: str | None,
    ) -> int:
        """Write down a call before anything is done with it; returns its id."""
        self._db.execute(
            "INSERT INTO request (at, system, operation, serial, digest, fault)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (at, system, operation, serial, digest, fault),
        )
        return int(self._db.last_insert_rowid())

    def note_status(self, request: int, *, status: int | None) -> None:
        self._db.execute("UPDATE request SET status = ? WHERE id = ?", (status, request))

    def add_effect(
        self,
        *,
        at: str,
        system: str,
        kind: str,
        serial: str,
        number: str,
        case_number: str | None,
        request: int,
    ) -> None:
        self._db.execute(
            "INSERT INTO effect (at, system, kind, serial, number, case_number, request)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (at, system, kind, serial, number, case_number, request),
        )

    def add_filed(
        self,
        number: str,
        *,
        at: str,
        system: str,
        case_number: str | None,
        serial: str | None,
        record: Mapping[str, Any],
    ) -> None:
        self._db.execute(
            "INSERT INTO filed (number, at, system, case_number, serial, record)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number, at, system, case_number, serial, _dump(record)),
        )

    def add_received(
        self,
        *,
        at: str,
        system: str,
        kind: str,
        serial: str,
        number: str | None,
        case_number: str | None,
        record: Mapping[str, Any],
    ) -> bool:
        """Keep what was brought; False when the serial was there already."""
        self._db.execute(
            "INSERT OR IGNORE INTO received"
            " (at, system, kind, serial, number, case_number, record) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (at, system, kind, serial, number, case_number, _dump(record)),
        )
        return self._db.changes() == 1

    def add_upload(self, file_id: str, *, at: str, system: str, digest: str, size: int) -> None:
        self._db.execute(
            "INSERT INTO upload (file_id, at, system, digest, size) VALUES (?, ?, ?, ?, ?)",
            (file_id, at, system, digest, size),
        )

    def name_case(self, number: str, *, case_number: str) -> None:
        """The gateway told its number for a case of ours."""
        self._db.execute(
            "UPDATE filed SET case_number = ? WHERE number = ? AND case_number IS NULL",
            (case_number, number),
        )

    # --- what leaves ----------------------------------------------------------------------

    def add_outgoing(
        self,
        message_id: str,
        *,
        at: str,
        system: str,
        kind: str,
        number: str | None,
        record: Mapping[str, Any],
        way: Way,
    ) -> int:
        """Put a message in line; the same id again keeps the first one. Returns its position."""
        self._db.execute(
            "INSERT OR IGNORE INTO outgoing"
            " (at, system, message_id, kind, number, record, way, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')",
            (at, system, message_id, kind, number, _dump(record), way),
        )
        row = self._one(
            "SELECT seq FROM outgoing WHERE system = ? AND message_id = ?", (system, message_id)
        )
        return int(row[0]) if row else 0

    def add_material(
        self, digest: str, *, media_type: str, file_name: str | None, size: int
    ) -> None:
        """A file this place has; its bytes lie beside the ledger."""
        self._db.execute(
            "INSERT OR IGNORE INTO material (digest, media_type, file_name, size)"
            " VALUES (?, ?, ?, ?)",
            (digest, media_type, file_name, size),
        )

    def settle_outgoing(
        self, seq: int, *, state: State, case_number: str | None = None, answer: str | None = None
    ) -> None:
        """Count one more attempt and keep what came of it."""
        self._db.execute(
            "UPDATE outgoing SET attempts = attempts + 1, state = ?,"
            " case_number = coalesce(?, case_number), answer = ? WHERE seq = ?",
            (state, case_number, answer, seq),
        )

    def take_pulled(self, system: str, *, before: int) -> None:
        """The gateway asked with a cursor: everything up to it has arrived there."""
        self._db.execute(
            "UPDATE outgoing SET state = 'taken', attempts = max(attempts, 1)"
            " WHERE system = ? AND way = 'pull' AND state = 'waiting' AND seq <= ?",
            (system, before),
        )

    def outgoing(
        self,
        *,
        system: str | None = None,
        way: Way | None = None,
        state: State | None = None,
        after: int = 0,
        message_id: str | None = None,
    ) -> Sequence[Outgoing]:
        rows = self._db.execute(
            "SELECT seq, system, message_id, kind, number, record, way, state, attempts,"
            " case_number, answer FROM outgoing WHERE seq > ?1 AND (?2 IS NULL OR system = ?2)"
            " AND (?3 IS NULL OR way = ?3) AND (?4 IS NULL OR state = ?4)"
            " AND (?5 IS NULL OR message_id = ?5) ORDER BY seq",
            (after, system, way, state, message_id),
        )
        return [
            Outgoing(
                seq=seq,
                system=name,
                message_id=mid,
                kind=kind,
                number=number,
                record=json.loads(record),
                way=how,
                state=where,
                attempts=attempts,
                case_number=case,
                answer=answer,
            )
            for seq, name, mid, kind, number, record, how, where, attempts, case, answer in rows
        ]

    # --- reading --------------------------------------------------------------------------

    def effects(
        self,
        *,
        system: str | None = None,
        serial: str | None = None,
        case_number: str | None = None,
    ) -> Sequence[Effect]:
        rows = self._db.execute(
            "SELECT at, system, kind, serial, number, case_number FROM effect"
            " WHERE (?1 IS NULL OR system = ?1) AND (?2 IS NULL OR serial = ?2)"
            " AND (?3 IS NULL OR case_number = ?3) ORDER BY id",
            (system, serial, case_number),
        )
        return [
            Effect(at=at, system=name, kind=kind, serial=s, number=number, case_number=case)
            for at, name, kind, s, number, case in rows
        ]

    def filed(
        self,
        *,
        system: str | None = None,
        number: str | None = None,
        case_number: str | None = None,
    ) -> Sequence[Filed]:
        rows = self._db.execute(
            "SELECT number, system, case_number, serial, record FROM filed"
            " WHERE (?1 IS NULL OR system = ?1) AND (?2 IS NULL OR number = ?2)"
            " AND (?3 IS NULL OR case_number = ?3) ORDER BY rowid",
            (system, number, case_number),
        )
        return [
            Filed(number=n, system=s, case_number=c, serial=serial, record=json.loads(record))
            for n, s, c, serial, record in rows
        ]

    def received(self, *, system: str | None = None) -> Sequence[Received]:
        rows = self._db.execute(
            "SELECT at, system, kind, serial, number, case_number, record FROM received"
            " WHERE (?1 IS NULL OR system = ?1) ORDER BY id",
            (system,),
        )
        return [
            Received(
                at=at,
                system=name,
                kind=kind,
                serial=serial,
                number=number,
                case_number=case,
                record=json.loads(record),
            )
            for at, name, kind, serial, number, case, record in rows
        ]

    def requests(self, *, system: str) -> Sequence[Request]:
        rows = self._db.execute(
            "SELECT at, operation, serial, fault, status FROM request WHERE system = ? ORDER BY id",
            (system,),
        )
        return [
            Request(at=at, operation=operation, serial=serial, fault=fault, status=status)
            for at, operation, serial, fault, status in rows
        ]

    def uploads(self, *, system: str) -> Sequence[Upload]:
        rows = self._db.execute(
            "SELECT file_id, digest, size FROM upload WHERE system = ? ORDER BY rowid", (system,)
        )
        return [Upload(file_id=name, digest=digest, size=size) for name, digest, size in rows]

    def materials(self, digests: Collection[str]) -> Sequence[tuple[str, str, int]]:
        """(digest, media type, size) of those this place has."""
        found = []
        for digest in sorted(digests):
            row = self._one("SELECT media_type, size FROM material WHERE digest = ?", (digest,))
            if row is not None:
                found.append((digest, str(row[0]), int(row[1])))
        return found

    def find_filed(self, names: Collection[str], *, system: str) -> Filed | None:
        """The case that one of these texts names: by its own number first, else by ours."""
        for column in ("number", "case_number"):
            for name in sorted(names):
                row = self._one(
                    f"SELECT number FROM filed WHERE system = ? AND {column} = ?", (system, name)
                )
                if row is not None:
                    return self.filed(system=system, number=str(row[0]))[0]
        return None

    def counts(self) -> dict[str, dict[str, int]]:
        """
        Per system: requests, effects, serials (distinct), duplicated (effects beyond one a serial).
        """
        found: dict[str, dict[str, int]] = {}
        for system, requests in self._db.execute(
            "SELECT system, count(*) FROM request GROUP BY system"
        ):
            found[system] = {"requests": requests, "effects": 0, "serials": 0, "duplicated": 0}
        for system, effects, serials in self._db.execute(
            "SELECT system, count(*), count(DISTINCT serial) FROM effect GROUP BY system"
        ):
            entry = found.setdefault(system, {"requests": 0})
            entry.update(effects=effects, serials=serials, duplicated=effects - serials)
        return found

    # --- small facts ----------------------------------------------------------------------

    def next_number(self, name: str) -> int:
        """A counter that survives restarts: 1, 2, 3, …"""
        value = int(self.read(name) or 0) + 1
        self.write(name, str(value))
        return value

    def read(self, name: str) -> str | None:
        row = self._one("SELECT value FROM meta WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def write(self, name: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO meta (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def names(self, prefix: str, *, value: str) -> Sequence[str]:
        rows = self._db.execute(
            "SELECT name FROM meta WHERE name GLOB ? AND value = ?", (prefix + "*", value)
        )
        return sorted(str(row[0]) for row in rows)

    def forget(self, prefix: str) -> None:
        self._db.execute("DELETE FROM meta WHERE name GLOB ?", (prefix + "*",))

    def _one(self, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        return next(iter(self._db.execute(sql, values)), None)


def _dump(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


__all__ = ["Ledger"]
