"""The embedded store: SQLite through apsw, one process, commits in groups."""

from gateway.storage.sqlite.migrate import migrate, pending
from gateway.storage.sqlite.store import SqliteStore, open_store

__all__ = ["SqliteStore", "migrate", "open_store", "pending"]
