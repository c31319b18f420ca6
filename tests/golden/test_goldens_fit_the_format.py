"""What the mappings yield is a message of the national format, once its envelope is on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.errors import InvalidDocument
from contracts.message import parse
from mappings.golden import Golden, find_goldens
from mappings.load import PROVINCES

ENVELOPE: dict[str, Any] = {
    "format_version": "1.0",
    "environment": "test",
    "simulation_mark": "模拟直连",
    "message_id": "MN-0001",
    "data_version": 1,
    "sequence": 1,
    "occurred_at": "2026-03-02T09:14:06+08:00",
    "sender": {"system": "MN", "province": "530000", "role": "RECEIVING"},
}
INWARDS = [
    (folder.name, golden)
    for folder in sorted(PROVINCES.iterdir())
    for golden in find_goldens(folder)
    if golden.direction == "in" and golden.file("output").exists()
]


def rules_found(golden: Golden) -> list[tuple[str, str]]:
    file = golden.file("findings")
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return [(one["rule"], one["path"]) for one in found]


def must_be_refused(golden: Golden) -> bool:
    """The result of a message decides what it does: without a national code it means nothing."""
    return any(
        rule in ("code.ended", "code.unmapped") and path == "/body/result"
        for rule, path in rules_found(golden)
    )


@pytest.mark.parametrize(
    ("code", "golden"), INWARDS, ids=[f"{code}-{golden.stem}" for code, golden in INWARDS]
)
def test_golden_national_document_is_a_message(code: str, golden: Golden) -> None:
    mapped = json.loads(golden.file("output").read_text(encoding="utf-8"))
    whole = {**ENVELOPE, "kind": golden.kind, **mapped}
    if golden.kind != "application":
        whole["case_number"] = "TB-20260302-530303-T00017-T"

    if golden.kind == "verification":  # an answer repeats from the question what was asked
        asked = {"legal_basis": "模拟依据", "purpose": "模拟用途"}
        subject = {"code": "HOUSEHOLD", "list": "verification_subject"}
        whole["in_reply_to"] = "MN-0000"
        whole["body"] = {**asked, "subject": subject, **whole["body"]}

    if must_be_refused(golden):
        with pytest.raises(InvalidDocument):
            parse(whole, from_sender=False)
    else:
        assert parse(whole, from_sender=False).kind == golden.kind
