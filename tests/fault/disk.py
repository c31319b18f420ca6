"""
A disk in memory that forgets, as an SQLite VFS.

What was written is seen at once, but only `xSync` makes it safe. `cut` is the power failing: of
each write since the last sync a random choice is kept, torn at 512-byte sectors, or dropped, in any
combination; a file that was never synced may be gone, a deletion that was not synced may be undone.
Bytes that were not being written stay as they are (SQLITE_IOCAP_POWERSAFE_OVERWRITE).
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import apsw

SECTOR = 512


@dataclass
class Content:
    seen: bytearray = field(default_factory=bytearray)
    safe: bytearray | None = None
    """None: not even the name is on the disk."""
    unsynced: list[tuple[int, bytes] | int] = field(default_factory=list)
    """writes (offset, data) and truncations (size), in order"""


class Disk(apsw.VFS):
    """
    `fail_at` writes and syncs from now on, the machine goes off: everything fails until `cut`.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, base="")
        self.name = name
        self.connections: list[apsw.Connection] = []
        """to be closed when the power fails"""
        self.files: dict[str, Content] = {}
        self.removed: dict[str, Content] = {}
        self.off = False
        self._left: int | None = None

    def fail_at(self, operations: int) -> None:
        self._left = operations

    def touch(self) -> None:
        if self._left is not None:
            self._left -= 1
            self.off = self.off or self._left < 0
        self.refuse_when_off()

    def refuse_when_off(self) -> None:
        if self.off:
            raise apsw.IOError("the machine is off")

    def cut(self, chance: random.Random) -> None:
        """The power fails and comes back."""
        self.off = True
        for connection in self.connections:
            # Closing tidies up: on a machine that is off it must not.
            with suppress(apsw.Error):
                connection.close()
        self.connections.clear()
        for name, content in self.removed.items():
            if content.safe is not None and chance.random() < 0.5:
                self.files.setdefault(name, content)
        keep = chance.choice((0.0, 0.3, 0.6, 0.9, 1.0))
        survivors = {}
        for name, content in self.files.items():
            if content.safe is None and chance.random() < 0.5:
                continue
            found = _after_cut(content, keep=keep, chance=chance)
            survivors[name] = Content(seen=found, safe=bytearray(found))
        self.files, self.removed = survivors, {}
        self.off, self._left = False, None

    # --- what SQLite calls ---

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        return pathname in self.files

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.touch()
        content = self.files.pop(filename)
        if not syncdir:
            self.removed[filename] = content

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        flags[1] = flags[0]
        path = None if name is None else name if isinstance(name, str) else name.filename()
        content = Content() if path is None else self.files.setdefault(path, Content())
        return OpenFile(self, content)


class OpenFile:
    def __init__(self, disk: Disk, content: Content) -> None:
        self._disk, self._content = disk, content

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.refuse_when_off()
        return bytes(self._content.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.touch()
        data = bytes(data)
        _put(self._content.seen, data, offset)
        self._content.unsynced.append((offset, data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.touch()
        del self._content.seen[newsize:]
        self._content.unsynced.append(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.touch()
        if self._content.safe is None:
            # The first sync of a new file also syncs its folder, as SQLite does on Unix.
            self._disk.removed.clear()
        self._content.safe = bytearray(self._content.seen)
        self._content.unsynced.clear()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._content.seen)

    def xLock(self, level: int) -> None:  # noqa: N802
        return

    def xUnlock(self, level: int) -> None:  # noqa: N802
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xClose(self) -> None:  # noqa: N802
        return


def _put(content: bytearray, data: bytes, offset: int) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _after_cut(content: Content, *, keep: float, chance: random.Random) -> bytearray:
    found = bytearray() if content.safe is None else bytearray(content.safe)
    for change in content.unsynced:
        kept = chance.random() < keep
        if isinstance(change, int):
            if kept:
                del found[change:]
            continue
        offset, data = change
        if kept:
            _put(found, data, offset)
        elif chance.random() < 0.5:
            for at in range(0, len(data), SECTOR):
                if chance.random() < 0.5:
                    _put(found, data[at : at + SECTOR], offset + at)
    return found
