"""
A data check instead of a material: is there such a verification, of this person, still good?

Nothing here keeps a case out: what does not hold is a finding with its cure, and the material
counts for what the handling place takes it for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.errors import Finding
from gateway.ports import Gateway, VerificationRow
from gateway.usecases.sealed import open_message
from gateway.usecases.stand import Standing
from gateway.usecases.times import local_date
from gateway.usecases.verify import may_see, open_held, person_index

POSITIVE = "CONFIRMED"
_WORDS = {
    "verification.unknown": (
        "没有本方可用的该核验编号;请核对编号,或先发起核验再引用",
        "no verification of yours has this id; check the id, or ask first",
    ),
    "verification.other_person": (
        "该核验不是对本件申请人的核验;请引用申请人本人的核验,或提交证明材料",
        "this verification is about another person; name one about the applicant, or hand in proof",
    ),
    "verification.open": (
        "该核验尚无结果;请等待结果后补正引用,或提交证明材料",
        "this verification has no answer yet; wait for it, or hand in the proof",
    ),
    "verification.expired": (
        "该核验结果已过有效期;请重新核验后引用,或提交证明材料",
        "this answer is no longer valid; ask again, or hand in the proof",
    ),
    "verification.not_confirmed": (
        "该核验未得到一致的结果,不能代替材料;请提交证明材料",
        "the service did not confirm; hand in the proof",
    ),
}


async def check_named(
    document: Mapping[str, Any], *, standing: Standing | None, system: str, gw: Gateway
) -> tuple[Finding, ...]:
    """One finding (level warn) for each verification named as proof that does not hold."""
    body = document["body"]
    named = [
        (f"/body/materials/{at}/verification_id", str(one["verification_id"]))
        for at, one in enumerate(body.get("materials") or ())
        if _by_check(one) and one.get("verification_id")
    ]
    if document["kind"] == "entitlement_change" and body.get("verification_id"):
        named.append(("/body/verification_id", str(body["verification_id"])))
    if not named:
        return ()
    person = await applicant_of(document, standing=standing, gw=gw)
    found = []
    for path, number in named:
        rule = await _fault(number, person=person, system=system, gw=gw)
        if rule is not None:
            message, english = _WORDS[rule]
            found.append(
                Finding(rule=rule, level="warn", message=message, path=path, message_en=english)
            )
    return tuple(found)


async def proves_life(
    document: Mapping[str, Any], *, standing: Standing, system: str, gw: Gateway
) -> bool:
    """
    Whether a message certifies a benefit again by a confirmed proof of life of the case's applicant
    that `system` itself asked for: what a window needs that is no party of the case.
    """
    body = document.get("body")
    change = body.get("change") if isinstance(body, Mapping) else None
    number = body.get("verification_id") if isinstance(body, Mapping) else None
    if (
        document.get("kind") != "entitlement_change"
        or not isinstance(change, Mapping)
        or change.get("code") != "RECERTIFIED"
        or not isinstance(number, str)
    ):
        return False
    row = await gw.store.verification(number)
    if row is None or row.subject != "PROOF_OF_LIFE" or row.system != system:
        return False
    person = await applicant_of(document, standing=standing, gw=gw)
    return await _fault(number, person=person, system=system, gw=gw) is None


async def _fault(number: str, *, person: bytes | None, system: str, gw: Gateway) -> str | None:
    row = await gw.store.verification(number)
    if row is None or not await may_see(row, system, gw=gw):
        return "verification.unknown"
    if row.person != person:
        return "verification.other_person"
    return _fault_of_answer(row, gw=gw)


def _fault_of_answer(row: VerificationRow, *, gw: Gateway) -> str | None:
    if row.state in ("asking", "open"):
        return "verification.open"
    answer = open_held(row, gw=gw).answer
    if answer is None or answer["body"]["result"]["code"] != POSITIVE:
        return "verification.not_confirmed"
    until = answer["body"].get("valid_until")
    if until is not None and until < local_date(gw.clock.now()).isoformat():
        return "verification.expired"
    return None


async def applicant_of(
    document: Mapping[str, Any], *, standing: Standing | None, gw: Gateway
) -> bytes | None:
    """Index of the applicant of the case: of this application, or of the one it began with."""
    application: Mapping[str, Any] = document
    if standing is not None:
        row = await gw.store.message(standing.row.number, 1)
        if row is None:
            return None
        application = open_message(row, key=standing.key).document
    number = application["body"].get("applicant", {}).get("id_number")
    return person_index(number, gw=gw) if number else None


def _by_check(material: Mapping[str, Any]) -> bool:
    how = material.get("acquisition")
    return isinstance(how, dict) and how.get("code") == "DATA_CHECK"


__all__ = ["POSITIVE", "applicant_of", "check_named", "proves_life"]
