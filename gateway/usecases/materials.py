"""
Materials come first: bytes are staged under their digest before a message names them.

A staged material belongs to the system that sent it and is forgotten after 24 hours unless a
message named it. Naming it wraps the blob's key once more, under the key of that case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from contracts.adapter import MaterialReader
from contracts.errors import Finding, IntegrityError, InvalidDocument, NotFound, TryLater
from gateway.core.audit.leaf import Leaf
from gateway.core.media import HEAD, TAIL, judge_media, media_type_of
from gateway.ports import CaseKey, Change, Gateway, MaterialRow
from gateway.usecases.answers import finding_body
from gateway.usecases.caller import Caller
from gateway.usecases.sealed import BlobPointer
from gateway.usecases.times import stamp

DIGEST = re.compile(r"[0-9a-f]{64}")
GRACE = timedelta(hours=1)
"""
How long a staged row outlives its time: whoever read it in time has committed by then, so that no
case ever comes to refer to a file that is just being forgotten.
"""


@dataclass(frozen=True, slots=True)
class OpenMaterial:
    media_type: str
    size: int
    chunks: AsyncIterator[bytes]


class _Ends:
    """The first and last bytes of a stream that passes through."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.head, self.tail = b"", b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            if len(self.head) < HEAD:
                self.head += chunk[: HEAD - len(self.head)]
            self.tail = (self.tail + chunk[-TAIL:])[-TAIL:]
            yield chunk


async def stage_material(
    digest: str,
    chunks: AsyncIterator[bytes],
    *,
    media_type: str,
    file_name: str | None,
    caller: Caller,
    gw: Gateway,
) -> dict[str, Any]:
    """
    Stream a material into the sender's staging area; durable when this returns.

    The same digest staged twice is one material. Nothing is kept when the bytes do not match. What
    the bytes are is compared with the media type; a difference is told in `findings`.

    Raises:
        InvalidDocument: `digest` is not SHA-256 hex, or not the digest of what came.
        TooLarge: more bytes than the limit.
    """
    owner = _owner(caller)
    if not DIGEST.fullmatch(digest):
        raise InvalidDocument(findings=[_mismatch("material.digest_form")])
    index = gw.keys.index("staged", owner, digest)
    if held := await _staged(digest, owner=owner, gw=gw):
        pointer = _open_staged(held, owner=owner, gw=gw)
        await gw.store.commit(Change(materials=(replace(held, at=gw.clock.now()),)))
        return _staged_answer(pointer)
    ends = _Ends(chunks)
    blob = await gw.blobs.write(aiter(ends), limit=gw.limits.material)
    if blob.digest != digest:
        await gw.blobs.delete(blob.name)
        raise InvalidDocument(findings=[_mismatch("material.digest_mismatch")])
    pointer = BlobPointer(
        digest=digest,
        key=blob.key,
        size=blob.size,
        media_type=media_type,
        file_name=file_name,
        seen=media_type_of(ends.head, ends.tail),
    )
    now = gw.clock.now()
    row = MaterialRow(
        owner=owner,
        case_number=None,
        index=index,
        blob=blob.name,
        at=now,
        sealed=gw.keys.seal(pointer.to_bytes(), f"staged:{owner}:{blob.name}"),
    )
    leaf = Leaf(
        event="material.staged",
        at=stamp(now),
        actor=caller.actor,
        environment=gw.environment,
        trace_id=caller.trace_id,
    )
    try:
        await gw.store.commit(Change(materials=(row,), leaves=(leaf,)))
    except TryLater:
        await gw.blobs.delete(blob.name)
        raise
    return _staged_answer(pointer)


def _staged_answer(pointer: BlobPointer) -> dict[str, Any]:
    told = [finding_body(one) for one in judge_media(pointer.media_type, seen=pointer.seen)]
    answer = {"digest": pointer.digest, "size": pointer.size, "staged": True}
    return answer | ({"findings": told} if told else {})


async def stage_bytes(
    content: bytes, *, media_type: str, file_name: str | None, caller: Caller, gw: Gateway
) -> str:
    """Stage a material that came inside a dialect document; returns its digest."""

    async def once() -> AsyncIterator[bytes]:
        yield content

    digest = hashlib.sha256(content).hexdigest()
    await stage_material(
        digest, once(), media_type=media_type, file_name=file_name, caller=caller, gw=gw
    )
    return digest


async def open_material(
    digest: str, *, caller: Caller, gw: Gateway, case_number: str | None = None
) -> OpenMaterial:
    """
    Open a material of a case the caller is a party of, or one it staged itself.

    Raises:
        NotFound: absent, foreign or forgotten: the answer is the same.
    """
    if not DIGEST.fullmatch(digest):
        raise NotFound
    if case_number is None:
        owner = _owner(caller)
        staged = await _staged(digest, owner=owner, gw=gw)
        if staged is None:
            raise NotFound
        pointer, blob = _open_staged(staged, owner=owner, gw=gw), staged.blob
        return OpenMaterial(pointer.media_type, pointer.size, gw.blobs.read(blob, pointer.key))
    row = await gw.store.case(case_number)
    if (
        row is None
        or caller.system is None
        or not await gw.store.is_party(case_number, caller.system)
    ):
        raise NotFound
    found = await find_case_material(
        digest, case_number=case_number, key=gw.keys.case_key(row.key_id), gw=gw
    )
    if found is None:
        raise NotFound
    pointer, blob = found
    leaf = Leaf(
        event="material.read",
        at=stamp(gw.clock.now()),
        actor=caller.actor,
        environment=row.environment,
        case_number=case_number,
        trace_id=caller.trace_id,
    )
    await gw.store.commit(Change(leaves=(leaf,)))
    return OpenMaterial(pointer.media_type, pointer.size, gw.blobs.read(blob, pointer.key))


async def bind_material(
    digest: str, *, case_number: str, key: CaseKey, owner: str, gw: Gateway
) -> MaterialRow | None:
    """
    The row that lets a case refer to a material its sender staged; None when nobody knows it.

    A material the case already holds may be named again.
    """
    staged = await _staged(digest, owner=owner, gw=gw)
    if staged is not None:
        pointer, blob = _open_staged(staged, owner=owner, gw=gw), staged.blob
    else:
        held = await find_case_material(digest, case_number=case_number, key=key, gw=gw)
        if held is None:
            return None
        pointer, blob = held
    return MaterialRow(
        owner=owner,
        case_number=case_number,
        index=gw.keys.index("case-material", case_number, digest),
        blob=blob,
        at=gw.clock.now(),
        sealed=key.seal(pointer.to_bytes(), f"material:{case_number}:{blob}"),
    )


async def find_case_material(
    digest: str, *, case_number: str, key: CaseKey, gw: Gateway
) -> tuple[BlobPointer, str] | None:
    index = gw.keys.index("case-material", case_number, digest)
    for row in await gw.store.case_materials(case_number):
        if row.index == index:
            sealed = key.open(row.sealed, f"material:{case_number}:{row.blob}")
            return BlobPointer.from_bytes(sealed), row.blob
    return None


def material_reader(case_number: str, *, key: CaseKey, gw: Gateway) -> MaterialReader:
    """Opens materials of a case by digest; one the case does not have is an IntegrityError."""

    async def read(digest: str) -> AsyncIterator[bytes]:
        found = await find_case_material(digest, case_number=case_number, key=key, gw=gw)
        if found is None:
            raise IntegrityError("办件材料缺失", "a material of the case is missing")
        pointer, blob = found
        async for chunk in gw.blobs.read(blob, pointer.key):
            yield chunk

    return read


async def forget_materials(*, gw: Gateway) -> int:
    """Drop what was staged and never named in time; returns how many blobs went."""
    before = gw.clock.now() - timedelta(hours=gw.limits.stage_hours) - GRACE
    names = await gw.store.forget_staged(before)
    for name in names:
        await gw.blobs.delete(name)
    return len(names)


async def _staged(digest: str, *, owner: str, gw: Gateway) -> MaterialRow | None:
    """The staged row, as long as it counts; kept in step with `forget_materials` by `GRACE`."""
    row = await gw.store.staged(owner, gw.keys.index("staged", owner, digest))
    fresh = gw.clock.now() - timedelta(hours=gw.limits.stage_hours)
    return row if row is not None and row.at > fresh else None


def _open_staged(row: MaterialRow, *, owner: str, gw: Gateway) -> BlobPointer:
    return BlobPointer.from_bytes(gw.keys.open(row.sealed, f"staged:{owner}:{row.blob}"))


def _owner(caller: Caller) -> str:
    return caller.system or caller.client_id


def _mismatch(rule: str) -> Finding:
    return Finding(
        rule=rule,
        level="reject",
        message="材料字节与地址中的 SHA-256 摘要不一致;请重新计算摘要后上传",
        message_en="the bytes do not have the SHA-256 named in the address; recompute and send",
        path="/sha256",
    )
