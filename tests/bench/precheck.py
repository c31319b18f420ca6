"""
How long a precheck takes: every national item in force, every pair of places the provinces serve.

`python -m tests.bench.precheck` prints median, 95th and 99th percentile in milliseconds, of the
answer and of the printed notice. Nothing is stored; network and HTTP are not measured.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from contracts.catalogue import items
from contracts.errors import Refused
from gateway.provinces import load_provinces
from gateway.usecases.precheck import PrecheckRequest, precheck, print_notice
from gateway.usecases.times import local_date
from mappings.load import PROVINCES
from tests.world import a_world, caller

GOAL = 20.0
ROUNDS = 20


async def measure() -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with a_world(Path(folder)) as world:
            provinces = load_provinces(
                PROVINCES,
                environment="test",
                connections={},
                http=cast(Any, None),  # nothing is sent
                clock=world.clock,
                ids=world.gw.ids,
            )
            gw = replace(world.gw, provinces=provinces)
            today = local_date(gw.clock.now())
            places = sorted({body.place for body in provinces.bodies()})
            asked = [
                PrecheckRequest(
                    catalogue_code=one.catalogue_code,
                    receiving_place=start,
                    handling_place=end,
                    subsidy_kinds=("LIVING", "CARE"),
                    on_minimum_allowance=False,
                    by_agent=True,
                    child=False,
                )
                for one in items(today)
                for start in places
                for end in places
                if start != end
            ]

            async def answer(request: PrecheckRequest) -> object:
                return await precheck(request, caller=caller(), gw=gw)

            async def page(request: PrecheckRequest) -> object:
                return await print_notice(request, large=False, caller=caller(), gw=gw)

            slow = [await _time("answer", answer, asked), await _time("notice", page, asked)]
    return int(any(slow))


async def _time(
    name: str, ask: Callable[[PrecheckRequest], Awaitable[object]], asked: list[PrecheckRequest]
) -> bool:
    took, refused = [], 0
    for _ in range(ROUNDS):
        for request in asked:
            start = time.perf_counter()
            try:
                await ask(request)
            except Refused:
                refused += 1
                continue
            took.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(took, n=100)
    median = statistics.median(took)
    print(
        f"{name}: {len(took)} answers ({len(asked)} questions, {refused} refused: nobody serves), "
        f"median {median:.3f} ms, p95 {cuts[94]:.3f} ms, p99 {cuts[98]:.3f} ms; goal {GOAL} ms"
    )
    return median > GOAL


if __name__ == "__main__":
    sys.exit(asyncio.run(measure()))
