import csv
import hashlib
import json
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.calendar import OWN_HOLIDAYS, REVISION, add_working_days, calendar

FOLDER = files("contracts") / "calendars"
VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "deadlines" / "working_days.json").read_text("utf-8")
)
ROWS = list(csv.DictReader((FOLDER / "national.csv").read_text(encoding="utf-8").splitlines()))
DAYS = st.dates(date(2019, 6, 1), date(2028, 6, 1))


def test_every_row_moves_a_day_that_would_count_otherwise():
    for row in ROWS:
        day = date.fromisoformat(row["date"])
        weekend = day.weekday() >= 5

        assert weekend is (row["kind"] == "working_weekend"), row
        assert calendar("110000").is_working_day(day) is weekend, row


@pytest.mark.parametrize(
    ("year", "days"),
    [(2020, 249), (2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)],
)
def test_working_days_of_a_year(year, days):
    end = calendar("110000").between(date(year - 1, 12, 31), date(year, 12, 31))

    assert end == days


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["desc"])
def test_every_vector_falls_due_as_written(vector):
    due = add_working_days(date.fromisoformat(vector["start"]), vector["days"], vector["region"])

    assert due.date.isoformat() == vector["due"]
    assert due.provisional is vector["provisional"]
    assert due.version == f"{vector['region'][:2]}0000@{REVISION}"


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
