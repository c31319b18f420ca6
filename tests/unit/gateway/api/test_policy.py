"""
Role × route over a socket, compared with the declared policy: no difference either way.
"""

from __future__ import annotations

import re

import pytest

from gateway.api.admin import ADMIN
from gateway.api.routes import TABLE
from gateway.usecases.access import BOUND_ROLES, ROLES

PROTECTED = [route for route in TABLE if route.policy.access == "roles"]
PUBLIC = {"get_livez", "get_readyz", "get_startupz", "get_openapi", "get_problem_page"}
VALUES = {"number": "TB-20260302-530303-T00017-T", "sha256": "0" * 64, "code": "refused"}


def _address(route):
    return re.sub(r"\{(\w+)[^}]*\}", lambda part: VALUES.get(part[1], "x"), route.path)


async def _status(server, route, **headers):
    if route.method != "GET":
        headers["Content-Type"] = "application/json"
    async with server.client.request(
        route.method, server.url + _address(route), headers=headers
    ) as response:
        return response.status


def test_nothing_is_public_but_what_is_listed_here():
    assert {route.name for route in TABLE if route.policy.access == "public"} == PUBLIC
    assert {route.policy.access for route in ADMIN} == {"local"}
    assert all(route.policy.access != "local" for route in TABLE)


def test_names_and_addresses_are_unique():
    for table in (TABLE, ADMIN):
        assert len({(route.method, route.path) for route in table}) == len(table)
        assert len({route.name for route in table}) == len(table)


@pytest.mark.parametrize("route", PROTECTED, ids=lambda route: route.name)
async def test_a_protected_route_opens_to_its_roles_and_to_nobody_else(serve, token, route):
    server = await serve()
    assert await _status(server, route) == 401
    opened = set()
    for role in ROLES:
        held = await token(role, "310000" if role in BOUND_ROLES else None)
        status = await _status(server, route, Authorization=f"Bearer {held}")
        if status not in (401, 403):
            opened.add(role)

    assert opened == route.policy.roles


async def test_a_local_route_does_not_open_over_tcp(serve):
    server = await serve(ADMIN)

    for route in ADMIN:
        assert await _status(server, route) == 401
