"""
Templates of connection.yaml: text with `{…}`, and records built of such text.

A template that is exactly one placeholder keeps the type of the value; an absent value is empty
text; `{a|b}` is the first of them that is not empty. Templates look values up, they never compute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from adapters.paths import getter, text

Lookup = Callable[[str], Any]
Filled = Callable[[Lookup], Any]

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def names(template: str) -> list[str]:
    """Everything a template text looks up."""
    return [name for found in _PLACEHOLDER.findall(template) for name in found.split("|")]


def compile_template(template: Any) -> Filled:
    """Text, or a record of texts, as a function of a look-up."""
    if isinstance(template, dict):
        parts = {key: compile_template(value) for key, value in template.items()}
        return lambda look: {key: fill(look) for key, fill in parts.items()}
    if isinstance(template, list):
        elements = [compile_template(value) for value in template]
        return lambda look: [fill(look) for fill in elements]
    if not isinstance(template, str):
        return lambda look: template
    found = _PLACEHOLDER.findall(template)
    if not found:
        return lambda look: template
    if template == f"{{{found[0]}}}":
        return _only(_finder(found[0]))
    pieces = _PLACEHOLDER.split(template)
    literals, finds = pieces[::2], [_finder(piece) for piece in pieces[1::2]]

    def fill(look: Lookup) -> str:
        out = [literals[0]]
        for find, literal in zip(finds, literals[1:], strict=True):
            out += [text(find(look)), literal]
        return "".join(out)

    return fill


def _finder(placeholder: str) -> Filled:
    first, *others = placeholder.split("|")
    if not others:
        return lambda look: look(first)
    return lambda look: next(
        (found for name in (first, *others) if (found := look(name)) not in (None, "")), None
    )


def compile_text(template: str) -> Callable[[Lookup], str]:
    fill = compile_template(template)
    return lambda look: text(fill(look))


def look_in(*sources: Mapping[str, Any], record: Any = None) -> Lookup:
    """Look a name up in the sources by its whole name, then as a path of the record."""

    def look(name: str) -> Any:
        for source in sources:
            if name in source:
                return source[name]
        if record is None:
            return None
        return getter(name)(record)

    return look


def _only(find: Filled) -> Filled:
    def fill(look: Lookup) -> Any:
        value = find(look)
        return "" if value is None else value

    return fill


__all__ = ["Filled", "Lookup", "compile_template", "compile_text", "look_in", "names"]
