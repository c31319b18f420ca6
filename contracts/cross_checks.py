"""
Checks of level warn on single objects of the format: numbers against their standards, dates against
the day of the message, fields of one object against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from contracts import checks
from contracts.case import Item
from contracts.errors import Finding
from contracts.fields import Value
from contracts.material import Commitment, Consent, Licence, Material
from contracts.outcomes import BankAccount, FeeOrder
from contracts.parties import Agent, Authority, Body, Party
from contracts.words import notice


@dataclass(frozen=True, slots=True)
class Scene:
    """
    What the checks of one message share.

    `as_of`: the date codes are read for; `day`: the day the message speaks of itself; `pinned`: the
    application date of the case, once the gateway has set it.
    """

    as_of: date
    day: str
    pinned: str | None


Check = Callable[[Any, str, Scene], Iterator[Finding]]

_ID_CARD = re.compile(r"[0-9]{17}[0-9X]")
_TELEPHONE = re.compile(
    r"(\+86[- ]?)?(1?[0-9]{10,11}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]+)?)|[0-9]{3,8}"
)

# how a material was obtained -> what has to come with it (format 2, material)
EVIDENCE: Mapping[str, tuple[str, str, str]] = {
    "UPLOAD": ("files", "附件", "its files"),
    "SCAN": ("files", "附件", "its files"),
    "E_LICENCE": ("licence", "电子证照", "the licence"),
    "DATA_CHECK": ("verification_id", "核验消息", "the verification"),
    "COMMITMENT": ("commitment", "告知承诺", "the commitment"),
    "OWED": ("owed", "容缺信息", "what is owed"),
    "CARRIED_OVER": ("carried_from", "沿用来源", "where it comes from"),
}


def check_party(party: Party, path: str, scene: Scene) -> Iterator[Finding]:
    if party.credit_code is not None and not _credit_code_fits(party.credit_code):
        yield from checks.credit_code(party.credit_code, path=f"{path}/credit_code")
    if party.phone is not None and not _TELEPHONE.fullmatch(party.phone):
        yield notice("phone.shape", f"{path}/phone")
    if party.id_number is None:
        return
    if party.id_type is None:
        yield notice("field.expected", f"{path}/id_type")
    kind = (party.id_type and party.id_type.code) or checks.ID_CARD
    yield from checks.certificate_number(kind, party.id_number, path=f"{path}/id_number")
    if kind == checks.ID_CARD and _ID_CARD.fullmatch(party.id_number):
        yield from _compare_with_number(party, party.id_number, path)


def _compare_with_number(party: Party, number: str, path: str) -> Iterator[Finding]:
    """GB 11643: digits 7 to 14 are the day of birth, digit 17 is odd for men, even for women."""
    if party.birth_month is not None and party.birth_month != f"{number[6:10]}-{number[10:12]}":
        yield notice("party.birth_month_differs", f"{path}/birth_month")
    sex = party.sex.code if party.sex is not None else None
    if sex in ("1", "2") and (int(number[16]) % 2 == 1) != (sex == "1"):
        yield notice("party.sex_differs", f"{path}/sex")


def check_body(body: Body, path: str, scene: Scene) -> Iterator[Finding]:
    if body.credit_code is not None and not _credit_code_fits(body.credit_code):
        yield from checks.credit_code(body.credit_code, path=f"{path}/credit_code")


def check_item(item: Item, path: str, scene: Scene) -> Iterator[Finding]:
    if item.implementation_code is not None and not _item_code_fits(item.implementation_code):
        place = f"{path}/implementation_code"
        yield from checks.item_code(item.implementation_code, path=place)


def check_agent(agent: Agent, path: str, scene: Scene) -> Iterator[Finding]:
    # A contact person (OTHER) needs no authority; whoever acts for somebody does.
    if agent.authority is None and agent.kind is not None and agent.kind.code != "OTHER":
        yield notice("authority.missing", f"{path}/authority")


def check_authority(authority: Authority, path: str, scene: Scene) -> Iterator[Finding]:
    if authority.valid_to is not None and authority.valid_to < scene.day:
        yield notice("authority.expired", f"{path}/valid_to")
    if authority.valid_from is not None and authority.valid_from > scene.day:
        yield notice("authority.not_yet", f"{path}/valid_from")


def check_consent(consent: Consent, path: str, scene: Scene) -> Iterator[Finding]:
    if consent.expires_on < scene.day:
        yield notice("consent.past", f"{path}/expires_on")


def check_material(material: Material, path: str, scene: Scene) -> Iterator[Finding]:
    acquisition = material.acquisition.code if material.acquisition is not None else None
    if acquisition is None or acquisition not in EVIDENCE:
        return
    name, zh, en = EVIDENCE[acquisition]
    if getattr(material, name) is None:
        yield notice("material.evidence_missing", f"{path}/{name}", what_zh=zh, what=en)


def check_commitment(commitment: Commitment, path: str, scene: Scene) -> Iterator[Finding]:
    if commitment.chosen_by_applicant is False:
        yield notice("commitment.not_chosen", f"{path}/chosen_by_applicant")


def check_licence(licence: Licence, path: str, scene: Scene) -> Iterator[Finding]:
    if licence.licence_id is not None:
        yield from checks.licence_id(licence.licence_id, path=f"{path}/licence_id")


def check_account(account: BankAccount, path: str, scene: Scene) -> Iterator[Finding]:
    relation = account.holder_relation
    if relation is not None and relation.code != "SELF":
        yield notice("account.holder_not_beneficiary", f"{path}/holder_relation")


def check_fee_order(order: FeeOrder, path: str, scene: Scene) -> Iterator[Finding]:
    if order.basis is None:
        yield notice("field.expected", f"{path}/basis")


@lru_cache(maxsize=4096)
def _credit_code_fits(code: str) -> bool:
    """Bodies come again and again; their codes are public."""
    return not checks.credit_code(code, path=None)


@lru_cache(maxsize=4096)
def _item_code_fits(code: str) -> bool:
    return not checks.item_code(code, path=None)


OBJECT_CHECKS: Mapping[type[Value], Check] = {
    Agent: check_agent,
    Authority: check_authority,
    BankAccount: check_account,
    Body: check_body,
    Commitment: check_commitment,
    Consent: check_consent,
    FeeOrder: check_fee_order,
    Item: check_item,
    Licence: check_licence,
    Material: check_material,
    Party: check_party,
}

__all__ = ["EVIDENCE", "OBJECT_CHECKS", "Check", "Scene"]
