"""
The side that is called: does the credential of a request hold, and whose is it?

Used by the gateway for inbound dialect operations, and by the sandbox for what we send it.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.caller import make_signer
from adapters.connection import (
    Bearer,
    ConnectionProfile,
    GatewayToken,
    OAuth2,
    Parameter,
    UsernameToken,
)
from adapters.names import Names, NotConfiguredError
from adapters.operation import CompiledOperation
from adapters.shapes import Read
from adapters.signers import Signed
from adapters.soap.security import Login, check_header
from contracts.adapter import BytePlan, WireRequest
from contracts.errors import AccessDenied

MAX_NONCES = 100_000
"""Bound of the replay memory; beyond it the oldest nonce is forgotten first."""


class Doorman:
    """Checks credentials and signatures of one province; remembers nonces for their window."""

    def __init__(
        self,
        profile: ConnectionProfile,
        *,
        names: Names,
        issued: Callable[[str], bool] | None = None,
    ) -> None:
        self._profile = profile
        self._names = names
        self._issued = issued
        self._nonces: OrderedDict[str, datetime] = OrderedDict()

    def check(
        self, operation: CompiledOperation, request: WireRequest, read: Read, *, now: datetime
    ) -> str | None:
        """
        Check every credential and the signature of an operation; returns the system they name.

        Raises:
            AccessDenied: missing, wrong, expired, or seen before.
        """
        system = None
        try:
            for name in operation.profile.credentials:
                system = self._credential(name, request, read, now) or system
            if operation.profile.signer is not None:
                system = self._signature(operation, request, read, now) or system
        except NotConfiguredError:
            raise AccessDenied(
                "该接口的凭据尚未配置", "the credential of this operation is not configured"
            ) from None
        return system

    def _credential(self, name: str, request: WireRequest, read: Read, now: datetime) -> str | None:
        credential = self._profile.credentials[name]
        match credential:
            case Bearer() | GatewayToken():
                self._same(_bearer(request), self._names.secret(credential.token))
                return credential.system if isinstance(credential, Bearer) else None
            case OAuth2():
                if self._issued is None or not self._issued(_bearer(request)):
                    raise _denied("访问令牌无效或已过期", "the access token is invalid or expired")
                return None
            case Parameter():
                place: Mapping[str, Any] = {
                    "header": request.headers,
                    "query": request.query,
                    "field": read.outer,
                }[credential.in_]
                key = credential.name.lower() if credential.in_ == "header" else credential.name
                self._same(place.get(key), self._names.secret(credential.secret))
                return credential.system
            case UsernameToken():
                return self._username(credential, read, now)

    def _username(self, credential: UsernameToken, read: Read, now: datetime) -> str | None:
        if read.soap is None:
            raise _denied("缺少 SOAP 信封", "no SOAP envelope")
        window = timedelta(seconds=credential.window_seconds)
        login = Login(
            username=self._names.secret(credential.username),
            password=self._names.secret(credential.password),
            digest=credential.digest,
            window=window,
        )
        nonce = check_header(read.soap, login, now=now)
        self._once(f"wsse:{nonce.hex()}", now=now, window=window)
        return credential.system

    def _signature(
        self, operation: CompiledOperation, request: WireRequest, read: Read, now: datetime
    ) -> str | None:
        profile = self._profile.signers[operation.profile.signer or ""]
        signer = make_signer(profile, self._names)
        if profile.place in ("form", "json"):
            fields = {name: value for name, value in read.outer.items() if isinstance(value, str)}
        elif profile.place == "query":
            fields = dict(request.query)
        else:
            names = profile.names
            wanted = (names.key_id, names.timestamp, names.nonce, names.sign)
            fields = {n: request.headers.get(n.lower(), "") for n in wanted if n is not None}
        charset = operation.request.charset
        payload = str(read.outer.get(operation.request.envelope.field or "", "")).encode(charset)
        signed = Signed(
            method=request.method,
            path=request.path,
            params=fields,
            payload=BytePlan((payload or request.body,)),
            body=BytePlan((request.body,)),
        )
        nonce = signer.check(signed, fields, now=now)
        if nonce:
            window = timedelta(seconds=profile.window_seconds)
            self._once(f"sign:{nonce}", now=now, window=window)
        return profile.system

    def _same(self, given: Any, expected: str) -> None:
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
            raise _denied("凭据缺失或不正确", "the credential is missing or wrong")

    def _once(self, nonce: str, *, now: datetime, window: timedelta) -> None:
        while self._nonces and next(iter(self._nonces.values())) < now:
            self._nonces.popitem(last=False)
        if nonce in self._nonces:
            raise _denied("随机数已使用过", "the nonce was used before")
        # A request may be dated up to one window ahead and is then good for another.
        self._nonces[nonce] = now + 2 * window
        if len(self._nonces) > MAX_NONCES:
            self._nonces.popitem(last=False)


def _bearer(request: WireRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _denied(zh: str, en: str) -> AccessDenied:
    return AccessDenied(zh, en)


__all__ = ["MAX_NONCES", "Doorman"]
