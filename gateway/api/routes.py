"""
The one table of routes: it makes the router, the policy and the API description.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from contracts.bundle import Bundle
from contracts.kinds import MODELS
from gateway.api import bundles, cases, materials, models, pages, probes, verifications
from gateway.api.call import JSON, Call, answer
from gateway.api.dialects import call_dialect
from gateway.api.materials import PIECE
from gateway.api.report import Report, ReportQuery, get_report
from gateway.api.route import DIALECT, PUBLIC, Route, only
from gateway.usecases.catalogue import read_catalogue
from gateway.usecases.precheck import PrecheckRequest

SEES_CASES = only("partner", "window_clerk", "operator", "auditor")
PUBLISHED = "published/v1/openapi.json"


class CatalogueQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    since: str | None = Field(None, max_length=64, description="`version` you hold already")


async def get_catalogue(call: Call) -> web.Response:
    """`since`, or an If-None-Match with the version as its tag, spares what is held already."""
    since = call.query(CatalogueQuery).since
    body = await read_catalogue(since, caller=call.caller, gw=call.gw)
    tag = f'"{body["version"]}"'
    cache = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if call.request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=cache)
    return answer(body, headers=cache)


async def get_openapi(call: Call) -> web.StreamResponse:
    """The published file, in pieces: anybody may ask, and nobody may fill our memory with it."""
    data = _published()
    response = web.StreamResponse(headers={"traceparent": call.traceparent()})
    response.content_type, response.content_length = JSON, len(data)
    await response.prepare(call.request)
    for start in range(0, len(data), PIECE):
        await response.write(data[start : start + PIECE])
    await response.write_eof()
    return response


@cache
def _published() -> bytes:
    return (files("contracts") / PUBLISHED).read_bytes()


TABLE: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/cases",
        name="post_case",
        policy=only("partner"),
        handler=cases.post_case,
        summary_zh="提交申请;答复后即不会丢失",
        summary="Hand in an application; once answered it is safe",
        query=cases.DryRun,
        request=MODELS["application"],
        responses={202: models.Receipt, 200: models.Rehearsal},
        headers=(cases.IDEMPOTENCY_KEY,),
    ),
    Route(
        method="GET",
        path="/v1/cases",
        name="get_cases",
        policy=SEES_CASES,
        handler=cases.get_cases,
        summary_zh="查询本方办件列表",
        summary="List the cases you are a party of",
        query=cases.CaseQuery,
        responses={200: models.CasePage},
    ),
    Route(
        method="GET",
        path="/v1/cases/{number}",
        name="get_case",
        policy=SEES_CASES,
        handler=cases.get_case,
        summary_zh="查询办件:状态、轮到谁、时限",
        summary="One case: where it stands, whose turn, until when",
        responses={200: models.Case},
    ),
    Route(
        method="POST",
        path="/v1/cases/{number}/messages",
        name="post_message",
        policy=only("partner"),
        handler=cases.post_message,
        summary_zh="提交办件的后续报文:补正、过程、办结、撤回等",
        summary="Send a later message of a case: correction, progress, decision, withdrawal …",
        request=tuple(model for kind, model in MODELS.items() if kind != "application"),
        responses={202: models.Receipt},
    ),
    Route(
        method="GET",
        path="/v1/cases/{number}/messages",
        name="get_messages",
        policy=SEES_CASES,
        handler=cases.get_messages,
        summary_zh="查询办件的全部报文",
        summary="All messages of a case, in order of arrival",
        responses={200: models.Messages},
    ),
    Route(
        method="GET",
        path="/v1/cases/{number}/lineage",
        name="get_lineage",
        policy=only("partner", "operator", "auditor"),
        handler=cases.get_lineage,
        summary_zh="查询字段来源:规则与代码行",
        summary="Where every field came from: rules and code rows",
        responses={200: models.Lineage},
    ),
    Route(
        method="GET",
        path="/v1/cases/{number}/receipt",
        name="get_receipt",
        policy=only("partner", "window_clerk", "operator"),
        handler=pages.get_receipt,
        summary_zh="打印回执:收件/受理、送达、办结",
        summary="A receipt to print: taken in, delivered, decided",
        query=pages.ReceiptQuery,
        responses={200: pages.HTML},
    ),
    Route(
        method="GET",
        path="/v1/cases/{number}/handover",
        name="get_slip",
        policy=only("partner", "window_clerk", "operator"),
        handler=pages.get_slip,
        summary_zh="打印材料流转单(一个码)",
        summary="The slip for paper on its way, with one code, to print",
        query=pages.SlipQuery,
        responses={200: pages.HTML},
    ),
    Route(
        method="POST",
        path="/v1/bundles",
        name="post_bundle",
        policy=only("partner"),
        handler=bundles.post_bundle,
        summary_zh="提交一件事:一表申请,分为多个办件,全部收下或全部退回",
        summary="Hand in a bundle: one form becomes several cases, all of them or none",
        request=Bundle,
        responses={202: models.BundleReceipt},
        headers=(cases.IDEMPOTENCY_KEY,),
    ),
    Route(
        method="GET",
        path="/v1/bundles/{number}",
        name="get_bundle",
        policy=SEES_CASES,
        handler=bundles.get_bundle,
        summary_zh="查询一件事:各办件的进展",
        summary="One bundle: where each of its cases stands",
        responses={200: models.BundleView},
    ),
    Route(
        method="PUT",
        path="/v1/materials/{sha256}",
        name="put_material",
        policy=only("partner"),
        handler=materials.put_material,
        summary_zh="上传材料;报文中以摘要引用",
        summary="Stage a material; messages name it by its digest",
        request="application/octet-stream",
        responses={200: models.StagedMaterial},
    ),
    Route(
        method="GET",
        path="/v1/materials/{sha256}",
        name="get_material",
        policy=only("partner", "window_clerk"),
        handler=materials.get_material,
        summary_zh="下载办件材料",
        summary="Fetch a material of a case you are a party of",
        query=materials.MaterialQuery,
        responses={200: "application/octet-stream"},
    ),
    Route(
        method="POST",
        path="/v1/precheck",
        name="post_precheck",
        policy=only("partner", "window_clerk"),
        handler=cases.post_precheck,
        summary_zh="收件预检:该事项在该办理地还缺什么",
        summary="What this item still needs at that handling place, all gaps at once",
        request=PrecheckRequest,
        responses={200: models.Precheck},
    ),
    Route(
        method="POST",
        path="/v1/verifications",
        name="post_verification",
        policy=only("partner", "window_clerk"),
        handler=verifications.post_verification,
        summary_zh="发起在线核验;无依据或无授权的不予核验并留痕",
        summary="Ask a verification service; refused and recorded without legal basis or consent",
        request=MODELS["verification"],
        responses={202: models.VerificationView},
    ),
    Route(
        method="GET",
        path="/v1/verifications/{number}",
        name="get_verification",
        policy=only("partner", "window_clerk"),
        handler=verifications.get_verification,
        summary_zh="查询核验进展与结果",
        summary="Where a verification you asked for stands, and its answer",
        responses={200: models.VerificationView},
    ),
    Route(
        method="POST",
        path="/v1/precheck/notice",
        name="post_notice",
        policy=only("partner", "window_clerk"),
        handler=pages.post_notice,
        summary_zh="打印一次性告知单",
        summary="The one-time notice of a precheck, to print",
        query=pages.PrintQuery,
        request=PrecheckRequest,
        responses={200: pages.HTML},
    ),
    Route(
        method="GET",
        path="/v1/worklist",
        name="get_worklist",
        policy=only("partner", "window_clerk", "operator"),
        handler=cases.get_worklist,
        summary_zh="今日要办:轮到本方的办件,先到期的在前",
        summary="Cases whose turn is yours, due first",
        query=cases.PageQuery,
        responses={200: models.CasePage},
    ),
    Route(
        method="GET",
        path="/v1/deadlines",
        name="get_deadlines",
        policy=SEES_CASES,
        handler=cases.get_deadlines,
        summary_zh="到期清单:谁、什么、何时到期、超期多久",
        summary="Running clocks, due first: who, what, until when, how late",
        query=cases.DeadlineQuery,
        responses={200: models.Deadlines},
    ),
    Route(
        method="GET",
        path="/v1/report",
        name="get_report",
        policy=only("operator", "auditor"),
        handler=get_report,
        summary_zh="月报、季报:各地作为收件地与办理地的办件统计",
        summary="Report of a month or quarter: places as receivers and as handlers",
        query=ReportQuery,
        responses={200: Report},
    ),
    Route(
        method="GET",
        path="/v1/catalogue",
        name="get_catalogue",
        policy=SEES_CASES,
        handler=get_catalogue,
        summary_zh="事项、材料、机构与代码表,供窗口缓存",
        summary="Items, materials, bodies and code lists for a window to cache",
        query=CatalogueQuery,
        responses={200: models.Catalogue},
    ),
    *(
        Route(
            method=method,
            path="/provinces/{code}/{tail:.*}",
            name=f"{method.lower()}_dialect",
            policy=DIALECT,
            handler=call_dialect,
            summary_zh="省方言接口:按该省自己的报文与凭证",
            summary="A province's own dialect, with its own credential",
            request="*/*" if method == "POST" else None,
            responses={200: "*/*"},
        )
        for method in ("GET", "POST")
    ),
    *(
        Route(
            method="GET",
            path=f"/{name}",
            name=f"get_{name}",
            policy=PUBLIC,
            handler=handler,
            summary_zh=summary_zh,
            summary=summary,
            responses={200: models.Health},
        )
        for name, handler, summary_zh, summary in (
            ("livez", probes.get_livez, "存活探针", "The process answers"),
            ("readyz", probes.get_readyz, "就绪探针", "A message could be taken in now"),
            ("startupz", probes.get_startupz, "启动探针", "Start-up is over"),
        )
    ),
    Route(
        method="GET",
        path="/metrics",
        name="get_metrics",
        policy=only("operator"),
        handler=probes.get_metrics,
        summary_zh="Prometheus 指标",
        summary="Metrics in the Prometheus text format",
        responses={200: "text/plain"},
    ),
    Route(
        method="GET",
        path="/openapi.json",
        name="get_openapi",
        policy=PUBLIC,
        handler=get_openapi,
        summary_zh="本接口描述",
        summary="This description",
        responses={200: "application/json"},
    ),
    Route(
        method="GET",
        path="/problems/{code}",
        name="get_problem_page",
        policy=PUBLIC,
        handler=probes.get_problem_page,
        summary_zh="错误代码说明",
        summary="What a problem code means and what to do",
        responses={200: "text/plain"},
    ),
)

__all__ = ["TABLE"]
