"""
Materials over the API: staged, fetched, refused.
"""

from __future__ import annotations

import hashlib
import json

import pytest

from gateway.api import models
from gateway.ports import Limits
from tests.unit.gateway.api.documents import an_application

SCAN = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(SCAN).hexdigest()


@pytest.fixture
async def server(serve):
    return await serve()


@pytest.fixture
async def window(token):
    return {"Authorization": f"Bearer {await token('partner', '530303-window')}"}


@pytest.fixture
async def place(token):
    return {"Authorization": f"Bearer {await token('partner', '150000')}"}


@pytest.fixture
async def stranger(token):
    return {"Authorization": f"Bearer {await token('partner', '310000')}"}


async def _put(server, who, *, digest=DIGEST, data=SCAN, media="image/jpeg", **more):
    fields = {**who, "Content-Type": media, **more}
    async with server.client.put(
        f"{server.url}/v1/materials/{digest}", data=data, headers=fields
    ) as response:
        return response.status, json.loads(await response.read())


async def _get(server, who, query="", digest=DIGEST):
    url = f"{server.url}/v1/materials/{digest}{query}"
    async with server.client.get(url, headers=who) as response:
        return response.status, await response.read(), response.headers


async def test_a_material_is_staged_and_comes_back_as_it_was(server, window):
    status, body = await _put(server, window)
    assert status == 200
    assert models.StagedMaterial.model_validate(body).size == len(SCAN)

    status, content, headers = await _get(server, window)

    assert (status, content) == (200, SCAN)
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Disposition"] == "attachment"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_staging_twice_is_staging_once(server, window, gw):
    first = await _put(server, window)

    assert await _put(server, window) == first
    (told,) = first[1]["findings"]  # the bytes are no JPEG, and that is told each time
    assert told["rule"] == "material.content_differs"
    assert (await gw.store.counts())["materials"] == 1


async def test_a_stream_without_length_is_staged(server, window):
    async def pieces():
        for start in range(0, len(SCAN), 10_000):
            yield SCAN[start : start + 10_000]

    assert (await _put(server, window, data=pieces()))[0] == 200


async def test_bytes_of_another_digest_are_refused_and_not_kept(server, window, gw):
    status, problem = await _put(server, window, data=SCAN + b"x")

    assert status == 422
    assert problem["errors"][0]["rule"] == "material.digest_mismatch"
    assert await gw.blobs.names() == []


async def test_an_address_that_is_no_digest_is_refused(server, window):
    assert (await _put(server, window, digest="abc"))[0] == 422


async def test_a_material_over_the_limit_is_refused_and_not_kept(serve, window, gw):
    server = await serve(material=1000)

    async def pieces():
        yield SCAN

    for data in (SCAN, pieces()):
        status, problem = await _put(server, window, data=data)
        assert (status, problem["code"]) == (413, "too_large")
    assert await gw.blobs.names() == []


async def test_a_material_needs_a_media_type(server, window):
    status, problem = await _put(server, window, media="what ever")

    assert (status, problem["errors"][0]["rule"]) == (400, "material.media_type")


async def test_staged_by_another_and_absent_are_answered_alike(server, window, stranger):
    await _put(server, window)

    foreign = await _get(server, stranger)
    absent = await _get(server, stranger, digest="0" * 64)

    assert foreign[0] == absent[0] == 404


async def test_the_parties_of_a_case_fetch_its_materials_and_nobody_else(
    server, window, place, stranger
):
    await _put(
        server, window, **{"Content-Disposition": "attachment; filename*=UTF-8''%E6%89%AB.jpg"}
    )
    document = an_application()
    document["body"]["materials"] = [
        {
            "material_id": "m1",
            "name": "身份证",
            "acquisition": {"code": "SCAN", "list": "material_acquisition"},
            "files": [{"digest": DIGEST, "media_type": "image/jpeg", "size": len(SCAN)}],
        }
    ]
    async with server.client.post(
        f"{server.url}/v1/cases",
        json=document,
        headers={**window, "Idempotency-Key": "k"},
    ) as response:
        answer = await response.json()
    assert response.status == 202, answer
    query = f"?case={answer['case_number']}"

    for who, status in ((window, 200), (place, 200), (stranger, 404)):
        found, content, _ = await _get(server, who, query)
        assert (found, content == SCAN) == (status, status == 200)


async def test_a_message_that_names_an_unknown_material_is_refused(server, window, gw):
    document = an_application()
    document["body"]["materials"] = [
        {
            "material_id": "m1",
            "name": "身份证",
            "acquisition": {"code": "SCAN", "list": "material_acquisition"},
            "files": [{"digest": "0" * 64, "media_type": "image/jpeg", "size": 3}],
        }
    ]
    async with server.client.post(
        f"{server.url}/v1/cases", json=document, headers={**window, "Idempotency-Key": "k"}
    ) as response:
        problem = await response.json(content_type=None)

    assert response.status == 422
    assert [item["rule"] for item in problem["errors"]] == ["material.unknown"]
    assert (await gw.store.counts())["cases"] == 0


def test_the_default_limit_takes_a_fifty_megabyte_scan():
    assert Limits().material == 50 * 1024 * 1024
