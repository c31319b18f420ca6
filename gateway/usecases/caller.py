"""
Who asks: the answer of authentication, handed to every use case.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.audit.leaf import GATEWAY, Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """
    A partner system or a named person. A partner is bound to one `system`; an operator to none.

    `trace_id` is 32 hex digits (W3C trace id) and runs through leaves, logs and problems.
    """

    client_id: str
    role: str
    system: str | None
    province: str | None
    trace_id: str

    @property
    def actor(self) -> Actor:
        if self.role == "gateway" and self.system is None:
            return GATEWAY
        return Actor(
            kind="system" if self.system else "person",
            system=self.system,
            province=self.province,
            client_id=self.client_id,
        )

    @property
    def sees_all(self) -> bool:
        """Operators and auditors look across systems; partners see their own cases only."""
        return self.role in {"operator", "auditor", "security_officer"}


__all__ = ["Caller"]
