"""
Applications a window system hands in under load: small, without files, each with its own identity.
"""

from __future__ import annotations

import copy
import functools
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from mappings.load import PROVINCES

WINDOW = "530303-window"
CHINA = timezone(timedelta(hours=8))


@functools.cache
def _golden() -> str:
    file = PROVINCES / "530000" / "golden" / "01-application.application.record.json"
    return file.read_text(encoding="utf-8")


def form_for(message_id: str, *, household: str) -> dict[str, Any]:
    """The golden application of Zhanyi for a person of another place, in the window's own words."""
    record: dict[str, Any] = copy.deepcopy(json.loads(_golden()))
    now = datetime.now(UTC).astimezone(CHINA)
    record |= {
        "LSH": message_id,
        "BJBH": f"MN{message_id}",
        "SJ": now.strftime("%Y%m%d%H%M%S"),
        "SQRQ": now.strftime("%Y%m%d"),
        "CLQQSJ": now.strftime("%Y%m%d%H%M%S"),
    }
    record["SQR"] |= {"HJQH": household, "HJQHMC": "模拟·虚构县模拟街道"}
    for material in record["CLLB"]:
        material.pop("FJ", None)
    return record


__all__ = ["WINDOW", "form_for"]
