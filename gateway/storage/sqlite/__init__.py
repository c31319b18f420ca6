"""The embedded store: SQLite through apsw, one process, commits in groups."""

from gateway.storage.sqlite.migrate import migrate, pending
from gateway.storage.sqlite.store import SqliteStore, open_store
from gateway.storage.sqlite.writer import Meter

__all__ = ["Meter", "SqliteStore", "migrate", "open_store", "pending"]
