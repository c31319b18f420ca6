"""
The lock beside the database: the embedded store has one writing process.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from contracts.errors import StoreUnavailable


class StoreLock:
    """
    Held from construction until `release` or the end of the process, however it ends.

    Raises:
        StoreUnavailable: another process holds it; the text names its process id.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "?"
            os.close(self._file)
            raise StoreUnavailable(
                f"数据库 {database.name} 正由进程 {holder} 使用:请先停止它,或通过其管理接口操作",
                f"database {database.name} is held by process {holder}: stop it, or act through "
                "its admin socket",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        os.close(self._file)


__all__ = ["StoreLock"]
