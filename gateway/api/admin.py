"""
The admin socket: what the command line asks of a running gateway.

A Unix socket that only its owner may open. Who acts is the operating-system user the kernel names;
it stands in the audit leaf of everything done here.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api import bundles, calendars, cases, outgoing, pages, probes
from gateway.api.call import Call, answer
from gateway.api.forms import read_form
from gateway.api.report import get_report
from gateway.api.route import LOCAL, Handler, Route
from gateway.ports import AccessRow, DeliveryFilter, DeliveryRow, DeliveryState
from gateway.usecases.access import (
    Granted,
    grant_access,
    in_force,
    list_access,
    revoke_access,
    rotate_access,
)
from gateway.usecases.announce import Announced, announce, list_status
from gateway.usecases.redeliver import retry_delivery


class Grant(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str
    role: str
    system: str | None = None
    days: int | None = Field(None, ge=1, le=3660)


class Retry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(min_length=2, max_length=200)


class Announcement(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    content: str = Field(min_length=1, description="items.csv as text")
    cause_on: date
    requested_on: date
    approved_on: date | None = None
    valid_from: date | None = None


class DeliveryQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str | None = None
    destination: str | None = None
    state: DeliveryState | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = None


async def get_status(call: Call) -> web.Response:
    """Who this gateway is and how much it holds."""
    gw = call.gw
    return answer(
        {
            "node": gw.node,
            "environment": gw.environment,
            "stopping": call.services.stopping,
            "systems": [
                {"system": one.system, "province": one.province, "name": one.name}
                for one in gw.provinces.systems(gw.environment)
            ],
            "counts": dict(await gw.store.counts()),
        }
    )


async def post_access(call: Call) -> web.Response:
    form = await read_form(call, Grant)
    until = None if form.days is None else call.gw.clock.now() + timedelta(days=form.days)
    granted = await grant_access(
        form.client_id,
        role=form.role,
        system=form.system,
        expires_at=until,
        caller=call.caller,
        gw=call.gw,
    )
    return answer(_told_once(granted, call), status=201)


async def get_access(call: Call) -> web.Response:
    return answer({"items": [_access(row, call) for row in await list_access(gw=call.gw)]})


async def post_rotation(call: Call) -> web.Response:
    client = call.request.match_info["client"]
    granted = await rotate_access(client, caller=call.caller, gw=call.gw)
    call.services.tokens.forget()
    return answer(_told_once(granted, call), status=201)


async def post_revocation(call: Call) -> web.Response:
    client = call.request.match_info["client"]
    revoked = await revoke_access(client, caller=call.caller, gw=call.gw)
    call.services.tokens.forget()
    return answer({"client_id": client, "revoked": revoked})


async def post_announcement(call: Call) -> web.Response:
    form = await read_form(call, Announcement)
    said = Announced(province=call.request.match_info["province"], **form.model_dump())
    return answer(await announce(said, caller=call.caller, gw=call.gw), status=201)


async def get_list_status(call: Call) -> web.Response:
    return answer(await list_status(gw=call.gw))


async def get_deliveries(call: Call) -> web.Response:
    asked = call.query(DeliveryQuery)
    where = DeliveryFilter(
        case_number=asked.case,
        destination=asked.destination,
        states=(asked.state,) if asked.state else (),
        after=asked.cursor,
        limit=asked.limit,
    )
    rows = await call.gw.store.deliveries(where)
    following = rows[-1].serial if len(rows) == asked.limit else None
    return answer({"items": [_delivery(row) for row in rows], "next": following})


async def post_retry(call: Call) -> web.Response:
    form = await read_form(call, Retry)
    serial = call.request.match_info["serial"]
    return answer(await retry_delivery(serial, reason=form.reason, caller=call.caller, gw=call.gw))


def _told_once(granted: Granted, call: Call) -> dict[str, Any]:
    return {**_access(granted.row, call), "token": granted.token}


def _access(row: AccessRow, call: Call) -> dict[str, Any]:
    return {
        "client_id": row.client_id,
        "role": row.role,
        "system": row.system,
        "province": row.province,
        "environment": row.environment,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "in_force": in_force(row, call.gw.clock.now()),
    }


def _delivery(row: DeliveryRow) -> dict[str, Any]:
    return {
        "serial": row.serial,
        "case_number": row.case_number,
        "destination": row.destination,
        "kind": row.kind,
        "state": row.state,
        "attempt": row.attempt,
        "step": row.step,
        "next_at": row.next_at,
        "created_at": row.created_at,
        "settled_at": row.settled_at,
        "reason": row.reason,
    }


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(
        method=method,
        path=path,
        name=f"admin.{handler.__name__}",
        policy=LOCAL,
        handler=handler,
        summary_zh="",
        summary="",
    )


ADMIN: tuple[Route, ...] = (
    _route("GET", "/status", get_status),
    _route("GET", "/access", get_access),
    _route("POST", "/access", post_access),
    _route("POST", "/access/{client}/rotate", post_rotation),
    _route("POST", "/access/{client}/revoke", post_revocation),
    _route("POST", "/catalogue/announcements/{province}", post_announcement),
    _route("GET", "/catalogue/status", get_list_status),
    _route("GET", "/deliveries", get_deliveries),
    _route("POST", "/deliveries/{serial}/retry", post_retry),
    _route("GET", "/cases", cases.get_cases),
    _route("GET", "/cases/{number}", cases.get_case),
    _route("GET", "/cases/{number}/messages", cases.get_messages),
    _route("GET", "/cases/{number}/lineage", cases.get_lineage),
    _route("GET", "/cases/{number}/receipt", pages.get_receipt),
    _route("POST", "/cases/{number}/export", outgoing.post_export),
    _route("GET", "/report", get_report),
    _route("GET", "/cases/{number}/handover", pages.get_slip),
    _route("POST", "/precheck", cases.post_precheck),
    _route("POST", "/precheck/notice", pages.post_notice),
    _route("GET", "/exchange", outgoing.get_exchange),
    _route("GET", "/bundles/{number}", bundles.get_bundle),
    _route("GET", "/worklist", cases.get_worklist),
    _route("GET", "/deadlines", cases.get_deadlines),
    _route("GET", "/calendar", calendars.get_calendar),
    _route("POST", "/calendar", calendars.post_calendar),
    _route("GET", "/metrics", probes.get_metrics),
    _route("GET", "/readyz", probes.get_readyz),
)

__all__ = ["ADMIN"]
