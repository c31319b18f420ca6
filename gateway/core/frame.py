"""
Several byte strings in one sealed column: each part behind its length (4 bytes, big-endian).

Project convention.
"""

from __future__ import annotations

from contracts.errors import IntegrityError

_LENGTH = 4


def frame(*parts: bytes) -> bytes:
    """Join parts so that `unframe` gives exactly them back, empty ones included."""
    return b"".join(len(part).to_bytes(_LENGTH, "big") + part for part in parts)


def unframe(data: bytes) -> tuple[bytes, ...]:
    """
    Split what `frame` joined.

    Raises:
        IntegrityError: the lengths do not add up.
    """
    parts = []
    at = 0
    while at < len(data):
        start = at + _LENGTH
        end = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or end > len(data):
            raise IntegrityError("数据分段长度不符", "framed parts do not add up")
        parts.append(data[start:end])
        at = end
    return tuple(parts)


__all__ = ["frame", "unframe"]
