"""
Invented material files: the same name and size give the same bytes on every machine.

They begin like a file of their kind and say 模拟 in plain text; nothing in them is a picture of
anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_HEADS = {
    "application/pdf": b"%PDF-1.4\n% ",
    "image/jpeg": b"\xff\xd8\xff\xfe ",
}
_MARK = "模拟扫描件,内容由程序生成,不是任何人的材料\n".encode()
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Scan:
    """A file for a material; `digest` is SHA-256 hex."""

    digest: str
    content: bytes
    media_type: str
    file_name: str


def make_scan(name: str, *, size: int, media_type: str = "application/pdf") -> Scan:
    """
    Make `size` bytes that differ for every name.

    Raises:
        ValueError: `size` is too small for the mark.
    """
    head = _HEADS.get(media_type, b"") + _MARK + name.encode() + b"\n"
    if size < len(head):
        raise ValueError(f"a scan of this name needs at least {len(head)} bytes")
    block = hashlib.shake_256(name.encode()).digest(min(_BLOCK, size))
    body = bytearray(head)
    counter = 0
    while len(body) < size:
        body += counter.to_bytes(8, "big") + block
        counter += 1
    content = bytes(body[:size])
    return Scan(hashlib.sha256(content).hexdigest(), content, media_type, name)


__all__ = ["Scan", "make_scan"]
