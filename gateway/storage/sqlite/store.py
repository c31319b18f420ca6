"""
`SqliteStore`: the embedded store, one process, one writing thread, many reads.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import apsw

from contracts.adapter import Environment
from contracts.errors import IntegrityError, StoreUnavailable
from gateway.ports import (
    AccessRow,
    AnnouncementRow,
    ApplicantRow,
    AttemptRow,
    BundleRow,
    CalendarRow,
    CaseFilter,
    CaseRow,
    Change,
    DeliveryFilter,
    DeliveryRow,
    MaterialRow,
    MessageRow,
    OldUseRow,
    ReceiptRow,
    StepRow,
    Threads,
    VerificationRow,
)
from gateway.sqlite import connect, disk_errors
from gateway.storage.sqlite import access as accesses_
from gateway.storage.sqlite import (
    audit,
    bundles,
    calendars,
    cases,
    claims,
    counts,
    lists,
    materials,
    messages,
    outbox,
    steps,
    verifications,
)
from gateway.storage.sqlite.apply import apply
from gateway.storage.sqlite.audit import Ledger
from gateway.storage.sqlite.engine import Engine
from gateway.storage.sqlite.leases import Leases
from gateway.storage.sqlite.lock import StoreLock
from gateway.storage.sqlite.memory import Memory
from gateway.storage.sqlite.migrate import apply_pending, pending_in
from gateway.storage.sqlite.query import fetch_one
from gateway.storage.sqlite.reader import Reader
from gateway.storage.sqlite.writer import Meter, Writer


def open_store(
    path: Path,
    *,
    node: str,
    log: str,
    threads: Threads,
    now: datetime,
    read_only: bool = False,
    meter: Meter | None = None,
) -> SqliteStore:
    """
    Open the database, making or migrating it; with `read_only` neither, and beside a writer.

    `node` and `log` stand in every audit leaf; a database keeps those it was made with. Opening for
    writing ends all leases: they belong to a process that is gone.

    Raises:
        StoreUnavailable: held by another process, SQLite too old, not yet migrated (read only),
            made by a newer version, or the disk refused.
        IntegrityError: another program's database, of another node or log, or changed migrations.
    """
    if read_only:
        if not path.exists():
            raise StoreUnavailable(f"没有数据库 {path.name}", f"there is no database {path.name}")
        reader = Reader(path, threads=threads)
        reader.point(_refuse_unmigrated)
        reader.point(_bind, node=node, log=log)
        return SqliteStore(reader, None, None, leases=Leases(), node=node, threads=threads)
    lock = StoreLock(path)
    try:
        db = connect(path)
        try:
            apply_pending(db, now=now)
            with disk_errors(), db:
                _bind(db, node=node, log=log)
            memory = Memory(Ledger(node=node, log=log), Leases())
            with disk_errors():
                claims.restore(db, memory.leases)
            writer = Writer(Engine(db, memory), meter=meter)
            reader = Reader(path, threads=threads)
        except BaseException:
            db.close()
            raise
    except BaseException:
        lock.release()
        raise
    writer.start(threads)
    return SqliteStore(reader, writer, lock, leases=memory.leases, node=node, threads=threads)


def _refuse_unmigrated(db: apsw.Connection) -> None:
    if waiting := pending_in(db):
        raise StoreUnavailable(
            f"数据库尚有 {len(waiting)} 个迁移未执行:请运行 tongban migrate",
            f"the database lacks {len(waiting)} migrations: run tongban migrate",
        )


def _bind(db: apsw.Connection, *, node: str, log: str) -> None:
    """Write or check whose database this is."""
    row = fetch_one(db, "SELECT node, log FROM store")
    if row is None and not db.readonly("main"):
        db.execute("INSERT INTO store (id, node, log) VALUES (1, ?, ?)", (node, log))
    elif row is not None and row != (node, log):
        raise IntegrityError(
            f"数据库属于节点 {row[0]}、日志 {row[1]},与设置不符",
            f"the database is of node {row[0]}, log {row[1]}; the settings say {node}, {log}",
        )


class SqliteStore:
    """Implements `gateway.ports.Store`. Made by `open_store`."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer | None,
        lock: StoreLock | None,
        *,
        leases: Leases,
        node: str,
        threads: Threads,
    ) -> None:
        self._reader, self._writer, self._lock = reader, writer, lock
        self._leases = leases
        self._node = node
        self._threads = threads

    # --- writing ---

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StoreUnavailable(
                "数据库以只读方式打开或已关闭",
                "the store was opened for reading only, or is closed",
            )
        return self._writer

    async def commit(self, change: Change) -> tuple[str, ...]:
        def work(db: apsw.Connection, memory: Memory) -> tuple[str, ...]:
            return apply(db, change, memory=memory)

        return cast("tuple[str, ...]", await self._writing().do(work))

    async def claim(
        self, destination: str, *, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[DeliveryRow]:
        def work(db: apsw.Connection, memory: Memory) -> Any:
            return claims.claim(
                db,
                destination,
                leases=memory.leases,
                now=now,
                lease_until=lease_until,
                limit=limit,
            )

        return cast("Sequence[DeliveryRow]", await self._writing().do(work))

    async def forget_staged(self, before: datetime) -> Sequence[str]:
        def work(db: apsw.Connection, _: Memory) -> Any:
            return materials.forget_staged(db, before)

        return cast("Sequence[str]", await self._writing().do(work))

    # --- cases ---

    async def case(self, number: str) -> CaseRow | None:
        return self._reader.point(cases.case, number, node=self._node)

    async def cases(self, where: CaseFilter) -> Sequence[CaseRow]:
        return await self._reader.scan(cases.cases, where, node=self._node)

    async def is_party(self, number: str, system: str) -> bool:
        return self._reader.point(cases.is_party, number, system)

    async def parties(self, number: str) -> Sequence[tuple[str, str]]:
        return self._reader.point(cases.parties, number)

    async def bundle(self, number: str) -> BundleRow | None:
        return self._reader.point(bundles.bundle, number)

    async def applications(self, index: bytes, *, but: Collection[str]) -> Sequence[ApplicantRow]:
        return self._reader.point(bundles.applications, index, but=but)

    async def case_by_number(self, system: str, index: bytes) -> str | None:
        return self._reader.point(cases.case_by_number, system, index)

    def used_key_id(self) -> int:
        """The highest key id a case uses; `open_keys` starts above it."""
        return self._reader.point(cases.used_key_id)

    # --- messages ---

    async def receipt(self, system: str, environment: Environment, key: bytes) -> ReceiptRow | None:
        return self._reader.point(messages.receipt, system, environment, key)

    async def message(self, number: str, arrival: int) -> MessageRow | None:
        return self._reader.point(messages.message, number, arrival)

    async def messages(self, number: str) -> Sequence[MessageRow]:
        return self._reader.point(messages.messages, number)

    # --- deliveries ---

    async def lanes(self, now: datetime) -> Mapping[str, datetime]:
        return await self._reader.scan(claims.lanes, now, leases=self._leases)

    async def due(self, destination: str, now: datetime) -> datetime | None:
        return self._reader.point(claims.due, destination, now, leases=self._leases)

    async def delivery(self, serial: str) -> DeliveryRow | None:
        row = self._reader.point(outbox.delivery, serial)
        return None if row is None else claims.with_fence(row, self._leases)

    async def deliveries(self, where: DeliveryFilter) -> Sequence[DeliveryRow]:
        rows = await self._reader.scan(outbox.deliveries, where)
        return [claims.with_fence(row, self._leases) for row in rows]

    async def steps(self, serial: str) -> Sequence[StepRow]:
        return self._reader.point(steps.steps, serial)

    async def attempts(self, serial: str) -> Sequence[AttemptRow]:
        return self._reader.point(steps.attempts, serial)

    # --- materials ---

    async def staged(self, owner: str, index: bytes) -> MaterialRow | None:
        return self._reader.point(materials.staged, owner, index)

    async def case_materials(self, number: str) -> Sequence[MaterialRow]:
        return self._reader.point(materials.case_materials, number)

    async def blobs(self) -> Sequence[str]:
        return await self._reader.scan(materials.blobs)

    # --- verifications ---

    async def verification(self, number: str) -> VerificationRow | None:
        return self._reader.point(verifications.verification, number)

    async def verification_by_identity(
        self, system: str, environment: Environment, identity: bytes
    ) -> VerificationRow | None:
        return self._reader.point(
            verifications.verification_by_identity, system, environment, identity
        )

    async def verifications_due(self, now: datetime, *, limit: int) -> Sequence[VerificationRow]:
        return self._reader.point(verifications.verifications_due, now, limit=limit)

    # --- access, cursors ---

    async def cursor(self, system: str, environment: Environment) -> str | None:
        return self._reader.point(accesses_.cursor, system, environment)

    async def access(self, token_hash: bytes) -> AccessRow | None:
        return self._reader.point(accesses_.access, token_hash)

    async def accesses(self) -> Sequence[AccessRow]:
        return await self._reader.scan(accesses_.accesses)

    async def calendars(self) -> Sequence[CalendarRow]:
        return await self._reader.scan(calendars.calendars)

    # --- lists ---

    async def announcements(self) -> Sequence[AnnouncementRow]:
        return await self._reader.scan(lists.announcements)

    async def old_uses(self) -> Sequence[OldUseRow]:
        return await self._reader.scan(lists.old_uses)

    # --- audit, counts ---

    async def leaves(self, number: str | None = None) -> Sequence[tuple[str, bytes]]:
        return await self._reader.scan(audit.leaves, number, node=self._node)

    async def counts(self) -> Mapping[str, int]:
        return await self._reader.scan(counts.counts)

    async def close(self) -> None:
        """Finish what was handed in, then close. Closing twice is harmless."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            await self._threads.call(writer.close)
        self._reader.close()
        if self._lock is not None:
            lock, self._lock = self._lock, None
            lock.release()


__all__ = ["SqliteStore", "open_store"]
