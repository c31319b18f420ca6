"""
A case led from application to its end in a small world, for tests of what is made of cases.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from gateway.usecases.materials import stage_bytes
from gateway.usecases.take_in import Inbound, take_in
from tests.world import HANDLER, WINDOW, World, caller, example, say_as

SCAN = b"%PDF-1.4 simulated scan \xe6\xa8\xa1\xe6\x8b\x9f"


async def send(world: World, document: dict[str, Any], *, by: str) -> str:
    """Take a document in and deliver what follows; gives the case number."""
    inbound = Inbound(
        caller=caller(by),
        raw=json.dumps(document).encode(),
        document=json.loads(json.dumps(document)),
        case_number=document.get("case_number"),
    )
    said = await take_in(inbound, gw=world.gw)
    await world.drain()
    return str(said.body["case_number"])


async def apply(
    world: World, name: str = "1", *, scan: bytes | None = None, channel: str = "1", **body: Any
) -> str:
    """Hand in the example application now; `scan` is its one material, `body` replaces fields."""
    document = example("application")
    now = _now(world)
    document |= {"message_id": f"app-{name}", "occurred_at": now}
    document["channel"] = {"list": "handling_channel", "code": channel}
    document["numbers"] = {"receiving": f"MN-{name}"}
    document["body"]["dates"] = {"application_date": now[:10], "completed_at": now}
    materials = document["body"].pop("materials")
    document["body"] |= body
    if scan is not None:
        await stage_bytes(
            scan, media_type="application/pdf", file_name="a.pdf", caller=caller(), gw=world.gw
        )
        file = {"digest": hashlib.sha256(scan).hexdigest(), "media_type": "application/pdf"}
        document["body"]["materials"] = [{**materials[0], "files": [file]}]
    return await send(world, document, by=WINDOW)


async def follow(
    world: World,
    number: str,
    kind: str,
    *,
    by: str = HANDLER,
    tag: str = "",
    reply_to: str | None = None,
    **body: Any,
) -> None:
    """A later message after the example of its kind, at the time of the world; fields given win."""
    document = example("special_procedure_start" if kind == "special_procedure" else kind)
    document |= {
        "case_number": number,
        "message_id": f"{kind}-{tag or number}",
        "occurred_at": _now(world),
    }
    say_as(document, by)
    document["sender"]["role"] = "RECEIVING" if by == WINDOW else "HANDLING"
    document.pop("numbers", None)
    document.pop("sequence", None)
    if kind == "decision":
        document["body"]["reason"] = "模拟理由"  # no refusal without one
    document["body"] |= body
    if reply_to is not None:
        document["in_reply_to"] = reply_to
    await send(world, document, by=by)


async def close(world: World, number: str, *, result: str = "APPROVED") -> None:
    """Accept, decide and tell."""
    await follow(world, number, "acceptance", accepted_at=_now(world))
    decided = {"list": "decision_result", "code": result}
    await follow(world, number, "decision", result=decided, decided_at=_now(world))
    await follow(world, number, "notification", by=WINDOW, told_at=_now(world), succeeded=True)


def _now(world: World) -> str:
    from gateway.usecases.times import national

    return national(world.clock.now())


__all__ = ["SCAN", "apply", "close", "follow", "send"]
