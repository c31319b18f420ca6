"""
Documents in the national format as a window and a handling place write them, for tests of what is
refused; what is changed in one is named by its path.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import contracts
from tests.e2e.door import (
    ACCOUNT,
    ID_NUMBER,
    NAME,
    PHONE,
    STREET,
    Door,
    Reply,
    assert_speaks,
    assert_unsaid,
    open_door,
)
from tests.world import example

EXAMPLES = Path(contracts.__file__).parent / "examples" / "v1"
WINDOW, HANDLER, STRANGER = "530303-window", "150000", "310000"
SCAN = "模拟扫描件".encode() * 100
DIGEST = hashlib.sha256(SCAN).hexdigest()
JSON = "application/json"
NUMBERS = count(1)

Change = Callable[[dict[str, Any]], None]


@asynccontextmanager
async def open_native(folder: Path) -> AsyncIterator[Door]:
    """A gateway with one scan staged by the window."""
    async with open_door(folder) as opened:
        reply = await opened.ask(
            "PUT", f"/v1/materials/{DIGEST}", SCAN, by=WINDOW, Content_Type="image/jpeg"
        )
        assert reply.status == 200
        yield opened


def an_application(change: Change | None = None) -> dict[str, Any]:
    """The published example, of another invented person, with one scan; under a new identity."""
    document: dict[str, Any] = json.loads(
        (EXAMPLES / "valid" / "application_as_sent.json").read_text("utf-8")
    )
    number = next(NUMBERS)
    document |= {"message_id": f"yn-{number}", "numbers": {"receiving": f"MN-{number}"}}
    for name in ("agent", "consents", "materials", "service_relation", "parts"):
        document["body"].pop(name, None)
    document["body"]["applicant"] |= {
        "name": NAME,
        "id_number": ID_NUMBER,
        "birth_month": "1990-01",
        "sex": {"code": "1", "list": "sex"},
        "phone": PHONE,
        "household_address": STREET,
    }
    document["body"]["form"]["values"] |= {
        "disability_certificate_number": f"{ID_NUMBER}21",
        "signed_by": NAME,
    }
    document["body"]["form"]["values"]["account"] |= {
        "account_name": NAME,
        "account_number": ACCOUNT,
    }
    document["body"]["materials"] = [a_material()]
    if change is not None:
        change(document)
    return document


def a_material(code: str = "bank_account", digest: str = DIGEST) -> dict[str, Any]:
    return {
        "material_id": f"m-{code}"[:40],
        "code": {"code": code, "list": "disability_subsidy_materials"},
        "name": "银行卡(模拟)",
        "acquisition": {"code": "SCAN", "list": "material_acquisition"},
        "received": True,
        "files": [{"digest": digest, "media_type": "image/jpeg", "size": len(SCAN)}],
    }


def a_message(kind: str, number: str, *, by: str, change: Change | None = None) -> dict[str, Any]:
    document = example(kind)
    role = "RECEIVING" if by == WINDOW else "HANDLING"
    document |= {
        "case_number": number,
        "message_id": f"{kind}-{next(NUMBERS)}",
        "sender": {"system": by, "province": f"{by[:2]}0000", "role": role},
    }
    document.pop("numbers", None)
    if change is not None:
        change(document)
    return document


def put(path: str, value: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        place, name = find(document, path)
        place[name] = copy.deepcopy(value)

    return change


def drop(path: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        place, name = find(document, path)
        del place[name]

    return change


def find(document: Any, path: str) -> tuple[Any, str | int]:
    *way, last = [int(name) if name.isdigit() else name for name in path.split("/")]
    for name in way:
        document = document[name]
    return document, last


def all_of(*changes: Change) -> Change:
    def change(document: dict[str, Any]) -> None:
        for one in changes:
            one(document)

    return change


async def submit(door: Door, document: Any, *, by: str = WINDOW, path: str = "/v1/cases") -> Reply:
    raw = json.dumps(document).encode() if isinstance(document, dict) else document
    return await door.ask(
        "POST", path, raw, by=by, Content_Type=JSON, Idempotency_Key=f"k-{next(NUMBERS)}"
    )


def assert_refused(reply: Reply, status: int, code: str, rules: set[str] | None = None) -> None:
    problem = reply.json
    assert (reply.status, problem["status"], problem["code"]) == (status, status, code), (
        reply.body.decode()
    )
    assert reply.headers["Content-Type"].startswith("application/problem+json")
    assert_speaks(problem)
    if rules is not None:
        assert {item["rule"] for item in problem["errors"]} == rules
        assert all(item.get("pointer", "").startswith("/") for item in problem["errors"])
    assert_unsaid(reply.body)
