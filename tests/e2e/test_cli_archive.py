"""`tongban case export` and `case verify` as a person uses them, with and without a gateway."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_cli import filled, number_of, serving, told, tongban

pytestmark = pytest.mark.xdist_group("cli")

__all__ = ["filled"]


@pytest.fixture
def running(filled: Path) -> Iterator[Path]:
    with serving(filled) as data:
        yield data


def test_a_package_is_exported_without_a_gateway_and_checked(
    filled: Path,
    tmp_path: Path,
) -> None:
    number, out = number_of(filled), tmp_path / "case.zip"

    refused = tongban(
        "case", "export", number, "--out", str(out), "--reason", "归档", folder=filled
    )
    assert refused.returncode == 4
    assert "transition_not_allowed" in refused.stderr and "--open" in refused.stderr
    assert list(tmp_path.iterdir()) == []

    words = ("case", "export", number, "--out", str(out), "--reason", "归档", "--open")
    made = told(*words, folder=filled)
    assert made["ok"] is True and made["case_number"] == number
    assert stat.S_IMODE(out.stat().st_mode) == 0o600

    nowhere = tmp_path / "no-data"
    checked = told(
        "case", "verify", str(out), "--manifest", made["manifest_sha256"], folder=nowhere
    )
    assert checked["ok"] is True
    assert not nowhere.exists()  # the check opened no data directory

    damaged = bytearray(out.read_bytes())
    damaged[damaged.index(b"# ")] = ord("!")  # the first letter of NOTES.md
    out.write_bytes(bytes(damaged))
    (fault,) = told("case", "verify", str(out), folder=nowhere, status=1)["faults"]
    assert (fault["rule"], fault["where"]) == ("file.changed", "NOTES.md")
    people = tongban("case", "verify", str(out), folder=nowhere)
    assert "NOTES.md" in people.stdout and "清单 manifest SHA-256" in people.stdout


def test_a_package_is_exported_through_a_running_gateway(running: Path, tmp_path: Path) -> None:
    number, out = number_of(running), tmp_path / "case.zip"
    words = ("case", "export", number, "--out", str(out), "--reason", "归档", "--open")

    made = told(*words, folder=running)
    told(*words, folder=running)  # a file that is there is replaced; an open case may have moved on

    assert made["ok"] is True and made["case_number"] == number
    assert [path.name for path in tmp_path.iterdir()] == ["case.zip"]
    absent = ("case", "export", "TB-1", "--out", str(out), "--reason", "归档")
    assert tongban(*absent, folder=running).returncode == 1
    assert tongban("case", "verify", str(tmp_path / "none"), folder=running).returncode == 2
