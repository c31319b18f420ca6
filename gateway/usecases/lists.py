"""
Implementation lists of provinces: read, put in the place of the one before, looked up.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from contracts.catalogue import LocalOffer
from contracts.errors import Finding, InvalidDocument
from gateway.ports import Gateway, LocalItem, OldUseRow, System
from mappings.offers import read_offer, split_cell

NEEDED = ("local_code", "name", "catalogue_code", "version")


@dataclass(frozen=True, slots=True)
class ListRow:
    """`path` says where in the file it stands: `items.csv:3`."""

    path: str
    item: LocalItem
    offer: LocalOffer


def read_list(text: str, *, province: str) -> tuple[ListRow, ...]:
    """
    An items.csv as a province writes it.

    Raises:
        InvalidDocument: with every row that cannot be read, or one finding if there are none.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    rows: list[ListRow] = []
    faults: list[Finding] = []
    for cells in reader:
        path = f"items.csv:{reader.line_num}"
        try:
            rows.append(ListRow(path, local_item(cells, province=province), read_offer(cells)))
        except (KeyError, ValueError, TypeError) as error:
            faults.append(_unreadable(path, error))
    if not rows and not faults:
        faults.append(_unreadable("items.csv:1", ValueError("no rows")))
    if faults:
        raise InvalidDocument(findings=faults)
    return tuple(rows)


def local_item(cells: Mapping[str, str], *, province: str) -> LocalItem:
    """
    Raises:
        KeyError, ValueError: a column or cell that every row needs is missing, or a date is none.
    """
    if empty := [name for name in NEEDED if not cells[name]]:
        raise ValueError(f"{empty[0]} is empty")
    return LocalItem(
        province=province,
        local_code=cells["local_code"],
        catalogue_code=cells["catalogue_code"],
        implementation_code=cells.get("implementation_code") or None,
        name=cells["name"],
        version=cells["version"],
        materials=split_cell(cells.get("materials", "")),
        may_owe=split_cell(cells.get("may_owe", "")),
        by_check=split_cell(cells.get("by_check", "")),
        by_commitment=split_cell(cells.get("by_commitment", "")),
        valid_from=_day(cells.get("valid_from")),
        valid_to=_day(cells.get("valid_to")),
    )


def in_force(item: LocalItem, on: date) -> bool:
    return (item.valid_from is None or item.valid_from <= on) and (
        item.valid_to is None or on <= item.valid_to
    )


def succeed(
    old: Sequence[LocalItem], new: Sequence[LocalItem], *, valid_from: date
) -> tuple[LocalItem, ...]:
    """
    The list after an announcement: the old rows until the day before, the new ones from then on.

    Look-ups go by application date, so a case that began before keeps the rows it began with.
    """
    eve = valid_from - timedelta(days=1)
    before = [_until(one, eve) for one in old if one.valid_from is None or one.valid_from <= eve]
    after = [
        _from(one, valid_from) for one in new if one.valid_to is None or one.valid_to >= valid_from
    ]
    return (*before, *after)


def overlaps(rows: Sequence[ListRow]) -> Iterator[Finding]:
    """Rows of one local code that hold on the same day: a look-up could not choose."""
    for at, one in enumerate(rows):
        for other in rows[at + 1 :]:
            if one.item.local_code == other.item.local_code and _meet(one.item, other.item):
                yield Finding(
                    rule="list.overlap",
                    level="reject",
                    path=other.path,
                    message=f"与 {one.path} 同一事项编码且有效期重叠;请改 valid_from 或 valid_to",
                    message_en=f"same code as {one.path} and overlapping validity",
                )


async def restore_lists(*, gw: Gateway) -> None:
    """Put every adopted list in force, in the order announced; at start, once."""
    for row in await gw.store.announcements():
        if row.state == "adopted" and row.valid_from is not None:
            new = [one.item for one in read_list(row.content, province=row.province)]
            old = gw.provinces.local_items(row.province)
            gw.provinces.adopt(row.province, succeed(old, new, valid_from=row.valid_from))


def old_use(
    item: object, *, catalogue_code: str, sender: System, on: date, gw: Gateway
) -> OldUseRow | None:
    """An item a province sends in a version its own list no longer has in force on that day."""
    version = getattr(item, "item_version", None)
    current = {
        one.version
        for one in gw.provinces.local_items(sender.province)
        if one.catalogue_code == catalogue_code and in_force(one, on)
    }
    if not version or not current or version in current:
        return None
    return OldUseRow(
        province=sender.province,
        system=sender.system,
        catalogue_code=catalogue_code,
        version=version,
        first_on=on,
        last_on=on,
    )


def old_version(use: OldUseRow) -> Finding:
    """What its sender is told; the case is taken in all the same."""
    return Finding(
        rule="item.old_version",
        level="warn",
        path="/item/item_version",
        message=f"报送方使用的事项版本 {use.version} 不是现行实施清单的版本,已收下;请更新本省系统",
        message_en=f"item version {use.version} is no longer the one in force: taken in; "
        "update your system",
    )


def _until(item: LocalItem, last: date) -> LocalItem:
    ends = last if item.valid_to is None else min(item.valid_to, last)
    return replace(item, valid_to=ends)


def _from(item: LocalItem, first: date) -> LocalItem:
    begins = first if item.valid_from is None else max(item.valid_from, first)
    return replace(item, valid_from=begins)


def _meet(one: LocalItem, other: LocalItem) -> bool:
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    return starts <= min(one.valid_to or date.max, other.valid_to or date.max)


def _unreadable(path: str, error: Exception) -> Finding:
    said = f"the column {error} is missing" if isinstance(error, KeyError) else str(error)
    return Finding(
        rule="list.unreadable",
        level="reject",
        path=path,
        message="清单该行不能读取:缺少必填列或数值、日期写法有误;请按 items.csv 的列填写",
        message_en=f"this row cannot be read: {said}",
    )


def _day(cell: str | None) -> date | None:
    return date.fromisoformat(cell) if cell else None


__all__ = [
    "ListRow",
    "in_force",
    "local_item",
    "old_use",
    "old_version",
    "overlaps",
    "read_list",
    "restore_lists",
    "succeed",
]
