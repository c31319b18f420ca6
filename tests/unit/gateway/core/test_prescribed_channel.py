"""Where a channel is prescribed, pushed means that the national system holds the case."""

from __future__ import annotations

from tests.story import PRESCRIBED, Story


def test_the_handling_places_receipt_does_not_make_it_pushed_but_the_national_one_does() -> None:
    story = Story(parties=PRESCRIBED)

    assert story.send("acknowledgement").applied
    assert story.status == "COLLECTED"
    story.send("acknowledgement", by="NATIONAL")
    assert (story.status, story.turn) == ("PUSHED", "HANDLING")


def test_an_acceptance_that_was_early_takes_effect_once_it_is_held() -> None:
    story = Story(parties=PRESCRIBED)
    story.send("acknowledgement")

    assert not story.send("acceptance").applied
    assert story.send("acknowledgement", by="NATIONAL").retried == (3,)
    assert story.status == "ACCEPTED"


def test_a_second_version_held_there_moves_nothing() -> None:
    story = Story(parties=PRESCRIBED)
    story.send("acknowledgement", by="NATIONAL")
    story.send("acceptance")

    assert story.send("acknowledgement", by="NATIONAL").applied
    assert story.status == "ACCEPTED"


def test_without_a_prescribed_channel_the_handling_places_receipt_is_enough() -> None:
    story = Story()
    story.send("acknowledgement")

    assert story.status == "PUSHED"
