"""
`tongban serve`: the gateway until SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import date
from typing import Any

import orjson

from contracts.catalogue import items
from contracts.kinds import MODELS
from gateway.api.server import serving
from gateway.app import open_gateway
from gateway.cli.failures import explained
from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.ports import Change, Gateway
from gateway.settings import Settings
from gateway.telemetry import configure_logs, log, silence_libraries, watch_loop
from gateway.usecases.materials import forget_materials
from gateway.usecases.times import stamp

FORGET_SECONDS = 3600.0


def run() -> int:
    """Serve; returns 0 after a graceful stop, 2 when it cannot start."""
    with explained() as failure:
        settings = Settings()
        _loop_runner()(_serve(settings))
    return failure.status


def _loop_runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    """uvloop where it is installed; the standard loop does the same, a little slower."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return uvloop.run


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    silence_libraries()
    watch_loop(loop)
    async with open_gateway(settings) as opened:
        gw = opened.gw
        configure_logs(
            now=gw.clock.now, level=settings.log_level, node=settings.node, stream=sys.stderr.buffer
        )
        _settle_memory()
        await _note("node.started", gw)
        await opened.workers.start()
        tidy = loop.create_task(_tidy(gw))
        async with serving(
            gw, host=settings.host, port=settings.port, admin_socket=settings.admin_socket
        ) as listening:
            sys.stdout.buffer.write(
                orjson.dumps({"event": "gateway.started", "url": listening.url}) + b"\n"
            )
            sys.stdout.buffer.flush()
            log.info("gateway.started", address=f"{listening.host}:{listening.port}")
            await stop.wait()
            log.info("gateway.stopping")
        tidy.cancel()
        await opened.workers.stop()
        await _note("node.stopped", gw)


def _settle_memory() -> None:
    """
    Build what the first message would build, and keep the collector off what stays for ever.

    Mappings, contracts and models never become garbage; looking through them again and again would
    be time taken from messages.
    """
    for model in MODELS.values():
        model.model_rebuild()
    items(date.min)  # reads the catalogue
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _tidy(gw: Gateway) -> None:
    """Forget staged materials that no message named in time."""
    while True:
        await gw.clock.sleep(FORGET_SECONDS)
        gone = await forget_materials(gw=gw)
        if gone:
            log.info("materials.forgotten", count=gone)


async def _note(event: str, gw: Gateway) -> None:
    leaf = Leaf(event=event, at=stamp(gw.clock.now()), actor=GATEWAY, environment=gw.environment)
    await gw.store.commit(Change(leaves=(leaf,)))


__all__ = ["run"]
