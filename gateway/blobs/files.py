"""
Files of materials on disk, one at a time, blocking: `blobs` calls them in threads.

A file is written beside its place, synced, moved there, and its folder synced, before anybody may
refer to it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from gateway.blobs.sealing import (
    CHUNK,
    HEADER,
    MAGIC,
    SEALED_CHUNK,
    TAG,
    ChunkCipher,
    damaged,
)

NEW = "new"
"""Folder of files that are not whole yet."""
BATCH = 4
"""Chunks handled at a time: 256 KiB."""


def place(root: Path, name: str) -> Path:
    return root / name[:2] / name


class NewFile:
    """Sealed and digested while it grows; `finish` makes it durable, `abandon` leaves nothing."""

    def __init__(self, root: Path, name: str, cipher: ChunkCipher) -> None:
        self._path, self._place = root / NEW / name, place(root, name)
        self._cipher = cipher
        self._digest = hashlib.sha256()
        self._file: BinaryIO | None = None

    def append(self, content: bytes) -> None:
        """`content` is whole chunks, none of them the last."""
        for at in range(0, len(content), CHUNK):
            self._put(memoryview(content)[at : at + CHUNK], last=False)

    def finish(self, content: bytes) -> str:
        """Append the last chunk, at most `CHUNK` bytes; SHA-256 hex of all content."""
        self._put(memoryview(content), last=True)
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        folder = self._place.parent
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)
        self._path.rename(self._place)
        sync_folder(folder)
        return self._digest.hexdigest()

    def _put(self, chunk: memoryview, *, last: bool) -> None:
        if self._file is None:
            self._file = self._path.open("xb")
            self._file.write(self._cipher.header)
        self._digest.update(chunk)
        self._file.write(self._cipher.seal(chunk, last=last))

    def abandon(self) -> None:
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)
        self._place.unlink(missing_ok=True)


class StoredFile:
    """
    A whole file, read in order.

    Raises:
        IntegrityError: missing, or not one of ours.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise damaged() from None
        self._left = os.fstat(self._file.fileno()).st_size - HEADER
        header = self._file.read(HEADER)
        if self._left < TAG or not header.startswith(MAGIC):
            self._file.close()
            raise damaged()
        self._cipher = ChunkCipher(key, header[len(MAGIC) :])

    def read(self) -> bytes:
        """
        The next `BATCH` chunks of content; empty at the end.

        Raises:
            IntegrityError: cut or changed.
        """
        sealed = memoryview(self._file.read(min(self._left, BATCH * SEALED_CHUNK)))
        parts = []
        for at in range(0, len(sealed), SEALED_CHUNK):
            chunk = sealed[at : at + SEALED_CHUNK]
            self._left -= len(chunk)
            parts.append(self._cipher.open(chunk, last=self._left == 0))
        if self._left and not parts:
            raise damaged()
        return b"".join(parts)

    def close(self) -> None:
        self._file.close()


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


__all__ = ["BATCH", "NEW", "NewFile", "StoredFile", "place", "sync_folder"]
