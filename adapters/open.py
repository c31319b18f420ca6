"""
From a province folder to adapters: one per system, ready to use in one environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.caller import Caller
from adapters.connection import ConnectionProfile, load_connection
from adapters.doorman import Doorman
from adapters.http import HttpClient
from adapters.names import Names
from adapters.operation import CompiledOperation
from adapters.province import ProvinceAdapter
from adapters.soap.contract import read_contract
from adapters.soap.service import Services
from adapters.world import Clock, Ids
from contracts.adapter import Adapter, Environment
from contracts.errors import IntegrityError


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder read and checked: profile, contract files, compiled operations."""

    profile: ConnectionProfile
    files: Mapping[str, bytes]
    services: Services
    operations: Mapping[str, CompiledOperation]
    inbound: Mapping[str, CompiledOperation]


def read_folder(folder: Path) -> Folder:
    """
    Read connection.yaml and the contract, compile every operation, and check each reply template
    against the outcome table of its operation.

    Raises:
        ValueError: connection.yaml is not of its shape or contradicts itself.
        IntegrityError: a contract file is not the pinned one.
    """
    profile = load_connection(folder)
    files = read_contract(folder)
    services = Services(files)
    operations = {
        name: CompiledOperation(name, operation, services=services)
        for name, operation in profile.operations.items()
    }
    inbound = {
        name: CompiledOperation(name, operation, services=services)
        for name, operation in profile.inbound.items()
    }
    wrong = [
        sentence
        for operation in (*operations.values(), *inbound.values())
        for sentence in operation.check()
    ]
    for operation in inbound.values():
        if operation.profile.purpose == "contract" and operation.profile.file not in files:
            raise IntegrityError(
                f"接口契约:缺少 {operation.profile.file}",
                f"contract: {operation.profile.file} is missing",
            )
    if wrong:
        raise ValueError(f"{folder.name}/connection.yaml: " + "; ".join(wrong))
    return Folder(profile, files, services, operations, inbound)


def open_adapters(
    folder: Path,
    *,
    environment: Environment,
    addresses: Mapping[str, str],
    secrets: Mapping[str, str],
    http: HttpClient,
    clock: Clock,
    ids: Ids,
) -> dict[str, Adapter]:
    """
    Adapters of a province by system. `addresses` and `secrets` are those of `environment`.

    A missing address or secret is no error here: what needs it is `Unavailable` until it is set.

    Raises:
        ValueError, IntegrityError: see `read_folder`.
    """
    read = read_folder(folder)
    adapters: dict[str, Adapter] = {}
    for system in read.profile.systems:
        names = Names(system.system, addresses=addresses, secrets=secrets)
        adapters[system.system] = ProvinceAdapter(
            read.profile,
            system,
            operations=read.operations,
            inbound=read.inbound,
            files=read.files,
            caller=Caller(read.profile, names=names, http=http, clock=clock, ids=ids),
            doorman=Doorman(read.profile, names=names),
            clock=clock,
        )
    return adapters


__all__ = ["Folder", "load_connection", "open_adapters", "read_folder"]
