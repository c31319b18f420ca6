"""
Writing Python source from a closed set of shapes. Text of a folder enters it only through repr().
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings import lookups, runtime
from mappings.nodes import Path, Test

_BUILTINS = {
    "AttributeError": AttributeError,
    "TypeError": TypeError,
    "ValueError": ValueError,
    "dict": dict,
    "enumerate": enumerate,
    "len": len,
    "list": list,
    "str": str,
}
_HELPERS = {
    **{n: getattr(runtime, n) for n in ("COMPOUND", "EMPTY", "NOTHING", "NUMBERS")},
    **{f.__name__: f for f in (runtime.among, runtime.dig, runtime.hang, runtime.merge)},
    **{f.__name__: f for f in (lookups.code_in, lookups.code_out, lookups.plain_in)},
    **{f.__name__: f for f in (lookups.item_in, lookups.item_out)},
    **{f.__name__: f for f in (lookups.object_in, lookups.object_out)},
}


class Lines(list[str]):
    """Lines of code without their outer indent."""

    def nest(self, head: str, inner: list[str]) -> None:
        """A compound statement; one without a body is left out."""
        if inner:
            self.append(head)
            self.extend("    " + line for line in inner)


@dataclass(slots=True)
class Names:
    """Fresh variable names, and the objects generated code refers to by name."""

    constants: dict[str, Any] = field(default_factory=dict)
    taken: dict[int, str] = field(default_factory=dict)
    count: int = 0

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def constant(self, value: Any) -> str:
        if id(value) not in self.taken:
            name = f"K{len(self.taken) + 1}"
            self.taken[id(value)] = name
            self.constants[name] = value
        return self.taken[id(value)]


@dataclass(frozen=True, slots=True)
class Pointer:
    """A JSON Pointer that code will hold: a variable, then literal text."""

    var: str | None = None
    text: str = ""

    def down(self, segments: tuple[str, ...]) -> Pointer:
        return Pointer(self.var, self.text + "".join("/" + runtime.escape(s) for s in segments))

    @property
    def code(self) -> str:
        if self.var is None:
            return repr(self.text)
        return f"{self.var} + {self.text!r}" if self.text else self.var


@dataclass(slots=True)
class Reading:
    """
    An object that is read: objects below it are fetched once, where it was opened.

    `raw` is the value itself when it may be no object (an element of a list).
    """

    var: str
    anchor: Lines
    pointer: Pointer
    names: Names
    raw: str | None = None
    below: dict[tuple[str, ...], str] = field(default_factory=dict)

    def fetch(self, segments: tuple[str, ...]) -> str:
        """The variable that holds the object at a path; EMPTY if there is none."""
        if not segments:
            return self.var
        if segments not in self.below:
            above = self.fetch(segments[:-1])
            var = self.names.fresh("r")
            self.anchor.append(f"{var} = {above}.get({segments[-1]!r})")
            self.anchor.append(f"if {var}.__class__ is not dict: {var} = EMPTY")
            self.below[segments] = var
        return self.below[segments]

    def value(self, segments: tuple[str, ...]) -> str:
        """An expression for the value at a path."""
        if not segments:
            return self.raw or self.var
        return f"{self.fetch(segments[:-1])}.get({segments[-1]!r})"


@dataclass(frozen=True, slots=True)
class At:
    """Where relative paths start: an open object and the path from it."""

    scope: Any
    prefix: tuple[str, ...]
    root: Any

    def find(self, path: Path) -> tuple[Any, tuple[str, ...]]:
        return (
            (self.root, path.segments) if path.root else (self.scope, self.prefix + path.segments)
        )

    def down(self, path: Path | None) -> At:
        if path is None:
            return self
        scope, segments = self.find(path)
        return At(scope, segments, self.root)

    def into(self, scope: Any) -> At:
        return At(scope, (), self.root)

    def pointer(self, path: Path) -> Pointer:
        scope, segments = self.find(path)
        pointer: Pointer = scope.pointer
        return pointer.down(segments)


def something(value: str) -> str:
    """The test that a variable of a JSON value is not in NOTHING, quick for texts and objects."""
    return f"{value} or {value}.__class__ in NUMBERS"


def test_code(test: Test, value: str, names: Names) -> str:
    """The expression of one condition."""
    if test.present is not None:
        return f"{value} {'not in' if test.present else 'in'} NOTHING"
    if test.is_:
        return f"among({value}, {names.constant(test.is_)})"
    return f"not among({value}, {names.constant(test.not_)})"


def literal(value: Any) -> str:
    """
    A fresh literal of a JSON value.

    Raises:
        TypeError: not a JSON value; nothing else may enter generated code.
    """
    if value is None or type(value) in (str, int, bool):
        return repr(value)
    if type(value) in (list, tuple):
        return "[" + ", ".join(literal(v) for v in value) + "]"
    if type(value) is dict and all(type(k) is str for k in value):
        return "{" + ", ".join(f"{k!r}: {literal(v)}" for k, v in value.items()) + "}"
    raise TypeError(f"not a JSON value: {type(value).__name__}")


def build(source: str, constants: Mapping[str, Any], title: str) -> Callable[..., dict[str, Any]]:
    """Turn generated source into its function."""
    space: dict[str, Any] = {"__builtins__": _BUILTINS, **_HELPERS, **constants}
    exec(compile(source, f"<mapping {title}>", "exec"), space)
    function: Callable[..., dict[str, Any]] = space["run"]
    return function
