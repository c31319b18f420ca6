"""The valid examples of the national format, and copies of them with a few changes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import contracts

VALID = Path(contracts.__file__).parent / "examples" / "v1" / "valid"
DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(VALID.glob("*.json"))
}


def changed(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """A valid example with other values at some places; `...` takes the field away."""
    document = copy.deepcopy(DOCUMENTS[name])
    for path, value in changes.items():
        *way, last = path.strip("/").split("/")
        at: Any = document
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if value is ...:
            del at[last]
        elif isinstance(at, list):
            at[int(last)] = value
        else:
            at[last] = value
    return document
