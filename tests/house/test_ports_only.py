"""
Clock, sleep, ids, randomness, threads and sockets are reached through their ports only, so that the
engine can run on a simulated world. Read from the syntax tree: comments and texts do not count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "mappings", "adapters", "gateway")

FORBIDDEN_MODULES = {"time", "random", "secrets", "uuid", "threading", "socket", "_thread"}
FORBIDDEN_CALLS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "os.urandom",
    "os.getrandom",
    "asyncio.sleep",
    "asyncio.to_thread",
    "asyncio.open_connection",
    "asyncio.start_server",
    "loop.run_in_executor",
    "loop.create_server",
}

ALLOWED: dict[str, str] = {
    "gateway/world.py": "the real clock, randomness and threads",
}
"""Modules that are ports themselves, and why."""

ALLOWED_USES: dict[tuple[str, str], str] = {}
"""(module, use) that may stand, and why; empty is best."""


def sources() -> list[Path]:
    found = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
    return [path for path in found if str(path.relative_to(ROOT)) not in ALLOWED]


def uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] in FORBIDDEN_MODULES:
                    yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in FORBIDDEN_MODULES:
                yield node.lineno, node.module
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = f"{ast.unparse(node.func.value)}.{node.func.attr}"
            if called in FORBIDDEN_CALLS:
                yield node.lineno, called


def test_modules_reach_the_world_through_ports_only() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {use}"
        for path in sources()
        for line, use in uses(ast.parse(path.read_text("utf-8")))
        if (str(path.relative_to(ROOT)), use) not in ALLOWED_USES
    ]
    assert not found


def test_the_watch_sees_what_it_forbids() -> None:
    bad = "import time\nfrom random import random\ndatetime.now(UTC)\nawait_ = asyncio.sleep(1)\n"
    assert [use for _, use in uses(ast.parse(bad))] == [
        "time",
        "random",
        "datetime.now",
        "asyncio.sleep",
    ]
