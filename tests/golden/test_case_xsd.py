"""
What the mapping of 150000 writes and reads is what its XSD allows, order of elements included.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from mappings.golden import find_goldens, run_golden
from mappings.load import PROVINCES, load

FOLDER = PROVINCES / "150000"
NS = "urn:mn:nmg:tongban:case:2026"
REQUESTS = {
    "application": "SubmitCaseRequest",
    "correction": "SubmitCorrectionRequest",
    "withdrawal": "WithdrawRequest",
    "notification": "NotifyRequest",
}
MAPPING = load(FOLDER)
GOLDENS = find_goldens(FOLDER)
OUT = [g for g in GOLDENS if g.direction == "out" and g.file("output").exists()]
IN = [g for g in GOLDENS if g.direction == "in" and "unmapped" not in g.stem]


def _element(name: str, value: Any) -> etree._Element:
    element = etree.Element(f"{{{NS}}}{name}")
    if isinstance(value, dict):
        for key, inner in value.items():
            for one in inner if isinstance(inner, list) else [inner]:
                element.append(_element(key, one))
    else:
        element.text = "bW4=" if str(value).startswith("material:") else str(value)
    return element


def _faults(root: etree._Element) -> list[str]:
    schema = etree.XMLSchema(file=str(FOLDER / "contract" / "case.xsd"))
    schema.validate(root)
    return [f"{entry.path}: {entry.message}" for entry in schema.error_log]


@pytest.mark.parametrize("golden", OUT, ids=lambda g: g.stem)
def test_what_is_written_is_what_the_contract_takes(golden: Any) -> None:
    record = run_golden(golden, MAPPING).document
    assert record is not None
    assert _faults(_element(REQUESTS[golden.kind], record)) == []


@pytest.mark.parametrize("golden", IN, ids=lambda g: g.stem)
def test_events_in_golden_files_are_events_of_the_contract(golden: Any) -> None:
    event = json.loads(Path(golden.file("input")).read_text(encoding="utf-8"))
    if "unreadable" in golden.stem:
        event["Decision"]["Entitlement"] = event["Decision"]["Entitlement"][0] | {"Amount": "1.00"}
    answer = {"ResultCode": "0000", "NextCursor": "2", "Event": event}
    assert _faults(_element("GetEventsResponse", answer)) == []


def test_every_kind_goes_through_the_contract() -> None:
    assert {g.kind for g in OUT} == set(REQUESTS)
    assert len({g.kind for g in IN}) == 5
