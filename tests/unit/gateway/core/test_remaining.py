"""
What remains to be brought between two places; whether it is zero; the notice to print.
"""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from lxml import html

from contracts.catalogue import item, items
from gateway.core.precheck import Situation, precheck
from gateway.core.printing.notice import Notice, notice_page
from gateway.core.remaining import remaining

ON = date(2026, 3, 2)
SUBSIDIES = item("000599999000", ON)
EVIL = '"><script>alert(1)</script><img src=//x onerror=y>'
CARE = Situation(
    subsidy_kinds=frozenset({"CARE"}), on_minimum_allowance=False, by_agent=False, child=False
)
LIVING = replace(CARE, subsidy_kinds=frozenset({"LIVING"}))


@dataclass(frozen=True)
class Listed:
    materials: tuple[str, ...]
    may_owe: tuple[str, ...] = ()
    by_check: tuple[str, ...] = ()
    by_commitment: tuple[str, ...] = ()


def look(local, situation=CARE, *, of=SUBSIDIES):
    checked = precheck(of, local, situation=situation)
    bare = precheck(of, local, situation=replace(situation, has=frozenset()))
    return checked, remaining(checked, bare, item=of, on=ON)


def codes(gaps):
    return [gap.code for gap in gaps]


def test_zero_is_computed_from_the_list_of_the_handling_place():
    _, national = look(None)
    assert (national.zero, codes(national.to_bring)) == (False, ["bank_account"])
    _, local = look(Listed(materials=("disability_certificate", "identity_card")))
    assert (local.zero, codes(local.fetched)) == (True, ["disability_certificate", "identity_card"])


def test_what_lies_at_hand_makes_no_zero():
    checked, rest = look(None, replace(CARE, has=frozenset({"bank_account"})))

    assert checked.complete
    assert rest.to_bring == ()
    assert rest.zero is False


def test_while_a_question_is_open_nobody_says_zero():
    _, rest = look(Listed(materials=("disability_certificate", "identity_card")), Situation())

    assert rest.zero is None
    assert rest.zero_by_commitment is None


def test_a_commitment_is_on_offer_beside_the_proof_and_the_proof_still_counts():
    listed = Listed(materials=("bank_account",), by_commitment=("bank_account",))
    _, rest = look(listed)

    assert codes(rest.to_bring) == codes(rest.may_commit) == ["bank_account"]
    assert (rest.zero, rest.zero_by_commitment) == (False, True)


def test_what_may_be_owed_still_has_to_come():
    _, rest = look(Listed(materials=("bank_account",), may_owe=("bank_account",)))

    assert codes(rest.may_owe) == ["bank_account"]
    assert (rest.zero, rest.zero_by_commitment) == (False, False)


def test_visits_follow_the_modes_of_the_day():
    checked = precheck(SUBSIDIES, None, situation=CARE)

    def on(day):
        return remaining(checked, checked, item=SUBSIDIES, on=day)

    assert (on(date(2021, 5, 1)).visits, on(date(2021, 5, 1)).modes) == (1, ("PROXY",))
    assert (on(ON).visits, on(ON).modes) == (0, ("PROXY", "ONLINE"))


@pytest.mark.parametrize("of", items(ON), ids=lambda one: one.catalogue_code)
def test_every_item_of_the_catalogue_is_answered_and_printed(of):
    checked, rest = look(None, LIVING, of=of)

    assert len(rest.to_bring) + len(rest.fetched) == len(checked.gaps)
    page = tree(a_notice(checked, rest, item=of))
    assert of.name_zh in page.text_content()


# --- the notice -----------------------------------------------------------------------------


def a_notice(checked, rest, **change):
    made = Notice(
        item=SUBSIDIES,
        body_name="模拟·红山区民政局",
        receiving="云南省曲靖市沾益区",
        handling="内蒙古自治区赤峰市红山区",
        on=ON,
        checked=checked,
        remaining=rest,
        environment="test",
        simulated=True,
    )
    return replace(made, **change)


def tree(notice):
    return html.document_fromstring(notice_page(notice))


def test_the_notice_tells_everything_at_once():
    listed = Listed(
        materials=("disability_certificate", "income_proof", "bank_account"),
        may_owe=("bank_account",),
        by_commitment=("bank_account",),
    )
    page = tree(a_notice(*look(listed, LIVING)))
    said = page.text_content()

    assert page.find_class("lead")[0].text == "还要带 1 样材料：银行存折/卡。"
    assert [one.text for one in page.iter("h2")] == [
        "要带来的材料",
        "可以自己选的",
        "不用带的",
        "要多少时间",
        "到哪里问",
    ]
    assert "先受理后补交" in said
    assert "□ 我自愿签告知承诺书" in said
    assert "办理地收到后 10 个工作日内作出决定" in said
    assert not list(page.iter("input"))
    assert not set("☑☒√") & set(said)


def test_open_questions_stand_on_the_notice():
    said = tree(a_notice(*look(None, Situation()))).text_content()

    assert "先回答下面的问题" in said
    assert "是否由代理人代为申请" in said


def test_a_sensitive_title_is_not_printed():
    notice = a_notice(*look(None), sensitive=frozenset({"bank_account"}))

    assert "银行存折" not in tree(notice).text_content()


def test_no_text_of_a_list_becomes_markup():
    named = SUBSIDIES.model_copy(update={"name_zh": EVIL})
    page = tree(a_notice(*look(None), item=named, body_name=EVIL, receiving=EVIL))

    assert not list(page.iter("script", "img"))
    assert page.text_content().count("<script>") == 3
