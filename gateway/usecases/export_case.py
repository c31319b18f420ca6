"""
The archive package of a closed case: everything the gateway holds of it, readable without it.

The read is recorded, with its reason and the digest of the manifest, before a byte is given out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from contracts.errors import IntegrityError, NotFound, TransitionNotAllowed
from gateway.core.archive.layout import (
    MANIFEST,
    ArchivedMaterial,
    ArchivedMessage,
    lay_out,
)
from gateway.core.archive.pack import pack
from gateway.core.audit.leaf import Leaf
from gateway.core.case import Case, case_to_json
from gateway.ports import (
    OPEN_STATES,
    Change,
    DeliveryFilter,
    DeliveryRow,
    Gateway,
    MessageRow,
)
from gateway.usecases.answers import label
from gateway.usecases.caller import Caller
from gateway.usecases.sealed import BlobPointer, open_message
from gateway.usecases.stand import Standing, stand
from gateway.usecases.times import national, stamp

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Exported:
    """`chunks` is the zip; it fails with IntegrityError when a stored material is damaged."""

    case_number: str
    manifest_digest: str
    chunks: AsyncIterator[bytes]


async def export_case(
    number: str, *, reason: str, include_open: bool, caller: Caller, gw: Gateway
) -> Exported:
    """
    Lay out the package of a case and begin to give it out.

    A case is closed when nobody's turn is left and everything about it is delivered (project
    convention); `include_open` takes one that is not.

    Raises:
        NotFound: no such case.
        TransitionNotAllowed: it is not closed; the text says what is still open.
        IntegrityError: a stored row does not open.
    """
    standing = await stand(number, gw=gw)
    if standing is None:
        raise NotFound
    deliveries = await _deliveries(number, gw=gw)
    if not include_open:
        _refuse_open(standing.case, deliveries)
    materials, blobs = await _materials(standing, gw=gw)
    entries = lay_out(
        number,
        metadata=_metadata(standing.case),
        messages=[
            await _archived(row, standing=standing, gw=gw)
            for row in await gw.store.messages(number)
        ],
        materials=materials,
        deliveries=[await _told(row, gw=gw) for row in deliveries],
        leaves=await gw.store.leaves(number),
    )
    digest = next(entry.sha256 for entry in entries if entry.path == MANIFEST)
    leaf = Leaf(
        event="case.exported",
        at=stamp(gw.clock.now()),
        actor=caller.actor,
        environment=standing.row.environment,
        case_number=number,
        purpose="archive",
        reason=reason,
        manifest_digest=digest,
        trace_id=caller.trace_id,
    )
    await gw.store.commit(Change(leaves=(leaf,)))

    def read(source: str) -> AsyncIterator[bytes]:
        name, key = blobs[source]
        return gw.blobs.read(name, key)

    return Exported(number, digest, pack(number, entries, read=read))


def _refuse_open(case: Case, deliveries: Sequence[DeliveryRow]) -> None:
    waiting = [row for row in deliveries if row.state in OPEN_STATES]
    if case.finished and case.turn is None and not waiting:
        return
    status = label("part_status", case.status)
    turn = label("actor", case.turn) if case.turn else None
    said = [f"状态 {status}" + (f",轮到{turn}" if turn else "")]
    english = [f"status {case.status}" + (f", turn of {case.turn}" if case.turn else "")]
    if waiting:
        states = ", ".join(sorted({row.state for row in waiting}))
        said.append(f"{len(waiting)} 件送达未完成({states})")
        english.append(f"{len(waiting)} deliveries not settled ({states})")
    raise TransitionNotAllowed(
        f"办件尚未办结归档:{';'.join(said)};确需导出未结办件请加 --open",
        f"the case is not closed: {'; '.join(english)}; add --open to export it all the same",
    )


async def _deliveries(number: str, *, gw: Gateway) -> list[DeliveryRow]:
    found: list[DeliveryRow] = []
    while True:
        after = found[-1].serial if found else None
        rows = await gw.store.deliveries(
            DeliveryFilter(case_number=number, after=after, limit=_PAGE)
        )
        found += rows
        if len(rows) < _PAGE:
            return found


async def _materials(
    standing: Standing, *, gw: Gateway
) -> tuple[list[ArchivedMaterial], dict[str, tuple[str, bytes]]]:
    """What lies in the case, and where the bytes of each digest are."""
    number, found, blobs = standing.row.number, [], {}
    for row in await gw.store.case_materials(number):
        sealed = standing.key.open(row.sealed, f"material:{number}:{row.blob}")
        pointer = BlobPointer.from_bytes(sealed)
        found.append(
            ArchivedMaterial(
                digest=pointer.digest,
                size=pointer.size,
                media_type=pointer.media_type,
                file_name=pointer.file_name,
            )
        )
        blobs[pointer.digest] = (row.blob, pointer.key)
    return found, blobs


async def _archived(row: MessageRow, *, standing: Standing, gw: Gateway) -> ArchivedMessage:
    content = open_message(row, key=standing.key)
    return ArchivedMessage(
        arrival=row.arrival,
        kind=row.kind,
        message_id=row.message_id,
        system=row.system,
        received_at=national(row.received_at),
        applied=row.applied,
        package=row.package,
        document=content.document,
        raw=content.raw,
        salt=content.salt,
        charset_rule=content.charset_rule,
        lineage=content.lineage,
        receipt=await _receipt(row, standing=standing, gw=gw),
    )


async def _receipt(row: MessageRow, *, standing: Standing, gw: Gateway) -> Mapping[str, Any] | None:
    """The answer the sender was given; messages the gateway wrote itself have none."""
    identity = gw.keys.index("message", row.message_id, str(row.data_version))
    held = await gw.store.receipt(row.system, row.environment, identity)
    if held is None or (held.case_number, held.arrival) != (row.case_number, row.arrival):
        return None
    sealed = standing.key.open(
        held.sealed, f"receipt:{held.case_number}:{held.arrival}:{held.key.hex()}"
    )
    told = orjson.loads(sealed)
    if not isinstance(told, dict):
        raise IntegrityError("回执内容无法读取", "a stored receipt is not an object")
    return told


async def _told(row: DeliveryRow, *, gw: Gateway) -> dict[str, Any]:
    return {
        "serial": row.serial,
        "kind": row.kind,
        "arrival": row.arrival,
        "destination": row.destination,
        "state": row.state,
        "mapping": row.package,
        "created_at": national(row.created_at),
        "settled_at": national(row.settled_at) if row.settled_at else None,
        "reason": row.reason,
        "attempts": [
            {
                "number": one.number,
                "purpose": one.purpose,
                "step": one.step,
                "started_at": national(one.started_at),
                "ended_at": national(one.ended_at) if one.ended_at else None,
                "wire_digest": one.wire_digest,
                "outcome": one.outcome,
                "status": one.status,
                "reason": one.reason,
            }
            for one in await gw.store.attempts(row.serial)
        ],
    }


def _metadata(case: Case) -> dict[str, Any]:
    """The case in named groups; `standard` says which data item of GB/T 39046-2020 a group is."""
    folded = orjson.loads(case_to_json(case))
    return {
        "case_number": case.number,
        "environment": case.environment,
        "status": case.status,
        "status_zh": label("part_status", case.status),
        "closed": case.finished and case.turn is None,
        "opened_at": national(case.opened_at),
        "updated_at": national(case.updated_at),
        "groups": [
            {
                "name": name,
                "label_zh": label_zh,
                "standard": standard or "项目约定 project convention",
                "value": folded[name],
            }
            for name, label_zh, standard in _GROUPS
        ],
    }


_GROUPS = (
    ("item", "事项", "GB/T 39046-2020 4.1 4.2 4.3"),
    ("application_date", "申请日期", "GB/T 39046-2020 5.17"),
    ("numbers", "各方编号", "GB/T 39046-2020 5.1"),
    ("mode", "通办模式", "GB/T 39046-2020 4.11"),
    ("catalogue_version", "国家目录版本", ""),
    ("receiving_place", "收件地", ""),
    ("handling_place", "办理地", ""),
    ("parties", "参与方", ""),
    ("parts", "办理部分", ""),
    ("clocks", "时钟", ""),
    ("holders", "经手方", ""),
    ("decisions", "决定", ""),
    ("earlier_numbers", "此前编号", ""),
)

__all__ = ["Exported", "export_case"]
