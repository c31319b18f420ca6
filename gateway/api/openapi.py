"""
The API description (OpenAPI 3.1), generated from the route table and the models.

`python -m gateway.api.openapi` writes it to `contracts/published/v1/openapi.json`; a house test
holds the published file to what is generated. A published version only grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import contracts
from gateway.api.models import Problem
from gateway.api.problems import MEDIA_TYPE
from gateway.api.route import Media, Policy, Route
from gateway.api.routes import PUBLISHED, TABLE

JSON = "application/json"
API_VERSION = "1.0.0"
_REF = "#/components/schemas/{model}"
_DESCRIPTION = """\
跨省通办网关接口。报文格式见《国家统一报文格式》v1。
错误按 RFC 9457 返回,写明由哪一方处理(`side`)和下一步(`remedy`)。

Cross-province 通办 gateway. Errors are RFC 9457 problems that say which side has to act (`side`)
and what to do next (`remedy`). `Accept-Language: en` puts English first. Send `traceparent`
(W3C Trace Context) to carry your trace id; every answer returns one."""

Schemas = Mapping[Any, dict[str, Any]]


def build_document(table: Iterable[Route] = TABLE) -> dict[str, Any]:
    """The whole description; the same table and models give the same bytes."""
    routes = list(table)
    models = list(dict.fromkeys([Problem, *(m for route in routes for m in _models(route))]))
    inputs: list[tuple[Any, Any]] = [(model, "validation") for model in models]
    references, definitions = models_json_schema(inputs, ref_template=_REF)
    schemas: Schemas = {model: schema for (model, _), schema in references.items()}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "跨省通办网关 tongban-gateway",
            "version": API_VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "由网关运维签发 granted by the gateway's operators",
                }
            },
        },
    }


def write(folder: Path | None = None) -> Path:
    """Write the description where `contracts` publishes it and return the path."""
    target = (folder or Path(contracts.__file__).parent) / PUBLISHED
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(to_bytes(build_document()))
    return target


def to_bytes(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": f"{route.summary_zh} {route.summary}",
        "parameters": _parameters(route),
        "responses": {
            **{
                str(status): {"description": "OK", **_content(media, schemas)}
                for status, media in sorted(route.responses.items())
            },
            "default": {
                "description": "拒绝或失败 refused or failed",
                "content": {MEDIA_TYPE: {"schema": schemas[Problem]}},
            },
        },
        **_security(route.policy),
    }
    if route.request is not None:
        operation["requestBody"] = {"required": True, **_content(route.request, schemas)}
    if not operation["parameters"]:
        del operation["parameters"]
    return operation


def _security(policy: Policy | None) -> dict[str, Any]:
    if policy is None or policy.access != "roles":
        return {"security": []}
    return {"security": [{"token": []}], "x-roles": sorted(policy.roles)}


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)(?::[^}]*)?\}", route.path)
    ]
    found += [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in route.headers
    ]
    if route.query is not None:
        schema = route.query.model_json_schema()
        for name, field in schema["properties"].items():
            shape = {key: value for key, value in field.items() if key != "title"}
            text = {"description": shape.pop("description")} if "description" in shape else {}
            found.append({"name": name, "in": "query", "schema": shape, **text})
    return found


def _content(media: Media | None, schemas: Schemas) -> dict[str, Any]:
    if media is None:
        return {}
    if isinstance(media, str):
        return {"content": {media: {}}}
    if isinstance(media, tuple):
        return {"content": {JSON: {"schema": {"oneOf": [schemas[model] for model in media]}}}}
    return {"content": {JSON: {"schema": schemas[media]}}}


def _models(route: Route) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    for media in (route.request, *route.responses.values()):
        if isinstance(media, tuple):
            found += media
        elif media is not None and not isinstance(media, str):
            found.append(media)
    return found


if __name__ == "__main__":
    print(write())  # noqa: T201
