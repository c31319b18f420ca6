"""Loading province folders: what would only be noticed once a case got lost stops the start."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adapters.http import AiohttpClient
from gateway.provinces import SHIPPED, load_provinces
from gateway.world import RealClock, RealIds


async def test_a_body_at_a_system_that_takes_no_application_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "340000", tmp_path / "340000")
    rows = tmp_path / "340000" / "bodies.csv"
    head = rows.read_text("utf-8").splitlines()[0]
    body = "11990034300000021W,模拟·瑶海区民政局,340102,340102000000,340100-window,,,,,,模拟"
    rows.write_text(f"{head}\n{body}\n", "utf-8")
    http = AiohttpClient()

    with pytest.raises(ValueError, match="takes no application"):
        load_provinces(
            tmp_path,
            environment="test",
            connections={},
            http=http,
            clock=RealClock(),
            ids=RealIds(),
        )
    await http.close()
