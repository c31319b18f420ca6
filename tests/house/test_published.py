"""What partners read is what the code makes, and the schemas agree with the models."""

from __future__ import annotations

import csv
import json

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from contracts.message import KINDS
from contracts.publish import FOLDER, published
from tests.documents import DOCUMENTS, VALID

FILES = published()
REGISTRY: Registry = Registry().with_resources(
    (name, Resource.from_contents(json.loads(data)))
    for name, data in FILES.items()
    if name.endswith(".json")
)
with (VALID.parent / "invalid" / "expected.csv").open(encoding="utf-8") as table:
    INVALID = {row["file"]: row["rule"] for row in csv.DictReader(table)}

# Rules a schema cannot say: across fields, about calendars, check characters or normal forms.
BEYOND_SCHEMA = {
    "bundle.unknown_material",
    "case_number.check",
    "case_number.environment",
    "case_number.missing",
    "consent.expired",
    "consent.missing",
    "date.impossible",
    "evaluation.satisfaction_missing",
    "field.gateway_only",
    "in_reply_to.missing",
    "item.unresolvable",
    "material.duplicate",
    "part.circular",
    "part.unknown_predecessor",
    "party.credit_code_missing",
    "party.id_number_missing",
    "place.county_mismatch",
    "reason.missing",
    "result.missing",
    "special_procedure.end_missing",
    "text.not_nfc",
    "verification.person_missing",
}


def validator(name: str) -> Draft202012Validator:
    schema = json.loads(FILES[f"{name}.schema.json"])
    return Draft202012Validator(schema, registry=REGISTRY)


@pytest.mark.parametrize("name", sorted(FILES))
def test_published_file_is_what_is_generated(name):
    assert (FOLDER / name).read_bytes() == FILES[name], "run: python -m contracts.publish"


def test_nothing_else_is_published_as_schema():
    assert {path.name for path in FOLDER.glob("*.schema.json")} <= FILES.keys()


def test_there_is_a_schema_for_every_kind():
    assert {f"{kind}.schema.json" for kind in KINDS} <= FILES.keys()


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_schema_takes_every_valid_example(name):
    document = DOCUMENTS[name]
    assert list(validator(document.get("kind", "bundle")).iter_errors(document)) == []
    if "kind" in document:
        assert validator("message").is_valid(document)


@pytest.mark.parametrize("file", sorted(INVALID))
def test_schema_refuses_what_a_schema_can_say(file):
    document = json.loads((VALID.parent / "invalid" / file).read_text("utf-8"))
    kind = document.get("kind", "bundle")
    taken = kind in (*KINDS, "bundle") and validator(kind).is_valid(document)
    assert taken == (INVALID[file] in BEYOND_SCHEMA)


def test_every_field_shows_its_chinese_name_and_where_it_comes_from():
    definitions = json.loads(FILES["message.schema.json"])["$defs"]
    for name, definition in definitions.items():
        for field, schema in definition.get("properties", {}).items():
            if set(schema) == {"$ref"}:
                continue  # an envelope field, shown where it is defined
            assert any("\u4e00" <= one <= "\u9fff" for one in schema["title"]), (name, field)
            known = schema["x-confidence"] != "P"
            cited = "x-gbt39046" in schema or "x-exchange-column" in schema
            assert known or not cited, (name, field)


def test_null_is_a_value_of_codes_only():
    definitions = json.loads(FILES["message.schema.json"])["$defs"]

    def nulls(value, path):
        if isinstance(value, dict):
            if value.get("type") == "null":
                yield path
            for name, inner in value.items():
                yield from nulls(inner, [*path, name])
        elif isinstance(value, list):
            for inner in value:
                yield from nulls(inner, path)

    assert {path[-2] for path in nulls(definitions, [])} == {"code"}
