"""`POST /categorize` over a live release whose model knows two categories."""

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from object2vec.model.retrieval.artefact import Artefact, read_artefact
from object2vec.model.retrieval.categories import Categoriser
from object2vec.training.dataset import Catalogue
from object2vec.training.features import compile_items
from object2vec.training.tasks.categories import with_categories


@pytest.fixture(scope="module")
def categoriser():
    seed = read_artefact(Path(str(resources.files("object2vec.seed"))))
    texts = [f"{word} number {n}" for n in range(20) for word in ("apple", "engine")]
    catalogue = Catalogue(texts, texts, [{"category": c} for c in ["Fruit", "Car parts"] * 20])
    features = compile_items(catalogue, seed.tokenizer, np.zeros(40, dtype=bool))
    weights, about = with_categories(seed.weights, catalogue, features, "category", 0)
    manifest = type(seed.manifest)(**{**manifest_fields(seed.manifest), "categories": about})
    return Categoriser(Artefact(manifest, seed.tokenizer, [], weights))


def manifest_fields(manifest):
    return {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}


@pytest.fixture
def knowing(client, live, categoriser):
    live.get().encoder.categoriser = categoriser
    return client


def test_categories_with_probabilities(knowing):
    status, answer, _ = knowing("POST", "/categorize", {"text": "apple number 7", "limit": 2})
    assert status == 200
    assert [c["category"] for c in answer["categories"]] == ["Fruit", "Car parts"]
    assert sum(c["probability"] for c in answer["categories"]) == pytest.approx(1.0)
    assert (answer["field"], answer["model_version"]) == ("category", "topics-1")


def test_limit_cuts_and_unknown_words_have_no_category(knowing):
    _, answer, _ = knowing("POST", "/categorize", {"text": "apple", "limit": 1})
    assert len(answer["categories"]) == 1
    status, answer, _ = knowing("POST", "/categorize", {"text": "\U0001f680"})
    assert (status, answer["categories"]) == (200, [])


def test_a_model_without_categories_says_what_to_do(client):
    status, answer, kind = client("POST", "/categorize", {"text": "apple"})
    assert (status, kind) == (409, "application/problem+json")
    assert "category_field" in answer["detail"]


def test_before_the_first_release(bare):
    assert bare("POST", "/categorize", {"text": "apple"})[0] == 503


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "a", "limit": 0}, {"text": "a", "limits": 3}])
def test_a_wrong_request_is_a_400(knowing, body):
    status, answer, _ = knowing("POST", "/categorize", body)
    assert status == 400
    assert answer["errors"]


def test_the_openapi_document_has_the_shape(bare):
    _, document, _ = bare("GET", "/openapi.json")
    document = document if isinstance(document, dict) else json.loads(document)
    answer = document["paths"]["/categorize"]["post"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("CategorizeAnswer")
