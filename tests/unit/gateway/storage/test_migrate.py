from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from contracts.errors import IntegrityError, StoreUnavailable
from gateway.sqlite import connect
from gateway.storage.sqlite import migrate, pending
from gateway.storage.sqlite.migrate import FOLDER, read_migrations
from tests.rows import NOON


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations of a small database."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text("CREATE TABLE one (a INTEGER) STRICT;")
    (folder / "0002_more.sql").write_text(
        "CREATE TABLE two (a INTEGER) STRICT;"
        "INSERT INTO two VALUES (1); INSERT INTO two VALUES (2);"
    )
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


def tables(path: Path) -> list[str]:
    db = connect(path, read_only=True)
    rows = db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    ).fetchall()
    db.close()
    return [name for (name,) in rows]


def test_the_shipped_migrations_are_numbered_and_apply(path: Path):
    names = [f"{each.number:04d}_{each.name}" for each in read_migrations()]
    assert pending(path) == tuple(names)

    assert migrate(path, now=NOON) == tuple(names)

    assert pending(path) == ()
    assert migrate(path, now=NOON) == ()
    assert sorted(each.stem for each in FOLDER.glob("*.sql")) == names


def test_only_what_is_new_is_applied(path: Path, folder: Path):
    migrate(path, now=NOON, folder=folder)
    (folder / "0003_third.sql").write_text("CREATE TABLE three (a INTEGER) STRICT;")

    assert pending(path, folder=folder) == ("0003_third",)
    assert migrate(path, now=NOON, folder=folder) == ("0003_third",)
    assert tables(path) == ["migrations", "one", "three", "two"]


def test_a_migration_changed_after_it_was_applied_is_refused(path: Path, folder: Path):
    migrate(path, now=NOON, folder=folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE one (a INTEGER, b TEXT) STRICT;")

    with pytest.raises(IntegrityError, match="0001_first was changed"):
        migrate(path, now=NOON, folder=folder)
    with pytest.raises(IntegrityError, match="0001_first was changed"):
        pending(path, folder=folder)


def test_a_database_of_a_newer_version_is_refused(path: Path, folder: Path):
    migrate(path, now=NOON, folder=folder)
    (folder / "0002_more.sql").unlink()

    with pytest.raises(StoreUnavailable, match="at version 2, this program knows 1"):
        migrate(path, now=NOON, folder=folder)


def test_a_gap_in_the_numbers_is_refused(folder: Path):
    (folder / "0001_first.sql").unlink()

    with pytest.raises(IntegrityError, match="gap"):
        read_migrations(folder)


def test_the_database_of_another_program_is_refused(path: Path):
    db = apsw.Connection(str(path))
    db.execute("CREATE TABLE theirs (a)")
    db.close()

    with pytest.raises(IntegrityError, match="another program"):
        migrate(path, now=NOON)
    assert tables(path) == ["theirs"]


def test_a_migration_that_fails_leaves_nothing_of_itself(path: Path, folder: Path):
    (folder / "0002_more.sql").write_text("CREATE TABLE two (a); INSERT INTO absent VALUES (1);")

    with pytest.raises(IntegrityError, match="absent"):
        migrate(path, now=NOON, folder=folder)

    assert tables(path) == ["migrations", "one"]
    assert pending(path, folder=folder) == ("0002_more",)


KILLED = """
import os, signal, sys
from pathlib import Path
import apsw
from gateway.storage.sqlite.migrate import apply_pending
from gateway.sqlite import connect
from tests.rows import NOON
path, folder = Path(sys.argv[1]), Path(sys.argv[2])
db = connect(path)
left = int(sys.argv[3])
def trace(cursor, sql, bindings):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return True
db.exec_trace = trace
apply_pending(db, now=NOON, folder=folder)
print("whole")
"""


def test_killed_at_any_statement_a_migration_goes_on_where_it_was(tmp_path: Path, folder: Path):
    seen = set()
    for statements in range(0, 30, 2):
        path = tmp_path / f"{statements}.db"
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(path), str(folder), str(statements)],
            capture_output=True,
            check=False,
        )
        seen.add(done.stdout)
        assert done.returncode in (0, -9)

        migrate(path, now=NOON, folder=folder)

        db = connect(path, read_only=True)
        assert tables(path) == ["migrations", "one", "two"]
        assert db.execute("SELECT a FROM two ORDER BY a").fetchall() == [(1,), (2,)]
        db.close()
        if done.stdout:
            break
    assert seen == {b"", b"whole\n"}
