"""What a national system is to hold after corrections: the whole application as it stands."""

from __future__ import annotations

import copy
from typing import Any

from gateway.usecases.prescribed import _correct

APPLICATION: dict[str, Any] = {
    "data_version": 1,
    "body": {
        "applicant": {"name": "模拟·甲"},
        "form": {"values": {"reason": "旧理由", "account": {"bank_name": "模拟银行"}}},
        "materials": [
            {"material_id": "m-1", "name": "旧"},
            {"material_id": "m-2", "name": "留"},
        ],
    },
}


def _corrected(*changes: dict[str, Any], materials: list[dict[str, Any]] | None = None) -> Any:
    whole = copy.deepcopy(APPLICATION)
    correction: dict[str, Any] = {"answers": [{"gap_id": "g-1", "changes": list(changes)}]}
    _correct(whole, {**correction, **({"materials": materials} if materials else {})})
    return whole["body"]


def test_new_values_stand_where_the_path_leads_however_it_is_written() -> None:
    body = _corrected(
        {"path": "body.form.values.reason", "value": "新理由"},
        {"path": "/body/form/values/account/bank_name", "value": "模拟信用社"},
    )

    values = body["form"]["values"]
    assert (values["reason"], values["account"]["bank_name"]) == ("新理由", "模拟信用社")


def test_a_path_that_leads_nowhere_changes_nothing() -> None:
    assert _corrected({"path": "/body/nobody/name", "value": "x"}) == APPLICATION["body"]


def test_a_material_brought_again_replaces_the_one_of_its_id() -> None:
    body = _corrected(materials=[{"material_id": "m-1", "name": "新"}])

    assert sorted((one["material_id"], one["name"]) for one in body["materials"]) == [
        ("m-1", "新"),
        ("m-2", "留"),
    ]
