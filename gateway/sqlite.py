"""
Open an SQLite file in the one way that keeps our promises.

WAL with `synchronous=FULL`: a commit that returned survives a power cut. Versions before 3.51.3 can
corrupt a database when a commit races a checkpoint of another connection (sqlite.org, release notes
of 3.51.3), so they are refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from contracts.errors import GatewayError, IntegrityError, StoreUnavailable

FLOOR = (3, 51, 3)
_BUSY_MILLISECONDS = 2000
_PASSING = (
    apsw.IOError,
    apsw.FullError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
    apsw.PermissionsError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.InterruptError,
    apsw.ConnectionClosedError,
)
_WRITER_CACHE = 16 * 1024
"""KiB"""


def refuse_old_sqlite(version: str) -> None:
    """
    Raises:
        StoreUnavailable: `version` is below the floor.
    """
    numbers = tuple(int(part) for part in version.split("."))
    if numbers < FLOOR:
        floor = ".".join(map(str, FLOOR))
        raise StoreUnavailable(
            f"SQLite {version} 过旧:至少需要 {floor}(此前版本可能损坏数据库);请升级 apsw",
            f"SQLite {version} is too old: {floor} or later is needed, earlier ones can corrupt "
            "the database; upgrade apsw",
        )


def connect(
    path: str | Path,
    *,
    read_only: bool = False,
    vfs: str | None = None,
    exclusive: bool = False,
    synchronous: str = "FULL",
) -> apsw.Connection:
    """
    Open a database file; a new file is made readable by its owner only.

    `exclusive` keeps the file to this connection, which needs no shared memory. It and other values
    of `synchronous` are for tests.

    Raises:
        StoreUnavailable: SQLite is too old, or the file cannot be opened.
        IntegrityError: the file is no database.
    """
    refuse_old_sqlite(apsw.sqlite_lib_version())
    if not read_only and vfs is None:
        # WAL and shared memory take the mode of the database
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    flags = (
        apsw.SQLITE_OPEN_READONLY
        if read_only
        else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    )
    with disk_errors():
        connection = apsw.Connection(str(path), flags=flags, vfs=vfs, statementcachesize=256)
        try:
            connection.set_busy_timeout(_BUSY_MILLISECONDS)
            # Without it a statement that partial indexes make dependent on its values is compiled
            # anew for every value: ten times the work of running it.
            connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
            if exclusive:
                connection.pragma("locking_mode", "EXCLUSIVE")
            if not read_only:
                _prepare_to_write(connection, synchronous=synchronous)
            connection.pragma("foreign_keys", "ON")
            connection.pragma("trusted_schema", "OFF")
        except apsw.Error:
            with suppress(apsw.Error):
                connection.close()
            raise
    return connection


def _prepare_to_write(connection: apsw.Connection, *, synchronous: str) -> None:
    connection.pragma("journal_mode", "WAL")
    connection.pragma("synchronous", synchronous)
    connection.pragma("wal_autocheckpoint", 0)
    connection.pragma("secure_delete", "ON")
    connection.pragma("cache_size", -_WRITER_CACHE)
    # Savepoints note the pages they touch; in files that costs a third of a commit.
    connection.pragma("temp_store", "MEMORY")
    # REPLACE must fire the triggers that refuse to remove rows.
    connection.pragma("recursive_triggers", "ON")


def translate(error: apsw.Error) -> GatewayError:
    """
    What an error of SQLite means for a caller; its text names tables and columns, never content.

    What may pass by itself is StoreUnavailable; all else (a constraint, a damaged page, a missing
    table) is IntegrityError.
    """
    name = type(error).__name__
    if isinstance(error, _PASSING):
        return StoreUnavailable(
            f"存储暂不可用({name})", f"the store is not available: {error}", retry_after=5
        )
    return IntegrityError(f"存储数据不一致({name})", f"the database does not add up: {error}")


@contextmanager
def disk_errors() -> Iterator[None]:
    """
    Raises:
        StoreUnavailable: the disk or SQLite refused.
        IntegrityError: the file is damaged.
    """
    try:
        yield
    except apsw.Error as error:
        raise translate(error) from error


__all__ = ["FLOOR", "connect", "disk_errors", "refuse_old_sqlite", "translate"]
