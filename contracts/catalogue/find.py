"""
Look up an item by date and by whatever code names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from contracts.catalogue.model import CatalogueItem
from contracts.checks import split_item_code
from contracts.codelist import code_list
from contracts.errors import Finding

MATERIAL_LISTS = ("disability_subsidy_materials", "civil_affairs_materials")
"""Lists of national material codes, the older first; a code in both means the same."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a code resolved to. Without an item, `findings` say why (level reject); with one, they may
    still warn.
    """

    item: CatalogueItem | None
    findings: tuple[Finding, ...] = ()


def item(catalogue_code: str, on: date) -> CatalogueItem | None:
    """The version of an item in force on a date; None for an unknown or ended one."""
    return next((one for one in _versions().get(catalogue_code, ()) if one.valid_on(on)), None)


def item_version(catalogue_code: str, version: str) -> CatalogueItem | None:
    """An item as the version says it, in force or not: what a case under way began with."""
    return next(
        (one for one in _versions().get(catalogue_code, ()) if one.version == version), None
    )


def material_name(code: str, *, known: CatalogueItem | None = None) -> str:
    """Chinese name of a material: the item's own, else that of a list, else the code."""
    own = (
        next((one.name_zh for one in known.materials if one.code == code), None) if known else None
    )
    lists = (code_list(name) for name in MATERIAL_LISTS)
    return own or next((one.label(code) for one in lists if code in one), code)


def items(on: date) -> tuple[CatalogueItem, ...]:
    """All items in force on a date, by catalogue code."""
    return tuple(
        one for code in sorted(_versions()) for one in _versions()[code] if one.valid_on(on)
    )


def find_item(
    *,
    catalogue_code: str | None = None,
    implementation_code: str | None = None,
    on: date,
    path: str = "/item",
) -> Found:
    """
    Resolve an item of the national format; an implementation code of 31 or 33 characters holds the
    12 digits of the catalogue code.

    `on` is the application date: an item that ended before it is refused.
    """
    named = {code for code in (catalogue_code, _inside(implementation_code)) if code}
    if not named:
        return _refused(
            "item.unresolved",
            path,
            "事项编码不能对应到国家基本编码,请填写 12 位基本编码或 31/33 位实施编码",
            "no code leads to a catalogue code: give 12 digits, or 31/33 characters",
        )
    if len(named) > 1:
        return _refused(
            "item.codes_differ",
            path,
            "基本编码与实施编码中的基本编码不一致,请核对",
            "catalogue code and implementation code name different items",
        )
    (code,) = named
    versions = _versions().get(code)
    if not versions:
        return _refused(
            "item.unknown",
            f"{path}/catalogue_code",
            f"国家目录中没有基本编码 {code},请核对事项",
            f"the catalogue has no item {code}",
        )
    found = item(code, on)
    if found is None:
        last = versions[-1]
        if last.valid_to is not None and last.valid_to < on:
            because = f":{last.ended_because}" if last.ended_because else ""
            return _refused(
                "item.ended",
                f"{path}/catalogue_code",
                f"事项“{last.name_zh}”已于 {last.valid_to} 停止跨省通办{because}",
                f"the item ended on {last.valid_to}, before the application date",
            )
        return _refused(
            "item.not_yet",
            f"{path}/catalogue_code",
            f"事项“{last.name_zh}”在 {on} 尚未开通跨省通办",
            "the item was not yet offered on the application date",
        )
    return Found(found)


def _inside(implementation_code: str | None) -> str | None:
    parts = split_item_code(implementation_code.upper()) if implementation_code else None
    return parts.catalogue_code if parts else None


def _refused(rule: str, path: str, zh: str, en: str) -> Found:
    finding = Finding(rule=rule, level="reject", path=path, message=zh, message_en=en)
    return Found(None, (finding,))


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader written in C where this PyYAML has it: a tenth of the time."""


@cache
def _versions() -> Mapping[str, tuple[CatalogueItem, ...]]:
    found: dict[str, list[CatalogueItem]] = {}
    folder = files("contracts") / "catalogue" / "items"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            read = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)
            one = CatalogueItem.model_validate(read)
            found.setdefault(one.catalogue_code, []).append(one)
    return {
        code: tuple(sorted(versions, key=lambda one: one.valid_from))
        for code, versions in found.items()
    }


__all__ = [
    "MATERIAL_LISTS",
    "Found",
    "find_item",
    "item",
    "item_version",
    "items",
    "material_name",
]
