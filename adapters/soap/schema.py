"""
What an XSD element looks like, as a small tree of ours read from zeep's types.

Only constructs the template compiler knows; anything else is `UnknownConstructError`, and the
operation then goes through zeep itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

LeafKind = Literal["text", "boolean", "base64"]


class UnknownConstructError(Exception):
    """The schema has something the compiler does not know."""


@dataclass(frozen=True, slots=True)
class Leaf:
    kind: LeafKind


@dataclass(slots=True)
class Group:
    """Content of a complex type; `text` is set for simple content. May contain itself."""

    attributes: list[Attribute] = field(default_factory=list)
    members: list[Member | Choice] = field(default_factory=list)
    text: Leaf | None = None

    def every_member(self) -> list[Member]:
        return [
            m
            for entry in self.members
            for m in (entry.of if isinstance(entry, Choice) else [entry])
        ]


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    namespace: str | None
    required: bool
    leaf: Leaf
    zeep_name: str


@dataclass(frozen=True, slots=True)
class Member:
    """An element: `least` and `most` are its occurrences (None: unbounded)."""

    name: str
    namespace: str | None
    content: Leaf | Group
    least: int
    most: int | None
    nillable: bool
    zeep_name: str

    @property
    def many(self) -> bool:
        return self.most is None or self.most > 1


@dataclass(frozen=True, slots=True)
class Choice:
    """At most one of these; zeep does not keep whether one is required, so neither do we."""

    of: list[Member]


def read_element(element: Any) -> Member:
    """
    Read a zeep `xsd.Element` with everything below it.

    Raises:
        UnknownConstructError: wildcards, groups with occurrences, lists, unions, mixed choices.
    """
    return _member(element, {})


def _member(element: Any, seen: dict[int, Group]) -> Member:
    from zeep import xsd

    if not isinstance(element, xsd.Element):
        raise UnknownConstructError(type(element).__name__)
    most = element.max_occurs
    return Member(
        name=str(element.name),
        namespace=element.qname.namespace,
        content=_content(element.type, seen),
        least=int(element.min_occurs),
        most=None if most == "unbounded" else int(most),
        nillable=bool(element.nillable),
        zeep_name=element.attr_name,
    )


def _content(kind: Any, seen: dict[int, Group]) -> Leaf | Group:
    from zeep import xsd
    from zeep.xsd.types.simple import AnySimpleType

    if isinstance(kind, AnySimpleType):
        return _leaf(kind)
    if not isinstance(kind, xsd.ComplexType):
        raise UnknownConstructError(type(kind).__name__)
    if id(kind) in seen:
        return seen[id(kind)]
    if kind._array_type:
        raise UnknownConstructError("soap array")
    group = seen[id(kind)] = Group()
    for zeep_name, attribute in kind.attributes:
        if not isinstance(attribute, xsd.Attribute) or not isinstance(
            attribute.type, AnySimpleType
        ):
            raise UnknownConstructError(type(attribute).__name__)
        group.attributes.append(
            Attribute(
                name=attribute.qname.localname,
                namespace=attribute.qname.namespace,
                required=bool(attribute.required),
                leaf=_leaf(attribute.type),
                zeep_name=zeep_name,
            )
        )
    for _, nested in kind.elements_nested:
        if isinstance(nested, xsd.Element):
            group.text = _leaf(nested.type)  # simple content
        else:
            group.members += _members(nested, seen)
    names = [member.name for member in group.every_member()]
    if len(names) != len(set(names)):
        raise UnknownConstructError("one name in two places")
    return group


def _members(indicator: Any, seen: dict[int, Group]) -> list[Member | Choice]:
    from zeep import xsd

    if isinstance(indicator, xsd.Choice):
        if int(indicator.min_occurs) > 1 or indicator.max_occurs != 1:
            raise UnknownConstructError("repeated choice")
        return [Choice(of=[_member(entry, seen) for entry in indicator])]
    if not isinstance(indicator, xsd.Sequence | xsd.All):
        raise UnknownConstructError(type(indicator).__name__)
    if int(indicator.min_occurs) != 1 or indicator.max_occurs != 1:
        raise UnknownConstructError("repeated sequence")
    members: list[Member | Choice] = []
    for entry in indicator:
        if isinstance(entry, xsd.Element) and not isinstance(entry, xsd.Any):
            members.append(_member(entry, seen))
        else:
            members += _members(entry, seen)
    return members


def _leaf(kind: Any) -> Leaf:
    from zeep.xsd.types import builtins
    from zeep.xsd.types.collection import ListType, UnionType

    if isinstance(kind, ListType | UnionType):
        raise UnknownConstructError(type(kind).__name__)
    if isinstance(kind, builtins.Boolean):
        return Leaf("boolean")
    if isinstance(kind, builtins.Base64Binary):
        return Leaf("base64")
    return Leaf("text")


def list_paths(member: Member) -> frozenset[str]:
    """Paths below an element that may occur more than once, so that they read as lists."""
    found: set[str] = set()
    _lists(member.content, "", found, ())
    return frozenset(found)


def _lists(content: Leaf | Group, path: str, found: set[str], above: tuple[int, ...]) -> None:
    if isinstance(content, Leaf) or id(content) in above:
        return
    for member in content.every_member():
        where = f"{path}/{member.name}" if path else member.name
        if member.many:
            found.add(where)
        _lists(member.content, where, found, (*above, id(content)))


__all__ = [
    "Attribute",
    "Choice",
    "Group",
    "Leaf",
    "Member",
    "UnknownConstructError",
    "list_paths",
    "read_element",
]
