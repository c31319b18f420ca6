"""
Whether a material is what its sender calls it, judged by its first and last bytes.

Known are the forms in which documents of government services come: PDF, OFD (a ZIP package whose
entry is OFD.xml, GB/T 33190-2016 [C]), JPEG, PNG, TIFF, BMP and GIF. A difference is a finding: the
receiving place checks form only, and the bytes are kept exactly as they came.
"""

from __future__ import annotations

from contracts.errors import Finding

HEAD, TAIL = 4 * 1024, 64 * 1024
"""Bytes looked at: an OFD names its OFD.xml first, or in the directory at the end of the ZIP."""

PDF, OFD = "application/pdf", "application/ofd"
_SAME = {
    "image/jpg": "image/jpeg",
    "application/x-pdf": PDF,
    "application/x-ofd": OFD,
    "application/vnd.ofd": OFD,
}
"""Other names in use for the same forms (project convention)."""
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"GIF8", "image/gif"),
)
ACCEPTED = frozenset({OFD, *(name for _, name in _MAGIC)})
"""Media types a window and an archive can open; others are taken in with a finding."""


def media_type_of(head: bytes, tail: bytes) -> str | None:
    """
    What the bytes are; None for a form that is not known here. `head` and `tail` are the first
    `HEAD` and the last `TAIL` bytes.
    """
    for magic, name in _MAGIC:
        # A PDF may carry a few bytes before its header (ISO 32000-1, annex H [C]).
        if head.startswith(magic) or (name == PDF and magic in head[:1024]):
            return name
    if head.startswith(b"PK\x03\x04") and b"OFD.xml" in head + tail:
        return OFD
    return None


def judge_media(declared: str, *, seen: str | None) -> tuple[Finding, ...]:
    """
    Warn where the bytes, which are `seen`, are not of the declared media type, or the type is none
    that is accepted.
    """
    named = _SAME.get(declared, declared)
    if seen is None and named not in ACCEPTED:
        return (
            _warn(
                "material.media_type_unusual",
                f"各地未必能打开 {declared} 类型的材料;请由上传方改用 PDF、OFD、JPEG 或 PNG",
                f"{declared} is not a type every place can open; send PDF, OFD, JPEG or PNG",
            ),
        )
    if seen != named:
        return (
            _warn(
                "material.content_differs",
                f"材料标注为 {declared},内容却是 {seen or '未知类型'};请由上传方核对文件后重新上传",
                f"declared as {declared}, but the bytes are {seen or 'of no known type'}; "
                "check the file and send it again",
            ),
        )
    return ()


def _warn(rule: str, zh: str, en: str) -> Finding:
    return Finding(rule=rule, level="warn", path="/content_type", message=zh, message_en=en)


__all__ = ["ACCEPTED", "HEAD", "OFD", "PDF", "TAIL", "judge_media", "media_type_of"]
