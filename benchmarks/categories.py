"""Category prediction on the sample shop: 40 % of its products held out, 304 categories.

The text is a product's type, package size and kind of brand, in words. The category itself is not in it, nor
is the department, which would give most of it away; the shop's own texts hold both. Equal texts often belong
to several categories: the best that any system could do is in the row "oracle".
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from benchmarks.report import ResultRow, ResultTable
from local.sample_shop import data_folder
from local.sample_shop_text import readable, size_name
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.model.retrieval.categories import category_logits, softmax
from object2vec.release.seed import seed_folder
from object2vec.training.dataset import Catalogue
from object2vec.training.features import compile_items, distinct_codes, encode_all
from object2vec.training.tasks.categories import with_categories
from object2vec.training.trainer import use_one_thread

SEED_MODEL = seed_folder()
HELD_OUT, BINS = 0.4, 15

Strings = NDArray[np.str_]


def run(quick: bool) -> ResultTable:
    """Three seeds, one if `quick`; always the same split."""
    use_one_thread()
    texts, categories = _products()
    held_out = np.random.default_rng(0).random(len(texts)) < HELD_OUT
    train = texts[~held_out].tolist(), categories[~held_out].tolist()
    asked, truth = texts[held_out].tolist(), categories[held_out]
    runs = [_ours(*train, asked, truth, seed) for seed in range(1 if quick else 3)]
    means = {name: float(np.mean([r.metrics[name] for r in runs])) for name in runs[0].metrics}
    seconds = float(np.mean([r.seconds for r in runs if r.seconds is not None]))
    rows = [
        ResultRow("oracle: the commonest category of each text", {"accuracy": _oracle(asked, truth)}),
        _svm(*train, asked, truth),
        ResultRow("object2vec", means, seconds),
    ]
    return ResultTable(
        "categories",
        "Category of a product from its text",
        f"sample shop, {len(texts):,} products, {HELD_OUT:.0%} held out; text: type, size, kind of brand;"
        f" mean of {len(runs)} seeds; ece: expected calibration error, {BINS} bins",
        rows,
        {"accuracy": 0.957},
    )


def _products() -> tuple[Strings, Strings]:
    """Texts and categories of all products that have a category."""
    rows = duckdb.execute(
        "SELECT product_type, package_size, brand, product_category FROM read_parquet(?)"
        " WHERE product_category IS NOT NULL ORDER BY product_id",
        [str(data_folder() / "products.parquet")],
    ).fetchall()
    texts = [" - ".join(filter(None, (readable(r[0]), size_name(r[1]), r[2]))) for r in rows]
    return np.array(texts), np.array([r[3] for r in rows])


def _ours(
    texts: Sequence[str], categories: Sequence[str], asked: Sequence[str], truth: Strings, seed: int
) -> ResultRow:
    start = time.monotonic()
    model = read_artefact(SEED_MODEL)
    catalogue = Catalogue(texts, texts, [{"category": category} for category in categories])
    features = compile_items(catalogue, model.tokenizer, np.zeros(len(texts), dtype=np.bool_))
    weights, about = with_categories(model.weights, catalogue, features, "category", seed)
    code, distinct = distinct_codes(asked)
    chances = softmax(category_logits(weights, *encode_all(model.tokenizer, distinct)))[code]
    right = np.array(about["labels"])[chances.argmax(axis=1)] == truth
    metrics = {"accuracy": float(right.mean()), "ece": calibration_error(chances.max(axis=1), right)}
    return ResultRow("object2vec", metrics, time.monotonic() - start)


def _svm(texts: Sequence[str], categories: Sequence[str], asked: Sequence[str], truth: Strings) -> ResultRow:
    """Fits a linear SVM. Equal examples are merged into one with a weight, which is the same problem."""
    start = time.monotonic()
    counts = Counter(zip(texts, categories, strict=True))
    words = TfidfVectorizer(sublinear_tf=True)
    features = words.fit_transform([text for text, _ in counts])
    weights = np.array(list(counts.values()), float)
    svm = LinearSVC(C=1.0).fit(features, [category for _, category in counts], sample_weight=weights)
    right = svm.predict(words.transform(asked)) == truth
    return ResultRow("TF-IDF + linear SVM", {"accuracy": float(right.mean())}, time.monotonic() - start)


def _oracle(asked: Sequence[str], truth: Strings) -> float:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for text, category in zip(asked, truth.tolist(), strict=True):
        found[text][category] += 1
    return sum(max(counts.values()) for counts in found.values()) / len(asked)


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error (Naeini et al. 2015): |accuracy - confidence|, averaged over equal bins."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(right[place == b].mean() - confidence[place == b].mean()) for b in np.unique(place)]
    shares = [float((place == b).mean()) for b in np.unique(place)]
    return float(np.dot(gaps, shares))
