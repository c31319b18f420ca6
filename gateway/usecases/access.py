"""
Tokens: granting, listing, rotating, revoking, recognising; and what was refused for want of one.

A token is shown once and stored as a keyed index of itself. A client has one role. A partner or a
window clerk speaks for exactly one system; operators, security officers and auditors for none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.errors import Finding, InvalidDocument, NotFound
from gateway.core.audit.leaf import Actor, Leaf
from gateway.ports import AccessRow, Change, Gateway
from gateway.usecases.caller import Caller
from gateway.usecases.times import stamp

BOUND_ROLES = frozenset({"partner", "window_clerk"})
"""Roles that speak for one system."""
FREE_ROLES = frozenset({"operator", "security_officer", "auditor"})
ROLES = BOUND_ROLES | FREE_ROLES

OVERLAP = timedelta(hours=24)
"""How long the old token still works after a rotation."""

_TOKEN = {
    environment: re.compile(rf"tb{environment[0]}_[0-9a-f]{{64}}")
    for environment in ("test", "production")
}
_CLIENT = re.compile(r"(?!.*\d{11})[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Granted:
    """`token` is told once and known to nobody afterwards."""

    token: str
    row: AccessRow


async def grant_access(
    client_id: str,
    *,
    role: str,
    system: str | None,
    expires_at: datetime | None,
    caller: Caller,
    gw: Gateway,
) -> Granted:
    """
    Give a client its first token.

    Raises:
        InvalidDocument: unknown role or system, a role with a system that it may not have or
            without one that it needs, or a client that holds a token already.
    """
    findings = _check(client_id, role=role, system=system, gw=gw)
    if await _live(client_id, gw=gw):
        findings.append(
            _finding(
                "access.exists",
                "/client_id",
                "该客户端已有令牌,请使用轮换",
                "this client holds a token already; rotate it",
            )
        )
    if findings:
        raise InvalidDocument(findings=findings)
    known = gw.provinces.system(system, gw.environment) if system else None
    token = _make_token(gw=gw)
    row = AccessRow(
        client_id=client_id,
        role=role,
        system=system,
        province=known.province if known else None,
        environment=gw.environment,
        token_hash=hash_token(token, gw=gw),
        created_at=gw.clock.now(),
        expires_at=expires_at,
    )
    leaf = _leaf("access.granted", row, caller=caller, gw=gw, reason="grant")
    await gw.store.commit(Change(access=(row,), leaves=(leaf,)))
    return Granted(token, row)


async def list_access(*, gw: Gateway) -> Sequence[AccessRow]:
    """Everything granted in this environment, oldest first, revoked and expired included."""
    return [row for row in await gw.store.accesses() if row.environment == gw.environment]


async def rotate_access(client_id: str, *, caller: Caller, gw: Gateway) -> Granted:
    """
    Give a client a new token; the old one works for `OVERLAP` more, or until it would expire.

    Raises:
        NotFound: no such client, or everything it held is revoked or expired.
    """
    live = await _live(client_id, gw=gw)
    if not live:
        raise NotFound
    now, newest = gw.clock.now(), live[-1]
    until = now + OVERLAP
    ending = [
        replace(row, expires_at=until if row.expires_at is None else min(row.expires_at, until))
        for row in live
    ]
    token = _make_token(gw=gw)
    row = replace(newest, token_hash=hash_token(token, gw=gw), created_at=now)
    leaf = _leaf("access.granted", row, caller=caller, gw=gw, reason="rotate")
    await gw.store.commit(Change(access=(*ending, row), leaves=(leaf,)))
    return Granted(token, row)


async def revoke_access(client_id: str, *, caller: Caller, gw: Gateway) -> int:
    """
    Take back every token of a client and return how many worked until now.

    Raises:
        NotFound: no such client, or nothing of it was in force.
    """
    live = await _live(client_id, gw=gw)
    if not live:
        raise NotFound
    now = gw.clock.now()
    leaf = _leaf("access.revoked", live[-1], caller=caller, gw=gw, reason="revoke")
    rows = tuple(replace(row, revoked_at=now) for row in live)
    await gw.store.commit(Change(access=rows, leaves=(leaf,)))
    return len(rows)


async def recognise(token: str, *, gw: Gateway) -> AccessRow | None:
    """The row of a token, whatever its state; None when it is not one of this environment."""
    if not _TOKEN[gw.environment].fullmatch(token):
        return None
    row = await gw.store.access(hash_token(token, gw=gw))
    return row if row is not None and row.environment == gw.environment else None


def in_force(row: AccessRow, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or now < row.expires_at)


async def record_denial(
    reason: str, *, purpose: str, caller: Caller | None, trace_id: str, gw: Gateway
) -> None:
    """Leave a leaf about somebody who was not let in. `purpose` names the route."""
    leaf = Leaf(
        event="access.denied",
        at=stamp(gw.clock.now()),
        actor=caller.actor if caller else Actor(kind="unknown"),
        environment=gw.environment,
        reason=reason,
        purpose=purpose,
        trace_id=trace_id,
    )
    await gw.store.commit(Change(leaves=(leaf,)))


async def record_unread(
    reason: str, *, purpose: str, rules: Sequence[str], caller: Caller, gw: Gateway
) -> None:
    """Leave a leaf about a message refused before its content could be read."""
    leaf = Leaf(
        event="message.refused",
        at=stamp(gw.clock.now()),
        actor=caller.actor,
        environment=gw.environment,
        reason=reason,
        purpose=purpose,
        findings=tuple(sorted(set(rules)))[:50],
        trace_id=caller.trace_id,
    )
    await gw.store.commit(Change(leaves=(leaf,)))


def hash_token(token: str, *, gw: Gateway) -> bytes:
    return gw.keys.index("token", token)


def _make_token(*, gw: Gateway) -> str:
    """A prefix names environment and maker, so that a leaked token is recognised by scanners."""
    return f"tb{gw.environment[0]}_{gw.ids.hex(32)}"


async def _live(client_id: str, *, gw: Gateway) -> list[AccessRow]:
    now = gw.clock.now()
    rows = await list_access(gw=gw)
    return [row for row in rows if row.client_id == client_id and in_force(row, now)]


def _check(client_id: str, *, role: str, system: str | None, gw: Gateway) -> list[Finding]:
    found = []
    if not _CLIENT.fullmatch(client_id):
        found.append(
            _finding(
                "access.client_id",
                "/client_id",
                "客户端标识只能用小写字母、数字和 . _ -,最长 64 位,不得含证件或电话号码",
                "a client id is lower case letters, digits, . _ - and no person's number",
            )
        )
    if role not in ROLES:
        found.append(
            _finding(
                "access.role",
                "/role",
                f"角色应为 {'、'.join(sorted(ROLES))} 之一",
                f"the role is one of {', '.join(sorted(ROLES))}",
            )
        )
    elif (role in BOUND_ROLES) != (system is not None):
        found.append(
            _finding(
                "access.system_needed" if system is None else "access.system_not_allowed",
                "/system",
                f"{'、'.join(sorted(BOUND_ROLES))} 必须指定系统,其他角色不得指定",
                f"{', '.join(sorted(BOUND_ROLES))} name a system, other roles none",
            )
        )
    if system is not None and gw.provinces.system(system, gw.environment) is None:
        found.append(
            _finding(
                "access.system_unknown",
                "/system",
                "没有该系统的已启用连接,请先启用省份目录",
                "no connection of that system is in force; put its province in force first",
            )
        )
    return found


def _finding(rule: str, path: str, message: str, english: str) -> Finding:
    return Finding(rule=rule, level="reject", message=message, path=path, message_en=english)


def _leaf(event: str, row: AccessRow, *, caller: Caller, gw: Gateway, reason: str) -> Leaf:
    return Leaf(
        event=event,
        at=stamp(gw.clock.now()),
        actor=caller.actor,
        environment=gw.environment,
        peer=row.client_id,
        purpose=row.role,
        reason=reason,
        trace_id=caller.trace_id,
    )


__all__ = [
    "BOUND_ROLES",
    "FREE_ROLES",
    "OVERLAP",
    "ROLES",
    "Granted",
    "grant_access",
    "hash_token",
    "in_force",
    "list_access",
    "recognise",
    "record_denial",
    "record_unread",
    "revoke_access",
    "rotate_access",
]
