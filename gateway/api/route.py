"""
A route: address, who may use it, what goes in and comes out, and the handler.

One table of these (`routes.TABLE`) makes the router, the policy and the OpenAPI. A route without a
policy stops start-up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from contracts.errors import (
    AccessDenied,
    Forbidden,
    GatewayError,
    MethodNotAllowed,
    NotFound,
    Refused,
    TooLarge,
    TryLater,
)
from gateway.api.call import Call, Services, read_trace
from gateway.api.problems import negotiate, respond
from gateway.telemetry import describe_error, log, metrics
from gateway.usecases.access import ROLES, record_denial
from gateway.usecases.caller import Caller
from gateway.world import peer_user

Handler = Callable[[Call], Awaitable[web.StreamResponse]]
Wire = Callable[[web.Request], Awaitable[web.StreamResponse]]
Media = type[BaseModel] | tuple[type[BaseModel], ...] | str
"""A model, one of several, or the media type of something that is not JSON of ours."""


@dataclass(frozen=True, slots=True)
class Policy:
    """
    Who may use a route. `dialect`: the province's own credential decides, inside the handler.
    `local`: whoever the machine lets open the admin socket, named by the kernel.

    Roles say which routes; which cases are seen is decided per case by the use case.
    """

    access: Literal["public", "roles", "dialect", "local"]
    roles: frozenset[str] = frozenset()


PUBLIC = Policy("public")
DIALECT = Policy("dialect")
LOCAL = Policy("local")


def only(*roles: str) -> Policy:
    """
    Raises:
        ValueError: an unknown role.
    """
    if unknown := set(roles) - ROLES:
        raise ValueError(f"unknown roles {sorted(unknown)}")
    return Policy("roles", frozenset(roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    `request` and `responses` feed the OpenAPI; `query` is also what the handler checks with.
    """

    method: str
    path: str
    name: str
    policy: Policy | None
    handler: Handler
    summary_zh: str
    summary: str
    query: type[BaseModel] | None = None
    request: Media | None = None
    responses: dict[int, Media | None] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    """Required request headers besides Authorization."""


class PolicyMissingError(Exception):
    """A route says nothing about who may use it: the gateway does not start."""


def add_routes(app: web.Application, table: Iterable[Route], services: Services) -> None:
    """
    Put a table into an application that so far knows no route.

    Raises:
        PolicyMissingError: a route of the table has no policy.
    """
    handlers = set()
    for route in table:
        if route.policy is None:
            raise PolicyMissingError(f"{route.method} {route.path} names nobody who may use it")
        handler = _bind(route, services)
        handlers.add(handler)
        app.router.add_route(route.method, route.path, handler, name=None)

    async def refuse_strays(app: web.Application) -> None:
        for made in app.router.routes():
            if made.handler not in handlers:
                raise PolicyMissingError(f"{made.method} {made.resource} is not in the table")

    async def hide_maker(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = "tongban"

    app.on_startup.append(refuse_strays)
    app.on_response_prepare.append(hide_maker)
    app.middlewares.append(_answer_strangers(services))


def _bind(route: Route, services: Services) -> Wire:
    handler, limit = route.handler, services.gw.limits.headers

    async def handle(request: web.Request) -> web.StreamResponse:
        call = _open_call(request, services, route.name)
        try:
            if sum(len(name) + len(value) for name, value in request.raw_headers) > limit:
                raise TooLarge(f"请求头超过上限 {limit} 字节", f"headers are over {limit} bytes")
            await _admit(call, route)
            response = await handler(call)
        except Exception as error:
            response = refuse(call, error)
        finally:
            if call.held:
                call.release()
        if not response.prepared:
            response.headers["traceparent"] = call.traceparent()
        return response

    return handle


def _open_call(request: web.Request, services: Services, name: str) -> Call:
    given = read_trace(request.headers.get("traceparent"))
    trace_id, flags = given or (services.gw.ids.hex(16), "00")
    language = negotiate(request.headers.get("Accept-Language"))
    return Call(request, services, name, trace_id, flags, language)


async def _admit(call: Call, route: Route) -> None:
    policy = route.policy
    if policy is None or policy.access in ("public", "dialect"):
        return
    try:
        if policy.access == "local":
            call.known = _local_operator(call)
            return
        authorization = call.request.headers.get("Authorization")
        call.known = await call.services.tokens.caller(authorization, trace_id=call.trace_id)
        if call.known.role not in policy.roles:
            raise Forbidden(
                f"角色 {call.known.role} 不能使用此接口", f"role {call.known.role} may not use this"
            )
    except AccessDenied as denial:
        await note_denial(call, denial)
        raise


def _local_operator(call: Call) -> Caller:
    user = peer_user(call.request.transport)
    if user is None:
        raise AccessDenied("无法确认本机用户", "the user of the other end cannot be known")
    return Caller(
        client_id=f"os.{user}", role="operator", system=None, province=None, trace_id=call.trace_id
    )


async def note_denial(call: Call, denial: AccessDenied) -> None:
    """Count a refused credential and leave a leaf; strangers leave only so many a second."""
    metrics.denied(reason=denial.code)
    if call.known is None and not call.services.strangers.allow(call.gw.clock.monotonic()):
        return
    log.info(
        "access.denied",
        code=denial.code,
        route=call.route,
        client_id=call.known.client_id if call.known else None,
        trace_id=call.trace_id,
    )
    try:
        await record_denial(
            denial.code, purpose=call.route, caller=call.known, trace_id=call.trace_id, gw=call.gw
        )
    except TryLater as failure:
        log.error("access.unrecorded", code=failure.code, trace_id=call.trace_id)


def refuse(call: Call, error: Exception) -> web.Response:
    """Any error as an answer. One nobody expected tells its place to the log and nothing else."""
    return respond(
        note_refusal(call, error),
        language=call.language,
        instance=call.instance,
        trace_id=call.trace_id,
    )


def note_refusal(call: Call, error: Exception) -> GatewayError:
    """Count and log an error, and give what the client may be told of it."""
    known = error if isinstance(error, GatewayError) else GatewayError()
    if isinstance(error, ConnectionError):  # nobody is left to read the answer
        return known
    metrics.refused(code=known.code, route=call.route)
    fields = {"code": known.code, "route": call.route, "trace_id": call.trace_id}
    if isinstance(known, Refused):
        if not isinstance(known, AccessDenied):
            client = call.known.client_id if call.known else None
            log.info("request.refused", status=known.status, client_id=client, **fields)
    elif isinstance(known, TryLater):
        log.warning("request.postponed", **fields)
    else:
        log.error("request.failed", **fields, **describe_error(error))
    return known


def _answer_strangers(services: Services) -> Callable[..., Awaitable[web.StreamResponse]]:
    """A middleware for addresses that are not in the table."""

    @web.middleware
    async def answer_strangers(request: web.Request, handler: Wire) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as wrong:
            error: GatewayError = MethodNotAllowed()
            allow = ", ".join(sorted(wrong.allowed_methods))
        except web.HTTPException:
            error, allow = NotFound(), None
        call = _open_call(request, services, "none")
        metrics.refused(code=error.code, route="none")
        response = respond(
            error, language=call.language, instance=call.instance, trace_id=call.trace_id
        )
        response.headers["traceparent"] = call.traceparent()
        if allow is not None:
            response.headers["Allow"] = allow
        return response

    return answer_strangers


__all__ = [
    "DIALECT",
    "LOCAL",
    "PUBLIC",
    "Handler",
    "Policy",
    "PolicyMissingError",
    "Route",
    "add_routes",
    "note_denial",
    "note_refusal",
    "only",
    "refuse",
]
