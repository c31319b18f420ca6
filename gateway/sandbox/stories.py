"""
The four cases of the demo: who applies where, and who decides. Every name is invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.sandbox.faults import Fault, FaultScript

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`form` is a golden document of the window's folder; `changes` what differs from it."""

    key: str
    title: str
    window: str
    window_zh: str
    handler: str
    handler_zh: str
    item_zh: str
    form: str = "01-application"
    changes: dict[str, Any] = field(default_factory=dict)


STORIES: tuple[Story, ...] = (
    Story(
        key="zhanyi-neimenggu",
        title="监护人在云南沾益窗口为孩子申请,户籍在内蒙古赤峰",
        window="530303-window",
        window_zh="云南沾益窗口",
        handler="150000",
        handler_zh="内蒙古红山区",
        item_zh="残疾人两项补贴",
        changes={"sizes": {"m-2": 2 * MEBIBYTE}},
    ),
    Story(
        key="anhui-shanghai",
        title="在安徽合肥窗口申请,户籍在上海黄浦",
        window="340100-window",
        window_zh="安徽瑶海窗口",
        handler="310000",
        handler_zh="上海黄浦区",
        item_zh="残疾人两项补贴",
    ),
    Story(
        key="shanghai-sichuan",
        title="在上海黄浦窗口申请,户籍在四川广安",
        window="310000",
        window_zh="上海黄浦窗口",
        handler="510000",
        handler_zh="四川广安区",
        item_zh="困难残疾人生活补贴",
    ),
    Story(
        key="zhanyi-xugou",
        title="在云南沾益窗口申请,户籍在虚构甲县(该县系统会出故障)",
        window="530303-window",
        window_zh="云南沾益窗口",
        handler="990001",
        handler_zh="虚构甲县",
        item_zh="残疾人两项补贴",
        changes={
            "household_place": "990001990000",
            "household_address": "模拟·虚构甲县模拟街道 1 号",
            "applicant": "模拟·李远",
            "id_number": "990004199102210013",
        },
    ),
)

FAULTS: dict[str, FaultScript] = {
    "990000": FaultScript(
        rules=(
            Fault(kind="answer_503", system="990001", operation="application", retry_after=1),
            Fault(kind="apply_then_drop", system="990001", operation="application"),
        )
    )
}
"""The faulty place: once 503 with Retry-After, once it takes the case and drops the connection."""

CODES = ("150000", "310000", "340000", "510000", "530000", "990000")

__all__ = ["CODES", "FAULTS", "STORIES", "Story"]
