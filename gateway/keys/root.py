"""
The root key: 32 bytes in a file that only its owner may read; all other keys follow from it.

File format (project convention): a line `tongban-root-key/1`, a line of 64 hex digits.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contracts.errors import IntegrityError
from gateway.ports import Ids

_HEADER = "tongban-root-key/1"
SIZE = 32


def create_root(path: Path, *, ids: Ids) -> None:
    """
    Write a new root key; the file is 0600 and durable when this returns.

    Raises:
        FileExistsError: a key is never overwritten: all data under it would be lost.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{_HEADER}\n{ids.token(SIZE).hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_root(path: Path) -> bytes:
    """
    Read the root key.

    Raises:
        IntegrityError: missing, readable by others, of another owner, or not a key file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _refuse(
            path, f"无法打开({error.strerror})", f"cannot be opened: {error.strerror}"
        ) from error
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _refuse(path, "不是普通文件", "is not a plain file")
        if status.st_uid != os.geteuid():
            raise _refuse(path, "属于其他用户", f"belongs to user id {status.st_uid}, not to ours")
        if mode := stat.S_IMODE(status.st_mode) & 0o077:
            raise _refuse(
                path,
                f"权限过宽,请执行 chmod 600(多余权限 {mode:03o})",
                f"is open to others (mode bits {mode:03o}); run chmod 600",
            )
        lines = file.read(1024).split("\n")
    try:
        header, text, rest = lines
        root = bytes.fromhex(text)
    except ValueError:
        header, rest, root = "", "", b""
    if header != _HEADER or rest or len(root) != SIZE:
        raise _refuse(path, "不是根密钥文件", "is not a root key file")
    return root


def derive(root: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose. Source: RFC 5869 with SHA-256; labels are project convention."""
    return HKDF(
        algorithm=SHA256(), length=32, salt=None, info=f"tongban/1/{purpose}".encode()
    ).derive(root)


def _refuse(path: Path, zh: str, en: str) -> IntegrityError:
    return IntegrityError(f"根密钥文件 {path.name} {zh}", f"root key file {path.name} {en}")


__all__ = ["SIZE", "create_root", "derive", "read_root"]
