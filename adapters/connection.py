"""
The shape of connection.yaml: one province's systems, operations, credentials and capabilities.

Grammar with examples: adapters/README.md.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from adapters.layers import Operation, Part
from adapters.yaml_file import read_yaml
from contracts import adapter

# --- systems --------------------------------------------------------------------------------


class CapabilityFlags(Part):
    idempotent: bool = False
    query: bool = False
    settle_seconds: float = Field(2, ge=0)
    pull: bool = False
    mailbox: bool = False
    max_concurrency: int = Field(16, ge=1)

    def value(self) -> adapter.Capabilities:
        return adapter.Capabilities(
            idempotent=self.idempotent,
            query=self.query,
            settle_time=timedelta(seconds=self.settle_seconds),
            pull=self.pull,
            mailbox=self.mailbox,
            max_concurrency=self.max_concurrency,
        )


class Retry(Part):
    """Seconds, but `hours`. The schedule itself is stored by the gateway."""

    first: float = Field(5, gt=0)
    factor: float = Field(2, ge=1)
    cap: float = Field(3600, gt=0)
    attempts: int = Field(40, ge=1)
    hours: float = Field(168, gt=0)
    retry_after_cap: float = Field(86400, gt=0)


class SystemProfile(Part):
    system: str = Field(pattern=r"^[0-9a-z][0-9a-z-]{2,39}$")
    name: str
    roles: tuple[Literal["RECEIVING", "HANDLING", "SERVICE", "NATIONAL", "AUTHORITY"], ...]
    place: str | None = Field(None, pattern=r"^[0-9]{12}$")
    verifies: tuple[str, ...] = ()
    """codes of verification_subject this system answers for"""
    prescribed_for: tuple[str, ...] = ()
    """12-digit catalogue codes for which this system is the prescribed channel"""
    capabilities: CapabilityFlags = CapabilityFlags()
    retry: Retry = Retry()


# --- messages -------------------------------------------------------------------------------


class Upload(Part):
    """One step per element of `each` whose `token` is a material token."""

    operation: str
    each: str
    token: str
    answer: dict[str, str]
    """field of the element → value of the upload's receipt"""


class MessageStep(Part):
    operation: str | None = None
    upload: Upload | None = None

    @property
    def called(self) -> str:
        return self.upload.operation if self.upload else self.operation or ""

    @model_validator(mode="after")
    def _one(self) -> MessageStep:
        if (self.operation is None) == (self.upload is None):
            raise ValueError("a step is an operation or an upload")
        return self


def _step(value: Any) -> Any:
    return {"operation": value} if isinstance(value, str) else value


Steps = tuple[Annotated[MessageStep, BeforeValidator(_step)], ...]


# --- credentials, signers -------------------------------------------------------------------


class GatewayToken(Part):
    """Inbound: the gateway's own bearer token decides. `token` names the caller's copy."""

    kind: Literal["gateway"]
    token: str = "gateway_token"


class Bearer(Part):
    kind: Literal["bearer"]
    token: str
    system: str | None = None


class OAuth2(Part):
    """Client credentials grant (RFC 6749 section 4.4)."""

    kind: Literal["oauth2"]
    address: str = "base"
    path: str
    client_id: str
    client_secret: str
    scope: str = ""
    early_seconds: float = Field(60, ge=0)


class UsernameToken(Part):
    """OASIS WS-Security UsernameToken Profile 1.1."""

    kind: Literal["username_token"]
    username: str
    password: str
    digest: bool = True
    window_seconds: float = Field(300, gt=0)
    system: str | None = None


class Parameter(Part):
    kind: Literal["parameter"]
    in_: Literal["header", "query", "field"] = Field(alias="in")
    name: str
    secret: str
    system: str | None = None


Credential = Annotated[
    GatewayToken | Bearer | OAuth2 | UsernameToken | Parameter, Field(discriminator="kind")
]


class SignedNames(Part):
    key_id: str | None = None
    timestamp: str | None = None
    nonce: str | None = None
    sign: str = "sign"


class SignedParams(Part):
    pair: str = "{name}={value}"
    join: str = "&"
    skip_empty: bool = True
    exclude: tuple[str, ...] = ()


class SignerProfile(Part):
    algorithm: Literal["hmac-sha256", "hmac-sm3", "hmac-md5", "md5", "sha256", "sm3"]
    secret: str
    key_id: str | None = None
    system: str | None = None
    place: Literal["form", "json", "query", "header"] = "header"
    names: SignedNames = SignedNames()
    timestamp: Literal["s", "ms", "yyyyMMddHHmmss"] = "ms"
    nonce_bytes: int = Field(16, ge=0, le=64)
    text: str
    params: SignedParams = SignedParams()
    output: Literal["hex", "HEX", "base64"] = "hex"
    window_seconds: float = Field(300, gt=0)


# --- the file -------------------------------------------------------------------------------


class ConnectionProfile(Part):
    format: Literal[1]
    province: str = Field(pattern=r"^[0-9]{6}$")
    name: str
    simulated: bool
    simulation_mark: str | None = None
    systems: tuple[SystemProfile, ...] = Field(min_length=1)
    messages: dict[str, Steps] = Field(default_factory=dict)
    query: str | None = None
    pull: str | None = None
    poll: str | None = None
    """asks again for the answer of a verification that takes long"""
    credentials: dict[str, Credential] = Field(default_factory=dict)
    signers: dict[str, SignerProfile] = Field(default_factory=dict)
    operations: dict[str, Operation] = Field(default_factory=dict)
    inbound: dict[str, Operation] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> ConnectionProfile:
        used = [self.query, self.pull, self.poll]
        for steps in self.messages.values():
            used += [step.called for step in steps]
        _known("operation", used, self.operations)
        for where in (*self.operations.values(), *self.inbound.values()):
            _known("credential", where.credentials, self.credentials)
            _known("signer", [where.signer], self.signers)
        if shared := set(self.operations) & set(self.inbound):
            raise ValueError(f"operations and inbound share the names {sorted(shared)}")
        for system in self.systems:
            if system.verifies and len(self.messages.get("verification", ())) != 1:
                raise ValueError(f"{system.system}: verifies without one step in messages")
            if system.capabilities.query and self.query is None:
                raise ValueError(f"{system.system}: capability query without `query:`")
            if system.capabilities.pull and self.pull is None:
                raise ValueError(f"{system.system}: capability pull without `pull:`")
        return self


def _known(what: str, used: Any, known: Any) -> None:
    if missing := {name for name in used if name is not None and name not in known}:
        raise ValueError(f"unknown {what} {sorted(missing)}")


def load_connection(folder: Path) -> ConnectionProfile:
    """
    Read `connection.yaml` of a province folder.

    Raises:
        ValueError: not of the documented shape; every mistake is named with its place.
    """
    content = read_yaml(folder / "connection.yaml")
    try:
        return ConnectionProfile.model_validate(content)
    except ValidationError as error:
        lines = [
            f"{'/'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
            for mistake in error.errors(include_input=False, include_url=False)
        ]
        raise ValueError(f"{folder.name}/connection.yaml: " + "; ".join(lines)) from None


__all__ = [
    "Bearer",
    "ConnectionProfile",
    "Credential",
    "GatewayToken",
    "MessageStep",
    "OAuth2",
    "Parameter",
    "Retry",
    "SignerProfile",
    "SystemProfile",
    "Upload",
    "UsernameToken",
    "load_connection",
]
