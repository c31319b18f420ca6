"""
The simulated provinces are invented, say so, and hold nobody's real numbers.

Persons carry region 9900xx, which does not exist (GB/T 2260); bodies carry credit codes with that
region; telephones are mostly zeros.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.checks import credit_code, id_number
from mappings.load import PROVINCES

FOLDERS = sorted(p.parent for p in PROVINCES.glob("*/mapping.yaml"))
FILES = sorted(p for p in PROVINCES.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
FACT = re.compile(r"[a-z_]+\.[a-z_]+")
"""The name of a verified fact, not of a person."""
NAMES = {"name", "person_name", "account_name", "signed_by", "XM", "HM", "NAME", "accountName"}


def _text(file: Path) -> str:
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def _looks_like_a_person(digits: str) -> bool:
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    faults = {finding.rule for finding in id_number(digits, path=None)}
    return 1900 <= born.year <= 2100 and "id_number.check" not in faults


def person_numbers(text: str) -> Iterator[str]:
    """Everything in a text that passes as an identity number, alone or inside a longer number."""
    plain = re.sub(r"[0-9a-f]{64}", " ", text)  # digests
    for run in re.findall(r"[0-9]{17,}[0-9Xx]?", plain):
        for start in range(len(run) - 17):
            if _looks_like_a_person(run[start : start + 18].upper()):
                yield run[start : start + 18]


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
    elif isinstance(value, str):
        yield key, value


def test_person_numbers_are_found_alone_and_inside_a_certificate_number() -> None:
    assert list(person_numbers("11010519491231002X")) == ["11010519491231002X"]
    assert list(person_numbers("No 11010519491231002X43 B1")) == ["11010519491231002X"]


def test_no_file_holds_the_number_of_a_possible_person() -> None:
    found = {
        str(file.relative_to(PROVINCES)): numbers
        for file in FILES
        if (numbers := [n for n in person_numbers(_text(file)) if not n.startswith("9900")])
    }
    assert found == {}


def test_no_file_holds_a_possible_mobile_number() -> None:
    mobile = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
    texts = {file: re.sub(r"[0-9a-f]{64}", " ", _text(file)) for file in FILES}
    assert [str(file.relative_to(PROVINCES)) for file, t in texts.items() if mobile.search(t)] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_mapping_and_contract_say_on_top_that_they_are_simulated(folder: Path) -> None:
    documents = [folder / "mapping.yaml", *folder.glob("contract/*.wsdl")]
    documents += folder.glob("contract/*.xsd")
    for document in documents:
        assert "模拟" in "".join(_text(document).splitlines(keepends=True)[:3]), document.name


FACT = re.compile(r"[a-z]+([._][a-z]+)+")
"""How a fact of a verification is named: `certificate.status` is no person."""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_every_row_of_every_table_says_that_it_is_simulated(folder: Path) -> None:
    tables = [*folder.glob("*.csv"), *folder.glob("codes/*.csv")]
    assert {"items.csv", "bodies.csv", "contacts.csv", "materials.csv"} <= {t.name for t in tables}
    for table in tables:
        with table.open(encoding="utf-8", newline="") as file:
            silent = [row for row in csv.DictReader(file) if "模拟" not in row["note"]]
        assert silent == [], table.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_people_in_golden_documents_are_called_simulated(folder: Path) -> None:
    for file in folder.glob("golden/*.json"):
        for key, value in _strings(json.loads(file.read_text(encoding="utf-8"))):
            if key in NAMES and not FACT.fullmatch(value):
                assert "模拟" in value or "没有" in value, f"{file.name}: {key}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_bodies_have_valid_credit_codes_of_a_region_that_does_not_exist(folder: Path) -> None:
    with (folder / "bodies.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert credit_code(row["credit_code"], path=None) == (), row["name"]
            assert row["credit_code"][2:6] == "9900", row["name"]
            assert set(row["phone"]) == {"0"}, row["name"]


@pytest.mark.parametrize("file", sorted(PROVINCES.glob("*/contract/SHA256SUMS")), ids=str)
def test_vendored_contracts_have_the_digests_that_are_pinned(file: Path) -> None:
    pinned = dict(reversed(line.split(maxsplit=1)) for line in file.read_text().splitlines())
    served = {p.name for p in file.parent.iterdir() if p.suffix in {".wsdl", ".xsd"}}
    assert set(pinned) == served
    for name, digest in pinned.items():
        assert hashlib.sha256((file.parent / name).read_bytes()).hexdigest() == digest
