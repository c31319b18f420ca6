"""
Signatures by template: a digest or HMAC over sorted parameters, headers or the exact body.

A described algorithm is not trusted before a known answer confirms it (quirk Q15): every province
ships `vectors/*.json`, which a test runs through this module.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

from adapters.connection import SignerProfile
from adapters.materials import stream
from contracts.adapter import BytePlan, MaterialReader
from contracts.errors import AccessDenied

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
EMPTY = BytePlan((b"",))
_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature may cover. `params` are the fields of the place where it stands."""

    method: str = "POST"
    path: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    payload: BytePlan = EMPTY
    body: BytePlan = EMPTY


class Signer:
    """One signer of connection.yaml with its secret."""

    def __init__(self, profile: SignerProfile, *, secret: str, key_id: str = "") -> None:
        self.profile = profile
        self._secret = secret
        self._key_id = key_id
        self._pieces = _PLACEHOLDER.split(profile.text)

    def stamp(self, *, now: datetime, nonce: str) -> dict[str, str]:
        """The fields that accompany the signature, under the province's names."""
        names = self.profile.names
        values = {
            names.key_id: self._key_id,
            names.timestamp: self._write_time(now),
            names.nonce: nonce if self.profile.nonce_bytes else "",
        }
        return {name: value for name, value in values.items() if name is not None and value}

    async def sign(
        self, signed: Signed, *, stamp: Mapping[str, str], open_material: MaterialReader
    ) -> str:
        """The signature; materials in a covered body are streamed through the hash."""
        digest = self._new()
        async for chunk in self._covered(signed, stamp, open_material):
            digest.update(chunk)
        return self._write(digest.digest())

    def check(self, signed: Signed, fields: Mapping[str, str], *, now: datetime) -> str:
        """
        Check a received signature and return its nonce ("" without one).

        Raises:
            AccessDenied: unknown key id, outside the time window, or a wrong signature.
        """
        names = self.profile.names
        stamp = {
            name: fields.get(name, "")
            for name in (names.key_id, names.timestamp, names.nonce)
            if name
        }
        if names.key_id and not hmac.compare_digest(
            stamp[names.key_id].encode(), self._key_id.encode()
        ):
            raise _denied("未知的应用标识", "unknown key id")
        if names.timestamp:
            self._check_time(stamp[names.timestamp], now)
        nonce = stamp.get(names.nonce or "", "")
        if names.nonce and self.profile.nonce_bytes and not nonce:
            raise _denied("缺少随机数", "the nonce is missing")
        digest = self._new()
        for chunk in self._covered_now(signed, stamp):
            digest.update(chunk)
        expected = self._write(digest.digest())
        if not hmac.compare_digest(fields.get(names.sign, "").encode(), expected.encode()):
            raise _denied("签名不正确", "the signature is wrong")
        return nonce

    # --- what is covered ------------------------------------------------------------------

    def _text(self, name: str, signed: Signed, stamp: Mapping[str, str]) -> str:
        names = self.profile.names
        match name:
            case "params":
                return self._params(signed.params)
            case "method":
                return signed.method
            case "path":
                return signed.path
            case "secret":
                return self._secret
            case "timestamp" | "nonce" | "key_id":
                return stamp.get(getattr(names, name) or "", "")
            case _:
                raise ValueError(f"unknown variable {{{name}}} in a signer's text")

    def _params(self, params: Mapping[str, str]) -> str:
        rule = self.profile.params
        left_out = {self.profile.names.sign, *rule.exclude}
        return rule.join.join(
            rule.pair.replace("{name}", name).replace("{value}", value, 1)
            for name, value in sorted(params.items())
            if name not in left_out and (value or not rule.skip_empty)
        )

    async def _covered(
        self, signed: Signed, stamp: Mapping[str, str], open_material: MaterialReader
    ) -> AsyncIterator[bytes]:
        for index, piece in enumerate(self._pieces):
            if not index % 2:
                yield piece.encode()
            elif piece in ("payload", "body"):
                async for chunk in stream(getattr(signed, piece), open_material):
                    yield chunk
            elif piece == "body_sha256":
                digest = hashlib.sha256()
                async for chunk in stream(signed.body, open_material):
                    digest.update(chunk)
                yield digest.hexdigest().encode()
            else:
                yield self._text(piece, signed, stamp).encode()

    def _covered_now(self, signed: Signed, stamp: Mapping[str, str]) -> list[bytes]:
        """The same for a received request, whose bytes are all here."""
        chunks = []
        for index, piece in enumerate(self._pieces):
            if not index % 2:
                chunks.append(piece.encode())
            elif piece in ("payload", "body"):
                chunks.append(getattr(signed, piece).literal)
            elif piece == "body_sha256":
                chunks.append(hashlib.sha256(signed.body.literal).hexdigest().encode())
            else:
                chunks.append(self._text(piece, signed, stamp).encode())
        return chunks

    # --- algorithm, form, time ------------------------------------------------------------

    def _new(self) -> _Hash:
        family, _, name = self.profile.algorithm.rpartition("-")
        if family == "hmac":
            return hmac.new(self._secret.encode(), digestmod=name)
        # MD5 stands here because partners still use it, never for integrity of our own.
        return hashlib.new(name, usedforsecurity=name != "md5")

    def _write(self, digest: bytes) -> str:
        match self.profile.output:
            case "hex":
                return digest.hex()
            case "HEX":
                return digest.hex().upper()
            case _:
                return base64.b64encode(digest).decode()

    def _write_time(self, now: datetime) -> str:
        match self.profile.timestamp:
            case "s":
                return str(int(now.timestamp()))
            case "ms":
                return str(int(now.timestamp() * 1000))
            case _:
                return now.astimezone(CHINA).strftime("%Y%m%d%H%M%S")

    def _check_time(self, text: str, now: datetime) -> None:
        try:
            match self.profile.timestamp:
                case "s":
                    at = datetime.fromtimestamp(int(text), UTC)
                case "ms":
                    at = datetime.fromtimestamp(int(text) / 1000, UTC)
                case _:
                    at = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
        except (ValueError, OverflowError, OSError):
            raise _denied("时间戳无法读取", "the timestamp cannot be read") from None
        if abs((now - at).total_seconds()) > self.profile.window_seconds:
            raise _denied("时间戳超出允许的时间窗口", "the timestamp is outside the window")


def _denied(zh: str, en: str) -> AccessDenied:
    return AccessDenied(f"签名校验:{zh}", f"signature: {en}")


__all__ = ["CHINA", "EMPTY", "Signed", "Signer"]
