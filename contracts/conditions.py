"""
Conditions of level reject that span fields (format 2 to 4).

They read the document as it came, not the model, so that they speak even when single fields are
wrong: a sender hears everything at once. Whatever has the wrong type counts as absent here; the
models have already said so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from contracts.casenumber import parse_case_number
from contracts.errors import Finding
from contracts.scalars import CASE_NUMBER
from contracts.words import refuse

Document = Mapping[str, Any]
Condition = Callable[[Document], Iterator[Finding]]

WITHOUT_CASE = frozenset({"application", "inquiry", "complaint", "verification"})
ALWAYS_REPLIES = frozenset({"correction", "acknowledgement"})
_CASE_NUMBER = re.compile(CASE_NUMBER)
NEEDS_CONSENT = frozenset({"ECONOMIC"})
"""Subjects no law opens without the person's authorisation (guide section 4)."""


def find_conditions(document: Document) -> list[Finding]:
    """Every condition a message breaks."""
    kind = document.get("kind")
    return [
        finding
        for condition in (*EVERY_KIND, *BY_KIND.get(str(kind), ()))
        for finding in condition(document)
    ]


def find_bundle_conditions(document: Document) -> list[Finding]:
    """Every condition a bundle breaks; its cases are held to what an application is held to."""
    found = [*_person("/applicant", document.get("applicant")), *_agent("", document)]
    found += _materials("", document)
    shared = {_obj(m).get("material_id") for m in _seq(document.get("materials"))}
    for index, case in enumerate(_seq(document.get("cases"))):
        path, case = f"/cases/{index}", _obj(case)
        found += _item(f"{path}/item", case.get("item"))
        found += _parts(path, case)
        found += _number(f"{path}/case_number", case.get("case_number"), document)
        found += [
            refuse("bundle.unknown_material", f"{path}/material_ids/{place}")
            for place, name in enumerate(_seq(case.get("material_ids")))
            if isinstance(name, str) and name not in shared
        ]
    return found


def _case(document: Document) -> Iterator[Finding]:
    number = document.get("case_number")
    if number is None and document.get("kind") not in WITHOUT_CASE:
        yield refuse("case_number.missing", "/case_number")
    yield from _number("/case_number", number, document)


def _number(path: str, number: object, document: Document) -> Iterator[Finding]:
    if not isinstance(number, str) or not _CASE_NUMBER.fullmatch(number):
        return
    parts = parse_case_number(number)
    if parts is None:
        yield refuse("case_number.check", path)
    elif document.get("environment") not in (parts.environment, None):
        yield refuse("case_number.environment", path)


def _reply(document: Document) -> Iterator[Finding]:
    answers = document.get("kind") in ALWAYS_REPLIES or _body(document).get("phase") == "ANSWER"
    if answers and document.get("in_reply_to") is None:
        yield refuse("in_reply_to.missing", "/in_reply_to")


def _application(document: Document) -> Iterator[Finding]:
    body = _body(document)
    if document.get("item") is None:
        yield refuse("item.missing", "/item")
    else:
        yield from _item("/item", document["item"])
    yield from _person("/body/applicant", body.get("applicant"))
    for index, member in enumerate(_seq(body.get("household_members"))):
        yield from _person(f"/body/household_members/{index}", member)
    yield from _agent("/body", body)
    yield from _parts("/body", body)
    yield from _materials("/body", body)


def _item(path: str, item: object) -> Iterator[Finding]:
    names = ("catalogue_code", "implementation_code", "source")
    if isinstance(item, dict) and not any(name in item for name in names):
        yield refuse("item.unresolvable", path)


def _person(path: str, party: object) -> Iterator[Finding]:
    """Who cannot be identified cannot be served: GB/T 39046-2020 5.8."""
    party = _obj(party)
    kind = _code(party.get("kind"))
    if kind == "1" and "id_number" not in party:
        yield refuse("party.id_number_missing", f"{path}/id_number")
    elif kind is not None and kind != "1" and "credit_code" not in party:
        yield refuse("party.credit_code_missing", f"{path}/credit_code")


def _agent(path: str, holder: Mapping[str, Any]) -> Iterator[Finding]:
    """An agent is identified like an applicant; a mere contact person (联系人) need not be."""
    agent = _obj(holder.get("agent"))
    contact = _code(agent.get("kind")) == "OTHER" and "authority" not in agent
    if not contact:
        yield from _person(f"{path}/agent/person", agent.get("person"))


def _parts(path: str, holder: Mapping[str, Any]) -> Iterator[Finding]:
    after: dict[str, list[str]] = {}
    entries = [_obj(part) for part in _seq(holder.get("parts"))]
    for index, part in enumerate(entries):
        name = part.get("part_id")
        if not isinstance(name, str):
            return
        if name in after:
            yield refuse("part.duplicate", f"{path}/parts/{index}/part_id")
        after[name] = [one for one in _seq(part.get("after")) if isinstance(one, str)]
    for index, part in enumerate(entries):
        for place, name in enumerate(_seq(part.get("after"))):
            if isinstance(name, str) and name not in after:
                yield refuse("part.unknown_predecessor", f"{path}/parts/{index}/after/{place}")
    try:
        TopologicalSorter(after).prepare()
    except CycleError:
        yield refuse("part.circular", f"{path}/parts")


def _materials(path: str, holder: Mapping[str, Any]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, material in enumerate(_seq(holder.get("materials"))):
        name = _obj(material).get("material_id")
        if isinstance(name, str):
            if name in seen:
                yield refuse("material.duplicate", f"{path}/materials/{index}/material_id")
            seen.add(name)


def _correction(document: Document) -> Iterator[Finding]:
    yield from _materials("/body", _body(document))


def _answer(document: Document) -> Iterator[Finding]:
    body = _body(document)
    if body.get("phase") == "ANSWER" and "result" not in body:
        yield refuse("result.missing", "/body/result")


def _refusal(document: Document) -> Iterator[Finding]:
    """行政许可法第三十八条: a refusal gives its reason; we hold every place to it."""
    body = _body(document)
    if _code(body.get("result")) in ("REFUSED", "NOT_ACCEPTED") and "reason" not in body:
        yield refuse("reason.missing", "/body/reason")


def _special_procedure(document: Document) -> Iterator[Finding]:
    body = _body(document)
    if body.get("phase") == "END" and "ended_at" not in body:
        yield refuse("special_procedure.end_missing", "/body/ended_at")


def _evaluation(document: Document) -> Iterator[Finding]:
    body = _body(document)
    if body.get("phase") == "REVIEW" and "satisfaction" not in body:
        yield refuse("evaluation.satisfaction_missing", "/body/satisfaction")


def _verification(document: Document) -> Iterator[Finding]:
    body = _body(document)
    if body.get("phase") != "ASK":
        return
    if "person" not in body:
        yield refuse("verification.person_missing", "/body/person")
    yield from _person("/body/person", body.get("person"))
    subject = _code(body.get("subject"))
    day = str(document.get("occurred_at"))[:10]
    covered = False
    for index, consent in enumerate(_seq(body.get("consents"))):
        consent = _obj(consent)
        if subject not in [_code(one) for one in _seq(consent.get("subject"))]:
            continue
        covered = True
        expires = consent.get("expires_on")
        if isinstance(expires, str) and expires < day:
            yield refuse("consent.expired", f"/body/consents/{index}/expires_on")
    if subject in NEEDS_CONSENT and not covered:
        yield refuse("consent.missing", "/body/consents")


EVERY_KIND: tuple[Condition, ...] = (_case, _reply)
BY_KIND: Mapping[str, tuple[Condition, ...]] = {
    "application": (_application,),
    "acceptance": (_refusal,),
    "correction": (_correction,),
    "decision": (_refusal,),
    "pre_review": (_answer,),
    "special_procedure": (_special_procedure,),
    "evaluation": (_evaluation,),
    "objection": (_answer,),
    "verification": (_answer, _verification),
}


def _body(document: Document) -> Mapping[str, Any]:
    return _obj(document.get("body"))


def _obj(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _seq(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _code(value: object) -> str | None:
    code = _obj(value).get("code")
    return code if isinstance(code, str) else None


__all__ = ["find_bundle_conditions", "find_conditions"]
