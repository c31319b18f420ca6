"""
National documents of invented persons, as senders write them.
"""

from __future__ import annotations

from typing import Any

NAME = "模拟申请人甲"
ID_NUMBER = "990002201001010011"
PHONE = "00000000001"


def an_application(**changes: Any) -> dict[str, Any]:
    """An application from the Zhanyi window for a person registered in Hongshan."""
    return {
        "format_version": "1.0",
        "kind": "application",
        "environment": "test",
        "simulation_mark": "模拟直连",
        "message_id": "yn-1",
        "data_version": 1,
        "sequence": 1,
        "sender": {
            "system": "530303-window",
            "province": "530000",
            "role": "RECEIVING",
            "place": {"code": "530303990000", "county": "530303"},
        },
        "occurred_at": "2026-03-02T09:14:05+08:00",
        "item": {"name": "残疾人两项补贴资格认定申请", "catalogue_code": "000599999000"},
        "body": {
            "mode": {"code": "PROXY", "list": "business_mode"},
            "receiving_place": {"code": "530303990000", "county": "530303"},
            "dates": {
                "application_date": "2026-03-02",
                "first_submitted_at": "2026-03-02T09:14:05+08:00",
                "completed_at": "2026-03-02T09:14:05+08:00",
            },
            "applicant": {
                "kind": {"code": "1", "list": "service_object"},
                "name": NAME,
                "id_type": {"code": "111", "list": "certificate_type"},
                "id_number": ID_NUMBER,
                "phone": PHONE,
                "household_place": {"code": "150402000000", "county": "150402"},
            },
        },
        **changes,
    }


def a_later_message(kind: str, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A message of the handling place about a case."""
    return {
        "format_version": "1.0",
        "kind": kind,
        "environment": "test",
        "simulation_mark": "模拟直连",
        "message_id": f"nm-{kind}",
        "data_version": 1,
        "sender": {"system": "150000", "province": "150000", "role": "HANDLING"},
        "occurred_at": "2026-03-03T09:00:00+08:00",
        "body": body,
        **changes,
    }
