"""
A package as a zip of which every byte follows from its entries.

Stored, not deflated: another release of zlib would give other bytes. Times and rights are fixed.
"""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator, Callable, Sequence

from gateway.core.archive.layout import Entry

MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can name; the package holds the true ones."""
RIGHTS = 0o100600 << 16
_UNIX = 3


class _Outbox:
    """Collects what the zip writer gives; it cannot be rewound, so sizes follow the data."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        return None

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


async def pack(
    root: str, entries: Sequence[Entry], *, read: Callable[[str], AsyncIterator[bytes]]
) -> AsyncIterator[bytes]:
    """
    The zip in pieces; every path lies below the folder `root`.

    `read` gives the bytes of an entry by its `source`; no more than one piece is held.
    """
    out = _Outbox()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:  # type: ignore[call-overload]
        for entry in entries:
            info = zipfile.ZipInfo(f"{root}/{entry.path}", MOMENT)
            info.create_system, info.external_attr = _UNIX, RIGHTS
            info.file_size = entry.size
            with package.open(info, "w") as file:
                if entry.source is None:
                    file.write(entry.content or b"")
                else:
                    async for piece in read(entry.source):
                        file.write(piece)
                        yield out.take()
            yield out.take()
    yield out.take()


__all__ = ["MOMENT", "RIGHTS", "pack"]
