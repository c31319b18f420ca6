"""
`FileBlobs`: materials as sealed files under random names, in folders by their first two digits.

Each has a key of its own. File work is done beside the event loop, a few chunks at a time, so
memory stays flat however large a material is.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from contracts.errors import StoreUnavailable, TooLarge
from gateway.blobs.files import BATCH, NEW, NewFile, StoredFile, place, sync_folder
from gateway.blobs.sealing import CHUNK, PREFIX, ChunkCipher, damaged
from gateway.ports import Ids, StoredBlob, Threads

T = TypeVar("T")

_NAME = re.compile(r"[0-9a-f]{32}")


def open_blobs(root: Path, *, ids: Ids, threads: Threads, read_only: bool = False) -> FileBlobs:
    """
    Make the folders if absent and remove what an interrupted writing left behind.

    Beside the process that holds the database, open with `read_only`: it does neither.

    Raises:
        StoreUnavailable: the disk refused.
    """
    if read_only:
        return FileBlobs(root, ids=ids, threads=threads)
    try:
        for folder in (root, root / NEW):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in (root / NEW).iterdir():
            left.unlink()
        sync_folder(root)
    except OSError as error:
        raise _refused(error) from error
    return FileBlobs(root, ids=ids, threads=threads)


class FileBlobs:
    """Implements `gateway.ports.BlobStore`. Made by `open_blobs`."""

    def __init__(self, root: Path, *, ids: Ids, threads: Threads) -> None:
        self._root, self._ids, self._threads = root, ids, threads

    async def write(self, chunks: AsyncIterator[bytes], *, limit: int) -> StoredBlob:
        """
        Stream in, seal, digest, sync. Nothing is left behind on failure or cancellation.

        Raises:
            TooLarge: more than `limit` bytes came.
            StoreUnavailable: the disk refused.
        """
        name, key = self._ids.hex(16), self._ids.token(32)
        file = NewFile(self._root, name, ChunkCipher(key, self._ids.token(PREFIX)))
        held, size = bytearray(), 0
        try:
            async for data in chunks:
                size += len(data)
                if size > limit:
                    raise TooLarge(f"材料超过上限 {limit} 字节", f"more than {limit} bytes")
                held += data
                # At least a byte stays back: only at the end is known which chunk is the last.
                if len(held) > BATCH * CHUNK:
                    await self._drain(held, file)
            await self._drain(held, file)
            digest = await self._do(partial(file.finish, bytes(held)))
        except BaseException:
            await self._do(file.abandon)
            raise
        return StoredBlob(name=name, key=key, digest=digest, size=size)

    async def _drain(self, held: bytearray, file: NewFile) -> None:
        """Write all whole chunks but the last."""
        while len(held) > CHUNK:
            size = min((len(held) - 1) // CHUNK, BATCH) * CHUNK
            await self._do(partial(file.append, bytes(held[:size])))
            del held[:size]

    async def read(self, name: str, key: bytes) -> AsyncIterator[bytes]:
        """
        Content in pieces of at most 256 KiB.

        Raises:
            IntegrityError: the file is missing, cut or changed.
            StoreUnavailable: the disk refused.
        """
        file = await self._do(partial(StoredFile, self._path(name), key))
        try:
            while piece := await self._do(file.read):
                yield piece
        finally:
            await self._do(file.close)

    async def delete(self, name: str) -> None:
        """Remove a file for good; one that is gone already is no error."""
        path = self._path(name)

        def remove() -> None:
            if path.exists():
                path.unlink(missing_ok=True)
                sync_folder(path.parent)

        await self._do(remove)

    async def names(self) -> Sequence[str]:
        """Names of all whole files, in order."""

        def scan() -> Sequence[str]:
            folders = sorted(each for each in self._root.iterdir() if each.name != NEW)
            return [path.name for folder in folders for path in sorted(folder.iterdir())]

        return await self._do(scan)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise damaged()
        return place(self._root, name)

    async def _do(self, work: Callable[[], T]) -> T:
        """Work in a thread, and wait for its end even when cancelled: it is at the file."""
        task = asyncio.ensure_future(self._threads.call(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
            task.exception()
            raise
        except OSError as error:
            raise _refused(error) from error


def _refused(error: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"材料库暂不可用({error.strerror})",
        f"the material store is not available: {error.strerror}",
        retry_after=5,
    )


__all__ = ["FileBlobs", "open_blobs"]
