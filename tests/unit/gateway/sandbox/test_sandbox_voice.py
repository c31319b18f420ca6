"""A province's own voice says what its golden documents say, from the same rules run its way."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters.connection import load_connection
from gateway.sandbox.main import identities
from gateway.sandbox.paths import read_path, write_path
from gateway.sandbox.voice import mirror
from mappings.engine import CompiledMapping
from mappings.golden import AS_OF, CONTEXT, Golden, find_goldens
from mappings.load import PROVINCES, read_package

FOLDERS = sorted(path.parent for path in PROVINCES.glob("*/mapping.yaml"))


def clean(golden: Golden) -> bool:
    """A document every field of which has a rule; others keep what no rule can write again."""
    return not golden.file("findings").exists() and "unmapped" not in golden.stem


CASES = [
    pytest.param(folder, golden, id=f"{folder.name}/{golden.stem}")
    for folder in FOLDERS
    for golden in find_goldens(folder)
    # an answer of a verification service is no message of its own: a reply of connection.yaml
    if golden.direction == "in" and clean(golden) and golden.kind != "verification"
]


@pytest.fixture(scope="module")
def compiled() -> dict[str, tuple[CompiledMapping, CompiledMapping]]:
    packages = {folder.name: read_package(folder) for folder in FOLDERS}
    return {code: (CompiledMapping(one), mirror(one)) for code, one in packages.items()}


@pytest.mark.parametrize(("folder", "golden"), CASES)
def test_what_it_writes_we_read_as_the_same_message(
    folder: Path,
    golden: Golden,
    compiled: dict[str, tuple[CompiledMapping, CompiledMapping]],
) -> None:
    ours, theirs = compiled[folder.name]
    record: dict[str, Any] = json.loads(golden.file("input").read_text(encoding="utf-8"))
    context: dict[str, Any] = dict(CONTEXT)
    if golden.file("context").exists():
        context |= json.loads(golden.file("context").read_text(encoding="utf-8"))
    as_of = date.fromisoformat(context.pop("as_of")) if "as_of" in context else AS_OF
    national = ours.to_national(golden.kind, record, context=context, as_of=as_of).document

    written = theirs.from_national(golden.kind, national, context=context, as_of=as_of).document
    identity = identities(load_connection(folder))[golden.kind]
    for template in (identity.message_id, identity.data_version, identity.case_number):
        if (value := read_path(record, template)) is not None:
            write_path(written, template, value)

    read_again = ours.to_national(golden.kind, written, context=context, as_of=as_of).document
    assert read_again == national
    assert set(written) == set(record)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_reads_what_we_write_and_writes_what_we_read(
    folder: Path, compiled: dict[str, tuple[CompiledMapping, CompiledMapping]]
) -> None:
    ours, theirs = compiled[folder.name]

    assert set(theirs.kinds("in")) == set(ours.kinds("out"))
    assert set(theirs.kinds("out")) == set(ours.kinds("in"))
