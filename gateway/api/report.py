"""
The report of a month or quarter: shape of the answer and handler.
"""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.call import Call, answer
from gateway.api.models import Shape
from gateway.usecases.report import make_report


class ReportQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    period: str = Field(max_length=8, description="`2026-03` or `2026-Q1`")


class Definition(Shape):
    name: str
    label_zh: str
    meaning_zh: str
    meaning_en: str


class Report(Shape):
    """
    Rows hold a number under the name of every definition; null where nothing was measured.
    """

    period: str
    kind: Literal["month", "quarter"]
    first_day: str
    until: str = Field(description="first day after the period")
    made_on: str
    environment: str
    totals: list[dict[str, Any]] = Field(description="one per side: receiver, handler")
    places: list[dict[str, Any]] = Field(description="one per side and county")
    rows: list[dict[str, Any]] = Field(description="one per side, county and item")
    definitions: list[Definition]


async def get_report(call: Call) -> web.Response:
    asked = call.query(ReportQuery)
    return answer(await make_report(asked.period, gw=call.gw))


__all__ = ["Definition", "Report", "ReportQuery", "get_report"]
