"""
The stores the suite runs on. A new store joins by a `Kind` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.ports import Store
from gateway.storage.sqlite import open_store
from gateway.world import RealThreads
from tests.rows import NOON


@dataclass(frozen=True)
class Kind:
    """`open` opens the same store again and again; a process that ends just leaves it."""

    name: str
    open: Callable[[Path], Store]


def open_sqlite(folder: Path) -> Store:
    return open_store(
        folder / "tongban.db", node="n1", log="tongban/test", threads=RealThreads(), now=NOON
    )


KINDS = {kind.name: kind for kind in (Kind("sqlite", open_sqlite),)}
