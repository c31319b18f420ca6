from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.casenumber import (
    CaseNumberParts,
    check_case_number,
    make_case_number,
    make_serial,
    normalise_case_number,
    parse_case_number,
)

GOOD = "TB-20260302-530303-T00017-T"
SERIALS = st.from_regex(r"[0-9A-Z]{6,18}", fullmatch=True)
DATES = st.dates(date(2020, 1, 1), date(2099, 12, 31))
COUNTIES = st.from_regex(r"[0-9]{6}", fullmatch=True)


def test_a_number_is_made_and_read_back():
    number = make_case_number(date(2026, 3, 2), "530303", make_serial(17, "test"))

    assert number == GOOD
    assert parse_case_number(number) == CaseNumberParts(date(2026, 3, 2), "530303", "T00017")
    assert parse_case_number(number).environment == "test"


def test_a_bundle_number_has_a_longer_prefix():
    bundle = make_case_number(date(2026, 3, 2), "530303", "T00001", prefix="TBB")

    assert bundle == "TBB-20260302-530303-T00001-A"
    assert parse_case_number(bundle).prefix == "TBB"


@pytest.mark.parametrize(
    ("count", "environment", "serial"),
    [(17, "test", "T00017"), (17, "production", "000017"), (1234567, "test", "T1234567")],
)
def test_serials_tell_the_environment(count, environment, serial):
    assert make_serial(count, environment) == serial
    number = make_case_number(date(2026, 3, 2), "530303", serial)
    assert parse_case_number(number).environment == environment


@given(DATES, COUNTIES, SERIALS)
def test_every_number_reads_back(on, county, serial):
    parts = parse_case_number(make_case_number(on, county, serial))

    assert parts == CaseNumberParts(on, county, serial)


@given(DATES, COUNTIES, SERIALS, st.data())
def test_every_wrong_character_is_noticed(on, county, serial, data):
    number = make_case_number(on, county, serial)
    places = [i for i, char in enumerate(number) if i > 2 and char != "-"]
    place = data.draw(st.sampled_from(places))
    alphabet = "0123456789" if place < 19 else "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    other = data.draw(st.sampled_from(alphabet.replace(number[place], "")))

    assert parse_case_number(number[:place] + other + number[place + 1 :]) is None


def test_neighbours_swapped_are_noticed():
    swapped = "TB-20260302-530303-T00071-T"

    (finding,) = check_case_number(swapped, path="/case_number")
    assert finding.rule == "case_number.check"
    assert finding.level == "reject"
    assert "颠倒" in finding.message


@pytest.mark.parametrize(
    "text", ["", "TB-2026-530303-T00017-T", "tb-20260302-530303-T00017-T", GOOD + "\n", GOOD[:-2]]
)
def test_what_is_no_number_is_rejected_by_shape(text):
    (finding,) = check_case_number(text, path=None)

    assert finding.rule == "case_number.shape"


def test_a_date_that_does_not_exist_is_no_number():
    fitting = make_case_number(date(2026, 3, 2), "530303", "T00017")
    assert parse_case_number(fitting) is not None
    from contracts.checks import mod37_36

    body = "20260230530303T00017"
    assert parse_case_number(f"TB-20260230-530303-T00017-{mod37_36(body)}") is None


def test_numbers_as_people_type_them_are_mended():
    assert normalise_case_number(" tb－20260302—530303-t00017-t ") == GOOD


@pytest.mark.parametrize(("county", "serial"), [("53030", "T00017"), ("530303", "T1")])
def test_parts_out_of_shape_make_no_number(county, serial):
    with pytest.raises(ValueError, match="six digits"):
        make_case_number(date(2026, 3, 2), county, serial)
