"""
`tongban province list` and `province check`: what stands in a folder and whether it would work.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.cli.failures import explained
from gateway.cli.output import print_json, print_table
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Inspected:
    """A folder as found; `problems` are lines with place and cause."""

    code: str
    name: str
    systems: tuple[str, ...]
    package: str
    goldens: int
    problems: tuple[str, ...]


def show_list(*, as_json: bool) -> int:
    from adapters.connection import load_connection
    from gateway.app import provinces_dir
    from gateway.provinces import folders

    with explained() as failure:
        rows = []
        for folder in folders(provinces_dir(Settings())):
            profile = load_connection(folder)
            for system in profile.systems:
                can = system.capabilities
                rows.append(
                    {
                        "province": folder.name,
                        "system": system.system,
                        "name": system.name,
                        "roles": " ".join(system.roles),
                        "simulated": profile.simulated,
                        "idempotent": can.idempotent,
                        "query": can.query,
                        "pull": can.pull,
                        "mailbox": can.mailbox,
                    }
                )
        if as_json:
            print_json(rows)
        else:
            print_table(
                rows,
                (
                    ("province", "省份"),
                    ("system", "系统"),
                    ("name", "名称"),
                    ("roles", "角色"),
                    ("simulated", "模拟"),
                    ("idempotent", "可去重"),
                    ("query", "可查询"),
                    ("pull", "我方拉取"),
                    ("mailbox", "对方拉取"),
                ),
            )
    return failure.status


def check(code: str | None, *, as_json: bool) -> int:
    """Check one folder or all; 0 when nothing is wrong, 1 with problems, 2 for an unknown code."""
    from gateway.app import provinces_dir
    from gateway.provinces import folders

    with explained() as failure:
        chosen = [one for one in folders(provinces_dir(Settings())) if code in (None, one.name)]
        if not chosen:
            raise ValueError(f"没有省份目录 {code}(no such province folder)")
        results = [inspect(folder) for folder in chosen]
        if as_json:
            print_json(
                [
                    {
                        "province": one.code,
                        "package": one.package,
                        "systems": list(one.systems),
                        "goldens": one.goldens,
                        "problems": list(one.problems),
                    }
                    for one in results
                ]
            )
        else:
            for one in results:
                verdict = "没有问题" if not one.problems else f"{len(one.problems)} 个问题"
                print(
                    f"{one.code} {one.name}  {one.package}  "
                    f"{len(one.systems)} 个系统  {one.goldens} 个样例  {verdict}"
                )
                for problem in one.problems:
                    print(f"  {problem}")
        if any(one.problems for one in results):
            return 1
    return failure.status


def inspect(folder: Path) -> Inspected:
    """Load connection and contract, lint the mapping, run goldens and signing vectors."""
    from adapters.open import read_folder
    from adapters.vectors import check_vectors
    from gateway.usecases.times import local_date
    from gateway.world import RealClock
    from mappings.check import check_folder
    from mappings.golden import find_goldens
    from mappings.load import inspect_package

    problems: list[str] = []
    name = folder.name
    systems: tuple[str, ...] = ()
    try:
        profile = read_folder(folder).profile
        name, systems = profile.name, tuple(one.system for one in profile.systems)
        problems += check_vectors(folder)
    except (ValueError, OSError) as error:
        problems.append(str(error))
    package, _ = inspect_package(folder)
    problems += [
        f"{one.path} {one.rule} {one.message}"
        for one in check_folder(folder, on=local_date(RealClock().now()))
        if one.level != "info"
    ]
    return Inspected(
        code=folder.name,
        name=name,
        systems=systems,
        package=package.name if package else "–",
        goldens=len(find_goldens(folder)),
        problems=tuple(problems),
    )


__all__ = ["Inspected", "check", "inspect", "show_list"]
