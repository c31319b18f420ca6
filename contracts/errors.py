"""
The one error tree.

    GatewayError
      Refused            the sender must change something
        InvalidRequest       header, query or path is wrong, before the body is looked at
        Unreadable           not JSON, not XML, undecodable, unsafe XML
        InvalidDocument      readable, but fields are wrong; carries every finding at once
        Unroutable           no place or body can be named for it
        MessageIdReused      same identity, other content
        TransitionNotAllowed a step that can never be legal
        AccessDenied         credential missing, wrong, expired, or not for this
        NotFound             absent, or not theirs: the answer is the same
        TooLarge             body, field or material over its limit
        TooSlow              the body came slower than the least pace
        MethodNotAllowed     the address exists, but not with this method
        InFlight             the same request is being worked on right now
      TryLater           nothing is wrong with the request; ask again after `retry_after` seconds
        StoreUnavailable  Overloaded
      Unrenderable       a destination cannot carry it: dead letter, never an answer to a sender
      IntegrityError     evidence or stored data does not add up; a person is woken

Every leaf has a stable `code`. The REST problem, the SOAP fault, the command line and
`published/v1/problems.md` show it. Messages hold codes, numbers and places in a document, never
the document's content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Side = Literal["caller", "gateway", "handling"]
Level = Literal["reject", "warn", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing found in a document: data, not an exception.

    `path` is a JSON Pointer into the national message or a path into the province's record.
    `message` is Chinese first; it never repeats personal values.
    """

    rule: str
    level: Level
    message: str
    path: str | None = None
    message_en: str | None = None


class GatewayError(Exception):
    """Root of all errors this product raises on purpose."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    side: ClassVar[Side] = "gateway"
    retryable: ClassVar[bool] = False
    title_zh: ClassVar[str] = "网关内部错误"
    title_en: ClassVar[str] = "Gateway error"
    remedy_zh: ClassVar[str] = "请联系网关运维人员,并提供跟踪标识"
    remedy_en: ClassVar[str] = "Contact the gateway's operators and give the trace id"

    def __init__(
        self,
        detail_zh: str = "",
        detail_en: str = "",
        *,
        findings: Sequence[Finding] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail_en or detail_zh or self.title_en)
        self.detail_zh = detail_zh or self.title_zh
        self.detail_en = detail_en or self.title_en
        self.findings = tuple(findings)
        self.retry_after = retry_after


class Refused(GatewayError):
    code = "refused"
    status = 400
    side = "caller"
    title_zh = "请求被拒绝"
    title_en = "Request refused"
    remedy_zh = "请按提示修改后重新提交"
    remedy_en = "Change what is named and send again"


class InvalidRequest(Refused):
    code = "invalid_request"
    title_zh = "请求头或参数不符合要求"
    title_en = "A header or parameter is wrong"
    remedy_zh = "请按列出的问题逐条修改后重新发送;列出的是全部问题"
    remedy_en = "Mend everything that is listed, which is all there is, and send again"


class Unreadable(Refused):
    code = "unreadable"
    title_zh = "报文无法读取"
    title_en = "The body cannot be read"
    remedy_zh = "请检查字符集、格式和声明后重新提交"
    remedy_en = "Check character set, format and declaration, then send again"


class InvalidDocument(Refused):
    code = "invalid_document"
    status = 422
    title_zh = "报文内容不符合要求"
    title_en = "The document does not fit the format"
    remedy_zh = "请按列出的问题逐条修改后重新提交;列出的是全部问题"
    remedy_en = "Mend everything that is listed, which is all there is, and send again"


class Unroutable(Refused):
    code = "unroutable"
    status = 422
    title_zh = "无法确定办理地"
    title_en = "No handling place can be determined"
    remedy_zh = "请核对户籍地区划或事项编码后重新提交"
    remedy_en = "Check the household region or the item code and send again"


class MessageIdReused(Refused):
    code = "message_id_reused"
    status = 422
    title_zh = "同一标识对应了不同内容"
    title_en = "The same identity came with other content"
    remedy_zh = "新内容请使用新的消息标识或更高的数据版本"
    remedy_en = "Give new content a new message id or a higher data version"


class TransitionNotAllowed(Refused):
    code = "transition_not_allowed"
    status = 409
    title_zh = "办件当前不允许此操作"
    title_en = "The case can never take this step"
    remedy_zh = "请查询办件状态后再操作"
    remedy_en = "Read the case's state before acting"


class AccessDenied(Refused):
    code = "access_denied"
    status = 401
    title_zh = "身份未通过或无权操作"
    title_en = "Credential missing, wrong or not sufficient"
    remedy_zh = "请检查访问令牌及其角色和所属地区"
    remedy_en = "Check the token, its role and its province"


class Forbidden(AccessDenied):
    code = "forbidden"
    status = 403
    title_zh = "无权执行此操作"
    title_en = "This credential may not do that"


class NotFound(Refused):
    code = "not_found"
    status = 404
    title_zh = "未找到"
    title_en = "Not found"
    remedy_zh = "请核对编号;不属于本方的办件按不存在答复"
    remedy_en = "Check the number; what is not yours is answered as absent"


class TooLarge(Refused):
    code = "too_large"
    status = 413
    title_zh = "内容超过上限"
    title_en = "Over the size limit"
    remedy_zh = "请减小内容;扫描件请按材料接口单独上传"
    remedy_en = "Send less; upload scans as materials first"


class TooSlow(Refused):
    code = "too_slow"
    status = 408
    retryable = True
    title_zh = "请求内容传送过慢"
    title_en = "The body came too slowly"
    remedy_zh = "请检查网络后原样重发;内容无需修改"
    remedy_en = "Check the network and send the same again"


class MethodNotAllowed(Refused):
    code = "method_not_allowed"
    status = 405
    title_zh = "该地址不支持此方法"
    title_en = "This address does not take that method"
    remedy_zh = "请使用 Allow 响应头列出的方法"
    remedy_en = "Use a method named in the Allow header"


class InFlight(Refused):
    code = "in_flight"
    status = 409
    retryable = True
    title_zh = "相同请求正在处理"
    title_en = "The same request is being worked on"
    remedy_zh = "请稍候再以同一幂等键查询结果"
    remedy_en = "Wait, then send again with the same idempotency key"


class Unrenderable(GatewayError):
    """A destination cannot carry this: the delivery becomes a dead letter with these findings."""

    code = "unrenderable"
    side = "handling"
    title_zh = "目的地无法承载该内容"
    title_en = "The destination cannot carry this content"


class TryLater(GatewayError):
    code = "try_later"
    status = 503
    retryable = True
    title_zh = "暂时无法受理请求"
    title_en = "Not possible right now"
    remedy_zh = "请在 Retry-After 之后原样重发;内容无需修改"
    remedy_en = "Send the same again after Retry-After; nothing is wrong with it"


class StoreUnavailable(TryLater):
    code = "store_unavailable"
    title_zh = "存储暂不可用"
    title_en = "The store is not available"


class Overloaded(TryLater):
    code = "overloaded"
    title_zh = "网关繁忙"
    title_en = "The gateway is busy"


class IntegrityError(GatewayError):
    code = "integrity"
    title_zh = "数据或证据不一致"
    title_en = "Stored data or evidence does not add up"


__all__ = [
    "AccessDenied",
    "Finding",
    "Forbidden",
    "GatewayError",
    "InFlight",
    "IntegrityError",
    "InvalidDocument",
    "InvalidRequest",
    "Level",
    "MessageIdReused",
    "MethodNotAllowed",
    "NotFound",
    "Overloaded",
    "Refused",
    "Side",
    "StoreUnavailable",
    "TooLarge",
    "TooSlow",
    "TransitionNotAllowed",
    "TryLater",
    "Unreadable",
    "Unrenderable",
    "Unroutable",
]
