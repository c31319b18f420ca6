"""
Logs and metrics that cannot carry personal data.

Logs are JSON lines with a closed set of fields, and each field admits codes, numbers and digests
only: an unknown field is dropped, a value of another shape becomes "?", and both are counted. So
neither a new field nor a name or ID number inside an old one reaches a log. Errors are logged as
type and place in the code, never with their message or the values of a stack.

Metrics are named `tongban_*`; labels are bounded (our own systems, codes and route names).
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

CODE = re.compile(r"(?!.*\d{11})[A-Za-z0-9_.:/+<>-]{1,120}")
"""A code of ours. Eleven digits in a row are a phone number or an ID number, never a code."""

CASE_NUMBER = r"TBB?-\d{8}-\d{6}-T?\d{1,10}-[0-9A-Z]"

FIELDS: Mapping[str, re.Pattern[str]] = {
    "event": re.compile(r"[a-z_]+(\.[a-z_]+)+"),
    "level": re.compile(r"debug|info|warning|error|critical"),
    "at": re.compile(r"[0-9T:.Z-]{20,27}"),
    "node": CODE,
    "environment": CODE,
    "version": CODE,
    "trace_id": re.compile(r"[0-9a-f]{32}"),
    "case_number": re.compile(CASE_NUMBER),
    "serial": re.compile(rf"{CASE_NUMBER}(\.\d{{1,6}}){{1,3}}"),
    "client_id": CODE,
    "role": CODE,
    "system": CODE,
    "province": CODE,
    "destination": CODE,
    "kind": CODE,
    "route": CODE,
    "method": CODE,
    "code": CODE,
    "rule": CODE,
    "outcome": CODE,
    "state": CODE,
    "operation": CODE,
    "logger": CODE,
    "error": CODE,
    "where": CODE,
    "signal": CODE,
    "address": CODE,
}
NUMBERS = frozenset(
    {"status", "attempt", "step", "count", "size", "port", "pid", "seconds", "dropped", "arrival"}
)
"""Fields whose values are numbers."""

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
Log = structlog.typing.FilteringBoundLogger


class Metrics:
    """
    All metrics of one process, in a registry of its own.

    `app` hands `committed` to the store and the depth of the key pool to `watch_keys`.
    """

    def __init__(self, *, process: bool = True) -> None:
        self.registry = CollectorRegistry()
        if process:
            ProcessCollector(registry=self.registry)
        self._accepted = self._counter("messages_accepted", "Messages taken in", "sender", "kind")
        self._replayed = self._counter("messages_replayed", "Repeats answered again", "sender")
        self._refused = self._counter("requests_refused", "Requests refused", "code", "route")
        self._denied = self._counter("access_denied", "Credentials refused", "reason")
        self._deliveries = self._counter("deliveries", "Attempts ended", "destination", "outcome")
        self._dropped = self._counter("log_fields_dropped", "Log fields not let through")
        self._cut = self._counter("connections_cut", "Connections cut for slowness", "reason")
        self._queue = self._gauge("queue_depth", "Deliveries by state", "state")
        self._lanes = self._gauge("lane_oldest_seconds", "Age of what is due", "destination")
        self._keys = self._gauge("key_pool_ready", "Durable case keys ready to be taken")
        self._buffered = self._gauge("request_bytes_buffered", "Request bodies held in memory")
        self._group = Histogram(
            "tongban_commit_group_size",
            "Changes in one commit group",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=self.registry,
        )
        self._commit = Histogram(
            "tongban_commit_seconds",
            "Duration of one commit group, sync included",
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
            registry=self.registry,
        )

    def accepted(self, *, sender: str, kind: str) -> None:
        self._accepted.labels(sender, kind).inc()

    def replayed(self, *, sender: str) -> None:
        self._replayed.labels(sender).inc()

    def refused(self, *, code: str, route: str) -> None:
        self._refused.labels(code, route).inc()

    def denied(self, *, reason: str) -> None:
        self._denied.labels(reason).inc()

    def delivered(self, *, destination: str, outcome: str) -> None:
        """Count an attempt; `outcome` is the state its delivery is in afterwards."""
        self._deliveries.labels(destination, outcome).inc()

    def dropped(self, count: int) -> None:
        self._dropped.inc(count)

    def cut(self, *, reason: str) -> None:
        self._cut.labels(reason).inc()

    def committed(self, size: int, seconds: float) -> None:
        self._group.observe(size)
        self._commit.observe(seconds)

    def queued(self, depth: Mapping[str, int]) -> None:
        for state, count in depth.items():
            self._queue.labels(state).set(count)

    def lane(self, *, destination: str, oldest_seconds: float) -> None:
        self._lanes.labels(destination).set(oldest_seconds)

    def watch_keys(self, ready: Callable[[], int]) -> None:
        """Ask for the depth of the key pool whenever metrics are read."""
        self._keys.set_function(ready)

    def buffered(self, size: int) -> None:
        self._buffered.set(size)

    def render(self) -> bytes:
        """All metrics in the Prometheus text format, version 0.0.4."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"tongban_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"tongban_{name}", text, labels, registry=self.registry)


metrics = Metrics()
"""The metrics of this process."""


# --- logs -----------------------------------------------------------------------------------

log: Log = structlog.get_logger()
"""The log of this process: `log.info("noun.past", field=…)`. Usable before `configure_logs`."""


def configure_logs(
    *,
    now: Callable[[], datetime] | None = None,
    level: str = "info",
    stream: BinaryIO | None = None,
    node: str | None = None,
) -> None:
    """Write one JSON line per event to `stream`, standard output when None."""

    def stamp(_: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["level"] = method
        event["node"] = node
        if now is not None:
            event["at"] = now().isoformat(timespec="microseconds")[:26] + "Z"
        return event

    structlog.configure(
        processors=[stamp, _render],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: structlog.BytesLogger(stream or sys.stdout.buffer),
        cache_logger_on_first_use=False,
    )


def _render(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:
    safe, dropped = keep_known(event)
    if dropped:
        metrics.dropped(dropped)
        safe["dropped"] = dropped
    return orjson.dumps(safe)


def keep_known(event: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """What of an event may be written, and how many fields or values may not."""
    safe: dict[str, Any] = {}
    dropped = 0
    for name, value in event.items():
        if value is None:
            continue
        if name in NUMBERS and isinstance(value, int | float):
            safe[name] = value
        elif (shape := FIELDS.get(name)) is None:
            dropped += 1
        elif isinstance(value, str) and shape.fullmatch(value):
            safe[name] = value
        else:
            safe[name] = "?"
            dropped += 1
    return safe, dropped


def describe_error(error: BaseException) -> dict[str, str]:
    """Type and place of an error: file and line of the innermost frames, no values."""
    places = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"error": type(error).__name__, "where": "<".join(reversed(places[-3:])) or "?"}


class QuietHandler(logging.Handler):
    """
    Turns a library's log record into its logger, level and error type.

    Messages of libraries quote what they choked on, so they are not written.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0] if record.exc_info else None
        log.warning("library.warned", logger=record.name, error=kind.__name__ if kind else None)


def silence_libraries() -> None:
    """Let nothing but our own lines out of this process: library logs, warnings, crash output."""
    root = logging.getLogger()
    root.handlers[:] = [QuietHandler()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)

    def crashed(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        log.critical("process.crashed", **describe_error(error))

    sys.excepthook = crashed
    sys.unraisablehook = lambda args: log.error("process.unraisable", error=args.exc_type.__name__)


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Log what a task or callback let fall, without its message."""

    def handle(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        log.error("loop.failed", **(describe_error(error) if error else {"error": "?"}))

    loop.set_exception_handler(handle)


configure_logs()

__all__ = [
    "Metrics",
    "QuietHandler",
    "configure_logs",
    "describe_error",
    "keep_known",
    "log",
    "metrics",
    "silence_libraries",
    "watch_loop",
]
