import csv
import hashlib
from datetime import date, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.calendar import OWN_HOLIDAYS, REVISION, add_working_days, calendar

FOLDER = files("contracts") / "calendars"
ROWS = list(csv.DictReader((FOLDER / "national.csv").read_text(encoding="utf-8").splitlines()))
DAYS = st.dates(date(2019, 6, 1), date(2028, 6, 1))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["date"])
def test_every_row_moves_a_day_that_would_count_otherwise(row):
    day = date.fromisoformat(row["date"])
    weekend = day.weekday() >= 5

    assert weekend is (row["kind"] == "working_weekend")
    assert calendar("110000").is_working_day(day) is weekend


@pytest.mark.parametrize(
    ("year", "days"),
    [(2020, 249), (2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)],
)
def test_working_days_of_a_year(year, days):
    end = calendar("110000").between(date(year - 1, 12, 31), date(year, 12, 31))

    assert end == days


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 3, 2), 3, date(2026, 3, 5)),
        (date(2026, 3, 3), 10, date(2026, 3, 17)),
        (date(2026, 3, 5), 10, date(2026, 3, 19)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a worked Saturday
        (date(2026, 2, 14), 1, date(2026, 2, 24)),  # spring festival
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 3, 2), 0, date(2026, 3, 2)),
    ],
)
def test_counting_starts_the_day_after(start, days, end):
    due = add_working_days(start, days, "530303")

    assert (due.date, due.provisional, due.version) == (end, False, f"530000@{REVISION}")


def test_a_year_without_data_is_provisional_and_no_error():
    due = add_working_days(date(2026, 12, 31), 1, "530303")

    assert due.date == date(2027, 1, 1)
    assert due.provisional
    assert not add_working_days(date(2026, 12, 30), 1, "530303").provisional


def test_guangxi_has_a_holiday_of_its_own_in_2021():
    assert add_working_days(date(2021, 4, 15), 1, "450102").date == date(2021, 4, 18)
    assert add_working_days(date(2021, 4, 15), 1, "530303").date == date(2021, 4, 16)


@pytest.mark.parametrize("region", sorted(OWN_HOLIDAYS))
def test_a_region_whose_own_rows_are_missing_is_provisional(region):
    assert add_working_days(date(2026, 3, 2), 3, region).provisional


def test_days_that_stand_still_do_not_count():
    still = frozenset({date(2026, 3, 3), date(2026, 3, 4)})

    assert calendar("530000").add(date(2026, 3, 2), 3, skip=still).date == date(2026, 3, 9)


def test_a_negative_period_is_refused():
    with pytest.raises(ValueError, match="fewer than zero"):
        add_working_days(date(2026, 3, 2), -1, "530303")


@given(DAYS, st.integers(1, 300))
def test_the_last_day_is_a_working_day_and_counts_back(start, days):
    due = add_working_days(start, days, "530303")

    assert calendar("530000").is_working_day(due.date)
    assert calendar("530000").between(start, due.date) == days
    assert calendar("530000").between(due.date, start) == -days


@given(DAYS, st.integers(0, 150), st.integers(0, 150))
def test_periods_add_up(start, first, second):
    middle = add_working_days(start, first, "530303").date
    if not calendar("530000").is_working_day(start) and first == 0:
        return

    assert (
        add_working_days(middle, second, "530303").date
        == add_working_days(start, first + second, "530303").date
    )


@given(DAYS, st.integers(0, 60))
def test_a_later_start_never_ends_earlier(start, days):
    later = start + timedelta(days=1)

    assert (
        add_working_days(start, days, "0" * 6).date <= add_working_days(later, days, "0" * 6).date
    )


def test_changed_rows_need_a_new_revision():
    """Due dates carry the revision they were computed with: raise it, then this digest."""
    data = b"".join((FOLDER / name).read_bytes() for name in ("national.csv", "regional.csv"))

    assert (REVISION, hashlib.sha256(data).hexdigest()[:16]) == ("2026.1", "264ec819c4178ac1")
