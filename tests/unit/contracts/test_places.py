from datetime import date

import pytest

from contracts.places import (
    check_county,
    county_of,
    current_county,
    ever_known,
    known,
    pad,
    place_name,
    province_of,
)

NOW = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("530303", "云南省曲靖市沾益区"),
        ("530303990000", "云南省曲靖市沾益区"),
        ("530328", "云南省曲靖市沾益县"),
        ("310101", "上海市黄浦区"),
        ("150402", "内蒙古自治区赤峰市红山区"),
        ("530000", "云南省"),
        ("990001", None),
    ],
)
def test_a_place_has_the_full_name_of_its_county(code, name):
    assert place_name(code) == name


def test_a_county_has_the_name_of_its_time():
    assert place_name("120110", on=date(1990, 1, 1)) == "天津市东郊区"
    assert place_name("120110", on=NOW) == "天津市东丽区"


@pytest.mark.parametrize(
    ("county", "on", "is_known"),
    [
        ("530328", date(2015, 12, 31), True),
        ("530328", date(2016, 1, 1), False),
        ("530303", date(2015, 12, 31), False),
        ("530303", date(2016, 1, 1), True),
        ("990001", NOW, False),
    ],
)
def test_codes_are_known_in_their_years(county, on, is_known):
    assert known(county, on) is is_known


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("530328", "530303"),
        ("532222", "530303"),
        ("350427", "350405"),
        ("530303", "530303"),
        ("110103", None),
        ("130103", None),  # another city of the province has a 桥东区
        ("132203", None),  # several cities have a 桥西区
        ("140203", None),
        ("990001", None),
    ],
)
def test_an_old_county_leads_to_the_one_that_bears_its_name(old, new):
    assert current_county(old, NOW) == new


def test_an_old_code_before_its_end_stays_itself():
    assert current_county("530328", date(2014, 6, 1)) == "530328"


def test_findings_warn_and_name_the_code_in_force():
    assert check_county("530303", NOW, path="/p") == ()
    (old,) = check_county("530328", NOW, path="/p")
    assert (old.rule, old.level, "530303" in old.message) == ("region.old_code", "warn", True)
    (unknown,) = check_county("990002", NOW, path="/p")
    assert (unknown.rule, unknown.level) == ("region.unknown", "warn")


def test_identity_numbers_keep_codes_for_ever():
    assert ever_known("530328")
    assert ever_known("810000")
    assert not ever_known("990002")


def test_codes_cut_and_padded():
    assert county_of("530303990000") == "530303"
    assert province_of("530303990000") == "530000"
    assert pad("530303") == "530303000000"
