"""The pairs job (algorithm=builtin): the prepared data as AWS's Object2Vec reads it, and the requests that
its image will encode after training."""

from pathlib import Path

import numpy as np
import orjson

from object2vec.core.tokenizer import Tokenizer
from object2vec.jobs.exit_message import reason_left
from object2vec.jobs.settings import JobSettings
from object2vec.model.builtin.tokens import NOTHING, Tokens, text_tokens
from object2vec.model.builtin.vectors import write_lines
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.release.seed import seed_folder
from object2vec.training.builtin.pairs import NoPairsError, Pair, PairMaker, negative_pairs, records
from object2vec.training.builtin.trained import ITEMS, QUERIES, SAMPLE, seed_tokenizer
from object2vec.training.dataset import read_dataset
from object2vec.training.evaluation.evaluation_set import EvaluationSet, evaluation_set
from object2vec.training.pairs.data import holds_pairs

WORDS, VOCABULARY = "words.txt", "words.json"
_SAMPLE = 20_000
"""Pairs that the image encodes on both sides, to align its two vector spaces."""


def main() -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 for input that cannot be used."""
    settings = JobSettings.read()
    with reason_left(settings.sagemaker_base_dir):
        _make(settings.inputs, settings.output("pairs"))


def _make(source: Path, out: Path) -> None:
    if holds_pairs(source / "train"):
        raise NoPairsError(
            "uploads/pairs/ alone trains with algorithm=open, which has AWS's settings and payloads too;"
            " algorithm=builtin makes its pairs itself: upload a catalogue to uploads/catalog/"
        )
    dataset, tokenizer = read_dataset(source), seed_tokenizer()
    maker = PairMaker(dataset, tokenizer)
    train, validation = maker.split()
    write_lines(out / "train" / "train.jsonl", records(train, label=1))
    others = records(negative_pairs(validation, maker.items), label=0)
    write_lines(out / "validation" / "validation.jsonl", records(validation, label=1) + others)
    sample = _sample(train)
    requests = out / "requests"
    write_lines(requests / SAMPLE, records(sample))
    test = evaluation_set(dataset)
    shortened = text_tokens(tokenizer, list(test.queries.shortened.values()))
    write_lines(
        requests / ITEMS, [{"in1": list(tokens)} for tokens in dict.fromkeys([*maker.items, *shortened])]
    )
    asked = dict.fromkeys([*(in0 for in0, _ in sample), *_held_out(test, tokenizer, maker)])
    write_lines(requests / QUERIES, [{"in0": list(tokens)} for tokens in asked if tokens != NOTHING])
    _write_words(out / "auxiliary")
    print(f"{len(train)} pairs to train on, {len(validation)} to validate; {len(asked)} queries to encode")


def _sample(pairs: list[Pair]) -> list[Pair]:
    if len(pairs) <= _SAMPLE:
        return pairs
    chosen = np.random.default_rng(0).choice(len(pairs), _SAMPLE, replace=False)
    return [pairs[at] for at in np.sort(chosen).tolist()]


def _held_out(test: EvaluationSet, tokenizer: Tokenizer, maker: PairMaker) -> list[Tokens]:
    """The queries and histories that the evaluation will ask, as tokens."""
    users = [test.users, *test.last.values(), test.sessions]
    histories = [maker.session(history) for part in users for history in part.histories]
    return [*histories, *text_tokens(tokenizer, [*test.queries.queries, *test.logged.queries])]


def _write_words(folder: Path) -> None:
    """Writes the seed's vectors, from which the model starts, in GloVe's format, and the ids of the words.

    https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-hyperparameters.html (the auxiliary channel)"""
    artefact = read_artefact(seed_folder())
    tokens = artefact.tokenizer.tokens()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / VOCABULARY).write_bytes(
        orjson.dumps({token: number + 1 for number, token in enumerate(tokens)})
    )
    with open(folder / WORDS, "w", encoding="utf-8") as file:
        for token, row in zip(tokens, artefact.weights.words, strict=True):
            file.write(f"{token} {' '.join(f'{value:.5g}' for value in row)}\n")
