"""
The servers as `serve` opens them: ports, probes, the admin socket and who stands behind it.
"""

from __future__ import annotations

import json
import os
import pwd
import stat

import aiohttp
import pytest

from contracts.errors import StoreUnavailable
from gateway.api.server import serving, serving_admin


@pytest.fixture
async def opened(gw, tmp_path):
    async with serving(gw, host="127.0.0.1", port=0, admin_socket=tmp_path / "a.sock") as listening:
        yield listening


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def admin(opened, tmp_path):
    connector = aiohttp.UnixConnector(path=str(tmp_path / "a.sock"))
    async with aiohttp.ClientSession("http://admin", connector=connector) as session:
        yield session


async def _json(request):
    async with request as response:
        return response.status, json.loads(await response.read())


async def _leaves(gw):
    return [json.loads(data) for _, data in await gw.store.leaves()]


@pytest.mark.parametrize("probe", ["livez", "readyz", "startupz"])
async def test_probes_pass_without_a_credential(opened, http, probe):
    status, body = await _json(http.get(f"{opened.url}/{probe}"))

    assert (status, body["status"]) == (200, "pass")


async def test_not_ready_when_nothing_can_be_committed(opened, http, gw, monkeypatch):
    async def refuse(self, change):
        raise StoreUnavailable

    monkeypatch.setattr(type(gw.store), "commit", refuse)

    status, body = await _json(http.get(f"{opened.url}/readyz"))
    assert (status, body["checks"]) == (503, {"store": "fail", "serving": "pass"})
    assert (await _json(http.get(f"{opened.url}/livez")))[0] == 200


async def test_not_ready_while_stopping(opened, http):
    opened.services.stopping = True

    status, body = await _json(http.get(f"{opened.url}/readyz"))

    assert (status, body["checks"]["serving"]) == (503, "fail")


async def test_the_description_and_the_problem_pages_are_served(opened, http):
    _, document = await _json(http.get(f"{opened.url}/openapi.json"))
    async with http.get(f"{opened.url}/problems/not_found") as response:
        page = await response.text()

    assert document["openapi"] == "3.1.0"
    assert page.startswith("未找到")
    assert (await _json(http.get(f"{opened.url}/problems/nothing")))[0] == 404


async def test_no_answer_names_the_software_that_made_it(opened, http):
    for path in ("/livez", "/nowhere", "/v1/cases"):
        async with http.get(opened.url + path) as response:
            assert response.headers["Server"] == "tongban"


async def test_metrics_tell_the_depth_of_queues(opened, admin):
    async with admin.get("/metrics") as response:
        text = await response.text()

    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "tongban_commit_seconds_count" in text


async def test_the_admin_socket_opens_to_its_owner_only(opened, tmp_path):
    mode = (tmp_path / "a.sock").stat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


async def test_who_acts_over_the_socket_is_the_user_the_kernel_names(admin, gw):
    form = {"client_id": "sh", "role": "partner", "system": "310000", "days": 30}
    status, granted = await _json(admin.post("/access", json=form))
    assert (status, granted["role"], granted["in_force"]) == (201, "partner", True)
    assert granted["token"].startswith("tbt_")

    (leaf,) = await _leaves(gw)
    assert leaf["actor"]["client_id"] == f"os.{pwd.getpwuid(os.getuid()).pw_name}"


async def test_tokens_live_and_die_over_the_socket(opened, admin, http):
    form = {"client_id": "sh", "role": "partner", "system": "310000"}
    _, first = await _json(admin.post("/access", json=form))
    _, second = await _json(admin.post("/access/sh/rotate", json={}))

    async def status(token):
        headers = {"Authorization": f"Bearer {token}"}
        return (await _json(http.get(f"{opened.url}/v1/cases", headers=headers)))[0]

    assert [await status(one["token"]) for one in (first, second)] == [200, 200]
    assert await _json(admin.post("/access/sh/revoke", json={})) == (
        200,
        {"client_id": "sh", "revoked": 2},
    )
    assert [await status(one["token"]) for one in (first, second)] == [401, 401]
    _, listed = await _json(admin.get("/access"))
    assert [row["in_force"] for row in listed["items"]] == [False, False]
    assert "token" not in json.dumps(listed)


async def test_a_wrong_form_is_told_all_its_faults(admin):
    status, problem = await _json(admin.post("/access", json={"role": 1, "days": 0, "x": 1}))

    assert status == 422
    assert {item["pointer"] for item in problem["errors"]} == {"/client_id", "/role", "/days", "/x"}


async def test_status_says_who_this_is_and_how_much_it_holds(admin):
    _, body = await _json(admin.get("/status"))

    assert (body["node"], body["environment"], body["counts"]["cases"]) == ("n1", "test", 0)
    assert {row["system"] for row in body["systems"]} == {"530303-window", "310000", "150000"}


async def test_a_retry_of_what_is_not_there_is_not_found(admin):
    status, problem = await _json(admin.post("/deliveries/x/retry", json={"reason": "试一次"}))

    assert (status, problem["code"]) == (404, "not_found")


async def test_a_second_server_takes_over_a_socket_left_behind(gw, tmp_path):
    path = tmp_path / "b.sock"
    for _ in range(2):
        async with serving_admin(gw, socket=path):
            connector = aiohttp.UnixConnector(path=str(path))
            async with aiohttp.ClientSession("http://admin", connector=connector) as session:
                assert (await _json(session.get("/status")))[0] == 200


async def test_a_taken_port_is_an_error(opened, gw):
    with pytest.raises(OSError, match="address already in use"):
        async with serving(gw, host="127.0.0.1", port=opened.port):
            raise AssertionError("served on a taken port")
