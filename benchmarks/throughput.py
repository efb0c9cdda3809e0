"""The training loop's speed in pairs a second, and where its time goes.

Two pooled encoders, dim 64, 10 tokens a side, a vocabulary of 30,000 with Zipf's frequencies, every other
pair of the batch as a negative, Adam. The loop, the network, the loss and the optimiser are those of every
training here. gensim and `implicit` learn from ids, with 5 negatives and 1 a pair.

The last rows learn from a log with one item an event: 10,000 items, histories of 10 events, the task "next
item" with each session encoder, as many random negatives as events in a batch. There a pair is an event.
"""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gensim.models import Word2Vec
from implicit.cpu.bpr import BayesianPersonalizedRanking
from scipy import sparse
from torch import Tensor
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from benchmarks.pictures import canvas
from benchmarks.pictures.operations import operations_chart
from benchmarks.report import RESULTS, ResultRow, ResultTable
from object2vec.model.retrieval.forward import Bags, Weights, mean_bags
from object2vec.model.retrieval.network import LocalRows, TwoTowerNetwork, pool_rows
from object2vec.training.dataset import Interactions
from object2vec.training.features import ItemFeatures
from object2vec.training.hyperparameters import SEQUENCE, Hyperparameters
from object2vec.training.start import with_attention
from object2vec.training.tasks.losses import diagonal_loss
from object2vec.training.tasks.next_item import NextItemSettings, NextItemTask
from object2vec.training.trainer import TrainingResult, train

VOCABULARY, DIM, TOKENS = 30_000, 64, 10
_CORES = 2
_ITEMS, _HISTORY = 10_000, 11  # of a log with one item an event: its items, and each person's events
_SCALES = tuple(float(part) for part in SEQUENCE.split(","))


def run(quick: bool) -> ResultTable:
    """Measures; on a tenth of the pairs if `quick`."""
    count = 100_000 if quick else 1_000_000
    rows = [_ours(batch, threads, count) for batch in (512, 1024, 2048) for threads in (1, _CORES)]
    RESULTS.mkdir(exist_ok=True)
    draw_profile(profiled(1024))
    rows += [_skip_gram(count), _bpr(count)]
    rows += [
        _events(encoder, batch, count // 10) for encoder in ("pooled", "attention") for batch in (256, 512)
    ]
    return ResultTable(
        "throughput",
        "Training throughput",
        f"dim {DIM}, {TOKENS} tokens a side, vocabulary {VOCABULARY:,}, in-batch negatives, Adam,"
        f" {_CORES} cores; profile in throughput_profile.svg",
        rows,
        {"pairs_per_s": 100_000},
    )


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A batch of n pairs of texts."""

    queries: Bags
    documents: Bags

    def needed(self) -> list[Tensor]:
        return [torch.from_numpy(side.rows.astype(np.int64)) for side in (self.queries, self.documents)]

    @property
    def pairs(self) -> int:
        return len(self.queries.lengths)

    def loss(self, network: TwoTowerNetwork, local: LocalRows) -> Tensor:
        queries = network.query_vectors(pool_rows(local, self.queries))
        documents = functional.normalize(pool_rows(local, self.documents), dim=1)
        return diagonal_loss(queries @ documents.T / 0.07)


class _Task:
    name = "pairs"

    def __init__(self, count: int, batch: int) -> None:
        self._rows = _tokens(2 * count * TOKENS).reshape(2, count, TOKENS)
        self._batch = batch

    def __len__(self) -> int:
        return math.ceil(self._rows.shape[1] / self._batch)

    def epoch(self) -> Iterator[_Pairs]:
        for at in range(0, self._rows.shape[1], self._batch):
            rows = self._rows[:, at : at + self._batch]
            lengths = np.full(rows.shape[1], TOKENS)
            yield _Pairs(*(mean_bags(side.ravel(), lengths) for side in rows))


def _events(encoder: str, batch: int, count: int) -> ResultRow:
    users = np.repeat(np.arange(count // _HISTORY), _HISTORY)
    share = 1 / np.arange(10, _ITEMS + 10)
    rng = np.random.default_rng(2)
    items = rng.choice(_ITEMS, len(users), p=share / share.sum())
    words = rng.normal(0, 0.1, (1, DIM)).astype(np.float32)
    rows = rng.normal(0, 0.1, (_ITEMS, DIM)).astype(np.float32)
    weights = Weights(words=words, items=rows)
    if encoder == "attention":
        weights = with_attention(weights, weights, 1, rng)
    nothing = Bags(np.empty(0, np.int32), np.empty(0, np.float32), np.zeros(1, np.int64))
    place = np.zeros(_ITEMS, np.int64)
    features = ItemFeatures(
        words=nothing, text_of=place, row_of=np.arange(_ITEMS) + 1, content=nothing, content_of=place
    )
    settings = Hyperparameters(enc_dim=DIM, epochs=1, mini_batch_size=batch, time_limit=3600)
    task = NextItemTask(
        Interactions(users, items, np.arange(len(users))),
        features,
        NextItemSettings(
            batch_size=batch,
            negatives=batch,
            max_history=settings.enc0_max_seq_len,
            half_lives=_SCALES,
            id_dropout=settings.id_dropout,
            temperature=settings.temperature,
            value_power=0.0,
            ordered=True,
            attended=None if weights.attention is None else weights.attention.depends_on,
        ),
        rng=rng,
    )
    network = TwoTowerNetwork(weights, len(_SCALES), settings.dropout)
    before = time.process_time()
    result = train(network, {task.name: (task, 1.0)}, lambda _: None, settings)
    cpu = time.process_time() - before
    metrics = {
        "pairs_per_s": result.pairs / result.seconds,
        "pairs_per_cpu_s": result.pairs / cpu,
        "negatives": float(2 * batch),
    }
    return ResultRow(
        "object2vec, one item an event", metrics, result.seconds, f"{encoder}, batch {batch}, 1 thread"
    )


def _tokens(count: int) -> np.ndarray:
    share = 1 / np.arange(1, VOCABULARY + 1)
    return np.random.default_rng(0).choice(VOCABULARY, count, p=share / share.sum()).astype(np.int32)


def _ours(batch: int, threads: int, count: int) -> ResultRow:
    torch.set_num_threads(threads)
    result = _train(batch, count)
    torch.set_num_threads(1)
    metrics = {"pairs_per_s": result.pairs / result.seconds, "negatives": float(batch - 1)}
    return ResultRow(
        "object2vec", metrics, result.seconds, f"batch {batch}, {threads} thread{'s'[: threads - 1]}"
    )


def _train(batch: int, count: int) -> TrainingResult:
    start = np.random.default_rng(0).normal(0, 0.1, (VOCABULARY, DIM)).astype(np.float32)
    settings = Hyperparameters(enc_dim=DIM, epochs=1, mini_batch_size=batch, time_limit=3600)
    tasks = {"pairs": (_Task(count, batch), 1.0)}
    return train(TwoTowerNetwork(Weights(words=start)), tasks, lambda _: None, settings)


def profiled(batch: int) -> Mapping[str, float]:
    """The operations of 50 steps with their shares of the time, each without what it calls: those of more
    than a hundredth, the slowest first, and all others together."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        _train(batch, 50 * batch)
    seconds = {event.key: float(event.self_cpu_time_total) for event in profiler.key_averages()}
    whole = sum(seconds.values())
    slow = sorted((name for name in seconds if seconds[name] > whole / 100), key=lambda name: -seconds[name])
    shares = {name.removeprefix("aten::"): seconds[name] / whole for name in slow}
    return {**shares, "all others": 1 - sum(shares.values())}


def draw_profile(shares: Mapping[str, float], folder: Path = RESULTS) -> Path:
    """Draws them as throughput_profile.svg."""
    with canvas.style():
        figure = operations_chart("Where a training step's time goes (batch 1,024, one thread)", shares)
        return canvas.save(figure, folder / "throughput_profile.svg")


def _skip_gram(count: int) -> ResultRow:
    window = 5
    sentences = [[str(t) for t in row] for row in _tokens(count).reshape(-1, 20)]
    model = Word2Vec(
        vector_size=DIM,
        window=window,
        sg=1,
        negative=5,
        min_count=1,
        workers=_CORES,
        sample=0,
        shrink_windows=False,
    )
    model.build_vocab(sentences)
    start = time.monotonic()
    model.train(sentences, total_examples=len(sentences), epochs=1)
    seconds = time.monotonic() - start
    pairs = len(sentences) * sum(min(i, window) + min(19 - i, window) for i in range(20))
    return ResultRow(
        "gensim skip-gram", {"pairs_per_s": pairs / seconds, "negatives": 5.0}, seconds, "ids only"
    )


def _bpr(count: int) -> ResultRow:
    users = np.random.default_rng(1).integers(0, count // 20, count)
    matrix = sparse.csr_matrix((np.ones(count, np.float32), (users, _tokens(count))))
    model = BayesianPersonalizedRanking(factors=DIM, iterations=5, num_threads=_CORES, random_state=0)
    start = time.monotonic()
    model.fit(matrix, show_progress=False)
    seconds = time.monotonic() - start
    return ResultRow(
        "implicit BPR", {"pairs_per_s": 5 * matrix.nnz / seconds, "negatives": 1.0}, seconds, "ids only"
    )
