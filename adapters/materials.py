"""
Materials inside payloads: on the way out tokens become references, on the way in base64 tokens.

A token is the text `material:<sha256 hex>:<size>` at a path that connection.yaml declares. Content
is streamed; a payload is never built with a scan inside it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator, Iterable
from typing import Any

from adapters.layers import MaterialPath
from adapters.paths import places, split
from contracts.adapter import (
    BytePlan,
    InlineMaterial,
    MaterialEncoding,
    MaterialReader,
    MaterialRef,
    Record,
)
from contracts.errors import Finding, IntegrityError, Unreadable, Unrenderable

_TOKEN = re.compile(r"material:([0-9a-f]{64}):([0-9]{1,12})")
_TOKEN_BYTES = re.compile(rb"material:([0-9a-f]{64}):([0-9]{1,12})")


def read_token(value: Any) -> tuple[str, int] | None:
    """(digest, size) if the value is a material token."""
    match = _TOKEN.fullmatch(value) if isinstance(value, str) else None
    return (match.group(1), int(match.group(2))) if match else None


def cut(payload: bytes, *, expected: int, encoding: MaterialEncoding = "base64") -> BytePlan:
    """
    Cut a payload at its tokens, of which the record has `expected` at declared paths.

    Raises:
        Unrenderable: text elsewhere looks like a token; sending it would send somebody's document.
    """
    if b"material:" not in payload:
        segments: list[bytes | MaterialRef] = [payload]
    else:
        parts = _TOKEN_BYTES.split(payload)
        segments = []
        for index in range(0, len(parts) - 1, 3):
            literal, digest, size = parts[index : index + 3]
            segments += [literal, MaterialRef(digest.decode(), int(size), encoding)]
        segments.append(parts[-1])
    plan = BytePlan(tuple(part for part in segments if part != b"") or (b"",))
    if len(plan.materials) != expected:
        message = "材料标记出现在未声明为材料的字段中"
        raise Unrenderable(
            message,
            "a material token stands where connection.yaml declares no material",
            findings=[Finding(rule="material.token_elsewhere", level="reject", message=message)],
        )
    return plan


def count_tokens(record: Record, paths: Iterable[tuple[str, ...]]) -> int:
    return sum(
        1 for path in paths for _, _, value in places(record, path) if read_token(value) is not None
    )


def take_inline(record: Record, declared: tuple[MaterialPath, ...]) -> tuple[InlineMaterial, ...]:
    """
    Replace inline base64 at the declared paths by tokens, in place, and return what stood there.

    Raises:
        Unreadable: text at a declared path is not base64.
    """
    taken = []
    for material in declared:
        parts = split(material.path)
        for container, key, value in list(places(record, parts)):
            if not isinstance(value, str) or not value.strip():
                continue
            content = _decoded(value, material.path)
            digest = hashlib.sha256(content).hexdigest()
            container[key] = f"material:{digest}:{len(content)}"
            beside = container if isinstance(container, dict) else {}
            taken.append(
                InlineMaterial(
                    digest=digest,
                    content=content,
                    media_type=_beside(beside, material.media_type) or "application/octet-stream",
                    file_name=_beside(beside, material.file_name),
                )
            )
    return tuple(taken)


def _decoded(value: str, path: str) -> bytes:
    try:
        # Line breaks inside base64 are common (RFC 2045) and mean nothing.
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(
            f"{path} 处的材料内容不是 Base64", f"the material at {path} is not base64"
        ) from None


def _beside(container: dict[str, Any], name: str | None) -> str | None:
    value = container.get(name) if name else None
    return value if isinstance(value, str) and value else None


# --- streaming ------------------------------------------------------------------------------


def size_of(plan: BytePlan) -> int:
    """Bytes the plan sends."""
    total = 0
    for part in plan.segments:
        if isinstance(part, bytes):
            total += len(part)
        elif part.encoding == "raw":
            total += part.size
        else:
            total += (part.size + 2) // 3 * 4
    return total


async def stream(plan: BytePlan, open_material: MaterialReader) -> AsyncIterator[bytes]:
    """
    The exact bytes of a plan, in pieces; the same plan gives the same bytes.

    Raises:
        IntegrityError: a material has not the size the plan promises.
    """
    for part in plan.segments:
        if isinstance(part, bytes):
            yield part
        else:
            async for chunk in _material(part, open_material):
                yield chunk


async def _material(ref: MaterialRef, open_material: MaterialReader) -> AsyncIterator[bytes]:
    seen, rest = 0, b""
    async for chunk in open_material(ref.digest):
        seen += len(chunk)
        if ref.encoding == "raw":
            yield chunk
            continue
        rest += chunk
        whole = len(rest) - len(rest) % 3
        yield base64.b64encode(rest[:whole])
        rest = rest[whole:]
    if rest:
        yield base64.b64encode(rest)
    if seen != ref.size:
        raise IntegrityError("材料大小与登记不符", "a material has not its registered size")


__all__ = ["count_tokens", "cut", "read_token", "size_of", "stream", "take_inline"]
