"""
`FileKeys`: all keys of one gateway, from a root key file and a key store beside the database.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from pathlib import Path

from contracts.errors import IntegrityError, Overloaded
from gateway.core.frame import frame
from gateway.keys.pool import Pool, place
from gateway.keys.root import derive, read_root
from gateway.keys.sealing import OpenCaseKey, Sealer
from gateway.keys.vault import Vault
from gateway.ports import Ids, Threads
from gateway.sqlite import connect

POOL = 512
_OPENED = 4096
"""Case keys kept opened in memory."""


def open_keys(
    root_file: Path, vault_file: Path, *, used: int, ids: Ids, threads: Threads, pool: int = POOL
) -> FileKeys:
    """
    Open the keys; a missing key store is made. Only the process that holds the database may do so
    with a pool.

    `used` is the highest key id in the database's cases (`SqliteStore.used_key_id`): ids given out
    are above it even if the key store is an older copy. `pool` 0 opens for reading only.

    Raises:
        IntegrityError: the key file is unfit, or not the one of this key store.
        StoreUnavailable: the key store cannot be opened.
    """
    root = read_root(root_file)
    check = derive(root, "check")
    wrap = Sealer(derive(root, "wrap"), ids=ids)
    ahead = None
    if pool:
        writer = Vault(connect(vault_file))
        writer.prepare(check)
        ahead = Pool(writer, wrap, size=pool, used=used, ids=ids)
        ahead.start(threads)
    reader = Vault(connect(vault_file, read_only=True))
    reader.prepare(check)
    return FileKeys(root, wrap, reader, ahead, ids=ids, threads=threads)


class FileKeys:
    """Implements `gateway.ports.Keys`. Made by `open_keys`; safe to use from several threads."""

    def __init__(
        self,
        root: bytes,
        wrap: Sealer,
        reader: Vault,
        pool: Pool | None,
        *,
        ids: Ids,
        threads: Threads,
    ) -> None:
        self._root, self._wrap, self._reader, self._pool = root, wrap, reader, pool
        self._ids = ids
        self._seal = Sealer(derive(root, "seal"), ids=ids)
        self._fingerprint = derive(root, "fingerprint")
        self._indexes: dict[str, bytes] = {}
        self._lock = threads.lock()
        self._opened: OrderedDict[int, OpenCaseKey] = OrderedDict()

    def take(self) -> OpenCaseKey:
        """
        A fresh key that is already durable. Its `key_id` is never given out twice.

        Raises:
            Overloaded: the pool is empty, or the keys were opened for reading only.
        """
        if self._pool is None:
            raise Overloaded("密钥库以只读方式打开", "the keys were opened for reading only")
        key = self._pool.take()
        with self._lock:
            self._remember(key)
        return key

    @property
    def ready(self) -> int:
        """Case keys that can be taken now."""
        return self._pool.ready if self._pool else 0

    def case_key(self, key_id: int) -> OpenCaseKey:
        """
        Raises:
            IntegrityError: no such key (erased, or the key store is not the database's).
        """
        with self._lock:
            key = self._opened.get(key_id)
            if key is not None:
                self._opened.move_to_end(key_id)
                return key
            wrapped = self._reader.wrapped(key_id)
            if wrapped is None:
                raise IntegrityError(
                    f"没有办件密钥 {key_id}(已销毁,或密钥库与数据库不配套)",
                    f"no case key {key_id}: erased, or the key store is not the database's",
                )
            key = OpenCaseKey(key_id, self._wrap.open(wrapped, place(key_id)), ids=self._ids)
            self._remember(key)
            return key

    def _remember(self, key: OpenCaseKey) -> None:
        self._opened[key.key_id] = key
        if len(self._opened) > _OPENED:
            self._opened.popitem(last=False)

    def index(self, purpose: str, *parts: str) -> bytes:
        """HMAC-SHA256 under a key of its own for each purpose; 32 bytes."""
        key = self._indexes.get(purpose)
        if key is None:
            key = self._indexes[purpose] = derive(self._root, f"index/{purpose}")
        return hmac.digest(key, frame(*(part.encode() for part in parts)), "sha256")

    def fingerprint(self, data: bytes) -> bytes:
        """HMAC-SHA256, 32 bytes."""
        return hmac.digest(self._fingerprint, data, "sha256")

    def seal(self, data: bytes, place: str) -> bytes:
        return self._seal.seal(data, place)

    def open(self, sealed: bytes, place: str) -> bytes:
        """
        Raises:
            IntegrityError: the bytes were changed or stand in another place.
        """
        return self._seal.open(sealed, place)

    def close(self) -> None:
        """End the refilling and close the key store."""
        self._reader.close()
        if self._pool is not None:
            self._pool.close()


__all__ = ["POOL", "FileKeys", "open_keys"]
