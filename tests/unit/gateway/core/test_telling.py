import pytest

from gateway.core.telling import way_finding, ways_to_tell

HEARING, SPEECH, SIGHT = "2", "3", "1"


@pytest.mark.parametrize("category", [HEARING, SPEECH])
def test_who_does_not_hear_or_speak_is_never_left_with_the_telephone_alone(category):
    assert ways_to_tell(["TELEPHONE"], {category}) == ["SMS", "PLATFORM", "LETTER", "TELEPHONE"]
    assert ways_to_tell([], {category}) == ["SMS"]


def test_a_wish_is_obeyed_in_its_order():
    assert ways_to_tell(["LETTER", "SMS"], {HEARING}) == ["LETTER", "SMS"]
    assert ways_to_tell(["TELEPHONE"], {SIGHT}) == ["TELEPHONE"]


@pytest.mark.parametrize(
    ("used", "preferred", "categories", "rule"),
    [
        ("TELEPHONE", ["TELEPHONE"], {HEARING}, "notification.telephone_only"),
        ("TELEPHONE", ["TELEPHONE", "SMS"], {SPEECH}, "notification.telephone_only"),
        ("SMS", ["TELEPHONE"], {SPEECH}, None),
        ("TELEPHONE", ["TELEPHONE"], {SIGHT}, None),
        ("SMS", ["LETTER"], set(), "notification.other_way"),
        ("SMS", [], set(), None),
    ],
)
def test_a_way_of_telling_is_judged(used, preferred, categories, rule):
    assert way_finding(used, preferred, categories) == rule
