"""A calendar as a file: what is refused, what is taken, what it changes."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.calendar import SHIPPED, CalendarDay
from contracts.calendar_file import (
    calendars_from_text,
    calendars_to_text,
    differences,
    read_calendar,
)

INVENTED_2027 = (
    Path(__file__).parents[2] / "vectors" / "calendars" / "2027_invented.csv"
).read_text("utf-8")


def rules(text: str, *declared: int) -> set[str]:
    return {finding.rule for finding in read_calendar(text, declared=declared)[1]}


def test_a_whole_year_is_taken():
    loaded, findings = read_calendar(INVENTED_2027)

    assert findings == ()
    assert loaded.announced == {(2027, "")}
    assert CalendarDay(date(2027, 1, 3), "working_weekend") in loaded.days


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2027-01-01,day_off", "calendar.duplicate"),
        ("2027-01-02,day_off", "calendar.weekday"),
        ("2027-01-04,working_weekend", "calendar.weekday"),
        ("2027-13-01,day_off", "calendar.date"),
        ("2027-03-01,holiday", "calendar.kind"),
        ("2027-03-01", "calendar.row"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(row, rule):
    _, findings = read_calendar(INVENTED_2027 + row + "\n")

    assert [finding.rule for finding in findings] == [rule]
    line = len(INVENTED_2027.splitlines()) + 1
    assert findings[0].path is not None
    assert findings[0].path.startswith(f"/{line}")


def test_a_file_without_the_header_is_refused():
    assert rules("2027-01-01,day_off\n") == {"calendar.header"}
    assert rules("") == {"calendar.header"}


def test_a_year_with_holes_must_be_declared():
    text = INVENTED_2027.replace("2027-10-01,day_off\n", "")

    assert rules(text) == {"calendar.incomplete"}
    assert rules(text, 2027) == set()


def test_rows_of_a_region_must_be_declared():
    text = "date,kind,region\n2026-04-20,day_off,450000\n"

    assert rules(text) == {"calendar.undeclared"}
    assert rules(text, 2026) == set()
    assert rules(text.replace("450000", "450102"), 2026) == {"calendar.region"}


def test_a_load_replaces_the_years_it_names_and_no_others():
    loaded, _ = read_calendar(INVENTED_2027)
    after = SHIPPED.with_years(loaded.days, loaded.announced, revision="t+1")
    changed = differences(SHIPPED, after)

    assert {one.date.year for one in changed} == {2027}
    assert {(one.before, one.after) for one in changed} == {
        (None, "day_off"),
        (None, "working_weekend"),
    }
    assert differences(after, after) == ()
    shorter = after.with_years([], frozenset({(2027, "")}), revision="t+2")
    assert {one.after for one in differences(after, shorter)} == {None}
    assert after.of("530303").version == "530000@t+1"


def test_a_region_decides_whose_rows_count():
    days = [CalendarDay(date(2026, 4, 20), "day_off", "450000")]
    after = SHIPPED.with_years(days, frozenset({(2026, "450000")}), revision="t+1")

    assert after.of("450102").add(date(2026, 4, 17), 1).date == date(2026, 4, 21)
    assert after.of("530303").add(date(2026, 4, 17), 1).date == date(2026, 4, 20)
    # Announced now, so no longer provisional; the year before still is.
    assert not after.of("450102").add(date(2026, 4, 17), 1).provisional
    assert after.of("450102").add(date(2025, 4, 17), 1).provisional


DAYS = st.builds(
    CalendarDay,
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["day_off", "working_weekend"]),
    st.sampled_from(["", "450000", "540000"]),
)


@given(st.frozensets(DAYS, max_size=20))
def test_stored_calendars_come_back_the_same(days):
    made = SHIPPED.with_years(days, frozenset((d.date.year, d.region) for d in days), revision="x")

    assert calendars_from_text(calendars_to_text(made), revision="x") == made


@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)), st.integers(0, 60))
def test_counting_back_leaves_so_many_working_days(end, days):
    calendar = SHIPPED.of("530303")

    assert calendar.between(calendar.back(end, days), end) == days
