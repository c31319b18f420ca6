"""Each transform reads what it declares, refuses the rest, and its inverse inverts."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.transforms import MeaninglessError, parse_transform

SHANGHAI = timezone(timedelta(hours=8))
EPOCH = datetime(1970, 1, 1, tzinfo=SHANGHAI)
MOMENTS = st.integers(min_value=-(2**31), max_value=2**33).map(
    lambda seconds: (EPOCH + timedelta(seconds=seconds)).isoformat()
)
DAYS = st.dates(min_value=date(1, 1, 1)).map(lambda d: d.isoformat())
WHOLE = st.integers(min_value=0, max_value=2**53 - 1)
PLACES = st.from_regex(r"[1-9][0-9]{11}", fullmatch=True)
FILES = st.builds(
    lambda digest, size: {"digest": digest, "size": size},
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    WHOLE,
)

INVERTIBLE = [
    ('date("%Y%m%d")', DAYS),
    ('date("%d/%m/%Y")', DAYS),
    ('date("%Y年%m月%d日")', DAYS),
    ('datetime("%Y%m%d%H%M%S")', MOMENTS),
    ('datetime("%Y-%m-%d %H:%M:%S")', MOMENTS),
    ("epoch_ms", MOMENTS),
    ("rfc3339", MOMENTS),
    ('month("%Y%m")', DAYS.map(lambda d: d[:7])),
    ('flag("是", "否")', st.booleans()),
    ("fen_yuan", st.integers(min_value=0, max_value=10**15)),
    ("integer", WHOLE),
    ('prefixed("N-")', st.text(min_size=1)),
    ('suffixed("-01")', st.text(min_size=1)),
    ("place(12)", PLACES.map(lambda c: {"code": c, "county": c[:6]})),
    ("place(9)", PLACES.map(lambda c: {"code": c[:9] + "000", "county": c[:6]})),
    ("place(6)", PLACES.map(lambda c: {"code": c[:6] + "000000", "county": c[:6]})),
    ("material", FILES),
    ("json", st.recursive(st.booleans() | st.text(), st.lists)),
    ("upper", st.text(alphabet="0123456789X")),
    ('absent("无")', st.text().filter(lambda t: t != "无")),
]


@pytest.mark.parametrize(("text", "nationals"), INVERTIBLE, ids=[text for text, _ in INVERTIBLE])
def test_reading_what_was_written_gives_the_value_back(text, nationals) -> None:
    transform = parse_transform(text)

    @given(nationals)
    def holds(value: object) -> None:
        assert transform.read(transform.write(value)) == value

    holds()


@pytest.mark.parametrize(
    ("text", "value", "national"),
    [
        ('date("%Y%m%d")', "20260302", "2026-03-02"),
        ('datetime("%Y%m%d%H%M%S")', "20260302091405", "2026-03-02T09:14:05+08:00"),
        ('datetime("%Y-%m-%d %H:%M")', "2026-03-02 09:14", "2026-03-02T09:14:00+08:00"),
        ("rfc3339", "2026-03-02T01:14:05Z", "2026-03-02T09:14:05+08:00"),
        ("epoch_ms", "1772414045120", "2026-03-02T09:14:05.120+08:00"),
        ("epoch_ms", 1772414045000, "2026-03-02T09:14:05+08:00"),
        ('month("%Y/%m")', "2015/03", "2015-03"),
        ("fen_yuan", "100", 10000),
        ("fen_yuan", "100.5", 10050),
        ("integer", "12", 12),
        ("upper", "99000219900101001x", "99000219900101001X"),
        ("place(9)", "530303990", {"code": "530303990000", "county": "530303"}),
    ],
)
def test_value_is_read(text, value, national) -> None:
    assert parse_transform(text).read(value) == national


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('date("%Y%m%d")', "20260230"),
        ('date("%Y%m%d")', "2026-03-02"),
        ('date("%Y%m%d")', "2026030２"),
        ('date("%Y%m%d")', 20260302),
        ('datetime("%Y%m%d%H%M%S")', "20260302246060"),
        ('datetime("%Y%m%d%H%M%S")', "20260302"),
        ("rfc3339", "2026-03-02T09:14:05"),
        ("rfc3339", "2026-03-02"),
        ("epoch_ms", "9" * 16),
        ('month("%Y%m")', "202613"),
        ('flag("1", "0")', "2"),
        ('flag("1", "0")', True),
        ("fen_yuan", "1.005"),
        ("fen_yuan", "-1"),
        ("fen_yuan", 1.5),
        ("integer", "1e3"),
        ("integer", True),
        ('prefixed("N-")', "M-1"),
        ('prefixed("N-")', "N-"),
        ("place(12)", "530303"),
        ("place(6)", "五三〇三〇三"),
        ("material", "material:00:5"),
        ("material", f"material:{'a' * 64}:05"),
    ],
)
def test_value_in_another_form_is_refused(text, value) -> None:
    with pytest.raises(ValueError):
        parse_transform(text).read(value)


def test_placeholder_is_told_from_a_malformed_value() -> None:
    with pytest.raises(MeaninglessError):
        parse_transform('absent("无", "undefined")').read("undefined")


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "date",
        "date()",
        'date("%Y%m")',
        'date("%Y%m%d%H")',
        'date("%Y%Y%m%d")',
        'date("%y%m%d")',
        'month("%Y%m%d")',
        'flag("1")',
        'flag("1", "1")',
        "place(7)",
        "place('6')",
        'prefixed("")',
        "absent()",
        'date("%Y%m%d"); import os',
        "date(__import__('os').name)",
        'prefixed("a" + "b")',
        'prefixed("a"), ("b")',
        "prefixed(" + "(" * 5000,
    ],
)
def test_transform_outside_the_closed_set_is_refused(text) -> None:
    with pytest.raises(ValueError):
        parse_transform(text)


def test_format_without_seconds_says_that_it_loses_them() -> None:
    assert not parse_transform('datetime("%Y%m%d%H%M")').lossless
    assert parse_transform('datetime("%Y%m%d%H%M%S")').lossless
