"""
A material taken in once for an earlier case of the same person is not asked for again: the new case
names the old one, and the handling place finds the same bytes. Real sockets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from contracts.casenumber import make_case_number
from tests.e2e.door import Door
from tests.e2e.native import DIGEST, HANDLER, SCAN, WINDOW, an_application, open_native, submit

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("carried-over"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with open_native(tmp_path_factory.mktemp("carried")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def earlier(door: Door) -> str:
    reply = await submit(door, an_application())
    assert reply.status == 202, reply.body
    return str(reply.json["case_number"])


def carrying(source: str, *, code: str = "bank_account", person: str | None = None) -> Any:
    document = an_application()
    document["body"]["materials"] = [
        {
            "material_id": "m-carried",
            "code": {"code": code, "list": "disability_subsidy_materials"},
            "name": "沿用的材料(模拟)",
            "acquisition": {"code": "CARRIED_OVER", "list": "material_acquisition"},
            "carried_from": source,
        }
    ]
    if person is not None:
        document["body"]["applicant"]["id_number"] = person
    return document


def told(said: Any) -> list[str]:
    return [one["rule"] for one in said["findings"] if one["rule"].startswith("carried.")]


async def test_the_new_case_holds_the_same_bytes_for_both_sides(door: Door, earlier: str) -> None:
    reply = await submit(door, carrying(earlier))
    assert (reply.status, told(reply.json)) == (202, [])
    number = reply.json["case_number"]

    for system in (WINDOW, HANDLER):
        got = await door.ask("GET", f"/v1/materials/{DIGEST}?case={number}", by=system)
        assert (got.status, got.body) == (200, SCAN)
    messages = await door.ask("GET", f"/v1/cases/{number}/messages", by=HANDLER)
    (material,) = messages.json["items"][0]["message"]["body"]["materials"]
    assert [file["digest"] for file in material["files"]] == [DIGEST]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"person": "990002198706050041"}, "carried.other_person"),
        ({"code": "income_proof"}, "carried.no_material"),
    ],
)
async def test_what_cannot_be_carried_is_told_and_nothing_is_bound(
    door: Door, earlier: str, change: dict[str, str], rule: str
) -> None:
    reply = await submit(door, carrying(earlier, **change))

    assert (reply.status, told(reply.json)) == (202, [rule])
    number = reply.json["case_number"]
    got = await door.ask("GET", f"/v1/materials/{DIGEST}?case={number}", by=HANDLER)
    assert got.status == 404


async def test_a_case_nobody_knows_gives_nothing(door: Door) -> None:
    unknown = make_case_number(date(2026, 3, 2), "530303", "T99999")

    reply = await submit(door, carrying(unknown))

    assert (reply.status, told(reply.json)) == (202, ["carried.unknown"])
