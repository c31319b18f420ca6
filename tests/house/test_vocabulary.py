"""The closed vocabularies in code and the code lists say the same."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from contracts import coded, vocabulary
from contracts.catalogue import MATERIAL_LISTS
from contracts.codelist import code_list, code_list_names
from contracts.form import FORMS, FormId

LITERALS = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): get_args(value)
    for name, value in vars(vocabulary).items()
    if name[0].isupper() and get_args(value)
}
PHASES = {"ask_phase", "span_phase", "review_phase"}
TIED = {
    mark
    for value in vars(coded).values()
    for mark in getattr(value, "__metadata__", ())
    if isinstance(mark, coded.ListOf)
}


@pytest.mark.parametrize("name", sorted(LITERALS.keys() - PHASES))
def test_a_closed_vocabulary_is_the_code_list_of_its_name(name):
    assert set(LITERALS[name]) == {row.code for row in code_list(name)}


def test_the_phases_of_all_kinds_are_the_list_of_phases():
    used = {code for name in PHASES for code in LITERALS[name]}
    assert used == {row.code for row in code_list("phase")}


@pytest.mark.parametrize("mark", sorted(TIED, key=lambda one: one.name), ids=lambda one: one.name)
def test_a_coded_field_names_a_list_that_exists(mark):
    listed = {row.code for row in code_list(mark.name)}
    assert set(mark.codes) <= listed
    assert not mark.codes or set(mark.codes) == listed


def test_every_list_of_this_project_is_used_by_a_field_or_the_protocol():
    national = {"satisfaction_evaluation_platform", *MATERIAL_LISTS}
    used = {one.name for one in TIED} | LITERALS.keys() | {"phase", "document"} | national
    assert set(code_list_names()) <= used


def test_every_form_has_a_class():
    assert get_args(FormId) == tuple(FORMS)
