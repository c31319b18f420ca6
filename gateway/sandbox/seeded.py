"""
Draws that a seed decides: the same names give the same number on every machine.
"""

from __future__ import annotations

import hashlib


def draw(*names: object) -> float:
    """A number in [0, 1) for these names."""
    text = ":".join(str(name) for name in names)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


__all__ = ["draw"]
