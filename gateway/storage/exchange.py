"""
The database of exchange tables that a province reads: rows are only added, each with its operation.

I is a new row, U the same row with other values, D a row that no longer stands. Beside the tables
`tongban_feed` says which version of which row went in which batch; nothing goes twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from contracts.errors import TransitionNotAllowed
from contracts.exchange import ExchangeColumn, exchange_tables
from gateway.core.exchange.rows import Cell, Shaped
from gateway.core.exchange.sources import SOURCES
from gateway.core.times import CHINA
from gateway.sqlite import connect, disk_errors

_OWN = """
CREATE TABLE IF NOT EXISTS tongban_feed (
    table_name TEXT NOT NULL,
    guid TEXT NOT NULL,
    version INTEGER NOT NULL,
    case_number TEXT NOT NULL,
    operation TEXT NOT NULL CHECK (operation IN ('I', 'U', 'D')),
    digest TEXT NOT NULL,
    batch TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (table_name, guid, version)
) STRICT;
CREATE INDEX IF NOT EXISTS tongban_feed_case ON tongban_feed (case_number);
CREATE TABLE IF NOT EXISTS tongban_state (
    name TEXT PRIMARY KEY, value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
_LATEST = """
SELECT table_name, guid, max(version), operation, digest, row_id FROM tongban_feed
WHERE case_number = ? GROUP BY table_name, guid
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """One run of the feed: `name` stands in cd_batch, `at` in cd_time, `source` in data_source."""

    name: str
    at: datetime
    source: str


class ExchangeStore:
    """One database for one province; opened by one feed at a time."""

    def __init__(self, path: Path, *, province: str) -> None:
        """
        Raises:
            TransitionNotAllowed: the database belongs to another province.
            StoreUnavailable: it cannot be opened or is being written.
        """
        self._db = connect(path)
        with disk_errors():
            # One file, nothing beside it: the other side may copy or mount it.
            self._db.pragma("journal_mode", "DELETE")
            for table in SOURCES:
                self._db.execute(_create(table, exchange_tables()[table]))
            self._db.execute(_OWN)
        held = self._state("province")
        if held not in (None, province):
            self._db.close()
            raise TransitionNotAllowed(
                f"此库已用于 {held},每省须各用一库", f"this database belongs to {held}"
            )
        with self._writing():
            self._keep("province", province)

    def close(self) -> None:
        with disk_errors():
            self._db.close()

    @property
    def since(self) -> str | None:
        """Where the last complete run began; None before the first."""
        return self._state("since")

    def begin(self, at: datetime, *, source: str) -> Batch:
        """A batch with a name no other has: time and a count."""
        with self._writing():
            count = int(self._state("batches") or 0) + 1
            self._keep("batches", str(count))
        return Batch(f"{at.astimezone(CHINA):%Y%m%d%H%M%S}{count:08d}", at, source)

    def put(self, case_number: str, rows: Sequence[Shaped], batch: Batch) -> dict[str, int]:
        """
        Add what is new or other than before for a case, in one transaction; gives I, U, D counts.

        A row that is held back leaves what was sent of it before as it is.
        """
        done = {"I": 0, "U": 0, "D": 0}
        with disk_errors(), self._writing():
            latest = {
                (table, guid): (version, operation, digest, row_id)
                for table, guid, version, operation, digest, row_id in self._db.execute(
                    _LATEST, (case_number,)
                )
            }
            for row in rows:
                version, operation, digest, _ = latest.pop((row.table, row.guid), (0, "D", "", 0))
                if row.values is None:
                    continue
                now = _digest(row.values)
                if operation != "D" and digest == now:
                    continue
                sent = "I" if operation == "D" else "U"
                self._add(case_number, row.table, row.guid, row.values, sent, version + 1, batch)
                done[sent] += 1
            for (table, guid), (version, operation, _, row_id) in latest.items():
                if operation != "D":
                    values = self._row(table, row_id)
                    self._add(case_number, table, guid, values, "D", version + 1, batch)
                    done["D"] += 1
        return done

    def finish(self, since: str) -> None:
        """All cases of this run are in: the next one asks for what changed after it."""
        with disk_errors(), self._writing():
            self._keep("since", since)

    # --- statements ---

    def _add(
        self,
        case_number: str,
        table: str,
        guid: str,
        values: Mapping[str, Cell],
        operation: str,
        version: int,
        batch: Batch,
    ) -> None:
        feed: dict[str, Cell] = {
            "row_guid": guid,
            "cd_operation": operation,
            "cd_time": f"{batch.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
            "cd_batch": batch.name,
            "data_source": batch.source,
        }
        names = [column.name for column in exchange_tables()[table]]
        cells = [feed[name] if name in feed else values.get(name) for name in names]
        marks = ", ".join("?" * len(names))
        # names come from our own table of columns
        self._db.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", cells)
        self._db.execute(
            "INSERT INTO tongban_feed VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                table,
                guid,
                version,
                case_number,
                operation,
                _digest(values),
                batch.name,
                self._db.last_insert_rowid(),
            ),
        )

    def _row(self, table: str, row_id: int) -> dict[str, Cell]:
        names = [column.name for column in exchange_tables()[table]]
        found = self._db.execute(
            f"SELECT {', '.join(names)} FROM {table} WHERE rowid = ?", (row_id,)
        ).fetchone()
        return dict(zip(names, found, strict=True)) if found else {}

    def _state(self, name: str) -> str | None:
        with disk_errors():
            found = self._db.execute(
                "SELECT value FROM tongban_state WHERE name = ?", (name,)
            ).fetchone()
        return None if found is None else str(found[0])

    def _keep(self, name: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO tongban_state VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with disk_errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _create(table: str, columns: Sequence[ExchangeColumn]) -> str:
    """The table with types, lengths and NOT NULL of the national one, checked by SQLite itself."""
    lines = []
    for column in columns:
        kind = "INTEGER" if column.type == "int" else "TEXT"
        line = f"{column.name} {kind}" + (" NOT NULL" if column.not_null else "")
        if column.length is not None:
            line += f" CHECK (length({column.name}) <= {column.length})"
        if column.type == "datetime":
            line += f" CHECK (datetime({column.name}) IS {column.name})"
        lines.append(line)
    return f"CREATE TABLE IF NOT EXISTS {table} (\n    " + ",\n    ".join(lines) + "\n) STRICT"


def _digest(values: Mapping[str, Cell]) -> str:
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()


__all__ = ["Batch", "ExchangeStore"]
