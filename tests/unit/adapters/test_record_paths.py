from __future__ import annotations

import pytest

from adapters.paths import find_all, getter
from adapters.templates import compile_template, look_in, names

RECORD = {
    "Head": {"@sid": "7", "No": "N-1"},
    "Files": [{"Name": "a", "Part": ["1", "2"]}, {"Name": "b"}],
    "Named": {"x": {"f": "p"}, "y": {"f": "q"}},
    "Flag": False,
    "Zero": 0,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Head/No", ["N-1"]),
        ("Head/@sid", ["7"]),
        ("Files/Name", ["a", "b"]),
        ("Files/1/Name", ["b"]),
        ("Files/Part", ["1", "2"]),
        ("Named/*/f", ["p", "q"]),
        ("Head/0/No", ["N-1"]),
        ("Head/Nothing", []),
        ("Head/No/Deeper", []),
        ("Files/9/Name", []),
    ],
)
def test_a_path_fits_one_element_and_many(path, found):
    assert find_all(RECORD, path) == found
    assert getter(path)(RECORD) == (found[0] if found else None)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{Head/No}", "N-1"),
        ("{Flag}", False),
        ("{Zero}", 0),
        ("no-{Head/No}-{Zero}-{Flag}", "no-N-1-0-false"),
        ("{Absent}", ""),
        ("{Absent|Head/No}", "N-1"),
        ("{Absent|Other}", ""),
        ({"a": ["{Head/No}", 1]}, {"a": ["N-1", 1]}),
        ("plain", "plain"),
    ],
)
def test_a_template_keeps_the_type_of_a_lone_value(template, filled):
    assert compile_template(template)(look_in(record=RECORD)) == filled


def test_a_template_does_not_read_what_it_filled_in():
    assert compile_template("{a}")(look_in({"a": "{b}", "b": "secret"})) == "{b}"


def test_the_names_of_a_template_include_alternatives():
    assert names("{a|b}-{c}") == ["a", "b", "c"]
