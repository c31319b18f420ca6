"""
A window has facts confirmed instead of asking for paper: a disability certificate at the federation
(REST), the household place at the register (SOAP), the household's means at a centre that takes its
time while the gateway is killed. Real processes, real sockets; every service is 模拟.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from gateway.sandbox.faults import Fault, FaultScript
from gateway.sandbox.play import wait_for
from gateway.sandbox.stage import Stage
from gateway.usecases.times import local_date
from gateway.world import RealClock, RealIds
from tests.e2e.native import an_application

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("processes"),
]

WINDOW, OTHER_WINDOW = "530303-window", "340100-window"
CHILD, MOTHER = "990002201503120024", "990002198706050041"
CERTIFICATE = "99000220150312002421"
TODAY = local_date(RealClock().now())
LATER = (TODAY + timedelta(days=90)).isoformat()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("verifying")
    codes = ("530000", "340000", "970000", "980000")
    stage = Stage(folder, codes, RealClock(), RealIds())
    try:
        await stage.open()
        yield stage
    finally:
        await stage.close()


async def test_a_certificate_and_a_household_place_are_confirmed_at_once(stage: Stage) -> None:
    federation = await _ask(stage, "q-1", "DISABILITY_CERTIFICATE", certificate=CERTIFICATE)
    register = await _ask(stage, "q-2", "HOUSEHOLD")

    told = await _until_settled(stage, federation)
    assert (told["service"], told["state"], told["result"]) == ("980001", "answered", "CONFIRMED")
    assert {one["name"]: one["value"] for one in told["facts"]} == {
        "certificate.status": "有效",
        "certificate.category": "2",
        "certificate.grade": "1",
    }
    told = await _until_settled(stage, register)
    assert (told["service"], told["result"]) == ("970001", "CONFIRMED")
    assert [(one["name"], one["value"]) for one in told["facts"]] == [
        ("household.place", "150402990000")
    ]


async def test_a_person_the_register_does_not_know_is_not_confirmed(stage: Stage) -> None:
    told = await _until_settled(stage, await _ask(stage, "q-3", "PROOF_OF_LIFE", person=MOTHER))

    assert (told["state"], told["result"], told.get("facts")) == ("answered", "NO_DATA", [])


async def test_a_long_check_outlives_a_killed_gateway_and_is_asked_once(stage: Stage) -> None:
    number = await _ask(stage, "q-4", "ECONOMIC", person=MOTHER, consents=[_consent(MOTHER)])

    async def open_() -> bool:
        return bool((await _read(stage, number))["state"] == "open")

    await wait_for("the check under way", open_, clock=stage.clock)
    await stage.restart_gateway()
    told = await _until_settled(stage, number)

    assert (told["state"], told["result"]) == ("answered", "CONFIRMED")
    assert {one["name"]: one["value"] for one in told["facts"]} == {
        "income.within_limit": True,
        "assets.within_limit": True,
    }
    effects = [row for row in await stage.desk("980002", "effects") if row["serial"] == number]
    assert len(effects) == 1
    calls = [row for row in await stage.desk("980002", "requests") if row["serial"] == number]
    assert [row["operation"] for row in calls][:1] == ["verify"]
    assert {row["operation"] for row in calls[1:]} == {"answer"}


async def test_a_service_that_is_down_is_asked_again(stage: Stage) -> None:
    await stage.put_faults(
        "980000",
        FaultScript(rules=(Fault(kind="answer_503", operation="verify", system="980001"),)),
    )
    number = await _ask(stage, "q-5", "DISABILITY_CERTIFICATE", certificate=CERTIFICATE)
    told = await _until_settled(stage, number)
    await stage.put_faults("980000", FaultScript(rules=()))

    assert told["result"] == "CONFIRMED"
    calls = [row for row in await stage.desk("980001", "requests") if row["serial"] == number]
    assert [row["fault"] for row in calls] == ["answer_503", None]


@pytest.mark.parametrize(
    ("consents", "rule"),
    [([], "consent.missing"), (["expired"], "consent.expired"), (["other"], "consent.missing")],
)
async def test_without_each_persons_authorisation_nothing_is_asked(
    stage: Stage, consents: list[str], rule: str
) -> None:
    past = (TODAY - timedelta(days=1)).isoformat()
    made = {"expired": _consent(MOTHER, expires_on=past), "other": _consent(CHILD)}
    before = await stage.desk("980002", "requests")

    status, said = await _post(
        stage,
        _question(
            f"q-no-{rule}-{consents}",
            "ECONOMIC",
            person=MOTHER,
            consents=[made[one] for one in consents],
        ),
    )

    assert status == 422
    assert [one["rule"] for one in said["errors"]] == [rule]
    assert MOTHER not in str(said)
    assert await stage.desk("980002", "requests") == before


async def test_every_member_of_the_household_authorises_the_check(stage: Stage) -> None:
    question = _question("q-6", "ECONOMIC", person=MOTHER, consents=[_consent(MOTHER)])
    question["body"]["question"] = [{"name": "household.member", "value": CHILD}]

    status, said = await _post(stage, question)

    assert (status, [one["rule"] for one in said["errors"]]) == (422, ["consent.missing"])


async def test_without_legal_basis_it_is_refused(stage: Stage) -> None:
    question = _question("q-7", "HOUSEHOLD")
    del question["body"]["legal_basis"]

    status, said = await _post(stage, question)

    assert status == 422
    assert "/body/legal_basis" in [one["pointer"] for one in said["errors"]]


async def test_the_same_question_twice_is_one_question(stage: Stage) -> None:
    first = await _ask(stage, "q-8", "HOUSEHOLD")

    assert await _ask(stage, "q-8", "HOUSEHOLD") == first
    status, said = await _post(stage, _question("q-8", "PROOF_OF_LIFE"))
    assert (status, said["code"]) == (422, "message_id_reused")


async def test_another_window_does_not_see_it(stage: Stage) -> None:
    number = await _ask(stage, "q-9", "HOUSEHOLD")

    status, _ = await _call(stage, "GET", f"/v1/verifications/{number}", by=OTHER_WINDOW)

    assert status == 404


async def test_a_confirmed_check_counts_instead_of_a_material(stage: Stage) -> None:
    number = await _ask(stage, "q-10", "DISABILITY_CERTIFICATE", certificate=CERTIFICATE)
    await _until_settled(stage, number)

    assert await _findings(stage, number, person=CHILD) == []


@pytest.mark.parametrize(
    ("subject", "about", "applicant", "rule"),
    [
        ("DISABILITY_CERTIFICATE", CHILD, MOTHER, "verification.other_person"),
        ("PROOF_OF_LIFE", MOTHER, MOTHER, "verification.not_confirmed"),
        (None, None, CHILD, "verification.unknown"),
    ],
)
async def test_a_check_that_does_not_hold_is_told_with_its_cure(
    stage: Stage, subject: str | None, about: str | None, applicant: str, rule: str
) -> None:
    number = "VF-000000000000000000000000"
    if subject is not None and about is not None:
        number = await _ask(stage, f"q-{rule}", subject, person=about, certificate=CERTIFICATE)
        await _until_settled(stage, number)

    assert await _findings(stage, number, person=applicant) == [rule]


# --- helpers --------------------------------------------------------------------------------


def _consent(person: str, *, expires_on: str = LATER) -> dict[str, Any]:
    return {
        "consent_id": f"con-{person[-4:]}",
        "person_name": "模拟·授权人",
        "person_id_number": person,
        "subject": [{"list": "verification_subject", "code": "ECONOMIC"}],
        "scope": "仅限本件资格核对",
        "granted_at": "2026-03-02T09:13:00+08:00",
        "expires_on": expires_on,
    }


def _question(
    message_id: str,
    subject: str,
    *,
    person: str = CHILD,
    certificate: str | None = None,
    consents: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "phase": "ASK",
        "subject": {"list": "verification_subject", "code": subject},
        "legal_basis": "残疾人两项补贴资格认定须核对(模拟引用)",
        "purpose": "补贴资格核验",
        "person": {
            "kind": {"list": "service_object", "code": "1"},
            "name": "模拟·被核验人",
            "id_type": {"list": "certificate_type", "code": "111"},
            "id_number": person,
        },
    }
    if certificate is not None:
        body["question"] = [{"name": "certificate.number", "value": certificate}]
    if consents:
        body["consents"] = consents
    return {
        "format_version": "1.0",
        "kind": "verification",
        "environment": "test",
        "message_id": message_id,
        "data_version": 1,
        "body": body,
    }


async def _call(
    stage: Stage, method: str, path: str, body: Any = None, *, by: str = WINDOW, **headers: str
) -> tuple[int, Any]:
    given = {"Authorization": f"Bearer {stage.tokens[by]}", **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, stage.gateway_url + path, json=body, headers=given) as reply,
    ):
        return reply.status, await reply.json(content_type=None)


async def _post(stage: Stage, question: dict[str, Any]) -> tuple[int, Any]:
    return await _call(stage, "POST", "/v1/verifications", question)


async def _ask(stage: Stage, message_id: str, subject: str, **given: Any) -> str:
    status, said = await _post(stage, _question(message_id, subject, **given))
    assert status == 202, said
    return str(said["verification_id"])


async def _read(stage: Stage, number: str) -> Any:
    status, said = await _call(stage, "GET", f"/v1/verifications/{number}")
    assert status == 200, said
    return said


async def _until_settled(stage: Stage, number: str) -> Any:
    async def settled() -> Any:
        said = await _read(stage, number)
        return said if said["state"] not in ("asking", "open") else None

    return await wait_for("the answer", settled, clock=stage.clock)


async def _findings(stage: Stage, number: str, *, person: str) -> list[str]:
    """What an application that names this verification instead of a scan is told about it."""
    document = an_application()
    document["body"]["applicant"]["id_number"] = person
    document["body"]["materials"] = [
        {
            "material_id": "m-1",
            "name": "残疾人证(模拟)",
            "acquisition": {"list": "material_acquisition", "code": "DATA_CHECK"},
            "verification_id": number,
        }
    ]
    status, said = await _call(
        stage, "POST", "/v1/cases", document, **{"Idempotency-Key": document["message_id"]}
    )
    assert status == 202, said
    return [one["rule"] for one in said["findings"] if one["rule"].startswith("verification.")]
