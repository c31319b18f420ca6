"""Alliances of regions: who serves whom, for what, since when."""

from datetime import date

import pytest
from pydantic import ValidationError

from contracts.catalogue import Alliance, alliances, item, refuse_outside

NOW = date(2026, 3, 2)
CARD = item("002099908000", NOW)  # offered inside alliances only
SUBSIDIES = item("000599999000", NOW)
SHANGHAI, ANHUI, SICHUAN = "310101001000", "340102001000", "510104001000"
CHONGQING, YUNNAN, ZHANYI = "500103001000", "530102001000", "530303001000"
INNER_MONGOLIA = "150402001000"


def codes(receiving, handling, on=NOW, item=None):
    return [one.code for one in alliances(on, receiving=receiving, handling=handling, item=item)]


def refusals(entry, receiving, handling, on=NOW):
    return list(refuse_outside(entry, on, receiving=receiving, handling=handling))


@pytest.mark.parametrize(
    ("receiving", "handling", "joined"),
    [
        (SICHUAN, CHONGQING, ["SOUTH_WEST", "CHENGDU_CHONGQING"]),
        (SICHUAN, YUNNAN, ["SOUTH_WEST", "PAN_PEARL_RIVER"]),
        (SHANGHAI, ANHUI, ["YANGTZE_DELTA"]),
        (SHANGHAI, YUNNAN, []),
    ],
)
def test_two_places_are_joined_whichever_takes_the_case_in(receiving, handling, joined):
    assert codes(receiving, handling) == joined
    assert codes(handling, receiving) == joined


def test_an_alliance_holds_from_its_day_and_for_its_items():
    assert codes(CHONGQING, YUNNAN, date(2022, 10, 19)) == []
    assert codes(CHONGQING, YUNNAN, date(2022, 10, 20)) == ["SOUTH_WEST"]
    assert codes(CHONGQING, YUNNAN, item=SUBSIDIES.catalogue_code) == []
    assert codes(CHONGQING, YUNNAN, item=CARD.catalogue_code) == ["SOUTH_WEST"]


def test_outside_its_alliances_an_item_is_refused_and_the_finding_names_them():
    assert refusals(CARD, SHANGHAI, ANHUI) == []
    (finding,) = refusals(CARD, SHANGHAI, INNER_MONGOLIA)

    assert (finding.rule, finding.level) == ("item.outside_alliance", "reject")
    assert "长三角通办" in finding.message
    assert "到办理地申请" in finding.message


def test_within_one_province_nobody_has_to_agree():
    assert refusals(CARD, YUNNAN, ZHANYI) == []
    assert refusals(CARD, INNER_MONGOLIA, "150102001000") == []


def test_a_national_item_asks_no_alliance():
    assert refusals(SUBSIDIES, SHANGHAI, INNER_MONGOLIA) == []


def test_a_pair_serves_each_other_and_no_third():
    good = alliances(NOW, receiving=SICHUAN, handling=CHONGQING)[-1]
    wide = good.model_copy(update={"members": ("50", "51", "53")})

    assert wide.joins(SICHUAN, CHONGQING)
    assert not wide.joins(SICHUAN, YUNNAN)
    with pytest.raises(ValidationError, match="no member"):
        Alliance.model_validate({**good.model_dump(), "pairs": [["50", "31"]]})
