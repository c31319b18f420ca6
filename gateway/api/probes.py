"""
Probes, metrics, the API description and the pages that explain problem codes.

Ready means that a message could be taken in now: the writer commits and we are not stopping. A
province that is down changes nothing here.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from contracts.errors import NotFound, TryLater
from gateway.api.call import Call, answer
from gateway.api.problems import explain
from gateway.ports import Change
from gateway.telemetry import metrics

HEALTH = "application/health+json"
COMMIT_SECONDS = 2.0


async def get_livez(call: Call) -> web.Response:
    return answer({"status": "pass"}, media_type=HEALTH)


async def get_readyz(call: Call) -> web.Response:
    checks = {"store": await _can_commit(call), "serving": not call.services.stopping}
    ready = all(checks.values())
    words = {name: "pass" if good else "fail" for name, good in checks.items()}
    return answer(
        {"status": "pass" if ready else "fail", "checks": words},
        status=200 if ready else 503,
        media_type=HEALTH,
        headers=None if ready else {"Retry-After": "1"},
    )


async def get_startupz(call: Call) -> web.Response:
    """A server that answers has started: routes and policy are checked before the socket opens."""
    return answer({"status": "pass"}, media_type=HEALTH)


async def get_metrics(call: Call) -> web.Response:
    await measure(call)
    response = answer(metrics.render(), media_type="text/plain")
    response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    return response


async def get_problem_page(call: Call) -> web.Response:
    page = explain(call.request.match_info["code"])
    if page is None:
        raise NotFound
    return web.Response(text=page, content_type="text/plain", charset="utf-8")


async def measure(call: Call) -> None:
    """Bring the gauges that are read, not counted, up to date."""
    counts = await call.gw.store.counts()
    metrics.queued(
        {name.removeprefix("deliveries."): n for name, n in counts.items() if "." in name}
    )
    now = call.gw.clock.now()
    for destination, due in (await call.gw.store.lanes(now)).items():
        metrics.lane(destination=destination, oldest_seconds=max(0.0, (now - due).total_seconds()))


async def _can_commit(call: Call) -> bool:
    """An empty change goes the whole way through the writer."""
    try:
        async with asyncio.timeout(COMMIT_SECONDS):
            await call.gw.store.commit(Change())
    except (TimeoutError, TryLater):
        return False
    return True


__all__ = [
    "get_livez",
    "get_metrics",
    "get_problem_page",
    "get_readyz",
    "get_startupz",
    "measure",
]
