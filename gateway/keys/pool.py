"""
Case keys made durable ahead of use, so that taking one costs no sync.

What is left in the pool when the process ends is abandoned: ids have gaps, none is given out twice.
"""

from __future__ import annotations

from collections import deque
from queue import SimpleQueue

from contracts.errors import GatewayError, Overloaded
from gateway.keys.sealing import OpenCaseKey, Sealer
from gateway.keys.vault import Vault
from gateway.ports import Ids, Threads

_SECRET = 64
_JOIN_SECONDS = 10.0


def place(key_id: int) -> str:
    """Where a wrapped key stands: a row moved to another id does not open."""
    return f"case-key:{key_id}"


class Pool:
    """Refills itself in a thread of its own when half is gone; the only writer of the vault."""

    def __init__(self, vault: Vault, wrap: Sealer, *, size: int, used: int, ids: Ids) -> None:
        self._vault, self._wrap, self._ids = vault, wrap, ids
        self._size = size
        self._next = max(vault.newest(), used) + 1
        self._keys: deque[OpenCaseKey] = deque()
        self._orders: SimpleQueue[bool] = SimpleQueue()
        self._ordered = False
        self._refill()

    def start(self, threads: Threads) -> None:
        self._running = threads.start(self._refill_on_order, name="tongban-keys")

    @property
    def ready(self) -> int:
        """Keys that can be taken now."""
        return len(self._keys)

    def take(self) -> OpenCaseKey:
        """
        Raises:
            Overloaded: empty; a refill is under way.
        """
        if len(self._keys) <= self._size // 2 and not self._ordered:
            self._ordered = True
            self._orders.put(True)
        try:
            return self._keys.popleft()
        except IndexError:
            raise Overloaded(
                "密钥池暂空,正在补充", "the key pool is empty and being refilled", retry_after=1
            ) from None

    def _refill_on_order(self) -> None:
        while self._orders.get():
            self._ordered = False
            try:
                self._refill()
            except GatewayError:
                # The disk refused: `take` says Overloaded once the pool is empty, and orders anew.
                continue

    def _refill(self) -> None:
        missing = self._size - len(self._keys)
        first = self._next
        # Counted before the commit: if its fate stays unknown these ids are not tried again.
        self._next += missing
        fresh, rows = [], []
        for key_id in range(first, first + missing):
            secret = self._ids.token(_SECRET)
            fresh.append(OpenCaseKey(key_id, secret, ids=self._ids))
            rows.append((key_id, self._wrap.seal(secret, place(key_id))))
        self._vault.add(rows)
        self._keys.extend(fresh)

    def close(self) -> None:
        self._orders.put(False)
        self._running.join(_JOIN_SECONDS)
        self._vault.close()


__all__ = ["Pool", "place"]
