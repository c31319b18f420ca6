"""
What is taken in with a finding of level warn (format 1.8): expected fields that are missing, codes
and regions not in their tables on the date they are read for, and what the checks of
`cross_checks` and `content_checks` say.

Every class of the format has a plan, made once: which fields are expected, which hold codes or
objects, which check looks at it. A message is one walk along these plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from contracts import places
from contracts.bundle import Bundle
from contracts.coded import Code, CodeSource
from contracts.codelist import code_list, code_list_names
from contracts.content_checks import CONTENT_CHECKS
from contracts.cross_checks import OBJECT_CHECKS, Check, Scene
from contracts.envelope import Envelope
from contracts.errors import Finding
from contracts.fields import Value, held, spec_of
from contracts.parties import Place
from contracts.text import is_plain, notice_text
from contracts.words import notice


@dataclass(frozen=True, slots=True)
class _Plan:
    """Names of fields: which are expected, which hold a code or an object, which a list of them."""

    expected: tuple[str, ...]
    codes: tuple[str, ...]
    code_lists: tuple[str, ...]
    objects: tuple[str, ...]
    object_lists: tuple[str, ...]
    check: Check | None


@dataclass(slots=True)
class _Walk:
    scene: Scene
    in_force: frozenset[tuple[str, str | None]]
    found: list[Finding]


def find_cautions(message: Envelope | Bundle, *, plain: bool | None = None) -> list[Finding]:
    """
    Everything about a message that is taken in and told, in the order of its fields' names.

    `plain`: what `text.is_plain` said of its document, if it was asked.
    """
    scene = _scene(message)
    walk = _Walk(scene, _codes_in_force(scene.as_of), found=[])
    _visit(message, "", walk)
    found = walk.found
    if plain is None:
        plain = is_plain("".join(_texts(message)).encode())
    if not plain:
        found += notice_text(message.model_dump(mode="json", exclude_unset=True))
    return sorted(found, key=lambda one: (one.path or "", one.rule)) if found else found


def _scene(message: Envelope | Bundle) -> Scene:
    body = message if isinstance(message, Bundle) else message.body
    dates = getattr(body, "dates", None)
    applied = dates.application_date if dates is not None else None
    pinned = message.as_of_date if isinstance(message, Envelope) else None
    day = message.occurred_at[:10]
    return Scene(as_of=date.fromisoformat(pinned or applied or day), day=day, pinned=pinned)


def _texts(message: Value) -> list[str]:
    """Every text of the objects a plan leads to."""
    values: list[Any] = []
    waiting = [message]
    while waiting:
        value = waiting.pop()
        plan, fields = _PLANS[value.__class__], value.__dict__
        values += fields.values()
        waiting += [inner for name in plan.objects if (inner := fields[name]) is not None]
        for name in plan.object_lists:
            waiting += fields[name] or ()
    return [text for text in values if text.__class__ is str]


def _visit(value: Value, path: str, walk: _Walk) -> None:
    """Look at one object and what it holds. Runs some fifty times a message: kept plain."""
    plan, fields = _PLANS[value.__class__], value.__dict__
    for name in plan.expected:
        if fields[name] is None:
            walk.found.append(notice("field.expected", f"{path}/{name}"))
    for name in plan.codes:
        if (coded := fields[name]) is not None:
            said = coded.__dict__
            if (said["list"], said["code"]) not in walk.in_force:
                _tell_code(coded, f"{path}/{name}", walk)
    for name in plan.code_lists:
        for index, coded in enumerate(fields[name] or ()):
            said = coded.__dict__
            if (said["list"], said["code"]) not in walk.in_force:
                _tell_code(coded, f"{path}/{name}/{index}", walk)
    for name in plan.objects:
        if (inner := fields[name]) is not None:
            _visit(inner, f"{path}/{name}", walk)
    for name in plan.object_lists:
        for index, inner in enumerate(fields[name] or ()):
            _visit(inner, f"{path}/{name}/{index}", walk)
    if plan.check is not None:
        walk.found += plan.check(value, path, walk.scene)


def _tell_code(coded: Code, path: str, walk: _Walk) -> None:
    if rule := _code_rule(coded):
        walk.found.append(notice(rule, path))


@lru_cache(maxsize=512)
def _codes_in_force(as_of: date) -> frozenset[tuple[str, str | None]]:
    return frozenset(
        (name, row.code)
        for name in code_list_names()
        for row in code_list(name)
        if row.valid_on(as_of)
    )


def _code_rule(coded: Code) -> str | None:
    """What is wrong with a code that is not in force."""
    if coded.code is None:
        # With a source it is the mapping that says so, and in which words.
        return "code.empty" if coded.source is None else None
    if coded.list not in code_list_names():
        return None  # the list of an item that is not held here
    return "code.ended" if coded.code in code_list(coded.list) else "code.not_in_list"


def _check_place(place: Place, path: str, scene: Scene) -> Iterator[Finding]:
    if not _county_known(place.county, scene.as_of):
        yield from places.check_county(place.county, scene.as_of, path=f"{path}/county")


@lru_cache(maxsize=8192)
def _county_known(county: str, as_of: date) -> bool:
    return places.known(county, as_of)


CHECKS: Mapping[type[Value], Check] = {**OBJECT_CHECKS, **CONTENT_CHECKS, Place: _check_place}


class _Plans(dict[type[Value], _Plan]):
    """Class -> plan, made when it is first met."""

    def __missing__(self, model: type[Value]) -> _Plan:
        inner = {name: held(field.annotation) for name, field in model.model_fields.items()}
        there = {name: one for name, one in inner.items() if one is not None}
        codes = {name: one.many for name, one in there.items() if one.model is Code}
        # The words of a source stay as received: nothing to say about them.
        objects = {
            name: one.many
            for name, one in there.items()
            if one.model is not Code and one.model is not CodeSource
        }
        self[model] = plan = _Plan(
            expected=tuple(
                name
                for name, field in model.model_fields.items()
                if spec_of(field).presence == "expected"
            ),
            codes=tuple(name for name, many in codes.items() if not many),
            code_lists=tuple(name for name, many in codes.items() if many),
            objects=tuple(name for name, many in objects.items() if not many),
            object_lists=tuple(name for name, many in objects.items() if many),
            check=CHECKS.get(model),
        )
        return plan


_PLANS = _Plans()

__all__ = ["find_cautions"]
