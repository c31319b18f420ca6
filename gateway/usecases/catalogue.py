"""
What a window may cache: items in force, who handles them where, materials, national code lists.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from contracts.catalogue import items
from contracts.codelist import CodeList, code_list, code_list_names
from gateway.ports import Body, Gateway, LocalItem
from gateway.usecases.caller import Caller
from gateway.usecases.times import local_date

MATERIAL_LISTS = ("disability_subsidy_materials",)
"""Lists of national material codes; they stand under `materials`, not among the code lists."""


async def read_catalogue(since: str | None, *, caller: Caller, gw: Gateway) -> dict[str, Any]:
    """
    The catalogue in force, or only its version when `since` is that version.

    Another province's local codes are not shown: a window sends its own.
    """
    today = local_date(gw.clock.now())
    content: dict[str, Any] = {
        "items": [item.model_dump(mode="json", exclude_none=True) for item in items(today)],
        "local_items": [
            _item(item, own=item.province == caller.province)
            for province in _provinces(gw)
            for item in gw.provinces.local_items(province)
        ],
        "bodies": [_body(body) for body in gw.provinces.bodies()],
        "materials": [row for name in MATERIAL_LISTS for row in _rows(code_list(name))],
        "code_lists": {
            name: _rows(code_list(name))
            for name in code_list_names()
            if name not in MATERIAL_LISTS and code_list(name).kind == "code"
        },
    }
    version = hashlib.sha256(orjson.dumps(content)).hexdigest()[:16]
    if since == version:
        return {"version": version, "changed": False}
    return {"version": version, "changed": True, **content}


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


__all__ = ["read_catalogue"]
