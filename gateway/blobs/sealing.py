"""
A file as sealed chunks, after the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015).

Each 64 KiB of content is one AES-256-GCM message whose nonce is 7 random bytes, a 4-byte counter
and a flag on the last chunk: a chunk that is changed, moved, missing or added does not open, and
neither does a file that ends early. Layout (project convention): `TBB1`, 7 bytes, chunks of
64 KiB + 16.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.errors import IntegrityError

MAGIC = b"TBB1"
PREFIX = 7
HEADER = len(MAGIC) + PREFIX
CHUNK = 64 * 1024
TAG = 16
SEALED_CHUNK = CHUNK + TAG


class ChunkCipher:
    """Seals or opens the chunks of one file in order, once."""

    def __init__(self, key: bytes, prefix: bytes) -> None:
        self._cipher = AESGCM(key)
        self._prefix = prefix
        self._counter = 0

    @property
    def header(self) -> bytes:
        return MAGIC + self._prefix

    def _nonce(self, last: bool) -> bytes:
        nonce = self._prefix + self._counter.to_bytes(4, "big") + bytes([last])
        self._counter += 1
        return nonce

    def seal(self, chunk: bytes | memoryview, *, last: bool) -> bytes:
        """`chunk` is `CHUNK` bytes, the last one may be shorter or empty."""
        return self._cipher.encrypt(self._nonce(last), chunk, None)

    def open(self, sealed: bytes | memoryview, *, last: bool) -> bytes:
        """
        Raises:
            IntegrityError: not what was sealed at this place of this file.
        """
        try:
            return self._cipher.decrypt(self._nonce(last), sealed, None)
        except InvalidTag:
            raise damaged() from None


def damaged() -> IntegrityError:
    return IntegrityError(
        "材料文件缺失、残缺或被改动", "the file of a material is missing, cut or changed"
    )


__all__ = ["CHUNK", "HEADER", "MAGIC", "PREFIX", "SEALED_CHUNK", "TAG", "ChunkCipher", "damaged"]
