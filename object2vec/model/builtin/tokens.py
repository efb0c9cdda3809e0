"""Texts, queries and sessions as AWS's Object2Vec takes them: lists of integers.

An id is the tokenizer's plus one, since AWS's own examples pad with 0; a text without a known word is `[0]`,
as nothing is known of what AWS's image does with an empty list.
https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-training-formats.html
"""

from collections.abc import Sequence

from object2vec.core.tokenizer import Tokenizer

LONGEST = 64
"""Tokens of an object; the stack renders the same as `encN_max_seq_len`."""
SESSION_ITEMS = 8
"""The newest items of a history that make its session; each gets the same share of the tokens."""
NOTHING = (0,)

Tokens = tuple[int, ...]


def text_tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Tokens]:
    """The first `LONGEST` tokens of each text."""
    flat, lengths = tokenizer.encode(texts)
    ids, rows, at = (flat + 1).tolist(), [], 0
    for length in lengths.tolist():
        rows.append(tuple(ids[at : at + min(length, LONGEST)]) or NOTHING)
        at += length
    return rows


def session_tokens(items: Sequence[Tokens]) -> Tokens:
    """A history of items, oldest first, as one object: the beginnings of its newest items, newest first."""
    known = [tokens for tokens in reversed(items) if tokens != NOTHING][:SESSION_ITEMS]
    share = LONGEST // SESSION_ITEMS
    return tuple(token for tokens in known for token in tokens[:share]) or NOTHING
