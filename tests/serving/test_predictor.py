import asyncio
import json

import boto3
import httpx
import numpy as np
import pytest
from botocore.config import Config

from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.serving.app import create_app
from object2vec.serving.predictor import PayloadError, Predictor, UnsupportedTypeError
from tests.helpers.servers import served


@pytest.fixture(scope="module")
def encoder(seed_folder):
    return load_encoder(seed_folder)


@pytest.fixture(scope="module")
def predictor(encoder):
    return Predictor(encoder)


def invoke(predictor, payload):
    return json.loads(predictor.invoke(json.dumps(payload).encode()).body)


def test_all_forms_in_one_request(predictor, encoder):
    instances = [
        {"text": "frozen pizza"},
        {"in0": [7, 8]},
        {"in1": [8, 7]},
        {"item": "nobody"},
        {"items": []},
    ]
    answer = invoke(predictor, {"instances": instances})
    vectors = np.array([row["embeddings"] for row in answer["predictions"]], np.float32)
    np.testing.assert_allclose(vectors[0], encoder.encode_queries(["frozen pizza"])[0], rtol=1e-5)
    np.testing.assert_allclose(vectors[1], vectors[2], atol=1e-6)
    assert not vectors[3:].any()
    assert answer["model_version"] == encoder.version


def test_unknown_tokens_never_fail_a_request(predictor):
    rows = invoke(predictor, {"instances": [{"in0": [7]}, {"in0": [7, -1, 10**12]}, {"in0": []}]})[
        "predictions"
    ]
    assert rows[0] == rows[1]
    assert not any(rows[2]["embeddings"])


def test_json_lines(predictor):
    reply = predictor.invoke(b'{"in0": [7]}\n\n{"text": "tea"}\n', "application/jsonlines; charset=utf-8")
    assert reply.content_type == "application/jsonlines"
    assert [list(json.loads(line)) for line in reply.body.splitlines()] == [["embeddings"]] * 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no JSON"),
        (b"[]", "instances"),
        (b'{"instances": {}}', "instances"),
        (b'{"instances": [3]}', "instance 0 is no object"),
        (b'{"instances": [{}]}', "nothing known"),
        (b'{"instances": [{"in0": "a"}]}', "list of integers"),
        (b'{"instances": [{"in0": [1.5]}]}', "list of integers"),
        (b'{"instances": [{"in0": [true]}]}', "list of integers"),
        (b'{"instances": [{"text": 3}]}', "a string"),
        (b'{"instances": [{"items": ["a", 1]}]}', "list of strings"),
        (b'{"instances": [{"in0": [1], "in1": [2]}]}', "in0 and in1"),
    ],
)
def test_a_malformed_payload_says_what_is_wrong(predictor, body, message):
    with pytest.raises(PayloadError, match=message):
        predictor.invoke(body)


def test_another_content_type_is_refused(predictor):
    with pytest.raises(UnsupportedTypeError, match="application/jsonlines"):
        predictor.invoke(b"", "text/csv")


def test_status_codes_and_version_header(predictor):
    async def calls():
        transport = httpx.ASGITransport(app=create_app(predictor))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (
                await client.get("/ping"),
                await client.post("/invocations", json={"instances": [{"text": "tea"}]}),
                await client.post("/", content=b"{", headers={"content-type": "application/json"}),
                await client.post("/invocations", content=b"x", headers={"content-type": "text/csv"}),
            )

    ping, good, bad, foreign = asyncio.run(calls())
    assert [ping.status_code, good.status_code, bad.status_code, foreign.status_code] == [200, 200, 400, 415]
    assert good.headers["x-model-version"] == predictor.version
    assert "no JSON" in bad.json()["error"]


@pytest.fixture
def url(predictor):
    with served(create_app(predictor)) as address:
        yield address


def test_boto3_talks_to_it(url, encoder):
    client = boto3.client(
        "sagemaker-runtime",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    body = json.dumps({"instances": [{"text": "dry cat food"}]})
    answer = client.invoke_endpoint(EndpointName="any", ContentType="application/json", Body=body)
    vector = json.loads(answer["Body"].read())["predictions"][0]["embeddings"]
    similarity = encoder.encode_items([CatalogItem("a", "cat food"), CatalogItem("b", "motor oil")]) @ vector
    assert similarity.argmax() == 0
    with pytest.raises(client.exceptions.ClientError, match="400"):
        client.invoke_endpoint(EndpointName="any", ContentType="application/json", Body=b"{}")
