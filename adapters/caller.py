"""
The side that calls: envelope, credential, signature, wire digest; then the call itself.

Used by the gateway for operations of a province, and by the sandbox for inbound operations of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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


_Head = tuple[str, dict[str, str], dict[str, str]]
"""path, query, headers"""


@dataclass(slots=True)
class _Draft:
    """A request on its way to being prepared."""

    operation: CompiledOperation
    payload: BytePlan
    look: Lookup
    address: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    fields: dict[str, str]
    soap_header: str = ""

    def place(self, name: str) -> dict[str, str]:
        return {"header": self.headers, "query": self.query, "field": self.fields}[name]

    def wrap(self) -> tuple[BytePlan, str]:
        return self.operation.request.wrap(
            self.payload, look=self.look, fields=self.fields, header=self.soap_header
        )


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
        self._heads: dict[str, Callable[[Lookup], _Head]] = {}
        self._tokens = {
            name: TokenCache(credential, names=names, http=http, clock=clock)
            for name, credential in profile.credentials.items()
            if isinstance(credential, OAuth2)
        }

    def ready(self, operation: CompiledOperation) -> bool:
        """Whether a request can be made ready without a token call."""
        tokens = (self._tokens.get(name) for name in operation.profile.credentials)
        return all(cache is None or cache.ready for cache in tokens)

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
        draft = self._draft(operation, payload, self._look({"serial": serial, **variables}))
        for name in profile.credentials:
            if refusal := await self._present(name, draft):
                return refusal
        if profile.signer is None:
            body, kind = draft.wrap()
        else:
            body, kind = await self._signed(draft, profile.signer, open_material)
        if kind:
            draft.headers["Content-Type"] = kind
        soap = operation.request.soap
        if soap is not None and soap.version == "1.1":
            draft.headers["SOAPAction"] = f'"{soap.action}"'
        salt = self._ids.token(SALT_BYTES)
        query = f"?{urlencode(draft.query)}" if draft.query else ""
        return Prepared(
            url=draft.address + draft.path + query,
            method="POST" if soap is not None else profile.method,
            headers=draft.headers,
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

    def _draft(self, operation: CompiledOperation, payload: BytePlan, look: Lookup) -> _Draft:
        build = self._heads.get(operation.name)
        if build is None:
            build = self._heads[operation.name] = _compile_head(operation)
        path, query, headers = build(look)
        wrapped = operation.request.envelope.kind == "field"
        return _Draft(
            operation=operation,
            payload=payload,
            look=look,
            address=self._names.address(self._address or operation.profile.address) + self._prefix,
            path=path,
            query=query,
            headers=headers,
            fields=operation.request.fields(look) if wrapped else {},
        )

    async def _present(self, name: str, draft: _Draft) -> Unavailable | None:
        """Put one credential into the request; only a token call can fail."""
        credential = self._profile.credentials[name]
        match credential:
            case OAuth2():
                token = await self._tokens[name].get()
                if isinstance(token, Unavailable):
                    return token
                draft.headers["Authorization"] = f"Bearer {token}"
            case Bearer() | GatewayToken():
                token = self._names.secret(credential.token)
                draft.headers["Authorization"] = f"Bearer {token}"
            case UsernameToken():
                draft.soap_header = self._security(credential)
            case Parameter():
                place = draft.place(credential.in_)
                place[credential.name] = self._names.secret(credential.secret)
        return None

    def _security(self, credential: UsernameToken) -> str:
        login = Login(
            username=self._names.secret(credential.username),
            password=self._names.secret(credential.password),
            digest=credential.digest,
        )
        nonce = self._ids.token(WSSE_NONCE_BYTES)
        return write_header(login, nonce=nonce, created=self._clock.now())

    async def _signed(
        self, draft: _Draft, name: str, open_material: MaterialReader
    ) -> tuple[BytePlan, str]:
        """Wrap and sign; where the signature stands in the body, it is computed before wrapping."""
        profile = self._profile.signers[name]
        signer = make_signer(profile, self._names)
        nonce = self._ids.hex(profile.nonce_bytes) if profile.nonce_bytes else ""
        stamp = signer.stamp(now=self._clock.now(), nonce=nonce)
        shape = draft.operation.request
        inside = profile.place in ("form", "json")
        place = draft.place("field" if inside else profile.place)
        place.update(stamp)
        # Beside signature headers stand others, which proxies add to and change.
        params = stamp if profile.place == "header" else dict(place)
        if inside and shape.envelope.field:
            params = {**params, shape.envelope.field: draft.payload.literal.decode(shape.charset)}
        body, kind = (EMPTY, "") if inside else draft.wrap()
        signed = Signed(
            method=draft.operation.profile.method,
            path=draft.path,
            params=params,
            payload=draft.payload,
            body=body,
        )
        place[profile.names.sign] = await signer.sign(
            signed, stamp=stamp, open_material=open_material
        )
        return draft.wrap() if inside else (body, kind)

    def _oauth_of(self, operation: CompiledOperation) -> str | None:
        return next((n for n in operation.profile.credentials if n in self._tokens), None)


def make_signer(profile: SignerProfile, names: Names) -> Signer:
    key_id = names.secret(profile.key_id) if profile.key_id else ""
    return Signer(profile, secret=names.secret(profile.secret), key_id=key_id)


def _compile_head(operation: CompiledOperation) -> Callable[[Lookup], _Head]:
    path = compile_text(operation.profile.path)
    query = {name: compile_text(text) for name, text in operation.profile.query.items()}
    headers = {name: compile_text(text) for name, text in operation.profile.headers.items()}

    def build(look: Lookup) -> _Head:
        # A number may hold any character; it must not become part of the path.
        quoted = path(lambda name: quote(str(look(name) or ""), safe=""))
        return (
            quoted,
            {name: fill(look) for name, fill in query.items()},
            {name: fill(look) for name, fill in headers.items()},
        )

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
