"""Runs every golden file of every province."""

from __future__ import annotations

from functools import cache

import pytest

from mappings.engine import CompiledMapping
from mappings.golden import Golden, check_golden, find_goldens
from mappings.load import PROVINCES, load

FOLDERS = sorted(p for p in PROVINCES.iterdir() if (p / "mapping.yaml").exists())
GOLDENS = [(folder.name, golden) for folder in FOLDERS for golden in find_goldens(folder)]


@cache
def _mapping(code: str) -> CompiledMapping:
    return load(PROVINCES / code)


@pytest.mark.parametrize(
    ("code", "golden"), GOLDENS, ids=[f"{c}-{g.stem}-{g.direction}" for c, g in GOLDENS]
)
def test_golden_document_becomes_what_its_file_says(code: str, golden: Golden) -> None:
    assert check_golden(golden, _mapping(code)) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_folder_shows_what_it_begins_with(folder) -> None:
    """An application; for a service that only verifies, a question."""
    shown = {golden.kind for golden in find_goldens(folder)}
    only_verifies = set(_mapping(folder.name).kinds("out")) == {"verification"}
    assert ("verification" if only_verifies else "application") in shown
