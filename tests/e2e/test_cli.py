"""The command line against a real data directory: every command, for people and for programs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.app import open_gateway
from gateway.settings import Settings
from gateway.usecases.take_in import Inbound, take_in
from tests.world import WINDOW, caller, example

CALENDAR = Path(__file__).parents[1] / "vectors" / "calendars" / "2027_invented.csv"
GOLDEN = Path(__file__).parents[2] / "mappings" / "provinces"


pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one case whose handling place has no address yet."""
    data = tmp_path_factory.mktemp("cli") / "data"

    async def fill() -> None:
        async with open_gateway(Settings(data_dir=data)) as opened:
            document = example("application")
            del document["body"]["materials"]
            raw = json.dumps(document).encode()
            await take_in(Inbound(caller=caller(), raw=raw, document=document), gw=opened.gw)

    asyncio.run(fill())
    return data


@contextmanager
def serving(data: Path) -> Iterator[Path]:
    """A gateway running on a data directory, stopped gracefully at the end."""
    environment = {**os.environ, "TONGBAN_DATA_DIR": str(data), "TONGBAN_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "gateway.started"
    yield data
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def folder(filled: Path) -> Iterator[Path]:
    """The same, with a gateway running on it."""
    with serving(filled) as running:
        yield running


def tongban(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TONGBAN_DATA_DIR": str(folder), "TONGBAN_PORT": "0"}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def told(*words: str, folder: Path, status: int = 0) -> Any:
    done = tongban(*words, "--json", folder=folder)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def number_of(folder: Path) -> str:
    (case,) = told("case", "list", folder=folder)["items"]
    return str(case["case_number"])


def test_without_a_gateway_commands_open_the_data_themselves(filled: Path) -> None:
    """Runs before any test has started the gateway: the fixture `folder` comes later."""
    assert told("migrate", folder=filled)["migrated"] is True
    assert len(told("case", "list", folder=filled)["items"]) == 1
    lines = told("doctor", folder=filled)
    assert {"SQLite", "密钥文件", "工作日历", "材料文件"} <= {line["what"] for line in lines}


def test_without_a_gateway_a_calendar_is_shown_compared_and_loaded(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "2027.csv"
    text = CALENDAR.read_text("utf-8")
    file.write_text(text.replace("2027-10-01,day_off\n", ""), "utf-8")

    refused = tongban("calendar", "load", str(file), "--yes", folder=data)
    assert refused.returncode == 4
    assert "calendar.incomplete" in refused.stderr
    file.write_text(text, "utf-8")
    compared = tongban("calendar", "load", str(file), folder=data)
    assert compared.returncode == 0
    assert "新公布:2027 年 全国" in compared.stdout
    assert "--yes" in compared.stderr
    assert told("calendar", "show", "2027", folder=data)["announced"] is False

    loaded = told("calendar", "load", str(file), "--yes", folder=data)
    assert (loaded["written"], loaded["becomes"]) == (True, "2026.1+1")
    assert told("calendar", "show", "2027", folder=data)["announced"] is True
    shown = tongban("calendar", "show", "2021", "--region", "450000", folder=data).stdout
    assert "2021-04-18" in shown
    assert "调休上班" in shown
    assert "相同" in tongban("calendar", "load", str(file), folder=data).stdout
    yes = tongban("calendar", "load", str(tmp_path / "none.csv"), folder=data)
    assert yes.returncode == 2


def test_a_running_gateway_loads_a_calendar_and_tells_deadlines(folder: Path) -> None:
    assert told("calendar", "load", str(CALENDAR), "--yes", folder=folder)["written"] is True
    assert told("calendar", "show", "2027", folder=folder)["version"] == "2026.1+1"

    found = told("deadlines", "--days", "366", "--province", "530000", folder=folder)
    (line,) = found["items"]
    assert (line["case_number"], line["kind"]) == (number_of(folder), "PUSH")
    assert "已超期" in tongban("deadlines", folder=folder).stdout
    assert told("deadlines", "--province", "11", folder=folder)["items"] == []


def test_the_doctor_finds_a_key_file_others_may_read(filled: Path) -> None:
    key = filled / "root.key"
    key.chmod(0o644)
    try:
        done = tongban("doctor", folder=filled)
    finally:
        key.chmod(0o600)

    assert done.returncode == 1
    assert "chmod 600" in done.stdout


def test_a_token_is_granted_listed_rotated_and_revoked(folder: Path) -> None:
    first = told("access", "grant", "--role", "partner", "--system", WINDOW, folder=folder)
    second = told("access", "rotate", WINDOW, folder=folder)
    assert first["token"] != second["token"]

    listed = told("access", "list", folder=folder)["items"]
    assert {one["client_id"] for one in listed} == {WINDOW}
    assert "token" not in listed[0]

    assert told("access", "revoke", WINDOW, folder=folder)["revoked"] == 2
    assert not any(one["in_force"] for one in told("access", "list", folder=folder)["items"])


def test_an_unknown_role_is_refused_with_a_cure(folder: Path) -> None:
    done = tongban("access", "grant", "--role", "king", folder=folder)

    assert done.returncode == 4
    assert "下一步" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_case_is_listed_shown_and_told(folder: Path) -> None:
    number = number_of(folder)

    shown = told("case", "show", number, folder=folder)
    assert shown["status"] == "COLLECTED"
    timeline = told("case", "timeline", number, folder=folder)
    assert [entry["kind"] for entry in timeline] == ["application"]

    people = tongban("case", "timeline", number, folder=folder).stdout
    assert "提交申请" in people
    assert shown["sentence"] in people


def test_an_absent_case_is_said_to_be_absent(folder: Path) -> None:
    done = tongban("case", "show", "TB-20260302-530303-T99999-X", folder=folder)

    assert done.returncode == 1
    assert "not_found" in done.stderr


def test_deliveries_and_the_work_list_are_shown(folder: Path) -> None:
    (delivery,) = told("delivery", "list", folder=folder)["items"]
    assert (delivery["destination"], delivery["state"]) == ("150000", "pending")
    (work,) = told("worklist", folder=folder)["items"]
    assert work["case_number"] == number_of(folder)
    assert "收件地" in tongban("worklist", folder=folder).stdout


def test_only_a_dead_letter_can_be_retried(folder: Path) -> None:
    serial = f"{number_of(folder)}.1"

    done = tongban("delivery", "retry", serial, "--reason", "试", "--json", folder=folder)
    assert done.returncode in (2, 4)
    done = tongban("delivery", "retry", serial, "--reason", "对方已恢复", folder=folder)
    assert done.returncode == 4
    assert "transition_not_allowed" in done.stderr


def test_provinces_are_listed_and_checked(folder: Path) -> None:
    systems = {one["system"] for one in told("province", "list", folder=folder)}
    assert {"530303-window", "150000", "340100-window", "310000", "510000", "990003"} <= systems
    (checked,) = told("province", "check", "340000", folder=folder)
    assert checked["problems"] == []
    assert checked["goldens"] > 0
    assert tongban("province", "check", "000000", folder=folder).returncode == 2


def test_a_broken_province_folder_is_named_with_its_place(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(GOLDEN / "340000", tmp_path / "340000")
    mapping = tmp_path / "340000" / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("codes: sex", "codes: sexx"), "utf-8")
    environment = {**os.environ, "TONGBAN_PROVINCES_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "province", "check"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "mapping.yaml" in done.stdout
    assert "sexx" in done.stdout


def test_a_record_is_translated_and_explained(folder: Path) -> None:
    record = GOLDEN / "340000" / "golden" / "01-application.application.record.json"

    whole = told("translate", str(record), "--from", "340000", "--to", "310000", folder=folder)
    assert whole["document"]["applicant"]["name"]
    explained = tongban("translate", str(record), "--from", "340000", "--explain", folder=folder)
    assert explained.returncode == 0
    assert "mapping.yaml:" in explained.stdout
    assert "codes/sex.csv:" in explained.stdout


def test_a_wrong_setting_is_named(folder: Path) -> None:
    environment = {**os.environ, "TONGBAN_PORT": "many", "TONGBAN_DATA_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "serve"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "TONGBAN_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_gateway_on_the_same_data_is_refused(folder: Path) -> None:
    second = tongban("serve", folder=folder)

    assert second.returncode != 0
    assert "store_unavailable" in second.stderr
    assert "Traceback" not in second.stderr
