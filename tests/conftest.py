"""
Shared by all tests. With CI=true a skipped test fails the run: a gate that skips shows nothing.
"""

from __future__ import annotations

import os

import pytest


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return
    skipped = len(reporter.stats.get("skipped", []))
    if skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"CI=true: {skipped} skipped tests fail the run", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
