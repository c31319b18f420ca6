from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from contracts.errors import IntegrityError, StoreUnavailable, TooLarge
from gateway.blobs import FileBlobs, files, open_blobs
from gateway.blobs.sealing import CHUNK, HEADER, SEALED_CHUNK
from gateway.ports import StoredBlob
from gateway.world import RealIds, RealThreads

MEGABYTE = 1024 * 1024


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return open_blobs(tmp_path / "blobs", ids=RealIds(), threads=RealThreads())


async def pieces(content: bytes, size: int = 10_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def write(blobs: FileBlobs, content: bytes, **how: int) -> StoredBlob:
    return await blobs.write(pieces(content, **how), limit=len(content))


async def read(blobs: FileBlobs, blob: StoredBlob) -> bytes:
    return b"".join([piece async for piece in blobs.read(blob.name, blob.key)])


def all_files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "blobs").rglob("*") if path.is_file())


# --- content --------------------------------------------------------------------------------

SIZES = [0, 1, CHUNK, CHUNK + 1, 4 * CHUNK, 4 * CHUNK + 1, 2 * MEGABYTE]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [10_000, 3 * MEGABYTE])
async def test_what_is_written_is_read_back(blobs: FileBlobs, size: int, step: int):
    content = os.urandom(size)

    blob = await write(blobs, content, size=step)

    assert (blob.size, blob.digest) == (size, hashlib.sha256(content).hexdigest())
    assert await read(blobs, blob) == content
    assert await blobs.names() == [blob.name]


async def test_the_same_content_twice_is_two_files_that_do_not_look_alike(
    blobs: FileBlobs, tmp_path: Path
):
    one, other = await write(blobs, b"same"), await write(blobs, b"same")

    first, second = all_files(tmp_path)
    assert (one.name, one.key) != (other.name, other.key)
    assert first.read_bytes()[HEADER:] != second.read_bytes()[HEADER:]
    assert b"same" not in first.read_bytes() + second.read_bytes()
    assert not {one.digest, other.digest} & {first.name, second.name}


async def test_pieces_read_are_small(blobs: FileBlobs):
    blob = await write(blobs, bytes(2 * MEGABYTE))

    sizes = [len(piece) async for piece in blobs.read(blob.name, blob.key)]

    assert max(sizes) == 4 * CHUNK


# --- damage ---------------------------------------------------------------------------------

Damage = Callable[[bytes], bytes]


def chunk(data: bytes, number: int) -> bytes:
    return data[HEADER + number * SEALED_CHUNK : HEADER + (number + 1) * SEALED_CHUNK]


def swapped(data: bytes) -> bytes:
    rest = data[HEADER + 2 * SEALED_CHUNK :]
    return data[:HEADER] + chunk(data, 1) + chunk(data, 0) + rest


def flipped(at: int) -> Damage:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="emptied"),
        pytest.param(lambda data: data[:HEADER], id="only the header"),
        pytest.param(lambda data: data[:-1], id="a byte cut"),
        pytest.param(lambda data: data[: HEADER + 2 * SEALED_CHUNK], id="cut between chunks"),
        pytest.param(lambda data: data[: HEADER + SEALED_CHUNK + 9], id="cut in a chunk"),
        pytest.param(lambda data: data + b"x", id="a byte added"),
        pytest.param(lambda data: data + chunk(data, 0), id="a chunk added"),
        pytest.param(swapped, id="chunks swapped"),
        pytest.param(
            lambda data: data[: HEADER + SEALED_CHUNK] + data[HEADER + 2 * SEALED_CHUNK :],
            id="a chunk left out",
        ),
        pytest.param(flipped(0), id="magic changed"),
        pytest.param(flipped(6), id="nonce changed"),
        pytest.param(flipped(HEADER), id="first chunk changed"),
        pytest.param(flipped(HEADER + SEALED_CHUNK + 100), id="second chunk changed"),
        pytest.param(flipped(-1 + HEADER + 2 * SEALED_CHUNK), id="tag changed"),
    ],
)
async def test_damage_is_found(blobs: FileBlobs, tmp_path: Path, damage: Damage):
    content = os.urandom(2 * CHUNK + 5000)
    blob = await write(blobs, content)
    (path,) = all_files(tmp_path)
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(IntegrityError):
        await read(blobs, blob)


async def test_a_missing_file_or_a_wrong_key_is_found(blobs: FileBlobs):
    blob = await write(blobs, b"content")

    with pytest.raises(IntegrityError):
        await read(blobs, StoredBlob(blob.name, bytes(32), blob.digest, blob.size))
    await blobs.delete(blob.name)
    with pytest.raises(IntegrityError):
        await read(blobs, blob)


@pytest.mark.parametrize("name", ["../../etc/passwd", "new/x", "", "A" * 32, "0" * 31])
async def test_a_name_that_is_none_of_ours_touches_no_file(blobs: FileBlobs, name: str):
    with pytest.raises(IntegrityError):
        await read(blobs, StoredBlob(name, bytes(32), "", 0))
    with pytest.raises(IntegrityError):
        await blobs.delete(name)


# --- nothing left behind --------------------------------------------------------------------


async def test_over_the_limit_nothing_is_left(blobs: FileBlobs, tmp_path: Path):
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield bytes(CHUNK)

    with pytest.raises(TooLarge):
        await blobs.write(endless(), limit=10 * CHUNK)

    assert asked == 11
    assert all_files(tmp_path) == []


async def test_a_source_that_fails_leaves_nothing(blobs: FileBlobs, tmp_path: Path):
    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(MEGABYTE)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.write(breaking(), limit=10 * MEGABYTE)

    assert all_files(tmp_path) == []


@pytest.mark.parametrize("moment", range(0, 12, 2))
async def test_a_cancelled_writing_leaves_nothing(blobs: FileBlobs, tmp_path: Path, moment: int):
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield bytes(2 * CHUNK)
            await asyncio.sleep(0)

    task = asyncio.create_task(blobs.write(slow(), limit=10 * MEGABYTE))
    for _ in range(moment * 2):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert all_files(tmp_path) == []


async def test_a_disk_that_refuses_leaves_nothing(
    blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", refuse)

    with pytest.raises(StoreUnavailable):
        await write(blobs, bytes(MEGABYTE))

    monkeypatch.undo()
    assert all_files(tmp_path) == []


async def test_opening_removes_what_was_never_finished(blobs: FileBlobs, tmp_path: Path):
    blob = await write(blobs, b"whole")
    (tmp_path / "blobs" / "new" / ("0" * 32)).write_bytes(b"half")

    beside = open_blobs(tmp_path / "blobs", ids=RealIds(), threads=RealThreads(), read_only=True)
    assert len(all_files(tmp_path)) == 2
    assert await read(beside, blob) == b"whole"

    open_blobs(tmp_path / "blobs", ids=RealIds(), threads=RealThreads())
    assert [path.name for path in all_files(tmp_path)] == [blob.name]


async def test_deleting_twice_is_harmless(blobs: FileBlobs, tmp_path: Path):
    blob = await write(blobs, b"content")

    await blobs.delete(blob.name)
    await blobs.delete(blob.name)

    assert await blobs.names() == []
    assert all_files(tmp_path) == []


# --- durability, concurrency, memory --------------------------------------------------------


async def test_file_and_folder_are_synced_in_this_order_before_writing_returns(
    blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def note_sync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        done.append(f"sync {path.relative_to(tmp_path / 'blobs')}")
        fsync(descriptor)

    def note_rename(self: Path, target: Path) -> Path:
        done.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "rename", note_rename)

    blob = await write(blobs, b"content")

    folder = blob.name[:2]
    assert done == [f"sync new/{blob.name}", "sync .", "rename", f"sync {folder}"]


async def test_many_at_once_do_not_disturb_each_other(blobs: FileBlobs):
    contents = [os.urandom(100_000 + n) for n in range(40)]

    stored = await asyncio.gather(*(write(blobs, content) for content in contents))
    found = await asyncio.gather(*(read(blobs, blob) for blob in stored))

    assert found == contents
    assert sorted(await blobs.names()) == sorted(blob.name for blob in stored)


async def test_the_loop_goes_on_while_files_are_written(blobs: FileBlobs):
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await write(blobs, bytes(8 * MEGABYTE), size=CHUNK)
    counting.cancel()

    assert turns > 32


GROWTH = """
import asyncio, resource, sys
from pathlib import Path
from gateway.blobs import open_blobs
from gateway.world import RealIds, RealThreads

async def main():
    blobs = open_blobs(Path(sys.argv[1]) / "blobs", ids=RealIds(), threads=RealThreads())
    async def source(count):
        for _ in range(count):
            yield bytes(65536)
    async def once(count):
        blob = await blobs.write(source(count), limit=1 << 30)
        async for _ in blobs.read(blob.name, blob.key):
            pass
    await once(8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await once(1024)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(main())
"""


def test_memory_stays_flat_for_a_large_material(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(tmp_path)], capture_output=True, check=True
    )

    assert int(done.stdout) * 1024 < 8 * MEGABYTE, "grew with 64 MB passing"
