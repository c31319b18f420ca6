"""
Case data for the exchange tables of a province's platform (P-A8), page by page.

Only cases the province takes part in. Every case given out leaves a leaf: its rows hold personal
data.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.core.audit.leaf import Leaf
from gateway.core.case import Case
from gateway.core.exchange.rows import Draft, Said, draw
from gateway.ports import CaseFilter, Change, Gateway
from gateway.usecases.caller import Caller
from gateway.usecases.sealed import open_message
from gateway.usecases.stand import Standing, open_case_row
from gateway.usecases.times import stamp

_PAGE = 100


async def exchange_rows(
    province: str,
    *,
    since: datetime | None,
    after: str | None,
    caller: Caller,
    gw: Gateway,
) -> dict[str, Any]:
    """
    The rows of cases that changed at `since` or later; `began` is what to ask with next time.

    Raises:
        NotFound: `after` names no case.
    """
    began = gw.clock.now()
    rows = await gw.store.cases(CaseFilter(after=after, limit=_PAGE))
    items, leaves = [], []
    for row in rows:
        if since is not None and row.updated_at < since:
            continue
        standing = open_case_row(row, gw=gw)
        number = own_number(standing.case, province)
        if number is None:
            continue
        drafts = await _drafts(standing, number, gw=gw)
        items.append({"case_number": row.number, "rows": [_plain(one) for one in drafts]})
        leaves.append(
            Leaf(
                event="case.read",
                at=stamp(began),
                actor=caller.actor,
                environment=row.environment,
                case_number=row.number,
                peer=province,
                purpose="exchange",
                trace_id=caller.trace_id,
            )
        )
    if leaves:
        await gw.store.commit(Change(leaves=tuple(leaves)))
    return {
        "began": stamp(began),
        "items": items,
        "next": rows[-1].number if len(rows) == _PAGE else None,
    }


def own_number(case: Case, province: str) -> str | None:
    """
    The number a province's own side gave the case, else ours; None when it takes no part.

    A province on both sides counts as the handling one, whose number most tables carry.
    """
    roles = {one.role for one in case.parties if one.province == province}
    for role, name in (("HANDLING", "handling"), ("RECEIVING", "receiving")):
        if role in roles:
            return case.numbers.get(name, case.number)
    return None


async def _drafts(standing: Standing, number: str, *, gw: Gateway) -> tuple[Draft, ...]:
    case = standing.case
    messages = [
        Said(row.kind, open_message(row, key=standing.key).document)
        for row in await gw.store.messages(case.number)
        if row.applied
    ]
    known = {"number": number, "catalogue_code": case.catalogue_code}
    return draw(case.number, messages, known=known)


def _plain(draft: Draft) -> dict[str, Any]:
    return {"table": draft.table, "guid": draft.guid, "values": dict(draft.values)}


__all__ = ["exchange_rows", "own_number"]
