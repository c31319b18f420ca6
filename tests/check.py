"""
The whole gate, in the order in which a failure is cheapest: format, lint, types, layers, tests.

`python -m tests.check` (= `make test`). Exit status 0 only when every part passed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACKAGES = ["contracts", "mappings", "adapters", "gateway", "tests"]

STEPS: list[tuple[str, list[str]]] = [
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("types", [str(BIN / "mypy")]),
    ("layers", [str(BIN / "lint-imports")]),
    (
        "tests",
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", *sys.argv[1:]],
    ),
]


def main() -> int:
    failed = []
    for name, command in STEPS:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        print(f"== {name}: {'ok' if code == 0 else 'FAILED'}, {time.monotonic() - started:.0f} s")
        if code != 0:
            failed.append(name)
    if failed:
        print(f"gate failed: {', '.join(failed)}", flush=True)
        return 1
    print("gate passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
