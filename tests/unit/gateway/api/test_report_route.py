"""The report over the API: its published shape, and what is said of a wrong period."""

from __future__ import annotations

import json

import pytest

from gateway.api.report import Report


@pytest.fixture
async def auditor(serve, token):
    return await serve(), await token("auditor")


async def asked(auditor, query: str):
    server, held = auditor
    async with server.client.get(
        f"{server.url}/v1/report{query}", headers={"Authorization": f"Bearer {held}"}
    ) as response:
        return response.status, await response.read()


async def test_a_report_has_its_published_shape(auditor):
    status, body = await asked(auditor, "?period=2026-03")

    assert status == 200
    made = Report.model_validate_json(body, strict=True)
    assert (made.kind, made.first_day, made.until) == ("month", "2026-03-01", "2026-04-01")
    assert [row["received"] for row in made.totals] == [0, 0]
    assert {one.name for one in made.definitions} < set(made.totals[0])


async def test_a_wrong_period_is_named(auditor):
    for query in ("?period=March", "?period=2026-Q7", "", "?period=2026-03&from=1"):
        status, body = await asked(auditor, query)
        assert status == 400, query
        (problem,) = json.loads(body)["errors"]
        assert problem["path"] in ("?period", "?from")
