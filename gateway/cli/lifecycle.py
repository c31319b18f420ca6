"""
`tongban lifecycle`: the state machine as text, JSON or Markdown, from the one table in code.
"""

from __future__ import annotations

import sys

from gateway.cli.output import print_json, print_table
from gateway.core.transitions import CELLS, lifecycle_markdown, lifecycle_rows


def show_table(*, as_json: bool, markdown: bool) -> int:
    if markdown:
        sys.stdout.write(lifecycle_markdown())
    elif as_json:
        print_json(lifecycle_rows())
    else:
        lines = [
            {
                name: " ".join(value) if isinstance(value, list) else value
                for name, value in row.items()
            }
            for row in lifecycle_rows()
        ]
        print_table(lines, CELLS)
    return 0


__all__ = ["show_table"]
