"""
`tongban migrate` and `tongban doctor`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts.errors import GatewayError
from gateway.cli.failures import explained
from gateway.cli.output import print_json, print_table
from gateway.settings import Settings

LOW_DISK = 1 << 30
"""bytes; below this the doctor warns"""


@dataclass(frozen=True, slots=True)
class Examined:
    """One line of the doctor: `cure` says what to do when `ok` is False."""

    what: str
    ok: bool
    found: str
    cure: str = ""


def migrate_now(*, as_json: bool) -> int:
    """Open the data directory, which migrates it, and say which version it has now."""
    from gateway.app import open_gateway

    async def opened() -> dict[str, int]:
        async with open_gateway(Settings()) as gateway:
            return dict(await gateway.gw.store.counts())

    with explained() as failure:
        counts = asyncio.run(opened())
        if as_json:
            print_json({"migrated": True, "counts": counts})
        else:
            print("数据库已是当前版本 the database is at this version")
    return failure.status


def examine(*, as_json: bool) -> int:
    """Print every check; 0 when all are well, 1 when one is not."""
    with explained() as failure:
        settings = Settings()
        lines = list(_checks(settings))
        if as_json:
            print_json(
                [
                    {"what": one.what, "ok": one.ok, "found": one.found, "cure": one.cure}
                    for one in lines
                ]
            )
        else:
            print_table(
                [
                    {
                        "mark": "好" if one.ok else "有问题",
                        "what": one.what,
                        "found": one.found,
                        "cure": "" if one.ok else one.cure,
                    }
                    for one in lines
                ],
                (("mark", ""), ("what", "检查"), ("found", "现状"), ("cure", "处置")),
            )
        if not all(one.ok for one in lines):
            return 1
    return failure.status


def _checks(settings: Settings) -> Iterator[Examined]:
    yield _sqlite()
    yield _folder(settings.data_dir)
    yield _key_file(settings.key_file)
    yield _disk(settings.data_dir)
    yield _calendar(settings)
    yield from _provinces(settings)
    yield from _blobs(settings)


def _sqlite() -> Examined:
    import apsw

    from gateway.sqlite import FLOOR

    version = apsw.sqlite_lib_version()
    ok = tuple(int(part) for part in version.split(".")) >= FLOOR
    return Examined("SQLite", ok, version, "pip install -U apsw")


def _folder(path: Path) -> Examined:
    if not path.exists():
        return Examined("数据目录", True, f"{path} 尚未建立,首次启动时建立")
    mode = stat.S_IMODE(path.stat().st_mode)
    return Examined("数据目录", mode & 0o077 == 0, f"{path} {mode:04o}", f"chmod 700 {path}")


def _key_file(path: Path) -> Examined:
    if not path.exists():
        return Examined("密钥文件", True, "尚未建立,首次启动时建立")
    mode = stat.S_IMODE(path.stat().st_mode)
    mine = path.stat().st_uid == os.getuid()
    return Examined(
        "密钥文件", mode & 0o077 == 0 and mine, f"{mode:04o}", f"chmod 600 {path},属主为运行用户"
    )


def _disk(path: Path) -> Examined:
    free = shutil.disk_usage(path if path.exists() else Path()).free
    return Examined("磁盘", free >= LOW_DISK, f"可用 {free >> 20} MiB", "清理或扩容")


def _calendar(settings: Settings) -> Examined:
    """What is in force: the shipped calendars, and what an operator loaded."""
    from contracts.calendar import SHIPPED, Calendars
    from gateway.world import RealClock

    async def in_force() -> Calendars:
        from gateway.app import open_gateway

        async with open_gateway(settings, read_only=True) as opened:
            return opened.gw.almanac.current

    calendars = SHIPPED
    if (settings.data_dir / "gateway.db").exists():
        with suppress(GatewayError):  # a database that does not open is a line of its own
            calendars = asyncio.run(in_force())
    today = RealClock().now().date()
    years = calendars.of("110000").years
    ahead = date(today.year + (today.month == 12), 1, 1).year
    return Examined(
        "工作日历",
        ahead in years,
        f"已有 {min(years)} 至 {max(years)} 年,版本 {calendars.revision}",
        f"{ahead} 年放假安排公布后执行 tongban calendar load,此前到期日为暂定",
    )


def _provinces(settings: Settings) -> Iterator[Examined]:
    from gateway.app import provinces_dir
    from gateway.cli.provinces import inspect
    from gateway.provinces import folders

    connections = settings.read_connections()
    for folder in folders(provinces_dir(settings)):
        found = inspect(folder)
        yield Examined(
            f"省份 {folder.name}",
            not found.problems,
            f"{len(found.systems)} 个系统,{len(found.problems)} 个问题",
            f"tongban province check {folder.name}",
        )
        if folder.name not in connections:
            yield Examined(
                f"连接 {folder.name}", True, "未设地址:发往该省的送达将等待(TONGBAN_CONNECTIONS)"
            )


def _blobs(settings: Settings) -> Iterator[Examined]:
    """Blobs nobody refers to are waste; blobs referred to but missing are a loss."""
    if not (settings.data_dir / "gateway.db").exists():
        return
    from gateway.app import open_gateway

    async def compare() -> tuple[set[str], set[str]]:
        async with open_gateway(settings, read_only=True) as opened:
            return set(await opened.gw.store.blobs()), set(await opened.gw.blobs.names())

    try:
        wanted, held = asyncio.run(compare())
    except GatewayError as error:
        yield Examined("数据库", False, error.detail_zh, error.remedy_zh)
        return
    yield Examined(
        "材料文件",
        not wanted - held,
        f"{len(held)} 个,缺失 {len(wanted - held)} 个",
        "从备份恢复缺失的文件",
    )
    yield Examined(
        "无主文件",
        not held - wanted,
        f"{len(held - wanted)} 个",
        "网关停止后可删除;它们不属于任何办件",
    )


__all__ = ["examine", "migrate_now"]
