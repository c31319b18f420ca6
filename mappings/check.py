"""
Everything that is known about a folder without talking to anybody: shape, lint, golden files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from contracts.errors import Finding
from mappings.engine import CompiledMapping
from mappings.golden import AS_OF, check_golden, find_goldens
from mappings.lint import lint
from mappings.load import PROVINCES, inspect_package
from mappings.rules import problem


def folders(names: Sequence[str]) -> list[Path]:
    """The provinces named, or all that have a mapping."""
    named = [PROVINCES / name for name in names if not name.startswith("-")]
    return named or sorted(p.parent for p in PROVINCES.glob("*/mapping.yaml"))


def check_folder(folder: Path, *, on: date = AS_OF) -> tuple[Finding, ...]:
    """All findings, M001 to M018, in the order of files and lines. Nothing is raised."""
    package, found = inspect_package(folder)
    if package is None or found:
        return found
    problems = list(lint(package, on=on))
    mapping = CompiledMapping(package)
    for golden in find_goldens(folder):
        for wrong in check_golden(golden, mapping):
            zh = f"样例不符:{wrong}"
            problems.append(problem("M014", f"golden/{golden.stem}", 1, zh, wrong))
    return tuple(problems)
