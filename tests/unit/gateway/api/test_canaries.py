"""
A person's name, numbers and address go through every path of the API, good and broken; none of
them, in any spelling, comes out in a log, a metric, an audit leaf or an error text.
"""

from __future__ import annotations

import base64
import copy
import json
import logging
import sys
from urllib.parse import quote

import pytest

from gateway.telemetry import metrics, silence_libraries
from tests.unit.gateway.api.documents import an_application

CANARIES = [
    "金丝雀申请人",
    "990002201001010011",
    "13800000000",
    "虚构市金丝雀路一号",
    "canary-token-secret",
]
SCAN = b"%PDF-1.7 canary scan content"


def _spellings(canary: str) -> list[bytes]:
    raw = canary.encode()
    found = [
        raw,
        raw.hex().encode(),
        base64.b64encode(raw).rstrip(b"="),
        quote(canary).encode(),
        canary[::-1].encode(),
        json.dumps(canary)[1:-1].encode(),
        "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in canary).encode(),
    ]
    return [*found, canary.encode("gb18030")]


NEEDLES = [needle for canary in CANARIES for needle in _spellings(canary)] + [
    SCAN,
    base64.b64encode(SCAN)[:24],
]


def _a_person(**changes):
    document = an_application(**changes)
    applicant = document["body"]["applicant"]
    applicant["name"], applicant["id_number"], applicant["phone"] = CANARIES[:3]
    applicant["household_address"] = CANARIES[3]
    return document


def _broken_documents():
    """The same person in documents that are wrong in every single place."""
    good = _a_person()

    def places(value, path=()):
        if isinstance(value, dict):
            for name, inner in value.items():
                yield (*path, name)
                yield from places(inner, (*path, name))

    for path in places(good):
        for wrong in (None, CANARIES[0], {CANARIES[1]: CANARIES[2]}, [CANARIES[3]], 7):
            document = copy.deepcopy(good)
            spot = document
            for name in path[:-1]:
                spot = spot[name]
            spot[path[-1]] = wrong
            yield document


@pytest.fixture
def hooks():
    """Library logs, warnings and hooks as in a running gateway; put back afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, sys.unraisablehook)
    silence_libraries()
    yield
    root.handlers[:], level, sys.excepthook, sys.unraisablehook = before
    root.setLevel(level)
    logging.captureWarnings(False)


def _assert_clean(data: bytes, what: str) -> None:
    for line in data.splitlines():
        for needle in NEEDLES:
            if needle in line:
                pytest.fail(f"{what} holds {needle!r}: {line.decode(errors='replace')[:600]}")


async def test_nothing_personal_leaves_by_log_metric_leaf_or_error(
    serve, token, gw, logged, capfd, hooks
):
    server = await serve()
    held = await token("partner", "530303-window")
    told = 0

    async def ask(method, path, data=None, **fields):
        nonlocal told
        headers = {"Authorization": f"Bearer {held}", "Content-Type": "application/json"}
        headers.update({name.replace("_", "-"): value for name, value in fields.items()})
        async with server.client.request(
            method, server.url + path, data=data, headers=headers
        ) as response:
            answer = await response.read()
        if response.status >= 400:
            told += 1
            problem = json.loads(answer)
            for item in problem.get("errors", []):
                item.pop("pointer", None)  # names of the sender's own fields, told to the sender
            del problem["instance"]
            _assert_clean(json.dumps(problem, ensure_ascii=False).encode(), "problem")
        return response.status, answer

    for number, document in enumerate(_broken_documents()):
        data = json.dumps(document, ensure_ascii=False).encode()
        await ask("POST", "/v1/cases", data, Idempotency_Key=f"b-{number}")
    good = json.dumps(_a_person(), ensure_ascii=False).encode()
    await ask("POST", "/v1/cases", good, Idempotency_Key=CANARIES[1])
    await ask("POST", "/v1/cases", good, Idempotency_Key=CANARIES[1])
    await ask("POST", "/v1/cases", good[:-40], Idempotency_Key="cut")
    await ask("POST", "/v1/cases", good + good, Idempotency_Key="twice")
    await ask("POST", "/v1/cases", good.decode().encode("gbk"), Idempotency_Key="gbk")
    await ask("POST", "/v1/cases?dry_run=1", good)
    await ask("GET", "/v1/cases")
    await ask("GET", f"/v1/cases/{CANARIES[1]}")
    await ask("GET", f"/v1/cases?{quote(CANARIES[0])}={CANARIES[1]}")
    await ask("GET", "/v1/cases", Authorization=f"Bearer {CANARIES[4]}")
    await ask("PUT", f"/v1/materials/{'0' * 64}", SCAN, Content_Type="application/pdf")
    await ask("POST", "/v1/precheck", json.dumps({"has": CANARIES}).encode())
    await ask("PATCH", f"/{CANARIES[1]}")

    assert told > 100
    leaves = [data for _, data in await gw.store.leaves()]
    assert any(b"message.received" in leaf for leaf in leaves)
    assert any(b"message.refused" in leaf for leaf in leaves)
    _assert_clean(b"\n".join(leaves), "leaves")
    _assert_clean(logged.getvalue(), "log")
    assert b"request.refused" in logged.getvalue()
    _assert_clean(metrics.render(), "metrics")
    out, err = capfd.readouterr()
    _assert_clean((out + err).encode(), "output")
