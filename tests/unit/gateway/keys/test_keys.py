from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from contracts.errors import IntegrityError, Overloaded
from gateway.keys import FileKeys, create_root, open_keys
from gateway.sqlite import connect
from gateway.world import RealIds, RealThreads

Open = Callable[..., FileKeys]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens the keys of one folder, again and again."""
    create_root(tmp_path / "root.key", ids=RealIds())
    all_opened: list[FileKeys] = []

    def open_them(*, used: int = 0, pool: int = 16) -> FileKeys:
        keys = open_keys(
            tmp_path / "root.key",
            tmp_path / "keys.db",
            used=used,
            ids=RealIds(),
            threads=RealThreads(),
            pool=pool,
        )
        all_opened.append(keys)
        return keys

    yield open_them
    for keys in all_opened:
        keys.close()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


# --- sealing --------------------------------------------------------------------------------


def test_what_is_sealed_opens_at_its_place(opened: Open):
    key = opened().take()

    for data in (b"", b"x", "张三".encode(), bytes(100_000)):
        assert key.open(key.seal(data, "case:1"), "case:1") == data


def test_the_same_twice_is_sealed_differently(opened: Open):
    key = opened().take()

    assert key.seal(b"same", "case:1") != key.seal(b"same", "case:1")


def test_at_another_place_it_does_not_open(opened: Open):
    key = opened().take()

    with pytest.raises(IntegrityError):
        key.open(key.seal(b"data", "case:1"), "case:2")


def test_under_another_key_it_does_not_open(opened: Open):
    keys = opened()
    one, other = keys.take(), keys.take()

    with pytest.raises(IntegrityError):
        other.open(one.seal(b"data", "case:1"), "case:1")
    with pytest.raises(IntegrityError):
        keys.open(one.seal(b"data", "case:1"), "case:1")


def test_a_changed_or_cut_byte_is_found_anywhere(opened: Open):
    key = opened().take()
    sealed = key.seal(b"data", "case:1")

    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(IntegrityError):
            key.open(bytes(changed), "case:1")
        with pytest.raises(IntegrityError):
            key.open(sealed[:at], "case:1")


def test_commitments_depend_on_key_name_and_value(opened: Open):
    keys = opened()
    key = keys.take()
    first = key.commit("applicant.id_number", "1")

    assert first == keys.case_key(key.key_id).commit("applicant.id_number", "1")
    assert len(first) == 64
    others = [
        keys.take().commit("applicant.id_number", "1"),
        key.commit("applicant.id_number", "2"),
        key.commit("applicant.name", "1"),
        key.commit("applicant.id_number1", ""),
    ]
    assert len({first, *others}) == 5


def test_indexes_depend_on_purpose_and_on_where_parts_end(opened: Open):
    keys = opened()
    first = keys.index("number", "150000", "A1")

    assert first == keys.index("number", "150000", "A1")
    assert len(first) == 32
    others = [
        keys.index("token", "150000", "A1"),
        keys.index("number", "150000A", "1"),
        keys.index("number", "150000A1"),
        keys.index("number", "150000", "A1", ""),
        keys.fingerprint(b"150000A1"),
    ]
    assert len({first, *others}) == 6


def test_derived_keys_are_the_same_after_reopening(opened: Open):
    keys = opened()
    sealed, index = keys.seal(b"data", "staged"), keys.index("token", "t")
    keys.close()

    again = opened(pool=0)

    assert again.open(sealed, "staged") == b"data"
    assert again.index("token", "t") == index


# --- case keys ------------------------------------------------------------------------------


def test_a_case_key_is_found_again(opened: Open):
    keys = opened()
    key = keys.take()
    sealed = key.seal(b"data", "case:1")

    assert opened(pool=0).case_key(key.key_id).open(sealed, "case:1") == b"data"


def test_an_absent_key_is_an_integrity_error(opened: Open):
    with pytest.raises(IntegrityError, match="no case key 999"):
        opened().case_key(999)


def test_keys_of_another_root_are_refused(opened: Open, tmp_path: Path):
    opened().take()
    (tmp_path / "root.key").unlink()
    create_root(tmp_path / "root.key", ids=RealIds())

    with pytest.raises(IntegrityError, match="not the one of this key store"):
        opened()


def test_a_wrapped_key_moved_to_another_id_does_not_open(opened: Open, tmp_path: Path):
    keys = opened()
    one, other = keys.take().key_id, keys.take().key_id
    keys.close()
    db = apsw.Connection(str(tmp_path / "keys.db"))
    db.execute(
        "UPDATE case_keys SET wrapped = (SELECT wrapped FROM case_keys WHERE id = ?) WHERE id = ?",
        (one, other),
    )
    db.close()

    with pytest.raises(IntegrityError):
        opened(pool=0).case_key(other)


def test_an_erased_key_opens_nothing(opened: Open, tmp_path: Path):
    keys = opened()
    key_id = keys.take().key_id
    keys.close()
    db = connect(tmp_path / "keys.db")
    db.execute("UPDATE case_keys SET wrapped = NULL, erased_at = 1 WHERE id = ?", (key_id,))
    db.close()

    with pytest.raises(IntegrityError, match=f"no case key {key_id}: erased"):
        opened(pool=0).case_key(key_id)


def test_the_key_store_holds_no_key_in_the_clear(opened: Open, tmp_path: Path):
    keys = opened()
    secret = keys._pool._keys[0]._commit  # type: ignore[union-attr]
    keys.close()

    content = b"".join(path.read_bytes() for path in tmp_path.glob("keys.db*"))

    assert len(secret) == 32
    assert secret not in content
    assert (tmp_path / "keys.db").stat().st_mode & 0o077 == 0


# --- pool -----------------------------------------------------------------------------------


def test_a_key_that_is_taken_is_already_durable(opened: Open, tmp_path: Path):
    key_id = opened().take().key_id

    db = connect(tmp_path / "keys.db", read_only=True)
    assert db.execute("SELECT count(*) FROM case_keys WHERE id = ?", (key_id,)).get == 1
    db.close()


def test_ids_grow_through_refills(opened: Open):
    keys = opened(pool=8)

    taken = []
    for _ in range(100):
        wait_for(lambda: bool(keys._pool._keys))  # type: ignore[union-attr]
        taken.append(keys.take().key_id)

    assert taken == list(range(1, 101))


def test_many_who_take_at_once_get_different_keys(opened: Open):
    keys = opened(pool=400)
    taken: list[int] = []

    def take() -> None:
        taken.extend(keys.take().key_id for _ in range(50))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(taken)) == 400


def test_an_empty_pool_says_so_and_recovers(opened: Open, monkeypatch: pytest.MonkeyPatch):
    keys = opened(pool=4)
    vault = keys._pool._vault  # type: ignore[union-attr]
    add, failing = vault.add, True

    def refuse(rows: object) -> None:
        if failing:
            raise IntegrityError("", "the disk refuses")
        add(rows)  # type: ignore[arg-type]

    monkeypatch.setattr(vault, "add", refuse)
    for _ in range(4):
        keys.take()
    with pytest.raises(Overloaded) as refused:
        keys.take()
    assert refused.value.retry_after == 1

    failing = False

    def recovered() -> bool:
        try:
            return keys.take().key_id > 4
        except Overloaded:
            return False

    wait_for(recovered)


def test_opened_for_reading_no_key_is_given_out(opened: Open):
    opened().close()

    with pytest.raises(Overloaded):
        opened(pool=0).take()


def test_ids_start_above_what_the_database_uses(opened: Open):
    assert opened(used=1000).take().key_id == 1001


def test_an_older_copy_of_the_key_store_gives_no_id_again(opened: Open, tmp_path: Path):
    opened().close()
    shutil.copy(tmp_path / "keys.db", tmp_path / "old.db")
    keys = opened()
    used = max(keys.take().key_id for _ in range(10))
    keys.close()
    shutil.copy(tmp_path / "old.db", tmp_path / "keys.db")

    assert opened(used=used).take().key_id > used


TAKING = """
import os, sys
from pathlib import Path
from contracts.errors import Overloaded
from gateway.keys import open_keys
from gateway.world import RealIds, RealThreads
folder = Path(sys.argv[1])
keys = open_keys(folder / "root.key", folder / "keys.db", used=0, ids=RealIds(),
                 threads=RealThreads(), pool=32)
while True:
    try:
        os.write(1, b"%d\\n" % keys.take().key_id)
    except Overloaded:
        pass
"""


def test_no_id_is_given_out_twice_however_often_the_process_is_killed(opened: Open, tmp_path: Path):
    chance = random.Random(7)
    taken: list[int] = []
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", TAKING, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        head = child.stdout.readline()
        time.sleep(chance.uniform(0, 0.1))
        os.kill(child.pid, signal.SIGKILL)
        rest, _ = child.communicate()
        taken += [int(line) for line in (head + rest).rpartition(b"\n")[0].splitlines()]

    assert len(taken) > 5
    assert len(set(taken)) == len(taken)
    keys = opened(pool=0)
    for key_id in taken:
        keys.case_key(key_id)
