"""The published examples are what they claim to be."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import contracts
from contracts import strict_json
from contracts.errors import InvalidDocument, Unreadable
from contracts.message import KINDS, parse, parse_bundle, to_document, warnings

EXAMPLES = Path(contracts.__file__).parent / "examples" / "v1"
VALID = sorted((EXAMPLES / "valid").glob("*.json"))
UNREADABLE = sorted((EXAMPLES / "unreadable").glob("*.json"))
AS_SENT = {"application_as_sent.json", "application_organisation.json"}
with (EXAMPLES / "invalid" / "expected.csv").open(encoding="utf-8") as table:
    INVALID = list(csv.DictReader(table))


def read(folder: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = strict_json.loads((EXAMPLES / folder / name).read_bytes())
    return document


def check(document: dict[str, Any], *, from_sender: bool) -> Any:
    return (parse_bundle if "document" in document else parse)(document, from_sender=from_sender)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_example_parses_and_comes_back_unchanged(path):
    document = read("valid", path.name)
    message = check(document, from_sender=path.name in AS_SENT)
    assert to_document(message) == document


@pytest.mark.parametrize("row", INVALID, ids=lambda row: row["file"].removesuffix(".json"))
def test_invalid_example_is_refused_at_the_named_place_and_nowhere_else(row):
    with pytest.raises(InvalidDocument) as refused:
        check(read("invalid", row["file"]), from_sender=row["from_sender"] == "yes")
    found = [(finding.rule, finding.path) for finding in refused.value.findings]
    assert found == [(row["rule"], row["path"])]


@pytest.mark.parametrize("row", INVALID, ids=lambda row: row["file"].removesuffix(".json"))
def test_invalid_example_differs_from_its_valid_twin(row):
    assert read("invalid", row["file"]) != read("valid", row["valid_twin"])


@pytest.mark.parametrize("path", UNREADABLE, ids=lambda path: path.stem)
def test_unreadable_example_cannot_be_read(path):
    with pytest.raises(Unreadable):
        strict_json.loads(path.read_bytes())


def test_every_invalid_file_is_expected():
    files = {path.name for path in (EXAMPLES / "invalid").glob("*.json")}
    assert files == {row["file"] for row in INVALID}


def test_every_kind_has_a_valid_example():
    shown = {read("valid", path.name).get("kind", "bundle") for path in VALID}
    assert shown == {*KINDS, "bundle"}


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_examples_warn_of_invented_regions_and_foreign_accounts_only(path):
    message = check(read("valid", path.name), from_sender=False)
    rules = {finding.rule for finding in warnings(message)}
    assert rules <= {"id_number.region_unknown", "account.holder_not_beneficiary"}


def test_application_warns_where_its_own_findings_say():
    document = read("valid", "application.json")
    told = {
        (one["rule"], one["path"])
        for one in document["findings"]
        if not one["rule"].startswith(("code.", "mapping."))
    }
    message = parse(document, from_sender=False)
    assert {(one.rule, one.path) for one in warnings(message)} == told


def test_examples_say_that_they_are_simulated():
    for path in VALID:
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["simulation_mark"].startswith("模拟"), path.name
        assert document["environment"] == "test", path.name
