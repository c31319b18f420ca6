"""
Every credential and every place of a signature: one side writes it, the other checks it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import yaml

from adapters.counterpart import open_counterparts
from adapters.http import HttpReply
from adapters.open import open_adapters
from adapters.tokens import TokenCache
from contracts.adapter import Delivered, Unavailable
from contracts.errors import AccessDenied, GatewayError
from tests.adapter_tools import SECRETS, CountedIds, DirectHttp, Scans, StillClock
from tests.unit.adapters.test_connection_yaml import MINIMAL

FIELD = {"envelope": {"kind": "field", "format": "json", "field": "data"}}
FORM = {"envelope": {"kind": "field", "format": "form", "field": "data"}}
CREDENTIALS = {
    "bearer": ({"kind": "bearer", "token": "place_token"}, {}),
    "header": ({"kind": "parameter", "in": "header", "name": "X-Key", "secret": "app_key"}, {}),
    "query": ({"kind": "parameter", "in": "query", "name": "key", "secret": "app_key"}, {}),
    "json": ({"kind": "parameter", "in": "field", "name": "key", "secret": "app_key"}, FIELD),
    "form": ({"kind": "parameter", "in": "field", "name": "key", "secret": "app_key"}, FORM),
}
SIGNERS = {
    "header": ("header", "{params}&{body}", {}),
    "query": ("query", "{method}{path}?{params}&{body_sha256}", {}),
    "json": ("json", "{secret}{params}", FIELD),
    "form": ("form", "{timestamp}{nonce}{payload}{secret}", FORM),
}


class Pair:
    """One operation, both sides, from a folder made for the test."""

    def __init__(self, tmp_path, *, request, credentials=None, signer=None, place_secrets=SECRETS):
        operation = {
            "path": "/cases",
            "query": {"v": "2"},
            "request": request,
            "credentials": list(credentials or {}),
            **({"signer": "s"} if signer else {}),
            "outcome": {"success": {"path": "ok", "equals": True}},
            "replies": {"accepted": {"record": {"ok": True}}},
        }
        content = {
            **MINIMAL,
            "credentials": credentials or {},
            "signers": {"s": signer} if signer else {},
            "operations": {"submit": operation},
        }
        (tmp_path / "connection.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        self.clock = StillClock()
        self.refusals = []
        self.change = lambda request: request
        self.http = DirectHttp(self._receive)
        ids = CountedIds()
        shared = {"clock": self.clock, "ids": ids}
        self.place = open_counterparts(
            tmp_path, addresses={}, secrets=place_secrets, http=self.http, **shared
        )["990001"]
        self.gateway = open_adapters(
            tmp_path,
            environment="test",
            addresses={"base": "http://h.invalid"},
            secrets=SECRETS,
            http=self.http,
            **shared,
        )["990001"]

    async def _receive(self, request):
        request = self.change(request)
        try:
            call = self.place.receive(request, now=self.clock.now())
        except GatewayError as error:
            self.refusals.append(error)
            return self.place.deny(request, error)
        return self.place.accept(call)

    async def deliver(self):
        (step,) = self.gateway.encode("application", {"name": "模拟·甲 & <乙>"})
        prepared = await self.gateway.prepare(
            step.operation, step.plan, serial="S-1", open_material=Scans().open
        )
        return await self.gateway.transmit(prepared, open_material=Scans().open)


def signer(place, text):
    return {
        "algorithm": "hmac-sha256",
        "secret": "app_secret",
        "key_id": "app_key",
        "place": place,
        "names": {"key_id": "Key", "timestamp": "Ts", "nonce": "Nonce", "sign": "Sign"},
        "text": text,
    }


@pytest.mark.parametrize("name", CREDENTIALS)
async def test_a_credential_opens_the_door_and_a_wrong_one_does_not(tmp_path, name):
    credential, request = CREDENTIALS[name]
    good = Pair(tmp_path, request=request, credentials={"c": credential})
    outcome = await good.deliver()
    bad = Pair(
        tmp_path,
        request=request,
        credentials={"c": credential},
        place_secrets=dict.fromkeys(SECRETS, "other"),
    )
    refused = await bad.deliver()

    assert isinstance(outcome, Delivered), good.refusals
    assert not isinstance(refused, Delivered)
    assert isinstance(bad.refusals[0], AccessDenied)


@pytest.mark.parametrize("name", SIGNERS)
async def test_a_signature_opens_the_door_once(tmp_path, name):
    place, text, request = SIGNERS[name]
    pair = Pair(tmp_path, request=request, signer=signer(place, text))

    assert isinstance(await pair.deliver(), Delivered), pair.refusals
    assert isinstance(await pair.deliver(), Delivered), pair.refusals
    with pytest.raises(AccessDenied):
        pair.place.receive(pair.http.requests[0], now=pair.clock.now())


@pytest.mark.parametrize("name", SIGNERS)
@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, body=r.body.replace(b"%3C", b"%3D").replace(b"<", b"=")),
        lambda r: replace(
            r,
            query={k: "x" if k == "Nonce" else v for k, v in r.query.items()},
            headers={k: "x" if k == "nonce" else v for k, v in r.headers.items()},
            body=r.body.replace(b"Nonce=", b"Nonce=x").replace(b'"Nonce":"', b'"Nonce":"x'),
        ),
    ],
    ids=["body", "nonce"],
)
async def test_a_changed_request_is_refused(tmp_path, name, change):
    place, text, request = SIGNERS[name]
    pair = Pair(tmp_path, request=request, signer=signer(place, text))
    pair.change = change

    assert not isinstance(await pair.deliver(), Delivered)
    assert "签名" in pair.refusals[0].detail_zh


async def test_a_credential_and_a_signature_may_both_be_asked_for(tmp_path):
    # Quirk Q47: a token and signature headers at once.
    credential, _ = CREDENTIALS["bearer"]
    pair = Pair(
        tmp_path, request={}, credentials={"c": credential}, signer=signer("header", "{params}")
    )

    assert isinstance(await pair.deliver(), Delivered)
    (request,) = pair.http.requests
    assert request.headers["authorization"].startswith("Bearer ")
    without = {k: v for k, v in request.headers.items() if k != "authorization"}
    with pytest.raises(AccessDenied):
        pair.place.receive(replace(request, headers=without), now=pair.clock.now())


# --- tokens ---------------------------------------------------------------------------------


class Desk:
    """Gives out tokens; slow enough that callers meet at the door."""

    def __init__(self, *bodies, status=200):
        self.calls = 0
        self._bodies = bodies or (b'{"access_token": "t%d", "expires_in": 600}',)
        self._status = status

    async def request(self, call, *, open_material):
        self.calls += 1
        await asyncio.sleep(0.01)
        body = self._bodies[min(self.calls, len(self._bodies)) - 1]
        return HttpReply(self._status, {}, body.replace(b"%d", str(self.calls).encode()))


def cache(desk, clock=None, **changes):
    from adapters.connection import OAuth2
    from adapters.names import Names

    profile = OAuth2.model_validate(
        {
            "kind": "oauth2",
            "path": "/token",
            "client_id": "client_id",
            "client_secret": "client_secret",
            **changes,
        }
    )
    names = Names("x", addresses={"base": "http://h.invalid"}, secrets=SECRETS)
    return TokenCache(profile, names=names, http=desk, clock=clock or StillClock())


async def test_many_callers_cause_one_renewal():
    desk = Desk()
    tokens = cache(desk)

    first = await asyncio.gather(*(tokens.get() for _ in range(20)))
    again = await asyncio.gather(*(tokens.get(stale="t1") for _ in range(20)))

    assert set(first) == {"t1"}
    assert set(again) == {"t2"}
    assert desk.calls == 2


async def test_a_token_that_is_shorter_lived_than_the_early_renewal_is_still_used():
    desk, clock = Desk(b'{"access_token": "t%d", "expires_in": 10}'), StillClock()
    tokens = cache(desk, clock, early_seconds=60)

    assert await tokens.get() == "t1"
    clock.advance(4)
    assert await tokens.get() == "t1"
    clock.advance(2)
    assert await tokens.get() == "t2"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b'{"token": "x"}', 200),
        (b'{"access_token": "a\\r\\nX: 1"}', 200),
        (b'{"access_token": "x", "expires_in": "soon"}', 200),
        (b'{"access_token": "x"}', 500),
        (b'{"error": "invalid_client"}', 401),
    ],
)
async def test_a_token_call_that_fails_is_unavailable_and_says_nothing_secret(body, status):
    answer = await cache(Desk(body, status=status)).get()

    assert isinstance(answer, Unavailable)
    assert answer.reason.startswith("token call: ")
    assert SECRETS["client_secret"] not in answer.reason
