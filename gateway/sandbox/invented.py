"""
Addresses and secrets for a simulated province: every name its connection.yaml mentions gets one.

Both sides are given the same values; the gateway reads them from its connections file.
"""

from __future__ import annotations

import re
from typing import Any

from adapters.connection import ConnectionProfile, GatewayToken, OAuth2
from gateway.ports import Ids

_SECRET = re.compile(r"\{secret:([^{}]+)\}")
_NAMED = ("token", "client_id", "client_secret", "username", "password", "secret")


def invent_connection(profile: ConnectionProfile, *, url: str, ids: Ids) -> dict[str, Any]:
    """
    One entry of the connections file: `{"addresses": …, "secrets": …}`.

    Each system is reached below `<url>/<system>`, as the sandbox serves it.
    """
    return {
        "addresses": {
            f"{system.system}.{name}": f"{url}/{system.system}"
            for system in profile.systems
            for name in sorted(_addresses(profile))
        },
        "secrets": {name: f"mn-{ids.hex(16)}" for name in sorted(_secrets(profile))},
    }


def _addresses(profile: ConnectionProfile) -> set[str]:
    called = {operation.address for operation in profile.operations.values()}
    asked = {one.address for one in profile.credentials.values() if isinstance(one, OAuth2)}
    return called | asked


def _secrets(profile: ConnectionProfile) -> set[str]:
    """Names of secrets, but for the gateway's own tokens, which it gives out itself."""
    found = set(_SECRET.findall(profile.model_dump_json()))
    for credential in profile.credentials.values():
        if not isinstance(credential, GatewayToken):
            found |= {
                str(getattr(credential, name)) for name in _NAMED if hasattr(credential, name)
            }
    for signer in profile.signers.values():
        found |= {name for name in (signer.secret, signer.key_id) if name is not None}
    return found


__all__ = ["invent_connection"]
