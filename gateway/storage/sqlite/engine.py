"""
Commit groups: many pieces of work in one transaction.

Used by the one thread that writes; does no waiting and knows no thread itself. A group is first
tried as it is. If one of its works fails, all is rolled back and done again with a savepoint for
each, so that the one fails alone: savepoints copy every page they touch, a third of a commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from contracts.errors import StoreUnavailable
from gateway.sqlite import translate
from gateway.storage.sqlite.memory import Memory

Work = Callable[[apsw.Connection, Memory], Any]


@dataclass(frozen=True, slots=True)
class Failed:
    error: Exception


class Engine:
    """The writing connection and the memory that belongs to it."""

    def __init__(self, db: apsw.Connection, memory: Memory) -> None:
        self._db = db
        self._memory = memory
        self._wal_bytes = 0
        self._page_size = int(db.pragma("page_size"))
        db.set_wal_hook(self._note_wal)

    @property
    def wal_bytes(self) -> int:
        """Size of what commits have written since the last complete checkpoint."""
        return self._wal_bytes

    def run(self, works: Sequence[Work]) -> Sequence[Any]:
        """
        Do all works in one transaction; durable when this returns.

        The result at a work's place is what it returned, or `Failed`. A work that raises fails
        alone; when the disk refuses, all fail and nothing is stored. A work may be done twice, the
        first time rolled back.
        """
        try:
            results = self._run_together(works)
            if results is None:
                self._db.execute("BEGIN IMMEDIATE")
                results = [self._run_apart(work) for work in works]
            self._db.execute("COMMIT")
        except apsw.Error as error:
            self._roll_back()
            return [Failed(translate(error))] * len(works)
        self._memory.keep()
        return results

    def _run_together(self, works: Sequence[Work]) -> list[Any] | None:
        """None: a work failed, and nothing was done."""
        self._db.execute("BEGIN IMMEDIATE")
        results = []
        for work in works:
            result = self._try(work)
            if isinstance(result, Failed):
                self._memory.forget()
                self._db.execute("ROLLBACK")
                return None
            results.append(result)
        return results

    def _run_apart(self, work: Work) -> Any:
        mark = self._memory.mark()
        self._db.execute("SAVEPOINT one")
        result = self._try(work)
        if isinstance(result, Failed):
            self._db.execute("ROLLBACK TO one")
            self._memory.back_to(mark)
        self._db.execute("RELEASE one")
        return result

    def _try(self, work: Work) -> Any:
        """
        What the work returns, or `Failed`.

        Raises:
            apsw.Error: the disk refused; no work of the group can be kept.
        """
        try:
            return work(self._db, self._memory)
        except apsw.Error as error:
            failure = translate(error)
            if isinstance(failure, StoreUnavailable):
                raise
            return Failed(failure)
        except Exception as error:  # handed to the one who asked for the work
            return Failed(error)

    def _roll_back(self) -> None:
        self._memory.forget()
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except apsw.Error:
            # The next BEGIN fails then, and tries to roll back again: nothing is acknowledged.
            return

    def _note_wal(self, db: apsw.Connection, name: str, pages: int) -> int:
        self._wal_bytes = pages * self._page_size
        return apsw.SQLITE_OK

    def checkpoint(self) -> None:
        """Move what is in the log into the database. A failure only leaves the log longer."""
        try:
            logged, moved = self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error:
            return
        if logged == moved:
            self._wal_bytes = 0

    def close(self) -> None:
        self._db.close()


__all__ = ["Engine", "Failed", "Work"]
