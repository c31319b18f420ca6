"""
`tongban demo`: four cases between simulated provinces, with kills and faults, and the account.

Exit status 0 only if every case came through, every message had exactly one effect in the books of
the place it was for, and nothing was lost.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from gateway.cli.demo_view import Account, View
from gateway.cli.incidents import read_incidents
from gateway.cli.side_by_side import Row, compare_documents
from gateway.sandbox.kills import kill_twice
from gateway.sandbox.play import Played, play
from gateway.sandbox.processes import NotStartedError
from gateway.sandbox.reckon import Reckoning, reckon
from gateway.sandbox.stage import GaveUpError, Stage
from gateway.sandbox.stories import CODES, FAULTS, STORIES
from gateway.world import RealClock, RealIds

SHOWN = "anhui-shanghai"
"""The story whose document is shown side by side."""
SENDER, RECEIVER = "340000", "310000"


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the account needs, read while the processes still ran."""

    told: Sequence[Reckoning]
    counts: Sequence[dict[str, Any]]
    rows: Sequence[Row]
    incidents: dict[str, list[tuple[str, str]]]
    restarts: int

    @property
    def holds(self) -> bool:
        equal = all(row["promised"] == row["effects"] for row in self.counts)
        return (
            equal
            and len(self.told) == len(STORIES)
            and all(one.holds for one in self.told)
            and not any(row["duplicated"] for row in self.counts)
            and self.restarts > 0
        )


def run(*, as_json: bool, keep: bool, seed: int) -> int:
    """Play; returns 0 if all holds, 1 if not, 2 if a process did not start."""
    try:
        return asyncio.run(_run(as_json=as_json, keep=keep, seed=seed))
    except KeyboardInterrupt:
        return 130


async def _run(*, as_json: bool, keep: bool, seed: int) -> int:
    folder = Path(tempfile.mkdtemp(prefix="tongban-demo-"))
    clock = RealClock()
    begun = clock.monotonic()
    stage = Stage(folder, CODES, clock, RealIds(), faults=FAULTS)
    played = [Played(story) for story in STORIES]
    view = View(played, seconds=lambda: clock.monotonic() - begun, quiet=as_json)
    shown: Shown | None = None
    try:
        with view:
            view.tell("启动网关和模拟省份(人名、编号、材料均为虚构)……")
            await stage.open()
            view.tell(f"网关 {stage.gateway_url};模拟省份 {'、'.join(CODES)}")
            shown = await _play(played, stage=stage, view=view, seed=seed)
    except (NotStartedError, GaveUpError) as error:
        view.tell(f"没有完成:{error}")
    except asyncio.CancelledError:
        # Ctrl-C leaves neither processes nor files behind
        await asyncio.shield(stage.close())
        shutil.rmtree(folder)
        raise
    finally:
        await asyncio.shield(stage.close(keep=keep and shown is not None))
    good = shown is not None and shown.holds
    if shown is not None:
        _tell(shown, as_json=as_json, seconds=clock.monotonic() - begun)
    if keep and shown is not None:
        _tell_kept(stage, as_json=as_json)
    elif good:
        shutil.rmtree(folder)
    else:
        sys.stderr.write(f"数据与日志保留在 {folder}(data and logs are kept there)\n")
    return 0 if good else 1


async def _play(played: Sequence[Played], *, stage: Stage, view: View, seed: int) -> Shown:
    kills = asyncio.create_task(kill_twice(played, stage=stage, seed=seed, tell=view.tell))
    plays = [play(one, stage=stage, report=view.report) for one in played]
    ended = await asyncio.gather(*plays, return_exceptions=True)
    failed = [error for error in ended if isinstance(error, BaseException)]
    if failed:
        # the kills wait for steps that will never come
        kills.cancel()
        raise failed[0]
    await kills
    told = [await reckon(one, stage=stage) for one in played]
    return Shown(
        told=told,
        counts=await _counts(stage),
        rows=await _side_by_side(told, stage=stage),
        incidents=await read_incidents([one.played for one in told], folder=stage.folder),
        restarts=stage.restarts,
    )


async def _counts(stage: Stage) -> list[dict[str, Any]]:
    """Messages the gateway promised to each system, and what its own books say."""
    promised: dict[str, int] = {}
    for one in (await stage.admin("GET", "/deliveries?limit=200"))["items"]:
        promised[one["destination"]] = promised.get(one["destination"], 0) + 1
    books: dict[str, dict[str, int]] = {}
    for code in stage.codes:
        books |= (await stage.state(code))["counts"]
    return [
        {"system": system, "promised": promised.get(system, 0), **counts}
        for system, counts in sorted(books.items())
    ]


async def _side_by_side(told: Sequence[Reckoning], *, stage: Stage) -> list[Row]:
    played = next(one.played for one in told if one.played.story.key == SHOWN)
    messages = next(one.messages for one in told if one.played is played)
    story = played.story
    sent = await stage.desk(story.window, f"cases?case={played.number}")
    received = await stage.desk(story.handler, f"cases?case={played.handling_number}")
    return compare_documents(
        sender=SENDER,
        sent=sent[0]["record"],
        national=messages[0]["message"],
        receiver=RECEIVER,
        received=received[0]["record"],
    )


def _tell(shown: Shown, *, as_json: bool, seconds: float) -> None:
    if as_json:
        for one in shown.told:
            line = orjson.dumps(_line(one, restarts=shown.restarts))
            sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
        return
    account = Account()
    account.say("\n一、每件办件的经过(谁、何时、做了什么)")
    for index, one in enumerate(shown.told):
        account.timeline(index, one, shown.incidents.get(one.played.case_number, []))
    account.side_by_side(
        "二、同一份申请的三种写法",
        ("安徽报文(SOAP,GBK)", "国家统一格式", "上海报文(JSON)"),
        shown.rows,
    )
    account.say("\n三、有没有丢件、重件(各方台账是模拟省自己的账本,网关读不到)")
    account.counts(shown.counts)
    lost = sum(one.lost for one in shown.told)
    duplicated = sum(one.duplicated for one in shown.told)
    account.say(
        f"\n{len(shown.told)} 件办件全程走完,网关被 SIGKILL 杀死并重启 {shown.restarts} 次:"
        f"丢失 {lost},重复 {duplicated},用时 {seconds:.0f} 秒。"
        + ("全部成立。" if shown.holds else "没有全部成立。")
    )


def _line(told: Reckoning, *, restarts: int) -> dict[str, Any]:
    story = told.played.story
    return {
        "case_number": told.played.case_number,
        "from": story.window,
        "to": story.handler,
        "item": told.case["item"].get("catalogue_code"),
        "status": told.case["status"],
        "messages": len(told.messages),
        "attempts": told.attempts,
        "effects_at_handling_place": told.effects_at_handling_place,
        "lost": told.lost,
        "duplicated": told.duplicated,
        "restarts": restarts,
    }


def _tell_kept(stage: Stage, *, as_json: bool) -> None:
    out = sys.stderr if as_json else sys.stdout
    out.write("\n全部保持运行 (everything keeps running):\n")
    for name, url in stage.addresses.items():
        pid = stage.gateway.pid if name == "gateway" and stage.gateway else None
        pid = pid or (stage.sandboxes[name].pid if name in stage.sandboxes else 0)
        out.write(f"  {name:8} {url}  pid {pid}\n")
    out.write(f"  数据目录 TONGBAN_DATA_DIR={stage.folder / 'gateway'}\n")
    pids = " ".join(
        str(process.pid)
        for process in (stage.gateway, *stage.sandboxes.values())
        if process is not None
    )
    out.write(f"  停止 (stop): kill {pids}\n")


__all__ = ["run"]
