"""
Numbered migrations `migrations/NNNN_name.sql`, each applied once, whole or not at all.

The database remembers number, name and SHA-256 of each. A file that changed after it was applied,
or a database of a newer version of the product, is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import apsw

from contracts.errors import IntegrityError, StoreUnavailable
from gateway.sqlite import connect, disk_errors
from gateway.storage.sqlite.lock import StoreLock
from gateway.storage.sqlite.query import fetch
from gateway.storage.sqlite.values import micros

FOLDER = Path(__file__).parent / "migrations"
APPLICATION = 0x54424731  # "TBG1", seen by `file` and by us: no other program's database
_TABLE = """
CREATE TABLE IF NOT EXISTS migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """
    All migrations in order.

    Raises:
        IntegrityError: the numbers are not 1, 2, 3, ….
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        number, _, name = path.stem.partition("_")
        found.append(Migration(int(number), name, path.read_text(encoding="utf-8")))
    if [each.number for each in found] != list(range(1, len(found) + 1)):
        raise IntegrityError("迁移文件编号不连续", "the numbers of the migrations have a gap")
    return tuple(found)


def migrate(path: Path, *, now: datetime, folder: Path = FOLDER) -> tuple[str, ...]:
    """
    Bring a database to this version, making it if absent; names of what was applied.

    Raises:
        StoreUnavailable: in use by another process, made by a newer version, or the disk refused.
        IntegrityError: another program's database, or a migration changed after it was applied.
    """
    lock = StoreLock(path)
    try:
        db = connect(path)
        try:
            return apply_pending(db, now=now, folder=folder)
        finally:
            db.close()
    finally:
        lock.release()


def pending(path: Path, *, folder: Path = FOLDER) -> tuple[str, ...]:
    """
    Names of migrations not yet applied; all of them for a database that does not exist.

    Raises:
        StoreUnavailable, IntegrityError: as `migrate`.
    """
    if not path.exists():
        return tuple(_title(each) for each in read_migrations(folder))
    db = connect(path, read_only=True)
    try:
        return tuple(_title(each) for each in pending_in(db, folder=folder))
    finally:
        db.close()


def apply_pending(db: apsw.Connection, *, now: datetime, folder: Path = FOLDER) -> tuple[str, ...]:
    """As `migrate`, on a writing connection whose lock is held."""
    waiting = pending_in(db, folder=folder)
    with disk_errors():
        for each in waiting:
            with db:
                if each.number == 1:
                    db.pragma("application_id", APPLICATION)
                    db.execute(_TABLE)
                db.execute(each.sql)
                db.execute(
                    "INSERT INTO migrations (number, name, checksum, applied_at) "
                    "VALUES (?, ?, ?, ?)",
                    (each.number, each.name, each.checksum, micros(now)),
                )
    return tuple(_title(each) for each in waiting)


def pending_in(db: apsw.Connection, *, folder: Path = FOLDER) -> Sequence[Migration]:
    known = read_migrations(folder)
    with disk_errors():
        tables = db.execute("SELECT count(*) FROM sqlite_schema").get
        if tables == 0:
            return known
        if db.pragma("application_id") != APPLICATION:
            raise IntegrityError("该数据库不属于本程序", "this database belongs to another program")
        applied = fetch(db, "SELECT number, name, checksum FROM migrations ORDER BY number")
    if len(applied) > len(known):
        raise StoreUnavailable(
            f"数据库版本 {len(applied)} 比程序支持的 {len(known)} 新:请升级程序",
            f"the database is at version {len(applied)}, this program knows {len(known)}: "
            "upgrade the program",
        )
    for (number, name, checksum), each in zip(applied, known, strict=False):
        if number != each.number or checksum != each.checksum:
            raise IntegrityError(
                f"迁移 {number:04d}_{name} 在执行之后被改动",
                f"migration {number:04d}_{name} was changed after it was applied",
            )
    return known[len(applied) :]


def _title(each: Migration) -> str:
    return f"{each.number:04d}_{each.name}"


__all__ = [
    "FOLDER",
    "Migration",
    "apply_pending",
    "migrate",
    "pending",
    "pending_in",
    "read_migrations",
]
