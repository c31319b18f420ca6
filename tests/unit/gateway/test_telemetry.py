"""
Nothing personal reaches a log, whatever a caller hands over.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import warnings
from datetime import UTC, datetime
from io import BytesIO

import pytest

from gateway import telemetry
from gateway.telemetry import (
    Metrics,
    configure_logs,
    describe_error,
    keep_known,
    log,
    silence_libraries,
    watch_loop,
)

CANARIES = [
    "张三",
    "990002199003078888",
    "99000219900307888X",
    "13900000000",
    "云南省曲靖市沾益区",
    "9900021990030788881B",
    "a name with spaces",
    "line\nbreak",
    "\x1b[31m",
    "x" * 500,
]


@pytest.fixture
def lines():
    stream = BytesIO()
    configure_logs(stream=stream, node="n1", now=lambda: datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC))
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    configure_logs()


@pytest.fixture
def libraries(lines):
    """Library logs, warnings and hooks as in a running gateway; put back afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, sys.unraisablehook)
    silence_libraries()
    yield lines
    root.handlers[:], _, sys.excepthook, sys.unraisablehook = before
    root.setLevel(before[1])
    logging.captureWarnings(False)


def test_a_line_is_json_with_event_level_time_and_node(lines):
    log.info("delivery.settled", serial="TB-20260302-530303-T000123-7.2", attempt=3)

    assert lines() == [
        {
            "event": "delivery.settled",
            "level": "info",
            "at": "2026-03-02T01:02:03.000000Z",
            "node": "n1",
            "serial": "TB-20260302-530303-T000123-7.2",
            "attempt": 3,
        }
    ]


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("field", sorted({*telemetry.FIELDS, *telemetry.NUMBERS}))
def test_no_field_carries_a_persons_data(field, canary):
    safe, dropped = keep_known({field: canary})

    assert safe == {field: "?"} or safe == {}
    assert dropped == 1


def test_an_unknown_field_is_dropped_and_counted(lines):
    before = telemetry.metrics.registry.get_sample_value("tongban_log_fields_dropped_total")

    log.info("case.read", applicant="张三", status=200)

    (line,) = lines()
    assert "applicant" not in line
    assert line["dropped"] == 1
    after = telemetry.metrics.registry.get_sample_value("tongban_log_fields_dropped_total")
    assert after - before == 1


def test_an_error_is_described_by_type_and_place_only():
    try:
        {}["张三"]
    except KeyError as error:
        described = describe_error(error)

    assert described["error"] == "KeyError"
    assert "test_telemetry:" in described["where"]
    assert "张三" not in str(described)
    assert keep_known(described) == (described, 0)


def test_what_libraries_log_and_warn_loses_its_text(libraries):
    logging.getLogger("zeep.transports").error("got 张三 990002199003078888")
    warnings.warn("张三", stacklevel=1)

    said = libraries()

    assert [line["logger"] for line in said] == ["zeep.transports", "py.warnings"]
    assert "张三" not in json.dumps(said, ensure_ascii=False)


def test_crash_output_loses_its_text(libraries, capfd):
    try:
        raise ValueError("张三 990002199003078888")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    (line,) = libraries()
    assert (line["event"], line["error"]) == ("process.crashed", "ValueError")
    assert capfd.readouterr().err == ""


async def test_what_a_task_lets_fall_loses_its_text(libraries):
    watch_loop(asyncio.get_running_loop())

    async def fail():
        raise ValueError("张三")

    task = asyncio.ensure_future(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    await asyncio.sleep(0)

    (line,) = libraries()
    assert (line["event"], line["error"]) == ("loop.failed", "ValueError")


def test_metrics_are_named_and_labelled():
    metrics = Metrics(process=False)
    metrics.accepted(sender="310000", kind="application")
    metrics.refused(code="not_found", route="get_case")
    metrics.delivered(destination="150000", outcome="delivered")
    metrics.committed(3, 0.004)
    metrics.queued({"pending": 2})
    metrics.watch_keys(lambda: 500)

    text = metrics.render().decode()

    for line in (
        'tongban_messages_accepted_total{kind="application",sender="310000"} 1.0',
        'tongban_requests_refused_total{code="not_found",route="get_case"} 1.0',
        'tongban_deliveries_total{destination="150000",outcome="delivered"} 1.0',
        "tongban_commit_group_size_sum 3.0",
        "tongban_commit_seconds_count 1.0",
        'tongban_queue_depth{state="pending"} 2.0',
        "tongban_key_pool_ready 500.0",
    ):
        assert line in text
