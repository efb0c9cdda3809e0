"""From texts to AWS's integers, and from the image's answers to vectors that can be compared."""

import json

import numpy as np
import pytest

from object2vec.model.builtin.alignment import Alignment
from object2vec.model.builtin.tokens import LONGEST, NOTHING, SESSION_ITEMS, session_tokens, text_tokens
from object2vec.model.builtin.vectors import TokenVectors, UnencodedError, read_answers, write_lines
from object2vec.training.builtin.pairs import negative_pairs
from object2vec.training.builtin.trained import seed_tokenizer


def test_ids_start_at_one_and_end_within_the_vocabulary():
    tokenizer = seed_tokenizer()
    first, last = tokenizer.tokens()[0], tokenizer.tokens()[-1]
    rows = text_tokens(tokenizer, [first, last, "", "\u2603" * 3, "red shirt " * 100])
    assert all(0 < token <= tokenizer.size for row in rows if row != NOTHING for token in row)
    assert rows[2] == NOTHING
    assert len(rows[4]) == LONGEST
    assert rows[4][:2] == text_tokens(tokenizer, ["red shirt"])[0]


def test_a_session_is_its_newest_items_newest_first():
    items = [(number,) * 20 for number in range(1, 12)]
    tokens = session_tokens([*items, NOTHING])
    share = LONGEST // SESSION_ITEMS
    assert len(tokens) == LONGEST
    assert tokens[:share] == (11,) * share
    assert set(tokens) == set(range(12 - SESSION_ITEMS, 12))
    assert session_tokens([]) == session_tokens([NOTHING]) == NOTHING


def test_the_alignment_brings_pairs_together_even_where_dimensions_count_against_a_fit():
    rng = np.random.default_rng(0)
    items = rng.normal(size=(300, 8)).astype(np.float32)
    signs = np.where(np.arange(8) % 2, -1, 1).astype(np.float32)
    queries = items * signs * 3 + 5 + rng.normal(scale=0.05, size=items.shape).astype(np.float32)
    plain = (queries[200:] @ items[200:].T).argmax(axis=1)
    fitted = Alignment.fit(queries[:200], items[:200])
    found = (fitted.queries(queries[200:]) @ fitted.items(items[200:]).T).argmax(axis=1)
    assert (found == np.arange(100)).mean() > 0.95 > 0.5 > (plain == np.arange(100)).mean()


def test_an_alignment_of_hardly_any_pair_is_still_one():
    fitted = Alignment.fit(np.ones((1, 4), np.float32), np.ones((1, 4), np.float32))
    assert np.isfinite(fitted.queries(np.ones((2, 4), np.float32))).all()


def test_vectors_are_found_by_their_tokens(tmp_path):
    sequences = [(3, 1), (2,), (3, 1), (1, 3)]
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    TokenVectors.of(sequences, vectors).save(tmp_path)
    rows, found = TokenVectors.load(tmp_path).find([(1, 3), (9,), (3, 1)])
    assert found.tolist() == [True, False, True]
    assert rows.tolist() == [[6, 7], [0, 0], [0, 1]]


def asked_and_answered(folder, answers):
    write_lines(folder / "items.jsonl", [{"in1": [1]}, {"in1": [2, 3]}])
    (folder / "out").mkdir()
    (folder / "out" / "items.jsonl.out").write_text("\n".join(answers) + "\n")
    return read_answers(folder / "items.jsonl", folder / "out", "in1")


def test_answers_belong_to_the_lines_of_the_request(tmp_path):
    tokens, vectors = asked_and_answered(tmp_path, ['{"embeddings": [1, 2]}', '{"embeddings": [3, 4]}'])
    assert tokens == [(1,), (2, 3)]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (['{"embeddings": [1, 2]}'], "1 answers to the 2 lines"),
        (['{"embeddings": [1, 2]}', '{"scores": [0, 1]}'], "no embeddings"),
        (['{"embeddings": [1, 2]}', '{"embeddings": [1]}'], "embeddings"),
        (['{"embeddings": [1, 2]}', '{"embeddings": [1, null]}'], "no numbers"),
    ],
    ids=["too few", "scores", "lengths", "null"],
)
def test_other_answers_are_no_vectors(tmp_path, answers, reason):
    with pytest.raises(UnencodedError, match=reason):
        asked_and_answered(tmp_path, answers)


def test_negatives_are_other_items_of_the_same_query():
    items = [(number,) for number in range(1, 9)]
    pairs = [((50,), (1,)), ((51,), (2,))]
    made = negative_pairs(pairs, [*items, NOTHING])
    assert json.loads(json.dumps(made))  # plain numbers
    assert not set(made) & set(pairs)
    assert {in0 for in0, _ in made} == {(50,), (51,)}
    assert {in1 for _, in1 in made} <= set(items)
