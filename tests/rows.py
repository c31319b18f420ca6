"""
Valid rows of the store with one change: `a_case(status="APPROVED")`. Everything here is invented.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.core.audit.leaf import GATEWAY, Leaf
from gateway.ports import (
    AttemptRow,
    CaseRow,
    Change,
    DeliveryRow,
    DeliveryUpdate,
    MaterialRow,
    MessageRow,
    NumberRow,
    ReceiptRow,
    StepRow,
    VerificationRow,
)

NOON = datetime(2026, 3, 2, 4, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LANE = "990001"


def number(serial: int) -> str:
    return f"TB-20260302-530303-T{serial:08d}-X"


def a_case(serial: int = 1, /, **changed: Any) -> CaseRow:
    row = CaseRow(
        number=number(serial),
        revision=1,
        key_id=serial,
        environment="test",
        status="COLLECTED",
        turn="H",
        due_on=None,
        item="000599999000",
        mode="PROXY",
        sender="530303-window",
        handler=LANE,
        receiving_county="530303",
        handling_county="990001",
        arrivals=1,
        opened_at=NOON,
        updated_at=NOON,
        sealed=b"sealed case",
    )
    return replace(row, **changed)


def a_message(serial: int = 1, /, **changed: Any) -> MessageRow:
    row = MessageRow(
        case_number=number(serial),
        arrival=1,
        system="530303-window",
        environment="test",
        message_id=f"m-{serial}",
        data_version=1,
        kind="application",
        part_id="main",
        applied=True,
        occurred_at=NOON,
        received_at=NOON + SECOND,
        package="sha256:00",
        sealed=b"sealed message",
    )
    return replace(row, **changed)


def a_receipt(serial: int = 1, /, **changed: Any) -> ReceiptRow:
    row = ReceiptRow(
        system="530303-window",
        environment="test",
        key=b"identity %d" % serial,
        fingerprint=b"fingerprint",
        case_number=number(serial),
        arrival=1,
        key_id=serial,
        sealed=b"sealed receipt",
    )
    return replace(row, **changed)


def a_verification(serial: int = 1, /, **changed: Any) -> VerificationRow:
    row = VerificationRow(
        number=f"VF-{serial}",
        revision=1,
        key_id=1000 + serial,
        system="530303-window",
        environment="test",
        identity=b"question %d" % serial,
        fingerprint=b"fingerprint",
        service="980001",
        subject="DISABILITY_CERTIFICATE",
        case_number=None,
        person=b"person",
        state="asking",
        next_at=NOON,
        attempt=0,
        asked_at=NOON,
        answered_at=None,
        sealed=b"sealed question",
    )
    return replace(row, **changed)


def a_delivery(serial: int = 1, /, **changed: Any) -> DeliveryRow:
    row = DeliveryRow(
        serial=f"{number(serial)}-1",
        case_number=number(serial),
        key_id=serial,
        order_key=f"{number(serial)}/main/{LANE}",
        position=1,
        overtakes=False,
        destination=LANE,
        environment="test",
        kind="application",
        arrival=1,
        package="sha256:00",
        state="pending",
        next_at=NOON,
        created_at=NOON,
        sealed_record=b"sealed record",
        trace_id="0af7651916cd43dd8448eb211c80319c",
    )
    return replace(row, **changed)


def a_step(serial: int = 1, /, **changed: Any) -> StepRow:
    row = StepRow(
        serial=f"{number(serial)}-1",
        index=0,
        operation="submit",
        material_id=None,
        sealed_plan=b"sealed plan",
    )
    return replace(row, **changed)


def an_attempt(serial: int = 1, /, **changed: Any) -> AttemptRow:
    row = AttemptRow(
        serial=f"{number(serial)}-1",
        number=1,
        purpose="send",
        step=0,
        fence=1,
        started_at=NOON,
        wire_digest="00" * 32,
        sealed=b"sealed salt",
    )
    return replace(row, **changed)


def a_move(row: DeliveryRow, state: str, **changed: Any) -> DeliveryUpdate:
    update = DeliveryUpdate(
        serial=row.serial,
        fence=row.fence,
        was=(row.state,),
        state=state,  # type: ignore[arg-type]
        next_at=row.next_at,
        attempt=row.attempt + 1,
        step=row.step,
    )
    return replace(update, **changed)


def a_material(**changed: Any) -> MaterialRow:
    row = MaterialRow(
        owner="530303-window",
        case_number=None,
        index=b"index",
        blob="00" * 16,
        at=NOON,
        sealed=b"sealed pointer",
    )
    return replace(row, **changed)


def a_leaf(serial: int | None = 1, /, **changed: Any) -> Leaf:
    leaf = Leaf(
        event="message.received",
        at="2026-03-02T04:00:00.123456Z",
        actor=GATEWAY,
        environment="test",
        case_number=None if serial is None else number(serial),
    )
    return replace(leaf, **changed)


def a_submission(serial: int = 1, *, sealed: bytes = b"sealed") -> Change:
    """What a new case commits."""
    return Change(
        case=a_case(serial, sealed=sealed),
        parties=(
            (number(serial), "530303-window", "RECEIVING"),
            (number(serial), LANE, "HANDLING"),
        ),
        numbers=(
            NumberRow(
                system="530303-window", index=b"number %d" % serial, case_number=number(serial)
            ),
        ),
        messages=(a_message(serial, sealed=sealed),),
        receipts=(a_receipt(serial),),
        deliveries=(a_delivery(serial, sealed_record=sealed),),
        steps=(a_step(serial, sealed_plan=sealed),),
        leaves=(a_leaf(serial), a_leaf(serial, event="delivery.released")),
    )
