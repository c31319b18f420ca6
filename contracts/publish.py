"""
What partners read, generated: JSON Schemas, the table "national format ↔ standard", the problems.

`python -m contracts.publish` writes `published/v1/`; a house test holds the files to this code. A
published version only grows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from contracts.bundle import Bundle
from contracts.envelope import Envelope
from contracts.fields import Value
from contracts.kinds import MODELS
from contracts.publish_tables import fields_table, problems_table

FOLDER = Path(__file__).parent / "published" / "v1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def published() -> dict[str, bytes]:
    """Every generated file by its name below `published/v1/`."""
    definitions = _definitions()
    files = {"message.schema.json": _json(_message_schema(definitions))}
    for kind, model in MODELS.items():
        files[f"{kind}.schema.json"] = _json(_kind_schema(kind, model.__name__, definitions))
    files["bundle.schema.json"] = _json(_kind_schema("bundle", Bundle.__name__, definitions))
    files["fields.md"] = fields_table(definitions).encode()
    files["problems.md"] = problems_table().encode()
    return files


def write(folder: Path = FOLDER) -> list[str]:
    """Write what differs and name it."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, data in published().items():
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
            changed.append(name)
    return changed


class _Published(GenerateJsonSchema):
    """Without defaults, because absent is absent, and without titles made of field names."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _definitions() -> dict[str, Any]:
    """Every class by name. What all messages share stands once, under `Envelope`."""
    models: list[type[Value]] = [*MODELS.values(), Bundle, Envelope]
    _, schema = models_json_schema(
        [(model, "validation") for model in models], schema_generator=_Published
    )
    definitions: dict[str, Any] = schema["$defs"]
    for model in MODELS.values():
        shared = definitions[model.__name__]["properties"]
        for name in shared.keys() - {"kind", "body"}:
            shared[name] = {"$ref": f"#/$defs/Envelope/properties/{name}"}
    return definitions


def _message_schema(definitions: dict[str, Any]) -> dict[str, Any]:
    refs = {kind: f"#/$defs/{model.__name__}" for kind, model in MODELS.items()}
    return {
        "$schema": DIALECT,
        "$id": "message.schema.json",
        "title": "国家统一报文格式 v1",
        "description": "任何一种消息,种类见 kind。Any message; kind says which. "
        "Conditions across fields and checks of level warn are not expressed here: fields.md.",
        "oneOf": [{"$ref": ref} for ref in refs.values()],
        "$defs": definitions,
    }


def _kind_schema(kind: str, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": f"{kind}.schema.json",
        "title": kind,
        "description": definitions[name].get("description", ""),
        "$ref": f"message.schema.json#/$defs/{name}",
    }


def _json(schema: dict[str, Any]) -> bytes:
    return (json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in write()))
