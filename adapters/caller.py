"""
The side that calls: envelope, credential, signature, wire digest; then the call itself.

Used by the gateway for operations of a province, and by the sandbox for inbound operations of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from adapters.connection import (
    Bearer,
    ConnectionProfile,
    GatewayToken,
    OAuth2,
    Parameter,
    SignerProfile,
    UsernameToken,
)
from adapters.http import HttpCall, HttpClient, HttpReply, HttpResult
from adapters.materials import stream
from adapters.names import Names, NotConfiguredError
from adapters.operation import CompiledOperation
from adapters.signers import EMPTY, Signed, Signer
from adapters.soap.security import Login, write_header
from adapters.templates import Lookup, compile_text
from adapters.tokens import TokenCache
from adapters.world import Clock, Ids
from contracts.adapter import BytePlan, MaterialReader, Prepared, Unavailable

SALT_BYTES = 32
WSSE_NONCE_BYTES = 16


class Caller:
    """Credentials and signers of one system, and the HTTP port they are used with."""

    def __init__(
        self,
        profile: ConnectionProfile,
        *,
        names: Names,
        http: HttpClient,
        clock: Clock,
        ids: Ids,
        address: str | None = None,
        prefix: str = "",
    ) -> None:
        self._profile = profile
        self._names = names
        self._http = http
        self._clock = clock
        self._ids = ids
        self._address = address
        self._prefix = prefix
        self._urls: dict[str, Callable[[Lookup], tuple[str, dict[str, str]]]] = {}
        self._headers: dict[str, list[tuple[str, Callable[[Lookup], str]]]] = {}
        self._tokens = {
            name: TokenCache(credential, names=names, http=http, clock=clock)
            for name, credential in profile.credentials.items()
            if isinstance(credential, OAuth2)
        }

    async def prepare(
        self,
        operation: CompiledOperation,
        payload: BytePlan,
        *,
        serial: str,
        open_material: MaterialReader,
        variables: Mapping[str, str] | None = None,
    ) -> Prepared | Unavailable:
        """
        Make a request ready to leave. Nothing was sent yet but, at most, a token call.

        Raises:
            IntegrityError: a material is missing or has another size.
        """
        try:
            return await self._prepare(operation, payload, serial, open_material, variables or {})
        except NotConfiguredError as error:
            return Unavailable(str(error))

    async def _prepare(
        self,
        operation: CompiledOperation,
        payload: BytePlan,
        serial: str,
        open_material: MaterialReader,
        variables: Mapping[str, str],
    ) -> Prepared | Unavailable:
        profile = operation.profile
        look = self._look({"serial": serial, **variables})
        address, path, query = self._url(operation, look)
        headers = {name: fill(look) for name, fill in self._filled_headers(operation)}
        fields = (
            operation.request.fields(look) if operation.request.envelope.kind == "field" else {}
        )
        header = ""
        for name in profile.credentials:
            credential = self._profile.credentials[name]
            match credential:
                case OAuth2():
                    token = await self._tokens[name].get()
                    if isinstance(token, Unavailable):
                        return token
                    headers["Authorization"] = f"Bearer {token}"
                case Bearer() | GatewayToken():
                    headers["Authorization"] = f"Bearer {self._names.secret(credential.token)}"
                case UsernameToken():
                    header = self._security(credential)
                case Parameter():
                    place = {"header": headers, "query": query, "field": fields}[credential.in_]
                    place[credential.name] = self._names.secret(credential.secret)
        if profile.signer is None:
            body, kind = operation.request.wrap(payload, look=look, fields=fields, header=header)
        else:
            signer = self._profile.signers[profile.signer]
            body, kind = await self._signed(
                operation,
                payload,
                signer,
                look,
                fields,
                query,
                headers,
                path,
                header,
                open_material,
            )
        if kind:
            headers["Content-Type"] = kind
        soap = operation.request.soap
        if soap is not None and soap.version == "1.1":
            headers["SOAPAction"] = f'"{soap.action}"'
        salt = self._ids.token(SALT_BYTES)
        return Prepared(
            url=address + path + (f"?{urlencode(query)}" if query else ""),
            method="POST" if soap is not None else profile.method,
            headers=headers,
            body=body,
            wire_digest=await _digest(salt, body, open_material),
            wire_salt=salt,
            operation=operation.name,
            serial=serial,
        )

    async def send(
        self,
        operation: CompiledOperation,
        prepared: Prepared,
        *,
        open_material: MaterialReader,
    ) -> HttpResult:
        """
        Carry a prepared request. A 401 with OAuth is certain not to have been applied: the token
        is renewed and the same bytes go once more.
        """
        result = await self._carry(operation, prepared, open_material)
        name = self._oauth_of(operation)
        if name is None or not isinstance(result, HttpReply) or result.status != 401:
            return result
        stale = prepared.headers.get("Authorization", "").removeprefix("Bearer ")
        token = await self._tokens[name].get(stale=stale)
        if isinstance(token, Unavailable):
            return result
        headers = {**prepared.headers, "Authorization": f"Bearer {token}"}
        return await self._carry(operation, replace(prepared, headers=headers), open_material)

    async def _carry(
        self, operation: CompiledOperation, prepared: Prepared, open_material: MaterialReader
    ) -> HttpResult:
        call = HttpCall(
            method=prepared.method,
            url=prepared.url,
            headers=prepared.headers,
            body=prepared.body,
            timeouts=operation.profile.timeouts,
            answer_limit=operation.profile.answer_limit,
        )
        return await self._http.request(call, open_material=open_material)

    # --- parts of a request ---------------------------------------------------------------

    def _look(self, values: Mapping[str, str]) -> Lookup:
        def look(name: str) -> Any:
            if name.startswith("secret:"):
                return self._names.secret(name.removeprefix("secret:"))
            return values.get(name)

        return look

    def _url(self, operation: CompiledOperation, look: Lookup) -> tuple[str, str, dict[str, str]]:
        build = self._urls.get(operation.name)
        if build is None:
            build = self._urls[operation.name] = _compile_url(operation)
        path, query = build(look)
        address = self._names.address(self._address or operation.profile.address)
        return address + self._prefix, path, query

    def _filled_headers(
        self, operation: CompiledOperation
    ) -> list[tuple[str, Callable[[Lookup], str]]]:
        known = self._headers.get(operation.name)
        if known is None:
            known = self._headers[operation.name] = [
                (name, compile_text(template))
                for name, template in operation.profile.headers.items()
            ]
        return known

    def _security(self, credential: UsernameToken) -> str:
        login = Login(
            username=self._names.secret(credential.username),
            password=self._names.secret(credential.password),
            digest=credential.digest,
        )
        nonce = self._ids.token(WSSE_NONCE_BYTES)
        return write_header(login, nonce=nonce, created=self._clock.now())

    async def _signed(
        self,
        operation: CompiledOperation,
        payload: BytePlan,
        profile: SignerProfile,
        look: Lookup,
        fields: dict[str, str],
        query: dict[str, str],
        headers: dict[str, str],
        path: str,
        header: str,
        open_material: MaterialReader,
    ) -> tuple[BytePlan, str]:
        """Wrap and sign; where the signature stands in the body, it is computed before wrapping."""
        signer = make_signer(profile, self._names)
        nonce = self._ids.hex(profile.nonce_bytes) if profile.nonce_bytes else ""
        stamp = signer.stamp(now=self._clock.now(), nonce=nonce)
        shape = operation.request
        inside = profile.place in ("form", "json")
        place = fields if inside else query if profile.place == "query" else headers
        place.update(stamp)
        params = stamp if profile.place == "header" else dict(place)
        if inside and shape.envelope.field:
            params = {**params, shape.envelope.field: payload.literal.decode(shape.charset)}
        body, kind = EMPTY, ""
        if not inside:
            body, kind = shape.wrap(payload, look=look, fields=fields, header=header)
        method = operation.profile.method
        signed = Signed(method=method, path=path, params=params, payload=payload, body=body)
        place[profile.names.sign] = await signer.sign(
            signed, stamp=stamp, open_material=open_material
        )
        if inside:
            body, kind = shape.wrap(payload, look=look, fields=fields, header=header)
        return body, kind

    def _oauth_of(self, operation: CompiledOperation) -> str | None:
        return next((n for n in operation.profile.credentials if n in self._tokens), None)


def make_signer(profile: SignerProfile, names: Names) -> Signer:
    key_id = names.secret(profile.key_id) if profile.key_id else ""
    return Signer(profile, secret=names.secret(profile.secret), key_id=key_id)


def _compile_url(
    operation: CompiledOperation,
) -> Callable[[Lookup], tuple[str, dict[str, str]]]:
    path = compile_text(operation.profile.path)
    query = {name: compile_text(text) for name, text in operation.profile.query.items()}

    def build(look: Lookup) -> tuple[str, dict[str, str]]:
        # A number may hold any character; it must not become part of the path.
        quoted = path(lambda name: quote(str(look(name) or ""), safe=""))
        return quoted, {name: fill(look) for name, fill in query.items()}

    return build


async def _digest(salt: bytes, body: BytePlan, open_material: MaterialReader) -> str:
    """SHA-256 of salt ‖ exact body bytes, hex (design section 6)."""
    if not body.materials:
        return hashlib.sha256(salt + body.literal).hexdigest()
    digest = hashlib.sha256(salt)
    async for chunk in stream(body, open_material):
        digest.update(chunk)
    return digest.hexdigest()


__all__ = ["Caller", "make_signer"]
