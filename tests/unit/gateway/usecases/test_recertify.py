"""Proof of life is brought where the person is: at a window that never saw the case."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import NotFound
from gateway.ports import Change, VerificationRow
from gateway.usecases.read_cases import read_case
from gateway.usecases.take_in import Inbound, take_in
from gateway.usecases.verify import Held, person_index, place_of
from tests.story import coded
from tests.world import HANDLER, OTHER, WINDOW, World, a_world, caller, example, say_as


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as opened:
        yield opened


async def say(world: World, kind: str, *, by: str, number: str | None = None, **body: Any) -> Any:
    document = example(kind)
    if kind == "application":
        del document["body"]["materials"]
    document["body"] |= body
    document["message_id"] = f"{kind}-{by}-{len(body)}"
    document.pop("numbers", None)
    document.pop("in_reply_to", None)
    say_as(document, by)
    if number is not None:
        document["case_number"] = number
    raw = json.dumps(document).encode()
    inbound = Inbound(caller=caller(by), raw=raw, document=document, case_number=number)
    answer = await take_in(inbound, gw=world.gw)
    await world.drain()
    return answer.body


PROOF = "v-life-1"
RECERTIFIED = {
    "change": coded("entitlement_change_kind", "RECERTIFIED"),
    "effective_month": "2026-12",
    "verification_id": PROOF,
}


async def approved(world: World) -> str:
    number = str((await say(world, "application", by=WINDOW))["case_number"])
    await say(world, "decision", by=HANDLER, number=number)
    return number


async def verified(
    world: World,
    *,
    by: str = OTHER,
    person: str | None = None,
    subject: str = "PROOF_OF_LIFE",
    result: str = "CONFIRMED",
) -> None:
    """A verification a window asked for, answered; of the applicant unless another is named."""
    person = person or example("application")["body"]["applicant"]["id_number"]
    key, now = world.gw.keys.take(), world.gw.clock.now()
    row = VerificationRow(
        number=PROOF,
        revision=1,
        key_id=key.key_id,
        system=by,
        environment=world.gw.environment,
        identity=b"i",
        fingerprint=b"f",
        service="970001",
        subject=subject,
        case_number=None,
        person=person_index(person, gw=world.gw),
        state="answered",
        next_at=now,
        attempt=1,
        asked_at=now,
        answered_at=now,
        sealed=key.seal(
            Held({}, {"body": {"result": {"code": result}}}).to_bytes(), place_of(PROOF)
        ),
    )
    await world.gw.store.commit(Change(verifications=(row,)))


async def test_any_window_may_bring_a_certification_and_the_body_that_pays_gets_it(
    world: World,
) -> None:
    number = await approved(world)
    await verified(world)
    answer = await say(world, "entitlement_change", by=OTHER, number=number, **RECERTIFIED)

    assert answer["applied"] is True
    kinds = [json.loads(one)["document"]["kind"] for one in world.handler.prepared]
    assert kinds == ["application", "entitlement_change"]
    view = await read_case(number, caller=caller(), gw=world.gw)
    assert view["parts"][0]["recertify_by"] == "2027-12"


async def test_the_window_that_brought_it_sees_nothing_of_the_case(world: World) -> None:
    number = await approved(world)
    await verified(world)
    told = await say(world, "entitlement_change", by=OTHER, number=number, **RECERTIFIED)
    assert told.keys() & {"status", "turn", "due", "links"} == set()
    with pytest.raises(NotFound):
        await read_case(number, caller=caller(OTHER), gw=world.gw)


@pytest.mark.parametrize("kind", ["STOPPED", "RESUMED", "RECOVERY", "CHANGED"])
async def test_for_everything_else_a_stranger_finds_no_case(world: World, kind: str) -> None:
    number = await approved(world)
    says = {**RECERTIFIED, "change": coded("entitlement_change_kind", kind)}
    with pytest.raises(NotFound):
        await say(world, "entitlement_change", by=OTHER, number=number, **says)


@pytest.mark.parametrize(
    "proof",
    [
        None,
        {"by": WINDOW},
        {"person": "990002199001010013"},
        {"subject": "HOUSEHOLD"},
        {"result": "NOT_CONFIRMED"},
    ],
    ids=["none", "asked by another", "another person", "another subject", "not confirmed"],
)
async def test_without_a_proof_of_life_of_its_own_a_stranger_finds_no_case(
    world: World, proof: dict[str, str] | None
) -> None:
    number = await approved(world)
    if proof is not None:
        await verified(world, **proof)
    with pytest.raises(NotFound):
        await say(world, "entitlement_change", by=OTHER, number=number, **RECERTIFIED)


async def test_a_party_is_told_that_its_proof_does_not_hold(world: World) -> None:
    number = await approved(world)
    answer = await say(world, "entitlement_change", by=WINDOW, number=number, **RECERTIFIED)

    assert "verification.unknown" in [one["rule"] for one in answer["findings"]]
