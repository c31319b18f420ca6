"""
Sample records of a schema: what the compiled template and zeep must write alike before we trust it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from adapters.soap.schema import Choice, Group, Leaf, Member

_AWKWARD = "甲·<&>\"' \t\n]]>𠮷"
_DEPTH = 4
"""How often a type may contain itself in a sample."""


def samples(content: Leaf | Group) -> Iterator[Any]:
    """Everything once per branch of the choices, then only what is required."""
    branches = 1 + max(_branches(content, ()), default=0)
    for branch in range(branches):
        yield _full(content, branch, ())
    yield _least(content, ())


def _branches(content: Leaf | Group, above: tuple[int, ...]) -> Iterator[int]:
    if isinstance(content, Leaf) or id(content) in above:
        return
    for entry in content.members:
        if isinstance(entry, Choice):
            yield len(entry.of) - 1
        for member in entry.of if isinstance(entry, Choice) else [entry]:
            yield from _branches(member.content, (*above, id(content)))


def _full(content: Leaf | Group, branch: int, above: tuple[int, ...]) -> Any:
    if isinstance(content, Leaf):
        return _value(content)
    record: dict[str, Any] = {f"@{a.name}": _value(a.leaf) for a in content.attributes}
    if content.text is not None:
        record["#text"] = _value(content.text)
    for entry in content.members:
        member = entry.of[branch % len(entry.of)] if isinstance(entry, Choice) else entry
        if above.count(id(member.content)) >= _DEPTH and member.least == 0:
            continue
        value = _full(member.content, branch, (*above, id(member.content)))
        count = max(member.least, min(2, member.most or 2))
        record[member.name] = [value] * count if member.many else value
    return record


def _least(content: Leaf | Group, above: tuple[int, ...]) -> Any:
    if isinstance(content, Leaf):
        return _value(content)
    record: dict[str, Any] = {
        f"@{a.name}": _value(a.leaf) for a in content.attributes if a.required
    }
    for entry in content.members:
        if isinstance(entry, Member) and entry.least > 0 and not entry.nillable:
            value = _least(entry.content, above)
            record[entry.name] = [value] * entry.least if entry.many else value
    return record


def _value(leaf: Leaf) -> str:
    if leaf.kind == "boolean":
        return "false"
    if leaf.kind == "base64":
        return base64.b64encode(_AWKWARD.encode()).decode()
    return _AWKWARD


def for_zeep(content: Leaf | Group, value: Any) -> Any:
    """The same record in the words of zeep: attributes by its names, base64 as bytes."""
    if isinstance(content, Leaf):
        return base64.b64decode(value) if content.kind == "base64" else value
    names = {f"@{a.name}": (a.zeep_name, a.leaf) for a in content.attributes}
    members = {m.name: m for m in content.every_member()}
    result: dict[str, Any] = {}
    for key, part in value.items():
        if key == "#text" and content.text is not None:
            result["_value_1"] = for_zeep(content.text, part)
        elif key in names:
            zeep_name, leaf = names[key]
            result[zeep_name] = for_zeep(leaf, part)
        elif isinstance(part, list):
            member = members[key]
            result[member.zeep_name] = [for_zeep(member.content, element) for element in part]
        else:
            result[members[key].zeep_name] = for_zeep(members[key].content, part)
    return result


__all__ = ["for_zeep", "samples"]
