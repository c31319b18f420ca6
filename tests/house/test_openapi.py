"""
The published API description is the one the route table and the models make.
"""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from gateway.api.openapi import build_document, to_bytes
from gateway.api.routes import PUBLISHED, TABLE


@pytest.fixture(scope="module")
def document():
    return build_document()


def test_the_published_description_is_what_is_generated(document):
    published = (files("contracts") / PUBLISHED).read_bytes()

    assert published == to_bytes(document), "run: python -m gateway.api.openapi"


def test_every_route_stands_in_it_with_its_roles(document):
    described = {
        (method.upper(), operation["operationId"]): operation
        for path in document["paths"].values()
        for method, operation in path.items()
    }

    assert set(described) == {(route.method, route.name) for route in TABLE}
    for route in TABLE:
        operation = described[route.method, route.name]
        assert operation.get("x-roles", []) == sorted(route.policy.roles)
        assert bool(operation["security"]) == (route.policy.access == "roles")
        assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_every_reference_leads_somewhere(document):
    text = json.dumps(document)
    names = document["components"]["schemas"]
    used = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}

    assert used <= set(names)


def test_every_message_kind_is_described(document):
    post = document["paths"]["/v1/cases/{number}/messages"]["post"]
    kinds = {
        option["$ref"].rsplit("/", 1)[1]
        for option in post["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    }

    assert {"AcceptanceMessage", "WithdrawalMessage", "DecisionMessage"} <= kinds
    assert "ApplicationMessage" not in kinds


def test_every_summary_is_chinese_with_english_beside_it(document):
    for path in document["paths"].values():
        for operation in path.values():
            assert any("一" <= letter <= "鿿" for letter in operation["summary"])
            assert any(letter.isascii() and letter.isalpha() for letter in operation["summary"])
