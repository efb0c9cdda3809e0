import asyncio
import json

import httpx
import numpy as np
import pytest
import torch

from object2vec.model.pairs.artefact import write_pair_artefact
from object2vec.model.pairs.network import PairNetwork
from object2vec.model.pairs.vocabulary import PairVocabulary
from object2vec.model.retrieval.artefact import ArtefactError
from object2vec.serving.app import create_app, load_predictor
from object2vec.serving.payload import PayloadError
from object2vec.training.pairs.hyperparameters import PairHyperparameters

SETTINGS = {
    "enc0_network": "bilstm",
    "enc_dim": 8,
    "enc0_token_embedding_dim": 4,
    "mlp_dim": 4,
    "num_classes": 3,
}


def model(folder, vocabularies=(None, None), **values):
    torch.manual_seed(0)
    network = PairNetwork(PairHyperparameters(**(SETTINGS | values)).shape((10, 12), (5, 5)))
    described = {"hyperparameters": {}, "data": {}, "metrics": {}}
    write_pair_artefact(folder, network, **described, vocabularies=vocabularies)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return model(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def predictor(folder):
    return load_predictor(folder)


def ask(predictor, *instances, content_type="application/json"):
    body = json.dumps({"instances": instances}).encode()
    return json.loads(predictor.invoke(body, content_type).body)["predictions"]


def test_two_inputs_are_scored_and_one_is_embedded(predictor):
    scores, first, second, again = ask(
        predictor, {"in0": [1, 2], "in1": [3]}, {"in0": [1, 2]}, {"in1": [1, 2]}, {"in0": [1, 2], "in1": [3]}
    )
    assert scores.keys() == {"scores"}
    assert sum(scores["scores"]) == pytest.approx(1)
    assert len(scores["scores"]) == 3
    assert again == scores
    assert len(first["embeddings"]) == 8
    assert first != second


def test_a_regression_answers_one_number(tmp_path):
    predictor = load_predictor(model(tmp_path, output_layer="mean_squared_error"))
    (row,) = ask(predictor, {"in0": [1], "in1": [2]})
    assert len(row["scores"]) == 1


def test_unknown_tokens_never_fail_a_request(predictor):
    known, unknown, only = ask(predictor, {"in0": [1]}, {"in0": [1, 99, -3, 10**12]}, {"in0": [99]})
    assert known == unknown
    assert np.isfinite(only["embeddings"]).all()
    (empty,) = ask(predictor, {"in0": [], "in1": [99]})
    assert sum(empty["scores"]) == pytest.approx(1)


WORDS = {"<unk>": 1, "red": 2, "shirt": 3, "!": 4, "don't": 5}


@pytest.fixture(scope="module")
def worded(tmp_path_factory):
    """in0 knows words, in1 takes integers only."""
    return load_predictor(model(tmp_path_factory.mktemp("worded"), (PairVocabulary(WORDS), None)))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("red shirt", [2, 3]),
        ("  Red\tSHIRT!", [2, 3, 4]),
        ("don't, red", [5, 1, 2]),
        ("a red 東京", [1, 2, 1]),
        (["shirt", "red", "<unk>", "red shirt"], [3, 2, 1, 1]),
        ("", []),
        ([], []),
    ],
)
def test_a_text_is_its_words_ids(worded, text, ids):
    as_text, as_ids = ask(worded, {"in0": text, "in1": [3]}, {"in0": ids, "in1": [3]})
    assert as_text == as_ids


def test_a_text_for_a_side_without_a_vocabulary_is_refused(worded, predictor):
    sentence = "instance 0: in1 is text, and this model has no vocabulary for it: send a list of integers, or"
    for asked, instance in ((worded, {"in0": "red", "in1": "red"}), (predictor, {"in1": ["red"]})):
        with pytest.raises(PayloadError, match=sentence + " train with enc1_vocab_file"):
            ask(asked, instance)


def test_without_an_unknown_token_unknown_words_are_left_out(tmp_path):
    words = {"Red": 2, "shirt": 3}
    predictor = load_predictor(model(tmp_path, (PairVocabulary(words), PairVocabulary(words))))
    as_text, as_ids = ask(predictor, {"in1": "Red fine shirt red"}, {"in1": [2, 3]})
    assert as_text == as_ids


def test_the_vocabulary_is_part_of_the_version_and_checked(tmp_path, folder):
    words = (PairVocabulary(WORDS), None)
    manifest = load_predictor(model(tmp_path, words)).manifest
    assert manifest.version != load_predictor(folder).manifest.version
    (tmp_path / "vocabulary0.json").write_text("{}")
    with pytest.raises(ArtefactError, match=r"vocabulary0\.json does not match its sha256"):
        load_predictor(tmp_path)


def test_the_content_type_may_shorten_sequences(predictor):
    kind = "application/json; infer_max_seqlens=1,2"
    (cut,) = ask(predictor, {"in0": [1, 2], "in1": [3, 4, 5]}, content_type=kind)
    (short,) = ask(predictor, {"in0": [1], "in1": [3, 4]})
    assert cut == short


@pytest.mark.parametrize("value", ["1", "0,5", "5001,1", "a,b", "1,2,3", ""])
def test_bad_lengths_are_refused(predictor, value):
    with pytest.raises(PayloadError, match="two whole numbers from 1 to 5000"):
        predictor.invoke(b'{"instances": []}', f"application/json;infer_max_seqlens={value}")


def test_json_lines(predictor):
    body = b'{"in0": [1], "in1": [2]}\n{"in1": [2]}\n'
    reply = predictor.invoke(body, "application/jsonlines")
    assert [list(json.loads(line)) for line in reply.body.splitlines()] == [["scores"], ["embeddings"]]
    assert reply.content_type == "application/jsonlines"
    assert json.loads(predictor.invoke(body, "application/jsonlines", "application/json").body)["predictions"]


@pytest.mark.parametrize(
    "instance",
    [3, {}, {"text": "x"}, {"in0": "a"}, {"in0": [1, "a"]}, {"in0": [1.5]}, {"in0": [True]}, {"in1": None}],
)
def test_a_malformed_instance_is_named(predictor, instance):
    with pytest.raises(PayloadError, match="instance 1"):
        ask(predictor, {"in0": [1]}, instance)


def test_the_preferred_mode_changes_no_answer(folder, predictor):
    asked = [{"in0": [1], "in1": [2]}, {"in0": [1]}]
    for mode in ("embedding", "classification"):
        assert ask(load_predictor(folder, mode), *asked) == ask(predictor, *asked)
    with pytest.raises(ValueError, match="use embedding or classification"):
        load_predictor(folder, "speed")


def test_the_routes_of_a_container(predictor):
    async def calls():
        transport = httpx.ASGITransport(app=create_app(predictor))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            body = {"instances": [{"in0": [1], "in1": [2]}]}
            return await client.post("/invocations", json=body), await client.post(
                "/", json={"instances": [{}]}
            )

    good, bad = asyncio.run(calls())
    assert good.headers["x-model-version"] == predictor.version
    assert good.json()["model_version"] == predictor.version
    assert bad.status_code == 400
    assert "in0, in1 or both" in bad.json()["error"]
