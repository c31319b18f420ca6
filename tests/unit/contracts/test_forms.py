"""The form of an item is known by its form_id, and by nothing else."""

import copy
import json
from pathlib import Path

import pytest

import contracts
from contracts.errors import InvalidDocument
from contracts.fields import spec_of
from contracts.form import FORMS, AnyForm
from contracts.message import parse, warnings

EXAMPLE = json.loads(
    (Path(contracts.__file__).parent / "examples/v1/valid/application.json").read_text("utf-8")
)
CHILD = {
    "form_id": "child_support",
    "version": "1",
    "values": {
        "situation": {"code": "ORPHAN", "list": "child_situation"},
        "parents_situation": "模拟:父母均已去世",
    },
}


def application(form):
    document = copy.deepcopy(EXAMPLE)
    document["body"]["form"] = form
    return document


def faults(form):
    with pytest.raises(InvalidDocument) as refused:
        parse(application(form), from_sender=False)
    return [(one.rule, one.path) for one in refused.value.findings]


def test_a_form_is_read_by_its_id():
    message = parse(application(CHILD), from_sender=False)

    assert message.body.form.values.situation.code == "ORPHAN"
    assert ("field.expected", "/body/form/values/account") in [
        (one.rule, one.path) for one in warnings(message)
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"form_id": "unheard_of"}, ("value.unknown", "/body/form/form_id")),
        ({"form_id": None}, ("field.null", "/body/form/form_id")),
        ({"form_id": "temporary_assistance"}, ("field.unknown", "/body/form/values/situation")),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place_in_the_document(change, fault):
    assert fault in faults({**CHILD, **change})


def test_a_form_needs_its_id_and_is_an_object():
    assert faults({"version": "1"}) == [("field.missing", "/body/form/form_id")]
    assert faults("x") == [("field.type", "/body/form")]


def test_every_form_has_chinese_labels_and_stands_in_the_union():
    union = {
        one.model_fields["form_id"].annotation.__args__[0] for one in AnyForm.__args__[0].__args__
    }

    assert union == set(FORMS)
    for values in FORMS.values():
        for field in values.model_fields.values():
            assert any("一" <= letter <= "鿿" for letter in spec_of(field).label)
