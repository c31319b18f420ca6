"""Remedies of the catalogue stand in where a decision owes some and names none."""

from __future__ import annotations

from datetime import date

from contracts.catalogue import item
from contracts.errors import Finding
from gateway.core.remedies import with_remedies

ENTRY = item("000599999000", date(2026, 3, 2))
DUE = Finding(rule="field.expected", level="warn", path="/body/remedies", message="模拟")
OTHER = Finding(rule="field.expected", level="warn", path="/body/reason", message="模拟")


def test_they_are_filled_in_and_said_to_be_the_catalogues():
    done = with_remedies({"body": {"decision_id": "d-1"}}, (DUE, OTHER), entry=ENTRY)

    kinds = [one["kind"]["code"] for one in done.document["body"]["remedies"]]
    assert kinds == ["RECONSIDERATION", "LITIGATION"]
    assert all(
        one["body_name"] and one["limit"] and one["unit"]
        for one in done.document["body"]["remedies"]
    )
    assert [one.rule for one in done.findings] == ["field.expected", "remedies.from_catalogue"]
    assert done.findings[0] is OTHER


def test_nothing_is_filled_in_where_none_are_due():
    document = {"body": {"decision_id": "d-1"}}

    assert with_remedies(document, (OTHER,), entry=ENTRY).document == document


def test_an_item_without_remedies_leaves_the_warning():
    done = with_remedies({"body": {}}, (DUE,), entry=None)

    assert done.findings == (DUE,)
    assert "remedies" not in done.document["body"]
