"""
What a window may cache: items in force, forms, who handles them where, materials, code lists.

The catalogue has sections, and its version is their digests in order: a window that says which
version it holds is given the sections that changed since, whole, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import orjson

from contracts.catalogue import MATERIAL_LISTS, alliances_on, items
from contracts.codelist import CodeList, code_list, code_list_names
from contracts.form import FORMS
from gateway.ports import Body, Gateway, LocalItem
from gateway.usecases.caller import Caller
from gateway.usecases.times import local_date

SECTIONS = (
    "items",
    "local_items",
    "bodies",
    "materials",
    "forms",
    "alliances",
    "code_lists",
)
"""In the order of the digests in a version; a further one is added at the end."""
SHORT = 8
"""Hex digits of a section's digest in a version, a bound of ours: it tells change, proves none."""


async def read_catalogue(since: str | None, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    The catalogue in force: all of it, or the sections that differ from those of version `since`.

    `changed` is false when none does; `sections` names the ones sent. A version of another shape,
    or of another product version, brings everything. Another province's local codes are not shown:
    a window sends its own.
    """
    today = local_date(gw.clock.now())
    content = {**_national(today), **_local(caller, gw)}
    digests = [_digest(content[name]) for name in SECTIONS]
    version = "-".join(digests)
    held = since.split("-") if since else []
    same = {
        name
        for name, old, new in zip(SECTIONS, held, digests, strict=False)
        if old == new and len(held) == len(SECTIONS)
    }
    sent = {name: content[name] for name in SECTIONS if name not in same}
    if not sent:
        return {"version": version, "changed": False}
    return {"version": version, "changed": True, "sections": list(sent), **sent}


@lru_cache(maxsize=4)
def _national(today: date) -> Mapping[str, Any]:
    """What is the same for every window on a day."""
    return {
        "items": [item.model_dump(mode="json", exclude_none=True) for item in items(today)],
        "materials": _materials(),
        "forms": [
            {"form_id": form_id, "schema": values.model_json_schema()}
            for form_id, values in FORMS.items()
        ],
        "alliances": [
            one.model_dump(mode="json", exclude_none=True) for one in alliances_on(today)
        ],
        "code_lists": {
            name: _rows(code_list(name))
            for name in code_list_names()
            if name not in MATERIAL_LISTS and code_list(name).kind == "code"
        },
    }


def _materials() -> list[dict[str, Any]]:
    """Every material once, by the list that names it first."""
    found: dict[str, dict[str, Any]] = {}
    for name in MATERIAL_LISTS:
        for row in _rows(code_list(name)):
            found.setdefault(row["code"], row)
    return list(found.values())


def _local(caller: Caller, gw: Gateway) -> dict[str, Any]:
    return {
        "local_items": [
            _item(item, own=item.province == caller.province)
            for province in _provinces(gw)
            for item in gw.provinces.local_items(province)
        ],
        "bodies": [_body(body) for body in gw.provinces.bodies()],
    }


def _digest(section: Any) -> str:
    return hashlib.sha256(orjson.dumps(section)).hexdigest()[:SHORT]


def _provinces(gw: Gateway) -> list[str]:
    return sorted({system.province for system in gw.provinces.systems(gw.environment)})


def _item(item: LocalItem, *, own: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "province": item.province,
        "catalogue_code": item.catalogue_code,
        "implementation_code": item.implementation_code,
        "name": item.name,
        "version": item.version,
        "materials": list(item.materials),
        "may_owe": list(item.may_owe),
        "by_check": list(item.by_check),
        "by_commitment": list(item.by_commitment),
        "valid_from": item.valid_from,
        "valid_to": item.valid_to,
        "local_code": item.local_code if own else None,
    }
    return _present(shown)


def _body(body: Body) -> dict[str, Any]:
    return _present(
        {
            "name": body.name,
            "credit_code": body.credit_code,
            "place": body.place,
            "serves": body.serves,
            "items": list(body.items),
            "phone": body.phone,
            "hours": body.hours,
            "valid_from": body.valid_from,
            "valid_to": body.valid_to,
        }
    )


def _rows(codes: CodeList) -> list[dict[str, Any]]:
    return [
        _present(
            {
                "code": row.code,
                "name": row.name_zh,
                "name_en": row.name_en,
                "valid_from": row.valid_from,
                "valid_to": row.valid_to,
            }
        )
        for row in codes
    ]


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


__all__ = ["SECTIONS", "read_catalogue"]
