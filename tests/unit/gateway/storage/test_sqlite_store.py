"""
What is particular to the embedded store: its file, its lock, a disk that refuses.
"""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from contracts.errors import IntegrityError, Overloaded, StoreUnavailable
from gateway.ports import Change
from gateway.sqlite import connect, refuse_old_sqlite
from gateway.storage.sqlite import Meter, SqliteStore, open_store
from gateway.storage.sqlite import writer as writer_module
from gateway.storage.sqlite.audit import Ledger
from gateway.storage.sqlite.engine import Engine
from gateway.storage.sqlite.leases import Leases
from gateway.storage.sqlite.memory import Memory
from gateway.storage.sqlite.reader import Reader
from gateway.storage.sqlite.writer import Writer
from gateway.world import RealThreads
from tests.rows import NOON, a_leaf, a_submission, number

THREADS = RealThreads()


def open_at(path: Path, **changed: Any) -> SqliteStore:
    how: dict[str, Any] = {"node": "n1", "log": "tongban/test", "threads": THREADS, "now": NOON}
    return open_store(path, **(how | changed))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tongban.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = open_at(path)
    yield store
    await store.close()


# --- versions, settings ---------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.9.0"])
def test_sqlite_that_can_corrupt_is_refused_by_name(version: str):
    with pytest.raises(StoreUnavailable, match=rf"{version}.*3\.51\.3"):
        refuse_old_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.53.0", "4.0.0"])
def test_sqlite_from_the_floor_on_is_taken(version: str):
    refuse_old_sqlite(version)


def test_commits_are_synced_and_only_the_owner_may_read(path: Path):
    db = connect(path)

    assert db.pragma("journal_mode") == "wal"
    assert db.pragma("synchronous") == 2
    assert db.pragma("wal_autocheckpoint") == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    db.execute("CREATE TABLE t (a)")
    assert stat.S_IMODE(Path(f"{path}-wal").stat().st_mode) == 0o600
    db.close()


def test_a_file_that_is_no_database_is_named_so(path: Path):
    path.write_bytes(b"not a database, but long enough to have a header" * 100)

    with pytest.raises(IntegrityError):
        connect(path)


# --- one process ----------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from gateway.storage.sqlite.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    yield child
    child.kill()
    child.communicate()


def test_a_second_process_is_told_who_holds_the_store(path: Path, holder: Any):
    with pytest.raises(StoreUnavailable, match=f"process {holder.pid}"):
        open_at(path)


async def test_a_killed_holder_holds_no_more(path: Path, holder: Any):
    holder.kill()
    holder.wait()

    await open_at(path).close()


async def test_a_closed_store_may_be_opened_again(path: Path):
    await open_at(path).close()
    await open_at(path).close()


async def test_a_failed_opening_leaves_no_lock(path: Path):
    await open_at(path).close()
    with pytest.raises(IntegrityError):
        open_at(path, node="n2")

    await open_at(path).close()


@pytest.mark.parametrize("other", [{"node": "n2"}, {"log": "elsewhere"}])
async def test_a_database_keeps_its_node_and_log(path: Path, other: dict[str, str]):
    await open_at(path).close()

    with pytest.raises(IntegrityError, match=r"n1.*tongban/test"):
        open_at(path, **other)
    with pytest.raises(IntegrityError, match=r"n1.*tongban/test"):
        open_at(path, read_only=True, **other)


# --- reading beside the writer --------------------------------------------------------------


async def test_a_reading_command_sees_what_the_server_commits(store: SqliteStore, path: Path):
    reading = open_at(path, read_only=True)
    await store.commit(a_submission(1))

    assert (await reading.case(number(1))).number == number(1)
    with pytest.raises(StoreUnavailable, match="reading only"):
        await reading.commit(a_submission(2))
    await reading.close()


async def test_a_reading_command_works_when_no_server_runs(path: Path):
    store = open_at(path)
    await store.commit(a_submission(1))
    await store.close()

    reading = open_at(path, read_only=True)

    assert await reading.case(number(1)) is not None
    await reading.close()


def test_a_reading_command_makes_nothing(path: Path):
    with pytest.raises(StoreUnavailable, match="no database"):
        open_at(path, read_only=True)

    assert list(path.parent.iterdir()) == []


# --- audit rows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE leaves SET canonical = x'00'",
        "DELETE FROM leaves",
        "DELETE FROM leaves WHERE counter = 2",
        "INSERT OR REPLACE INTO leaves (counter, canonical) VALUES (1, x'00')",
    ],
)
async def test_leaves_are_neither_changed_nor_removed(path: Path, sql: str):
    store = open_at(path)
    await store.commit(a_submission(1))
    await store.close()
    db = connect(path)
    before = db.execute("SELECT * FROM leaves").fetchall()

    with pytest.raises(apsw.ConstraintError, match="never"):
        db.execute(sql)

    assert db.execute("SELECT * FROM leaves").fetchall() == before
    db.close()


# --- hand-off, checkpoints ------------------------------------------------------------------


class HeldThreads(RealThreads):
    """The writing thread waits for `go`."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def start(self, run: Any, *, name: str) -> Any:
        def wait_and_run() -> None:
            self.go.wait(10)
            run()

        return super().start(wait_and_run, name=name)


async def test_more_than_can_wait_is_refused_at_once(path: Path, monkeypatch: Any):
    monkeypatch.setattr(writer_module, "WAITING", 8)
    threads = HeldThreads()
    store = open_at(path, threads=threads)
    waiting = [asyncio.create_task(store.commit(a_submission(n))) for n in range(1, 9)]
    await asyncio.sleep(0)

    with pytest.raises(Overloaded) as refused:
        await store.commit(a_submission(9))

    assert refused.value.retry_after == 1
    threads.go.set()
    await asyncio.gather(*waiting)
    assert (await store.counts())["cases"] == 8
    await store.close()


async def test_closing_commits_what_was_handed_in(path: Path):
    store = open_at(path)
    waiting = [asyncio.create_task(store.commit(a_submission(n))) for n in range(1, 21)]
    await asyncio.sleep(0)
    await store.close()

    assert len(await asyncio.gather(*waiting)) == 20


async def test_the_log_is_moved_into_the_database_when_large_and_when_idle(
    path: Path, monkeypatch: Any
):
    monkeypatch.setattr(writer_module, "CHECKPOINT_BYTES", 200_000)
    monkeypatch.setattr(writer_module, "IDLE_SECONDS", 0.05)
    store = open_at(path)

    def sizes() -> tuple[int, int]:
        return path.stat().st_size, Path(f"{path}-wal").stat().st_size

    for first in range(1, 400, 10):
        group = range(first, first + 10)
        await asyncio.gather(*(store.commit(a_submission(n, sealed=bytes(3000))) for n in group))
    grown, log = sizes()
    assert log < 1_000_000
    assert grown > 4_000_000

    await store.commit(a_submission(500, sealed=bytes(60_000)))
    await asyncio.sleep(0.3)
    assert sizes()[0] > grown
    await store.close()


# --- a disk that refuses --------------------------------------------------------------------


class RefusingFile(apsw.VFSFile):
    def __init__(self, vfs: RefusingDisk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._vfs = vfs

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._vfs.refuse("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._vfs.refuse("sync")
        super().xSync(flags)


class RefusingDisk(apsw.VFS):
    """Fails operations of kind `failing` with `error` while that is set."""

    def __init__(self) -> None:
        super().__init__("refusing", base="")
        self.failing: str | None = None
        self.error: type[apsw.Error] = apsw.IOError

    def refuse(self, operation: str) -> None:
        if operation == self.failing:
            raise self.error("the disk refuses")

    def xOpen(self, name: Any, flags: list[int]) -> RefusingFile:  # noqa: N802
        return RefusingFile(self, name, flags)


@pytest.fixture
async def refusing(path: Path) -> AsyncIterator[tuple[SqliteStore, RefusingDisk]]:
    await open_at(path).close()
    disk = RefusingDisk()
    memory = Memory(Ledger(node="n1", log="l"), Leases())
    writer = Writer(Engine(connect(path, vfs="refusing"), memory))
    writer.start(THREADS)
    reader = Reader(path, threads=THREADS)
    store = SqliteStore(reader, writer, None, leases=memory.leases, node="n1", threads=THREADS)
    yield store, disk
    disk.failing = None
    await store.close()
    disk.unregister()


@pytest.mark.parametrize("error", [apsw.IOError, apsw.FullError])
@pytest.mark.parametrize("failing", ["write", "sync"])
async def test_when_the_disk_refuses_nothing_is_acknowledged_and_reading_goes_on(
    refusing: tuple[SqliteStore, RefusingDisk], failing: str, error: type[apsw.Error]
):
    store, disk = refusing
    await store.commit(a_submission(1))
    disk.failing, disk.error = failing, error

    results = await asyncio.gather(
        *(store.commit(a_submission(n)) for n in range(2, 30)), return_exceptions=True
    )

    assert {type(result) for result in results} == {StoreUnavailable}
    assert all(result.retry_after for result in results)
    assert (await store.case(number(1))).number == number(1)
    assert (await store.counts())["cases"] == 1

    disk.failing = None
    await asyncio.gather(*(store.commit(a_submission(n)) for n in range(2, 30)))
    await store.commit(Change(leaves=(a_leaf(1),)))
    counters = [int(name.rpartition("-")[2]) for name, _ in await store.leaves()]
    assert counters == list(range(1, 2 * 29 + 2))


async def test_a_checkpoint_that_fails_is_no_failure_of_a_commit(
    refusing: tuple[SqliteStore, RefusingDisk], monkeypatch: Any
):
    store, _ = refusing

    def refuse(*_: Any, **__: Any) -> None:
        raise apsw.IOError("the disk refuses")

    engine = store._writing()._engine
    monkeypatch.setattr(writer_module, "CHECKPOINT_BYTES", 1)
    monkeypatch.setattr(engine, "_db", Wrapped(engine._db, wal_checkpoint=refuse))

    await store.commit(a_submission(1))
    await store.commit(a_submission(2))

    assert (await store.counts())["cases"] == 2


class Wrapped:
    def __init__(self, inner: Any, **changed: Any) -> None:
        self._inner = inner
        self.__dict__.update(changed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def test_every_commit_group_is_metered(path: Path):
    groups: list[tuple[int, float]] = []
    meter = Meter(iter(range(1000)).__next__, lambda size, seconds: groups.append((size, seconds)))
    store = open_at(path, meter=meter)

    await asyncio.gather(*(store.commit(Change()) for _ in range(20)))
    await store.close()

    assert sum(size for size, _ in groups) == 20
    assert {seconds for _, seconds in groups} == {1}


# --- the writing thread ---------------------------------------------------------------------


async def test_a_surprise_in_the_writing_thread_is_told_and_survived(path: Path, monkeypatch: Any):
    store = open_at(path)
    engine = store._writing()._engine
    monkeypatch.setattr(engine, "run", lambda works: [][0])
    with pytest.raises(IndexError):
        await store.commit(a_submission(1))
    monkeypatch.undo()

    await store.commit(a_submission(2))

    assert await store.case(number(2)) is not None
    await store.close()


async def test_a_meter_that_breaks_disturbs_no_commit(path: Path):
    def report(works: int, seconds: float) -> None:
        raise RuntimeError

    store = open_at(path, meter=Meter(monotonic=lambda: 0.0, report=report))

    await store.commit(a_submission(1))

    assert await store.case(number(1)) is not None
    await store.close()
