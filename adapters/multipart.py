"""
multipart/form-data (RFC 7578) with one file part: as a byte plan out, as parts in.

The boundary is derived from the parts, so that the same upload always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.adapter import BytePlan, MaterialRef
from contracts.errors import Unreadable

MAX_PARTS = 100
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', re.IGNORECASE)
_NAME = re.compile(r'[; ]name="([^"]*)"')
_FILE_NAME = re.compile(r'[; ]filename="([^"]*)"')
_PERCENT = {'"': "%22", "\r": "%0D", "\n": "%0A"}


@dataclass(frozen=True, slots=True)
class FilePart:
    name: str
    file_name: str
    media_type: str
    content: bytes


def write(
    fields: Mapping[str, str], *, part: str, file_name: str, media_type: str, material: MaterialRef
) -> BytePlan:
    digest = hashlib.sha256(repr((sorted(fields.items()), part, material.digest)).encode())
    boundary = f"tb{digest.hexdigest()[:40]}"
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(part)}"; '
        f'filename="{_quoted(file_name)}"\r\nContent-Type: {_one_line(media_type)}\r\n\r\n'
    )
    return BytePlan((head.encode("utf-8"), material, f"\r\n--{boundary}--\r\n".encode()))


def boundary_of(plan: BytePlan) -> str:
    """The boundary a plan of `write` uses; its first line names it."""
    return plan.literal.split(b"\r\n", 1)[0][2:].decode("ascii")


def _quoted(text: str) -> str:
    for char, escaped in _PERCENT.items():
        text = text.replace(char, escaped)
    return text


def _one_line(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "", text) or "application/octet-stream"


def read(body: bytes, *, content_type: str) -> tuple[dict[str, str], list[FilePart]]:
    """
    Fields and files of a received body.

    Raises:
        Unreadable: no boundary, a broken part, or more than `MAX_PARTS` of them.
    """
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise _unreadable()
    mark = b"\r\n--" + match.group(1).encode("ascii")
    pieces = (b"\r\n" + body).split(mark)
    if not 2 <= len(pieces) <= MAX_PARTS + 2 or not pieces[-1].startswith(b"--"):
        raise _unreadable()
    fields: dict[str, str] = {}
    files: list[FilePart] = []
    for piece in pieces[1:-1]:
        head, found, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        text = head.decode("utf-8", errors="replace")
        name = _NAME.search(text)
        if not found or name is None:
            raise _unreadable()
        file_name = _FILE_NAME.search(text)
        if file_name is None:
            fields[name.group(1)] = content.decode("utf-8", errors="replace")
            continue
        kind = re.search(r"^content-type:\s*(.+?)\s*$", text, re.IGNORECASE | re.MULTILINE)
        media_type = kind.group(1) if kind else "application/octet-stream"
        files.append(FilePart(name.group(1), file_name.group(1), media_type, content))
    return fields, files


def _unreadable() -> Unreadable:
    return Unreadable("multipart 报文无法读取", "the multipart body cannot be read")


__all__ = ["MAX_PARTS", "FilePart", "boundary_of", "read", "write"]
