"""
Province folders become systems: mapping and adapter of each, in one environment.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.connection import load_connection
from adapters.open import open_adapters
from contracts.adapter import Adapter, Environment
from gateway.ports import (
    Body,
    Clock,
    Connection,
    Ids,
    LocalItem,
    RetryPolicy,
    Subscription,
    System,
)
from gateway.usecases.lists import local_item
from mappings.engine import CompiledMapping
from mappings.load import read_package

if TYPE_CHECKING:
    from adapters.http import HttpClient

SHIPPED = Path(__file__).resolve().parent.parent / "mappings" / "provinces"


class LoadedProvinces:
    """All folders in force; see `gateway.ports.Provinces`."""

    def __init__(
        self,
        systems: Mapping[str, System],
        dialects: Mapping[str, Adapter],
        bodies: Sequence[Body],
        items: Mapping[str, Sequence[LocalItem]],
        environment: Environment,
        subscriptions: Sequence[Subscription] = (),
    ) -> None:
        self._systems = systems
        self._dialects = dialects
        self._bodies = tuple(bodies)
        self._items = dict(items)
        self._environment = environment
        self._subscriptions = tuple(subscriptions)

    def system(self, system: str, environment: Environment) -> System | None:
        return self._systems.get(system) if environment == self._environment else None

    def systems(self, environment: Environment) -> Sequence[System]:
        return tuple(self._systems.values()) if environment == self._environment else ()

    def dialect(self, province: str, environment: Environment) -> Adapter | None:
        return self._dialects.get(province) if environment == self._environment else None

    def bodies(self) -> Sequence[Body]:
        return self._bodies

    def subscriptions(self) -> Sequence[Subscription]:
        return self._subscriptions

    def local_items(self, province: str) -> Sequence[LocalItem]:
        return self._items.get(province, ())

    def adopt(self, province: str, items: Sequence[LocalItem]) -> None:
        self._items[province] = tuple(items)


def folders(root: Path) -> list[Path]:
    """Province folders below `root`, by code."""
    return sorted(path.parent for path in root.glob("*/connection.yaml"))


def load_provinces(
    root: Path,
    *,
    environment: Environment,
    connections: Mapping[str, Connection],
    http: HttpClient,
    clock: Clock,
    ids: Ids,
) -> LoadedProvinces:
    """
    Load every folder. A province without an entry in `connections` is loaded all the same: its
    deliveries wait as unavailable until an address is set.

    Raises:
        ValueError: a folder does not load; the text names file and line.
    """
    systems: dict[str, System] = {}
    dialects: dict[str, Adapter] = {}
    bodies: list[Body] = []
    items: dict[str, Sequence[LocalItem]] = {}
    subscribed: list[Subscription] = []
    for folder in folders(root):
        connection = connections.get(folder.name, Connection())
        profile = load_connection(folder)
        translator = CompiledMapping(read_package(folder))
        opened = open_adapters(
            folder,
            environment=environment,
            addresses=connection.addresses,
            secrets=connection.secrets,
            http=http,
            clock=clock,
            ids=ids,
        )
        for one in profile.systems:
            adapter = opened[one.system]
            systems[one.system] = System(
                system=one.system,
                province=folder.name,
                name=one.name,
                simulated=profile.simulated,
                place=one.place,
                adapter=adapter,
                translator=translator,
                retry=RetryPolicy(**one.retry.model_dump()),
                simulation_mark=profile.simulation_mark,
                prescribed_for=one.prescribed_for,
            )
            dialects.setdefault(folder.name, adapter)
        bodies.extend(read_bodies(folder / "bodies.csv"))
        subscribed.extend(read_subscriptions(folder / "subscriptions.csv"))
        items[folder.name] = read_items(folder / "items.csv", province=folder.name)
    _check_bodies(bodies, systems)
    _check_subscriptions(subscribed, systems)
    return LoadedProvinces(systems, dialects, bodies, items, environment, subscribed)


def _check_bodies(bodies: Sequence[Body], systems: Mapping[str, System]) -> None:
    """
    An application must have somewhere to go: intake routes by these rows alone.

    Raises:
        ValueError: a body is reached at a system that takes no application.
    """
    for body in bodies:
        known = systems.get(body.system)
        if known is not None and not known.adapter.carries("application"):
            raise ValueError(
                f"{known.province}/bodies.csv: {body.name} handles cases at {body.system}, "
                "which takes no application (connection.yaml, messages)"
            )


def _check_subscriptions(subscribed: Sequence[Subscription], systems: Mapping[str, System]) -> None:
    """
    Raises:
        ValueError: an authority has no connection, or one that takes no supervision.
    """
    for one in subscribed:
        known = systems.get(one.authority)
        if known is None or not known.adapter.carries("supervision"):
            raise ValueError(
                f"subscriptions.csv: {one.authority} has no system that takes supervision "
                "(connection.yaml, systems and messages)"
            )


def read_subscriptions(path: Path) -> list[Subscription]:
    return [
        Subscription(
            authority=row["authority"],
            serves=row["serves"],
            items=_cells(row.get("items", "")),
            facts=_cells(row["facts"]),
            legal_basis=row["legal_basis"],
            valid_from=_date(row.get("valid_from")),
            valid_to=_date(row.get("valid_to")),
        )
        for row in _rows(path)
    ]


def read_bodies(path: Path) -> list[Body]:
    return [
        Body(
            credit_code=row["credit_code"],
            name=row["name"],
            serves=row["serves"],
            place=row["place"],
            system=row["system"],
            items=_cells(row.get("items", "")),
            phone=row.get("phone") or None,
            hours=row.get("hours") or None,
            valid_from=_date(row.get("valid_from")),
            valid_to=_date(row.get("valid_to")),
            roles=_cells(row.get("roles") or ""),
        )
        for row in _rows(path)
    ]


def read_items(path: Path, *, province: str) -> list[LocalItem]:
    return [local_item(row, province=province) for row in _rows(path)]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _cells(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _date(cell: str | None) -> date | None:
    return date.fromisoformat(cell) if cell else None
