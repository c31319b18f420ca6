"""`tongban --help` is instant: nothing heavy is imported for it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("aiohttp", "zeep", "lxml", "pydantic", "apsw", "cryptography", "structlog", "rich")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from gateway.cli.main import app\n"
        "sys.argv = ['tongban', '--help']\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout

    assert "HEAVY []" in told
    for command in ("serve", "demo", "access", "province", "case", "delivery", "doctor"):
        assert command in told
