"""
Paths into a record: `Head/Serial`, `RECORD/@sid`, `Files/0/Name`, `materials/*/file`.

A name applied to a list means every element of it, a number picks one, `*` means every value of an
object. So a path fits an element whether it occurred once or often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

Place = tuple[Any, Any, Any]
"""(container, key or index, value)"""


def split(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def places(value: Any, path: tuple[str, ...]) -> Iterator[Place]:
    """Every place the path leads to, in document order, so that a value there can be replaced."""
    if not path:
        return
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        if head.isdigit():
            index = int(head)
            if index < len(value):
                yield from _step(value, index, rest)
            return
        for element in value:
            yield from places(element, path)
    elif isinstance(value, dict):
        if head == "*":
            for key in list(value):
                yield from _step(value, key, rest)
        elif head in value:
            yield from _step(value, head, rest)
        elif head == "0":
            # One element where a list was meant: XML cannot tell the two apart.
            yield from places(value, rest)


def _step(container: Any, key: Any, rest: tuple[str, ...]) -> Iterator[Place]:
    value = container[key]
    if rest:
        yield from places(value, rest)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield value, index, element
    else:
        yield container, key, value


def find_all(value: Any, path: str) -> list[Any]:
    return [found for _, _, found in places(value, split(path))]


@lru_cache(maxsize=4096)
def getter(path: str) -> Callable[[Any], Any]:
    """A look-up of the first value at a path, or None. Paths are those of folders: made once."""
    parts = split(path)

    def get(value: Any) -> Any:
        for index, part in enumerate(parts):
            if isinstance(value, dict) and part in value:
                value = value[part]
                continue
            if isinstance(value, list | dict):
                for _, _, found in places(value, parts[index:]):
                    return found
            return None
        return value[0] if isinstance(value, list) and value and parts else value

    return _plain(parts[0], get) if len(parts) == 1 else get


def _plain(name: str, otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def get(value: Any) -> Any:
        found = value.get(name) if value.__class__ is dict else None
        return found if found.__class__ is str else otherwise(value)

    return get


def text(value: Any) -> str:
    """A scalar as it stands on the wire."""
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


__all__ = ["find_all", "getter", "places", "split", "text"]
