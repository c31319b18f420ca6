"""
The report of a month or quarter over all cases. It tells numbers of places and items, no persons.
"""

from __future__ import annotations

from typing import Any

from contracts.errors import Finding, InvalidRequest
from gateway.core.report.facts import Told, facts_of
from gateway.core.report.period import Period
from gateway.core.report.tally import Tally, report
from gateway.ports import CaseFilter, CaseRow, Gateway
from gateway.usecases.sealed import open_message
from gateway.usecases.stand import Standing, open_case_row
from gateway.usecases.times import local_date

_PAGE = 200


async def make_report(name: str, *, gw: Gateway) -> dict[str, Any]:
    """
    The report of `2026-03` or `2026-Q1`, as its cases stand now.

    Raises:
        InvalidRequest: no month or quarter, or one that has not begun.
    """
    today = local_date(gw.clock.now())
    try:
        period = Period.parse(name)
    except ValueError:
        raise _wrong("period.form") from None
    if today < period.first:
        raise _wrong("period.ahead")
    tally = Tally()
    after: str | None = None
    while True:
        rows = await gw.store.cases(CaseFilter(after=after, limit=_PAGE))
        for row in rows:
            if _may_count(row, period):
                await _add(row, tally, period, gw=gw)
        if len(rows) < _PAGE:
            return report(tally, period, today=today, environment=gw.environment)
        after = rows[-1].number


def _may_count(row: CaseRow, period: Period) -> bool:
    """Told from plain columns, so that most cases of other periods are never opened."""
    done_before = row.turn is None and period.begins_after(row.updated_at)
    return not done_before and not period.ended_before(row.opened_at)


async def _add(row: CaseRow, tally: Tally, period: Period, *, gw: Gateway) -> None:
    standing = open_case_row(row, gw=gw)
    facts = facts_of(
        standing.case,
        await _told(standing, gw=gw),
        period,
        today=local_date(gw.clock.now()),
        calendars=gw.almanac.current,
    )
    if facts is not None:
        tally.add(facts)


async def _told(standing: Standing, *, gw: Gateway) -> list[Told]:
    return [
        Told(
            kind=row.kind,
            applied=row.applied,
            received_at=row.received_at,
            document=open_message(row, key=standing.key).document,
        )
        for row in await gw.store.messages(standing.row.number)
    ]


def _wrong(rule: str) -> InvalidRequest:
    said = {
        "period.form": ("期间应为 YYYY-MM 或 YYYY-Qn", "period is YYYY-MM or YYYY-Qn"),
        "period.ahead": ("该期间尚未开始", "this period has not begun"),
    }[rule]
    return InvalidRequest(findings=[Finding(rule, "reject", said[0], "?period", said[1])])


__all__ = ["make_report"]
