from __future__ import annotations

import copy

import pytest

from adapters.open import open_adapters
from contracts.adapter import ProvinceReceipt
from contracts.errors import Unrenderable
from tests.adapter_tools import PROVINCES, SECRETS, CountedIds, StillClock, golden

RECORD = golden("510000", "01-application.application.out.record.json")


def sichuan():
    return open_adapters(
        PROVINCES / "510000",
        environment="test",
        addresses={"base": "http://h.invalid"},
        secrets=SECRETS,
        http=None,
        clock=StillClock(),
        ids=CountedIds(),
    )["510000"]


def answers(count):
    return tuple(ProvinceReceipt(values={"file_id": f"f-{n}"}) for n in range(1, count + 1))


def test_uploads_come_first_and_the_submit_waits_for_their_answers():
    steps = sichuan().encode("application", RECORD)

    assert [step.operation for step in steps] == ["upload_file"] * 3 + ["submit"]
    assert all(step.plan and len(step.plan.materials) == 1 for step in steps[:3])
    assert [step.material_id is not None for step in steps] == [True, True, True, False]
    assert steps[3].plan is None
    assert not any(
        step.material_id in file["file_id"]
        for step in steps[:3]
        for material in RECORD["materials"]
        for file in material["files"]
    )


def test_a_message_without_materials_is_submitted_at_once():
    record = {**RECORD, "materials": []}

    (step,) = sichuan().encode("application", record)

    assert step.plan is not None


def test_the_same_record_gives_the_same_bytes():
    assert sichuan().encode("application", RECORD) == sichuan().encode("application", RECORD)


def test_an_upload_names_its_material_from_the_objects_around_the_file():
    literal = sichuan().encode("application", RECORD)[1].plan.literal.decode()

    material = RECORD["materials"][1]
    assert f'name="material_code"\r\n\r\n{material["material_code"]}\r\n' in literal
    assert f'filename="{material["files"][0]["material_attach_name"]}"' in literal
    assert f"Content-Type: {material['files'][0]['file_type']}" in literal


def test_a_file_name_cannot_add_headers_or_parts():
    record = copy.deepcopy(RECORD)
    record["materials"][0]["files"][0]["material_attach_name"] = 'a"\r\nX: 1\r\n\r\n--b'
    record["materials"][0]["files"][0]["file_type"] = "image/png\r\nX-Evil: 1"

    literal = sichuan().encode("application", record)[0].plan.literal.decode()

    assert 'filename="a%22%0D%0AX: 1%0D%0A%0D%0A--b"' in literal
    assert "\r\nX-Evil" not in literal


def test_answers_take_the_place_of_the_tokens_in_order():
    adapter = sichuan()
    steps = adapter.encode("application", RECORD)
    before = copy.deepcopy(RECORD)

    plan = adapter.render(steps[3], kind="application", record=RECORD, answers=answers(3))

    assert plan.materials == ()
    for number in (1, 2, 3):
        assert f'"file_id":"f-{number}"'.encode() in plan.literal
    assert b"material:" not in plan.literal
    assert before == RECORD


@pytest.mark.parametrize("given", [answers(2), (*answers(2), ProvinceReceipt())])
def test_a_missing_answer_is_never_papered_over(given):
    adapter = sichuan()
    steps = adapter.encode("application", RECORD)

    with pytest.raises(Unrenderable):
        adapter.render(steps[3], kind="application", record=RECORD, answers=given)


def test_a_kind_this_system_does_not_take_is_unrenderable():
    adapter = sichuan()

    assert adapter.carries("application")
    assert not adapter.carries("acceptance")
    with pytest.raises(Unrenderable):
        adapter.encode("acceptance", {})
