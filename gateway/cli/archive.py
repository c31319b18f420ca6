"""
`tongban case export` and `tongban case verify`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gateway.cli.failures import explained
from gateway.cli.output import print_json
from gateway.core.archive.verify import Verdict, verify


def export(number: str, *, out: Path, reason: str, include_open: bool, as_json: bool) -> int:
    """
    Fetch, check, and only then put the package in its place; a file that was there is replaced.
    """
    from gateway.cli.admin import complain, fetch

    part = out.with_name(f".{out.name}.part")
    with explained() as failure:
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as sink:
                status, told = fetch(
                    f"/cases/{number}/export", {"reason": reason, "open": include_open}, sink
                )
                if status >= 400:
                    return complain(status, told, as_json=as_json)
                sink.flush()
                os.fsync(sink.fileno())
            with part.open("rb") as file:
                verdict = verify(file, manifest_digest=told["Manifest-SHA256"])
            if verdict.ok:
                part.replace(out)
            _say(verdict, out, as_json=as_json)
            return 0 if verdict.ok else 1
        finally:
            part.unlink(missing_ok=True)
    return failure.status


def check(file: Path, *, manifest: str | None, as_json: bool) -> int:
    """0: nothing is wrong with the package; 1: something is; 2: it cannot be opened."""
    with explained() as failure:
        with file.open("rb") as package:
            verdict = verify(package, manifest_digest=manifest)
        _say(verdict, file, as_json=as_json)
        return 0 if verdict.ok else 1
    return failure.status


def _say(verdict: Verdict, file: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(_told(verdict, file))
        return
    for fault in verdict.faults:
        print(f"{fault.rule}  {fault.where}  {fault.message} {fault.message_en}")
    outcome = "核对通过 checked" if verdict.ok else f"{len(verdict.faults)} 个问题 faults"
    print(f"{file}  办件 {verdict.case_number or '–'}  {verdict.files} 个文件  {outcome}")
    print(f"清单 manifest SHA-256 {verdict.manifest_digest or '–'}")
    if verdict.ok:
        print("请与导出时记录的清单摘要比对 compare it with the digest recorded at export")


def _told(verdict: Verdict, file: Path) -> dict[str, Any]:
    return {
        "file": str(file),
        "ok": verdict.ok,
        "case_number": verdict.case_number,
        "files": verdict.files,
        "manifest_sha256": verdict.manifest_digest,
        "faults": [
            {
                "rule": one.rule,
                "where": one.where,
                "message": one.message,
                "message_en": one.message_en,
            }
            for one in verdict.faults
        ],
    }


__all__ = ["check", "export"]
