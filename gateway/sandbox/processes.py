"""
Start a gateway and sandbox provinces as processes of their own, kill them and start them again.

Used by the demo and by the tests that need real processes and real sockets. Every process writes
what it says to a file, so that it may outlive the one that started it (`--keep`).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.ports import Clock

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02


class NotStartedError(Exception):
    """A process ended or kept silent instead of saying where it listens; names its log file."""


@dataclass(slots=True)
class Process:
    """A child and the address it listens on."""

    name: str
    url: str
    child: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.child.pid

    async def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        if self.child.returncode is None:
            self.child.kill()
        await self.child.wait()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL after `STOP_SECONDS`."""
        if self.child.returncode is None:
            self.child.terminate()
            try:
                await asyncio.wait_for(self.child.wait(), STOP_SECONDS)
            except TimeoutError:
                await self.kill()


async def start(
    name: str,
    arguments: Sequence[str],
    *,
    event: str,
    folder: Path,
    clock: Clock,
    environment: Mapping[str, str] | None = None,
) -> Process:
    """
    Run `python -m <arguments>` and wait until it prints its started event with a `url`.

    Raises:
        NotStartedError: it ended first, or did not say so within `START_SECONDS`.
    """
    log, said = folder / f"{name}.log", folder / f"{name}.out"
    offset = said.stat().st_size if said.exists() else 0
    with log.open("ab") as errors, said.open("ab") as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        url = await _address(said, event, offset=offset, child=child, clock=clock)
    except BaseException as error:
        # whoever gives up waiting must not leave it running
        if child.returncode is None:
            child.kill()
            await child.wait()
        if isinstance(error, NotStartedError):
            raise NotStartedError(f"{name} {error}; see {log}") from None
        raise
    return Process(name, url, child, log)


async def _address(
    said: Path, event: str, *, offset: int, child: asyncio.subprocess.Process, clock: Clock
) -> str:
    until = clock.monotonic() + START_SECONDS
    while clock.monotonic() < until:
        started = _find(said, event, offset=offset)
        if started is not None:
            return str(started["url"])
        if child.returncode is not None:
            raise NotStartedError(f"ended with {child.returncode}")
        await clock.sleep(POLL_SECONDS)
    raise NotStartedError(f"did not start within {START_SECONDS:.0f} s")


def _find(said: Path, event: str, *, offset: int) -> dict[str, Any] | None:
    with said.open("rb") as lines:
        lines.seek(offset)
        for line in lines:
            if not line.endswith(b"\n") or event.encode() not in line:
                continue
            found: dict[str, Any] = json.loads(line)
            if found.get("event") == event:
                return found
    return None


__all__ = ["NotStartedError", "Process", "start"]
