"""
What an applicant still lacks, all of it at once (一次性告知), before a case is handed in.

The national item says what may be asked; the handling place's own list may only take away
(只减不加): what it adds is not asked for and becomes a finding. A material that can be had by data
check or as an electronic licence is not asked for on paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from contracts.catalogue import CatalogueItem, ItemMaterial, material_name
from contracts.errors import Finding

_HOW_ZH = {
    "FORM": "在线填写即可,不必另交",
    "E_LICENCE": "可调取电子证照,不必提交纸质",
    "DATA_CHECK": "可由数据核验代替,不必提交",
    "COMMITMENT": "可选择签署告知承诺书代替(自愿)",
    "OWED": "可容缺受理,在约定期限内补交",
    "CARRIED_OVER": "以前的办件或环节已收取的,不必再交",
}
_FETCHED = frozenset({"FORM", "E_LICENCE", "DATA_CHECK"})
"""Ways in which nobody has to bring the material."""
_BY_HAND = "请携带原件到窗口扫描,或自行上传清晰的照片"


class LocalList(Protocol):
    """What the handling place's implementation list says about the item's materials."""

    @property
    def materials(self) -> tuple[str, ...]: ...
    @property
    def may_owe(self) -> tuple[str, ...]: ...
    @property
    def by_check(self) -> tuple[str, ...]: ...
    @property
    def by_commitment(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """
    What the window knows. `has` are the material codes at hand. None: not asked yet.
    """

    has: frozenset[str] = frozenset()
    subsidy_kinds: frozenset[str] | None = None
    on_minimum_allowance: bool | None = None
    by_agent: bool | None = None
    child: bool | None = None
    situations: frozenset[str] | None = None
    """Codes of the item's situations (情形) that hold."""


@dataclass(frozen=True, slots=True)
class Gap:
    """
    One material that is missing. `to_bring` is False where it can be fetched or filled in; `how`
    are the ways to obtain it, in words for the applicant.
    """

    code: str
    name_zh: str
    to_bring: bool
    ways: tuple[str, ...]
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Precheck:
    """
    `complete`: nothing has to be brought any more and no question is open. `questions` must be
    answered before the list is final: (name of the `Situation` field, what to ask).
    """

    complete: bool
    gaps: tuple[Gap, ...]
    questions: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = field(default=())


def precheck(item: CatalogueItem, local: LocalList | None, *, situation: Situation) -> Precheck:
    """
    Compare what is needed at the handling place with what is at hand.

    Without a local list the national one stands; an item without national materials is governed by
    the local list alone.
    """
    known = {material.code: material for material in item.materials}
    questions: dict[str, str] = {}
    gaps = []
    for material in _asked(item, local):
        needed = _needed(material, situation, questions, listed=local is not None)
        if needed and material.code not in situation.has:
            gaps.append(_gap(material, local))
    closed = local is not None and known and not item.materials_open
    extra = [code for code in local.materials if code not in known] if local and closed else []
    findings = tuple(_asks_more(code) for code in extra)
    complete = not questions and not any(gap.to_bring for gap in gaps)
    return Precheck(complete, tuple(gaps), tuple(questions.items()), findings)


def _asked(item: CatalogueItem, local: LocalList | None) -> tuple[ItemMaterial, ...]:
    if local is None:
        return item.materials
    known = {material.code: material for material in item.materials}
    listed = (known.get(code) or _named(code) for code in local.materials)
    if item.materials_open or not known:
        return tuple(listed)
    return tuple(material for material in item.materials if material.code in local.materials)


def _named(code: str) -> ItemMaterial:
    return ItemMaterial(code=code, name_zh=material_name(code), needed="always")


def _needed(
    material: ItemMaterial, situation: Situation, questions: dict[str, str], *, listed: bool
) -> bool:
    """Whether it is needed here; an unanswered question counts as no and is noted."""
    if material.situations:
        if situation.situations is None:
            questions["situations"] = "申请人属于下列哪些情形?"
            return False
        if not situation.situations.intersection(material.situations):
            return False
    if material.needed == "where_listed":
        return listed
    if material.needed == "agent_applies":
        if situation.by_agent is None:
            questions["by_agent"] = "是否由代理人代为申请?"
        return situation.by_agent is True
    if material.needed in ("living_on_allowance", "living_without_allowance"):
        return _needed_for_living(material, situation, questions)
    if material.child_exempt:
        if situation.child is None and material.code not in situation.has:
            questions["child"] = "申请人是否为尚未办理该证件的儿童?"
        return situation.child is not True
    return True


def _needed_for_living(
    material: ItemMaterial, situation: Situation, questions: dict[str, str]
) -> bool:
    if situation.subsidy_kinds is None:
        questions["subsidy_kinds"] = "申请困难残疾人生活补贴、重度残疾人护理补贴,还是两项?"
        return False
    if "LIVING" not in situation.subsidy_kinds:
        return False
    if situation.on_minimum_allowance is None:
        questions["on_minimum_allowance"] = "家庭是否享受低保?"
        return False
    return situation.on_minimum_allowance is (material.needed == "living_on_allowance")


def _gap(material: ItemMaterial, local: LocalList | None) -> Gap:
    ways: list[str] = list(material.ways)
    if local is not None:
        for way, codes in (
            ("DATA_CHECK", local.by_check),
            ("COMMITMENT", local.by_commitment),
            ("OWED", local.may_owe),
        ):
            if material.code in codes and way not in ways:
                ways.append(way)
    fetched = bool(_FETCHED.intersection(ways))
    how = tuple(_HOW_ZH[way] for way in ways) + (() if fetched else (_BY_HAND,))
    return Gap(material.code, material.name_zh, not fetched, tuple(ways), how)


def _asks_more(code: str) -> Finding:
    return Finding(
        rule="precheck.asks_more",
        level="warn",
        message=f"办理地清单要求了国家目录之外的材料 {code},按“只减不加”不向申请人索要",
        message_en=f"the local list asks for {code}, which the national item does not: not asked",
    )


__all__ = ["Gap", "LocalList", "Precheck", "Situation", "precheck"]
