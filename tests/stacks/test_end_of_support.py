"""What AWS stops patching is said at synth in time, whatever the day of the test."""

from datetime import timedelta

import pytest

from stacks.end_of_support import FUNCTIONS, NOTICE, TRAINING_IMAGE, ending_soon
from stacks.settings import StackSettings

LAST_QUIET_DAY = TRAINING_IMAGE.until - NOTICE - timedelta(days=1)
OWN = {"training_image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/train:1"}


def said(day, **settings):
    return list(ending_soon(day, StackSettings(**settings)))


def test_nothing_is_said_before_the_notice():
    assert said(LAST_QUIET_DAY) == []


@pytest.mark.parametrize(
    ("days", "word"), [(1, "patches end on"), (91, "patches end on"), (92, "patches ended on")]
)
def test_the_end_of_the_training_image_is_said_from_ninety_days_before(days, word):
    (sentence,) = said(LAST_QUIET_DAY + timedelta(days=days))
    assert f"{word} {TRAINING_IMAGE.until}" in sentence
    assert "training_image" in sentence


def test_an_image_of_ones_own_is_ones_own_affair():
    assert said(TRAINING_IMAGE.until, **OWN) == []
    (sentence,) = said(FUNCTIONS.until, **OWN)
    assert "Python 3.13" in sentence
