"""
Rules as they are run: parsed paths, parsed transforms, numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mappings.rules import Direction, FieldRule
from mappings.transforms import Transform

FILE = "mapping.yaml"


@dataclass(frozen=True, slots=True)
class Path:
    """Segments below the enclosing block, or below the document if `root`."""

    segments: tuple[str, ...]
    root: bool = False

    @property
    def pointer(self) -> str:
        return "".join("/" + s.replace("~", "~0").replace("/", "~1") for s in self.segments)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition: what is read, and what must be so."""

    side: Literal["national", "province"]
    path: Path
    is_: frozenset[str]
    not_: frozenset[str]
    present: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    number: int
    line: int
    when: tuple[Test, ...]
    direction: Direction | None

    def runs(self, direction: Direction) -> bool:
        return self.direction in (None, direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf(Node):
    rule: FieldRule
    national: tuple[Path, ...]
    province: tuple[Path, ...]
    label: Path | None
    transforms: tuple[Transform, ...]

    @property
    def merges(self) -> bool:
        return bool(self.transforms) and self.transforms[-1].merges

    @property
    def text(self) -> str:
        """The rule in a few words, for explanations."""
        rule = self.rule
        words = [t.text for t in self.transforms]
        words += [f"codes {rule.codes}"] if rule.codes else []
        words += ["items"] if rule.items else []
        words += ["const"] if rule.has_const else []
        words += [f"context {rule.context}"] if rule.context else []
        words += [f"index {rule.index}"] if rule.index is not None else []
        return " | ".join(words) or "as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Node):
    """A block. `national` or `province` None: that side stays where it is."""

    kind: Literal["at", "each", "pivot"]
    national: Path | None
    province: Path | None
    nodes: tuple[Node, ...]
    key: Path | None = None
    codes: str | None = None

    @property
    def inline(self) -> bool:
        """Province side is the enclosing object itself."""
        return self.province is None or not (self.province.segments or self.province.root)


@dataclass(frozen=True, slots=True)
class KindPlan:
    kind: str
    direction: Direction | None
    nodes: tuple[Node, ...]

    def walk(self) -> Iterator[Node]:
        """All nodes, in rule-number order."""
        return _walk(self.nodes)


def _walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield node
        if isinstance(node, Span):
            yield from _walk(node.nodes)
