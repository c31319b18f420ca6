"""
Where identity stands in a document: the path inside a template such as `{Head/Serial}`.
"""

from __future__ import annotations

import re
from typing import Any

from adapters.paths import getter
from contracts.adapter import Record

_ONE = re.compile(r"\{([^{}:^]+)\}")


def read_path(record: Record, template: str) -> Any:
    """The value the template names; None if it is not one plain path of the document."""
    found = _ONE.fullmatch(template)
    return getter(found[1])(record) if found else None


def write_path(record: Record, template: str, value: Any) -> None:
    """Put a value where the template reads it; nothing if it is not one plain path."""
    found = _ONE.fullmatch(template)
    if found is None:
        return
    *above, last = [part for part in found[1].split("/") if part]
    place: Any = record
    for part in above:
        place = place.setdefault(part, {})
    place[last] = value


__all__ = ["read_path", "write_path"]
