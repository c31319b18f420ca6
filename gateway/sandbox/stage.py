"""
A gateway and simulated provinces on this machine: started, talked to, killed and started again.

Everything lies in one folder: the gateway's data, the provinces' books, what each process says.
Secrets are invented for the occasion; tokens are granted through the admin socket.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from adapters.connection import load_connection
from gateway.ports import Clock, Ids
from gateway.sandbox.faults import FaultScript
from gateway.sandbox.invented import invent_connection
from gateway.sandbox.processes import Process, start
from gateway.world import free_ports
from mappings.load import PROVINCES

SETTINGS = {
    "TONGBAN_ENVIRONMENT": "test",
    "TONGBAN_HOST": "127.0.0.1",
    "TONGBAN_PULL_SECONDS": "0.25",
}
PATIENCE = 30.0
"""Seconds an asker waits for a gateway that is just being started again."""
STEP = 0.05


class GaveUpError(Exception):
    """Something did not happen in time; the text says what."""


@dataclass(slots=True)
class Stage:
    folder: Path
    codes: Sequence[str]
    clock: Clock
    ids: Ids
    settings: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, FaultScript] = field(default_factory=dict)
    gateway: Process | None = None
    sandboxes: dict[str, Process] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    connections: dict[str, Any] = field(default_factory=dict)
    restarts: int = 0
    _ports: dict[str, int] = field(default_factory=dict)
    _session: aiohttp.ClientSession | None = None
    _admin: aiohttp.ClientSession | None = None

    # --- up and down ----------------------------------------------------------------------

    async def open(self) -> None:
        """
        Start everything.

        Raises:
            NotStartedError: a process did not come up; its log file is named.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, port in zip(
            ("gateway", *self.codes), await free_ports(len(self.codes) + 1), strict=True
        ):
            self._ports[name] = port
        profiles = {code: load_connection(PROVINCES / code) for code in self.codes}
        for code, profile in profiles.items():
            self.connections[code] = invent_connection(
                profile, url=f"http://127.0.0.1:{self._ports[code]}", ids=self.ids
            )
        _write(self.folder / "connections.json", {"test": self.connections})
        self._session = aiohttp.ClientSession()
        self._admin = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(path=str(self.folder / "gateway" / "admin.sock"))
        )
        await self.start_gateway()
        for profile in profiles.values():
            for system in profile.systems:
                self.tokens[system.system] = await self.grant("partner", system=system.system)
        async with asyncio.TaskGroup() as tasks:
            for code in self.codes:
                tasks.create_task(self.start_sandbox(code))

    async def start_gateway(self) -> None:
        """
        Raises:
            NotStartedError
        """
        self.gateway = await start(
            "gateway",
            ["gateway", "serve"],
            event="gateway.started",
            folder=self.folder,
            clock=self.clock,
            environment={
                **SETTINGS,
                "TONGBAN_DATA_DIR": str(self.folder / "gateway"),
                "TONGBAN_CONNECTIONS": str(self.folder / "connections.json"),
                "TONGBAN_PORT": str(self._ports["gateway"]),
                **self.settings,
            },
        )

    async def kill_gateway(self) -> None:
        """SIGKILL."""
        if self.gateway is not None:
            await self.gateway.kill()

    async def restart_gateway(self) -> None:
        """
        Kill it at once and start it again on what it left behind.

        Raises:
            NotStartedError
        """
        await self.kill_gateway()
        self.restarts += 1
        await self.start_gateway()

    async def start_sandbox(self, code: str) -> None:
        """
        Raises:
            NotStartedError
        """
        secrets = dict(self.connections[code]["secrets"])
        secrets |= {f"{system}.gateway_token": token for system, token in self.tokens.items()}
        folder = self.folder / code
        folder.mkdir(exist_ok=True)
        _write(folder / "secrets.json", secrets)
        arguments = ["gateway.sandbox.main", code, "--gateway", self.gateway_url]
        arguments += ["--port", str(self._ports[code]), "--ledger", str(folder)]
        arguments += ["--secrets", str(folder / "secrets.json")]
        if code in self.faults and code not in self.sandboxes:
            _write(folder / "faults.json", self.faults[code].model_dump(mode="json"))
            arguments += ["--faults", str(folder / "faults.json")]
        self.sandboxes[code] = await start(
            f"sandbox-{code}",
            arguments,
            event="sandbox.started",
            folder=self.folder,
            clock=self.clock,
        )

    async def close(self, *, keep: bool = False) -> None:
        """Stop every process, or leave all of them running."""
        for session in (self._session, self._admin):
            if session is not None:
                await session.close()
        if keep:
            return
        running = [*self.sandboxes.values(), *([self.gateway] if self.gateway else [])]
        await asyncio.gather(*(process.stop() for process in running))

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self._ports['gateway']}"

    @property
    def addresses(self) -> dict[str, str]:
        """Name → URL of everything that listens."""
        return {
            "gateway": self.gateway_url,
            **{code: process.url for code, process in sorted(self.sandboxes.items())},
        }

    # --- talking --------------------------------------------------------------------------

    async def grant(self, role: str, *, system: str | None = None) -> str:
        """A fresh token."""
        form = {"client_id": system or role, "role": role, "system": system}
        body = {name: value for name, value in form.items() if value is not None}
        return str((await self.admin("POST", "/access", body))["token"])

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        """
        Ask the gateway through its admin socket; waits for a gateway that is being restarted.

        Raises:
            GaveUpError: it refused, or did not answer within `PATIENCE`.
        """
        assert self._admin is not None
        return await self._ask(self._admin, method, f"http://admin{path}", body)

    async def desk(self, system: str, path: str, body: Any = None) -> Any:
        """
        Ask the desk of a simulated system: `POST` with a body, else `GET`.

        Raises:
            GaveUpError: it refused, or did not answer within `PATIENCE`.
        """
        assert self._session is not None
        url = f"{self.sandbox_of(system).url}/_sandbox/systems/{system}/{path}"
        return await self._ask(self._session, "GET" if body is None else "POST", url, body)

    async def state(self, code: str) -> Any:
        """
        Raises:
            GaveUpError
        """
        assert self._session is not None
        return await self._ask(
            self._session, "GET", f"{self.sandboxes[code].url}/_sandbox/state", None
        )

    async def put_faults(self, code: str, script: FaultScript) -> None:
        """
        Replace the fault script of a sandbox.

        Raises:
            GaveUpError
        """
        assert self._session is not None
        url = f"{self.sandboxes[code].url}/_sandbox/faults"
        await self._ask(self._session, "PUT", url, script.model_dump(mode="json"))

    def sandbox_of(self, system: str) -> Process:
        """The sandbox that plays a system: that of the folder with the same first two digits."""
        code = next(code for code in self.codes if code[:2] == system[:2])
        return self.sandboxes[code]

    async def _ask(self, session: aiohttp.ClientSession, method: str, url: str, body: Any) -> Any:
        until = self.clock.monotonic() + PATIENCE
        while True:
            try:
                async with session.request(method, url, json=body) as reply:
                    said = await reply.json(content_type=None)
                    if reply.status < 400:
                        return said
                    if reply.status < 500 or self.clock.monotonic() > until:
                        raise GaveUpError(f"{method} {url}: {reply.status} {said}")
            except aiohttp.ClientError as error:
                if self.clock.monotonic() > until:
                    raise GaveUpError(f"{method} {url}: {error}") from error
            await self.clock.sleep(STEP)


def _write(path: Path, content: Any) -> None:
    """A file only its owner may read: secrets stand in it."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


__all__ = ["GaveUpError", "Stage"]
