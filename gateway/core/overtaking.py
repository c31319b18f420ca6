"""
What a message makes pointless to deliver: of the deliveries that were never sent, those that wait
in front of it and say what is no longer so. One table, project convention.
"""

from __future__ import annotations

from collections.abc import Mapping

MOOT: Mapping[str, frozenset[str]] = {
    "withdrawal": frozenset({"application", "pre_review", "correction", "reminder"}),
    "transfer": frozenset(
        {"application", "pre_review", "correction", "correction_request", "reminder"}
    ),
}
"""Kind → kinds it makes pointless. A correction makes none so: it only passes what is in doubt."""


def makes_moot(later: str, earlier: str) -> bool:
    """Whether a message of kind `later` makes an unsent one of kind `earlier` pointless."""
    return earlier in MOOT.get(later, frozenset())


__all__ = ["MOOT", "makes_moot"]
