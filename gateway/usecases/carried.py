"""
Materials carried over from an earlier case of the same person: not asked for, not sent again.

A material with `carried_from` a case number gets the files that case holds under the same national
code (the newest first). It is the sender's own earlier case, or one it is a party of, and the same
person's: anything else is a finding with its cure, and nothing is carried (project convention).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.casenumber import parse_case_number
from contracts.errors import Finding
from gateway.ports import CaseKey, Gateway, MaterialRow
from gateway.usecases.materials import find_case_material
from gateway.usecases.sealed import open_message
from gateway.usecases.stand import Standing, stand
from gateway.usecases.verified import applicant_of

_WORDS = {
    "carried.unknown": (
        "没有本方可用的该办件;请核对通办编号,或重新收取材料",
        "no case of yours has this number; check it, or take the material in anew",
    ),
    "carried.other_person": (
        "该办件的申请人不是本件申请人,材料未沿用;请重新收取材料",
        "that case is another person's: nothing was carried over; take the material in anew",
    ),
    "carried.no_material": (
        "该办件没有此项材料的附件;请重新收取材料",
        "that case holds no file of this material; take it in anew",
    ),
}


@dataclass(frozen=True, slots=True)
class Carried:
    """The materials of a message with their files, and where to read the bytes, by digest."""

    document: dict[str, Any]
    found: Mapping[str, tuple[Standing, str]]
    findings: tuple[Finding, ...] = ()


async def carry_over(
    document: dict[str, Any], *, standing: Standing | None, system: str, gw: Gateway
) -> Carried:
    """Fill in the files of carried materials; one finding (level warn) for each that cannot be."""
    materials = document["body"].get("materials") or ()
    if not any(_number(one) for one in materials):
        return Carried(document, {})
    person = await applicant_of(document, standing=standing, gw=gw)
    found: dict[str, tuple[Standing, str]] = {}
    findings: list[Finding] = []
    filled: list[Any] = []
    for at, material in enumerate(materials):
        number = _number(material)
        if number is None:
            filled.append(material)
            continue
        source = await _source(number, system=system, gw=gw)
        files = [] if source is None else await _files(source, material, gw=gw)
        if source is None:
            findings.append(_finding("carried.unknown", at))
        elif person is None or person != await applicant_of({}, standing=source, gw=gw):
            findings.append(_finding("carried.other_person", at))
        elif not files:
            findings.append(_finding("carried.no_material", at))
        else:
            found |= {file["digest"]: (source, number) for file in files}
            material = {**material, "files": files}
        filled.append(material)
    whole = {**document, "body": {**document["body"], "materials": filled}}
    return Carried(whole, found, tuple(findings))


async def bind_carried(
    carried: Carried, *, case_number: str, key: CaseKey, owner: str, gw: Gateway
) -> tuple[MaterialRow, ...]:
    """Rows by which the new case refers to files of the earlier one, under its own key."""
    rows = []
    for digest, (source, number) in carried.found.items():
        held = await find_case_material(digest, case_number=number, key=source.key, gw=gw)
        if held is None:
            continue
        pointer, blob = held
        rows.append(
            MaterialRow(
                owner=owner,
                case_number=case_number,
                index=gw.keys.index("case-material", case_number, digest),
                blob=blob,
                at=gw.clock.now(),
                sealed=key.seal(pointer.to_bytes(), f"material:{case_number}:{blob}"),
            )
        )
    return tuple(rows)


async def _source(number: str, *, system: str, gw: Gateway) -> Standing | None:
    if not await gw.store.is_party(number, system):
        return None
    return await stand(number, gw=gw)


async def _files(
    source: Standing, material: Mapping[str, Any], *, gw: Gateway
) -> list[dict[str, Any]]:
    """The newest files the earlier case holds of the material with this code."""
    wanted = (material.get("code") or {}).get("code")
    if wanted is None:
        return []
    for row in reversed(await gw.store.messages(source.row.number)):
        if row.kind not in ("application", "correction"):
            continue
        held = open_message(row, key=source.key).document["body"].get("materials") or ()
        for one in held:
            if (one.get("code") or {}).get("code") == wanted and one.get("files"):
                return [dict(file) for file in one["files"]]
    return []


def _number(material: Mapping[str, Any]) -> str | None:
    """The earlier case; None for what is not carried over, or comes from a step of this case."""
    how, source = material.get("acquisition"), material.get("carried_from")
    carried = isinstance(how, dict) and how.get("code") == "CARRIED_OVER"
    return source if carried and source and parse_case_number(source) else None


def _finding(rule: str, at: int) -> Finding:
    message, english = _WORDS[rule]
    path = f"/body/materials/{at}/carried_from"
    return Finding(rule=rule, level="warn", message=message, path=path, message_en=english)


__all__ = ["Carried", "bind_carried", "carry_over"]
