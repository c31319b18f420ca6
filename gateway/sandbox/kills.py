"""
Kill the gateway while it is delivering, and start it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.sandbox.play import STEPS, Played
from gateway.sandbox.seeded import draw
from gateway.sandbox.stage import GaveUpError, Stage

POLL = 0.005
OPEN = ("sending", "pending", "asking")
LOOK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Kill:
    """What happened: how many deliveries were under way, how long until it served again."""

    under_way: int
    seconds: float


async def kill_twice(
    played: Sequence[Played], *, stage: Stage, seed: int, tell: Callable[[str], None]
) -> list[Kill]:
    """
    Kill the gateway in an early and in a later moment the seed decides, each time while at least
    one delivery is under way.

    Raises:
        GaveUpError: no delivery was ever under way; the run shows nothing then.
        NotStartedError: it did not come up again.
    """
    total = len(played) * len(STEPS)
    kills = []
    for index, (low, high) in enumerate(((0.05, 0.2), (0.4, 0.6))):
        moment = round(total * (low + (high - low) * draw(seed, "kill", index)))
        while sum(one.step for one in played) < moment:
            await stage.clock.sleep(POLL)
        kills.append(await _kill_while_delivering(stage, tell))
    return kills


async def _kill_while_delivering(stage: Stage, tell: Callable[[str], None]) -> Kill:
    under_way = await _wait_for_delivery(stage)
    started = stage.clock.monotonic()
    pid = stage.gateway.pid if stage.gateway else 0
    await stage.kill_gateway()
    tell(f"网关进程 {pid} 被 SIGKILL 杀死,当时 {under_way} 件送达在途")
    await stage.restart_gateway()
    seconds = stage.clock.monotonic() - started
    tell(f"网关重新启动,{seconds:.1f} 秒后恢复服务")
    return Kill(under_way, seconds)


async def _wait_for_delivery(stage: Stage) -> int:
    until = stage.clock.monotonic() + LOOK_SECONDS
    while stage.clock.monotonic() < until:
        for state in OPEN:
            if rows := (await stage.admin("GET", f"/deliveries?state={state}"))["items"]:
                return len(rows)
        await stage.clock.sleep(POLL)
    raise GaveUpError("没有等到在途的送达,无法在投递中杀死网关")


__all__ = ["Kill", "kill_twice"]
