"""
Working calendars at the admin socket.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.call import Call, answer
from gateway.api.forms import read_form
from gateway.usecases.calendars import load_calendar, show_calendar


class CalendarQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    year: int | None = Field(None, ge=2000, le=2199)
    region: str | None = Field(None, pattern=r"^[0-9]{6}$")


class Load(BaseModel):
    """`text` is the file; `based_on` the version it was compared with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(max_length=200_000)
    complete: list[int] = Field(default_factory=list, max_length=50)
    based_on: str | None = Field(None, max_length=80)
    dry_run: bool = True


async def get_calendar(call: Call) -> web.Response:
    asked = call.query(CalendarQuery)
    return answer(show_calendar(year=asked.year, region=asked.region, gw=call.gw))


async def post_calendar(call: Call) -> web.Response:
    form = await read_form(call, Load)
    told = await load_calendar(
        form.text,
        declared=form.complete,
        based_on=form.based_on,
        dry_run=form.dry_run,
        caller=call.caller,
        gw=call.gw,
    )
    return answer(told, status=201 if told["written"] else 200)


__all__ = ["get_calendar", "post_calendar"]
