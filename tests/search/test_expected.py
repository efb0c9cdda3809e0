"""Items without a text stand where items that mean as much stand on average."""

import numpy as np

from object2vec.search.fusion import expected_word_scores

COSINES = np.array([0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
HAS = np.array([1.5, 1.5, 1.5, 0.0, 0.0, 0.0, 0.0, 0.0])  # the three nearest have all words


def judged(cosine, *, has=0.0, times=5, floor=0.0):
    """What an item without a text gets beside `times` of each of the items with one."""
    cosines = np.append(np.tile(COSINES, times), cosine)
    word_scores = np.append(np.tile(HAS, times), has)
    without_text = np.zeros(len(cosines), np.bool_)
    without_text[-1] = True
    found = expected_word_scores(cosines, word_scores, without_text, floor)
    assert not found[:-1].any()
    return float(found[-1])


def test_what_is_as_near_as_items_with_all_words_stands_among_them():
    assert judged(0.75) == 1.5
    assert judged(0.95) == 1.5


def test_what_is_far_gets_nothing_and_what_is_between_a_part():
    assert judged(0.15) == 0.0
    assert 0 < judged(0.55) < 1.5


def test_it_gets_what_it_lacks_of_it_and_never_less_than_it_has():
    assert judged(0.75, has=1.0) == 0.5
    assert judged(0.15, has=1.0) == 0.0


def test_a_cosine_below_the_floor_gets_nothing():
    assert judged(0.75, floor=0.76) == 0.0


def test_few_items_with_a_text_are_enough_and_without_any_it_gets_nothing():
    assert judged(0.75, times=1) > 0
    assert judged(0.75, times=0) == 0.0
