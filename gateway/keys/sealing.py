"""
Seal bytes under a key: AES-256-GCM, random 96-bit nonce, the place bound in as associated data.

Sealed form (project convention): one byte scheme (1), 12 bytes nonce, cipher text with 16-byte tag.
A case key seals far fewer than 2^32 values, the bound of NIST SP 800-38D 8.3 for random nonces.
"""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.errors import IntegrityError
from gateway.ports import Ids

_SCHEME = b"\x01"
_NONCE = 12
_LEAST = 1 + _NONCE + 16


class Sealer:
    """One AES-256 key."""

    __slots__ = ("_cipher", "_ids")

    def __init__(self, key: bytes, *, ids: Ids) -> None:
        self._cipher = AESGCM(key)
        self._ids = ids

    def seal(self, data: bytes, place: str) -> bytes:
        nonce = self._ids.token(_NONCE)
        return _SCHEME + nonce + self._cipher.encrypt(nonce, data, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """
        Raises:
            IntegrityError: the bytes were changed, stand in another place, or are of another key.
        """
        if len(sealed) < _LEAST or sealed[:1] != _SCHEME:
            raise _broken()
        try:
            return self._cipher.decrypt(
                sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], place.encode()
            )
        except InvalidTag:
            raise _broken() from None


class OpenCaseKey:
    """Key of one case: 32 bytes that seal, 32 bytes that commit."""

    __slots__ = ("_commit", "_sealer", "key_id")

    def __init__(self, key_id: int, secret: bytes, *, ids: Ids) -> None:
        self.key_id = key_id
        self._sealer = Sealer(secret[:32], ids=ids)
        self._commit = secret[32:]

    def seal(self, data: bytes, place: str) -> bytes:
        return self._sealer.seal(data, place)

    def open(self, sealed: bytes, place: str) -> bytes:
        return self._sealer.open(sealed, place)

    def commit(self, name: str, value: str) -> str:
        """HMAC-SHA256 over name, a zero byte, value; UTF-8, hex. Source: reliability 3.7."""
        return hmac.digest(self._commit, f"{name}\0{value}".encode(), "sha256").hex()


def _broken() -> IntegrityError:
    return IntegrityError(
        "密文与所在位置或密钥不符", "sealed bytes were changed or stand in another place"
    )


__all__ = ["OpenCaseKey", "Sealer"]
