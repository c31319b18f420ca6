"""
`tongban sandbox run`: play a province from its folder.
"""

from __future__ import annotations

from pathlib import Path

from gateway.cli.failures import explained
from gateway.sandbox.main import main


def run(
    code: str,
    *,
    gateway: str,
    port: int,
    folder: Path,
    secrets: Path | None,
    faults: Path | None,
) -> int:
    """Runs until SIGTERM; its address is printed as a line of JSON when it listens."""
    arguments = [code, "--gateway", gateway, "--port", str(port), "--ledger", str(folder)]
    if secrets is not None:
        arguments += ["--secrets", str(secrets)]
    if faults is not None:
        arguments += ["--faults", str(faults)]
    with explained() as failure:
        main(arguments)
    return failure.status


__all__ = ["run"]
