"""
The key store: wrapped case keys in a database of their own, outside backups of the main one.

Ids only grow and are never used twice: a new one is above everything this store ever held and above
everything the main database uses, so an older copy of this store cannot give an id out again.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from contracts.errors import IntegrityError, StoreUnavailable
from gateway.sqlite import disk_errors

_VERSION = 1
_APPLICATION = 0x54424B31  # "TBK1"
_SCHEMA = """
CREATE TABLE vault (id INTEGER PRIMARY KEY CHECK (id = 1), root_check BLOB NOT NULL) STRICT;
CREATE TABLE case_keys (
    id INTEGER PRIMARY KEY,
    wrapped BLOB,
    erased_at INTEGER,
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
) STRICT;
"""


class Vault:
    """The rows; who calls sees to it that no two threads use one `Vault` at a time."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._db = connection

    def prepare(self, root_check: bytes) -> None:
        """
        Make or check the schema and that the root key is the one this store was made with.

        Raises:
            StoreUnavailable: made by a newer version of the product.
            IntegrityError: another root key, or not a key store.
        """
        with disk_errors():
            if self._db.pragma("user_version") == 0 and not self._db.readonly("main"):
                self._create(root_check)
            version, application = (
                self._db.pragma("user_version"),
                self._db.pragma("application_id"),
            )
            if application != _APPLICATION:
                raise IntegrityError("该文件不是密钥库", "this file is not a key store")
            if version > _VERSION:
                raise StoreUnavailable(
                    "密钥库由更新版本的程序建立", "the key store was made by a newer version"
                )
            stored = self._db.execute("SELECT root_check FROM vault").get
        if stored != root_check:
            raise IntegrityError(
                "根密钥与密钥库不匹配", "the root key is not the one of this key store"
            )

    def _create(self, root_check: bytes) -> None:
        with self._db:
            self._db.execute(_SCHEMA)
            self._db.execute("INSERT INTO vault (id, root_check) VALUES (1, ?)", (root_check,))
            self._db.pragma("application_id", _APPLICATION)
            self._db.pragma("user_version", _VERSION)

    def newest(self) -> int:
        """The highest id ever stored, 0 in an empty store."""
        with disk_errors():
            return int(self._db.execute("SELECT coalesce(max(id), 0) FROM case_keys").get)

    def add(self, rows: Sequence[tuple[int, bytes]]) -> None:
        """Store wrapped keys; durable when this returns."""
        with disk_errors():
            with self._db:
                self._db.executemany("INSERT INTO case_keys (id, wrapped) VALUES (?, ?)", rows)
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def wrapped(self, key_id: int) -> bytes | None:
        """None: no such key, or erased."""
        with disk_errors():
            row = self._db.execute(
                "SELECT wrapped FROM case_keys WHERE id = ?", (key_id,)
            ).fetchone()
        return None if row is None else row[0]

    def close(self) -> None:
        self._db.close()


__all__ = ["Vault"]
