"""
What lies sealed in rows, and at which place.

Byte plans, messages and answers are framed and encrypted under the case key; the place (table and
identity) is bound in, so that a sealed value moved to another row no longer opens.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from contracts.adapter import BytePlan, MaterialRef, ProvinceReceipt, Step
from contracts.errors import IntegrityError
from gateway.core.frame import frame, unframe
from gateway.ports import CaseKey, DeliveryRow, MessageRow, StepRow


def plan_bytes(plan: BytePlan) -> bytes:
    """One framed part per segment; the first byte says literal, raw material or base64 material."""
    parts = []
    for segment in plan.segments:
        if isinstance(segment, bytes):
            parts.append(b"L" + segment)
        else:
            tag = b"R" if segment.encoding == "raw" else b"B"
            parts.append(tag + f"{segment.digest}:{segment.size}".encode())
    return frame(*parts)


def read_plan(data: bytes) -> BytePlan:
    segments: list[bytes | MaterialRef] = []
    for part in unframe(data):
        tag, content = part[:1], part[1:]
        if tag == b"L":
            segments.append(content)
        else:
            digest, size = content.decode().split(":")
            encoding = "raw" if tag == b"R" else "base64"
            segments.append(MaterialRef(digest, int(size), encoding))  # type: ignore[arg-type]
    return BytePlan(tuple(segments))


def seal_step(step: Step, *, serial: str, index: int, key: CaseKey) -> StepRow:
    return StepRow(
        serial=serial,
        index=index,
        operation=step.operation,
        material_id=step.material_id,
        sealed_plan=None
        if step.plan is None
        else key.seal(plan_bytes(step.plan), _step_place(serial, index)),
    )


def open_plan(step: StepRow, *, key: CaseKey) -> BytePlan:
    """
    Raises:
        IntegrityError: the step has no stored payload yet.
    """
    if step.sealed_plan is None:
        raise IntegrityError(
            f"步骤 {step.serial}/{step.index} 没有已存报文", "step without payload"
        )
    return read_plan(key.open(step.sealed_plan, _step_place(step.serial, step.index)))


def seal_answer(receipt: ProvinceReceipt, *, serial: str, index: int, key: CaseKey) -> bytes:
    data = orjson.dumps([receipt.number, receipt.serial, dict(receipt.values)])
    return key.seal(data, f"answer:{serial}:{index}")


def open_answer(step: StepRow, *, key: CaseKey) -> ProvinceReceipt:
    if step.sealed_answer is None:
        raise IntegrityError(f"步骤 {step.serial}/{step.index} 没有答复", "step without an answer")
    number, serial, values = orjson.loads(
        key.open(step.sealed_answer, f"answer:{step.serial}:{step.index}")
    )
    return ProvinceReceipt(number=number, serial=serial, values=values)


def seal_record(record: Mapping[str, Any], *, serial: str, key: CaseKey) -> bytes:
    return key.seal(orjson.dumps(record), f"record:{serial}")


def open_record(row: DeliveryRow, *, key: CaseKey) -> dict[str, Any]:
    record: dict[str, Any] = orjson.loads(key.open(row.sealed_record, f"record:{row.serial}"))
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """The sealed half of a message row."""

    document: dict[str, Any]
    raw: bytes
    salt: bytes
    lineage: tuple[tuple[int, int], ...]
    charset_rule: str


def seal_message(content: MessageContent, *, case_number: str, arrival: int, key: CaseKey) -> bytes:
    """`content.document` is stored as the bytes that `orjson` gives now; they are never remade."""
    return key.seal(
        frame(
            orjson.dumps(content.document),
            content.raw,
            content.salt,
            orjson.dumps(content.lineage),
            content.charset_rule.encode(),
        ),
        f"message:{case_number}:{arrival}",
    )


def open_message(row: MessageRow, *, key: CaseKey) -> MessageContent:
    document, raw, salt, lineage, rule = unframe(
        key.open(row.sealed, f"message:{row.case_number}:{row.arrival}")
    )
    return MessageContent(
        document=orjson.loads(document),
        raw=raw,
        salt=salt,
        lineage=tuple((pair[0], pair[1]) for pair in orjson.loads(lineage)),
        charset_rule=rule.decode(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobPointer:
    """The sealed half of a material row. `seen` is the media type its bytes have, if known."""

    digest: str
    key: bytes
    size: int
    media_type: str
    file_name: str | None
    seen: str | None = None

    def to_bytes(self) -> bytes:
        return orjson.dumps(
            [
                self.digest,
                base64.b64encode(self.key).decode(),
                self.size,
                self.media_type,
                self.file_name,
                self.seen,
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> BlobPointer:
        digest, key, size, media_type, file_name, *later = orjson.loads(data)
        return cls(
            digest=digest,
            key=base64.b64decode(key),
            size=size,
            media_type=media_type,
            file_name=file_name,
            seen=later[0] if later else media_type,  # rows from before it was looked at
        )


def _step_place(serial: str, index: int) -> str:
    return f"step:{serial}:{index}"
