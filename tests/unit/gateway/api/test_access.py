"""
Tokens over their life, seen through a socket and in the audit leaves.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from contracts.errors import InvalidDocument, NotFound
from gateway.api.call import Call, answer
from gateway.api.route import DIALECT, PUBLIC, PolicyMissingError, Route, add_routes, only
from gateway.usecases.access import (
    OVERLAP,
    grant_access,
    list_access,
    revoke_access,
    rotate_access,
)
from tests.unit.gateway.api.conftest import OPERATOR


async def _who(call: Call):
    return answer({"client": call.caller.client_id, "system": call.caller.system})


async def _open(call: Call):
    return answer({})


def _route(path, policy, handler):
    return Route(
        method="GET",
        path=path,
        name=path[1:],
        policy=policy,
        handler=handler,
        summary_zh="测试",
        summary="test",
    )


TABLE = [
    _route("/partners", only("partner"), _who),
    _route("/auditors", only("auditor", "operator"), _who),
    _route("/open", PUBLIC, _open),
]


async def _ask(server, path, token=None, **headers):
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with server.client.get(server.url + path, headers=headers) as response:
        return response.status, json.loads(await response.read())


async def _events(gw):
    return [json.loads(data) for _, data in await gw.store.leaves()]


async def test_a_token_opens_the_routes_of_its_role_and_no_other(serve, token):
    server = await serve(TABLE)
    partner = await token("partner", "310000")

    assert await _ask(server, "/partners", partner) == (
        200,
        {"client": "partner-310000", "system": "310000"},
    )
    status, problem = await _ask(server, "/auditors", partner)
    assert (status, problem["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Basic abc", "Bearer x", "Bearer tbt_" + "0" * 64]
)
async def test_without_a_known_token_nothing_but_public_routes_opens(serve, header):
    server = await serve(TABLE)
    fields = {} if header is None else {"Authorization": header}

    async with server.client.get(server.url + "/partners", headers=fields) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    async with server.client.get(server.url + "/open", headers=fields) as response:
        assert response.status == 200


async def test_a_token_of_the_other_environment_is_not_looked_up(serve, token):
    server = await serve(TABLE)
    partner = await token("partner", "310000")

    assert (await _ask(server, "/partners", partner.replace("tbt_", "tbp_")))[0] == 401


async def test_an_expired_token_is_refused(serve, gw):
    server = await serve(TABLE)
    until = gw.clock.now() + timedelta(minutes=5)
    granted = await grant_access(
        "p", role="partner", system="310000", expires_at=until, caller=OPERATOR, gw=gw
    )
    assert (await _ask(server, "/partners", granted.token))[0] == 200

    gw.clock.ahead = timedelta(minutes=6)

    assert (await _ask(server, "/partners", granted.token))[0] == 401


async def test_a_revocation_elsewhere_is_seen_within_five_seconds(serve, gw, token):
    server = await serve(TABLE)
    partner = await token("partner", "310000")
    assert (await _ask(server, "/partners", partner))[0] == 200

    await revoke_access("partner-310000", caller=OPERATOR, gw=gw)
    gw.clock.ahead = timedelta(seconds=5)

    assert (await _ask(server, "/partners", partner))[0] == 401


async def test_a_revocation_in_this_process_is_seen_at_once(serve, gw, token):
    server = await serve(TABLE)
    partner = await token("partner", "310000")
    assert (await _ask(server, "/partners", partner))[0] == 200

    await revoke_access("partner-310000", caller=OPERATOR, gw=gw)
    server.services.tokens.forget()

    assert (await _ask(server, "/partners", partner))[0] == 401


async def test_after_a_rotation_both_tokens_work_until_the_old_one_runs_out(serve, gw, token):
    server = await serve(TABLE)
    old = await token("partner", "310000")
    new = (await rotate_access("partner-310000", caller=OPERATOR, gw=gw)).token

    assert (await _ask(server, "/partners", old))[0] == 200
    assert (await _ask(server, "/partners", new))[0] == 200

    gw.clock.ahead = OVERLAP + timedelta(seconds=10)

    assert (await _ask(server, "/partners", old))[0] == 401
    assert (await _ask(server, "/partners", new))[0] == 200


async def test_a_token_is_stored_hashed_and_stands_in_no_leaf(gw, token):
    partner = await token("partner", "310000")
    secret = partner.removeprefix("tbt_")

    (row,) = await list_access(gw=gw)

    assert secret.encode() not in row.token_hash
    assert bytes.fromhex(secret) != row.token_hash
    assert all(secret not in json.dumps(leaf) for leaf in await _events(gw))


async def test_every_act_and_every_denial_leaves_a_leaf(serve, gw, token):
    server = await serve(TABLE)
    partner = await token("partner", "310000")
    await _ask(server, "/auditors", partner, traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01")
    await _ask(server, "/partners")
    await rotate_access("partner-310000", caller=OPERATOR, gw=gw)
    await revoke_access("partner-310000", caller=OPERATOR, gw=gw)

    leaves = await _events(gw)

    assert [leaf["event"] for leaf in leaves] == [
        "access.granted",
        "access.denied",
        "access.denied",
        "access.granted",
        "access.revoked",
    ]
    assert leaves[0]["actor"]["client_id"] == "os.tester"
    assert leaves[1]["actor"]["client_id"] == "partner-310000"
    assert (leaves[1]["purpose"], leaves[1]["trace_id"]) == ("auditors", "ab" * 16)
    assert leaves[2]["actor"] == {"kind": "unknown"}


async def test_strangers_cannot_fill_the_audit_tree_or_the_log(serve, gw, logged):
    server = await serve(TABLE)
    for _ in range(40):
        await _ask(server, "/partners")

    assert len(await _events(gw)) < 15
    assert len(logged.getvalue().splitlines()) < 15


@pytest.mark.parametrize(
    ("client", "role", "system", "rule"),
    [
        ("a", "king", None, "access.role"),
        ("a", "partner", None, "access.system_needed"),
        ("a", "auditor", "310000", "access.system_not_allowed"),
        ("a", "partner", "440000", "access.system_unknown"),
        ("张三", "auditor", None, "access.client_id"),
        ("u11010119900307888x", "auditor", None, "access.client_id"),
    ],
)
async def test_a_wrong_grant_is_refused(gw, client, role, system, rule):
    with pytest.raises(InvalidDocument) as refusal:
        await grant_access(
            client, role=role, system=system, expires_at=None, caller=OPERATOR, gw=gw
        )

    assert [finding.rule for finding in refusal.value.findings] == [rule]
    assert await list_access(gw=gw) == []


async def test_a_client_has_one_role(gw, token):
    await token("partner", "310000")

    with pytest.raises(InvalidDocument):
        await grant_access(
            "partner-310000",
            role="operator",
            system=None,
            expires_at=None,
            caller=OPERATOR,
            gw=gw,
        )
    with pytest.raises(NotFound):
        await revoke_access("nobody", caller=OPERATOR, gw=gw)


async def test_a_route_without_a_policy_stops_start_up(serve):
    with pytest.raises(PolicyMissingError):
        await serve([*TABLE, _route("/forgotten", None, _open)])


async def test_a_route_put_in_beside_the_table_stops_start_up(serve, gw):
    from aiohttp import web

    from gateway.api.call import Services
    from gateway.api.door import DoorRunner

    app = web.Application()
    add_routes(app, TABLE, Services.of(gw))

    async def beside(request):
        return web.Response()

    app.router.add_get("/beside", beside)

    with pytest.raises(PolicyMissingError):
        await DoorRunner(app, limits=gw.limits).setup()


def test_a_policy_names_known_roles_only():
    with pytest.raises(ValueError, match="king"):
        only("king")
    assert DIALECT.roles == frozenset()


async def test_unknown_addresses_and_methods_are_problems(serve):
    server = await serve(TABLE)

    assert (await _ask(server, "/nowhere"))[1]["code"] == "not_found"
    async with server.client.delete(server.url + "/open") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET"


async def test_an_unexpected_error_tells_its_place_to_the_log_and_nothing_to_the_client(
    serve, logged
):
    async def fail(call):
        raise KeyError("canary-张三-110101199003078888")

    server = await serve([_route("/fail", PUBLIC, fail)])

    status, problem = await _ask(server, "/fail")

    (line,) = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (status, problem["code"], problem["side"]) == (500, "internal", "gateway")
    assert (line["event"], line["error"]) == ("request.failed", "KeyError")
    assert "test_access:" in line["where"]
    assert line["trace_id"] == problem["trace_id"]
    assert b"canary" not in logged.getvalue() + json.dumps(problem).encode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (f"00-{'ab' * 16}-{'cd' * 8}-01", True),
        (f"00-{'0' * 32}-{'cd' * 8}-01", False),
        ("00-nonsense", False),
        (None, False),
    ],
)
async def test_a_trace_is_carried_or_begun(serve, given, kept):
    server = await serve(TABLE)
    fields = {"traceparent": given} if given else {}

    async with server.client.get(server.url + "/open", headers=fields) as response:
        version, trace, span, flags = response.headers["traceparent"].split("-")

    assert (version, len(span)) == ("00", 16)
    assert (trace == "ab" * 16) is kept
    assert flags == ("01" if kept else "00")
    assert span != "cd" * 8
