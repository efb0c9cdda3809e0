"""What is wrong with a payload reaches boto3 as SageMaker passes it on."""

import boto3
import pytest
from botocore.exceptions import ClientError

from local.endpoints import LocalEndpoints
from local.server import application
from object2vec.serving.payload import PayloadError, PayloadReply
from object2vec.storage import FolderStore
from tests.helpers.servers import served


class Picky:
    version = "v1"

    def invoke(self, body, content_type="", accept=""):
        if body == b"[]":
            raise PayloadError('wrap the list: {"instances": [...]}')
        return PayloadReply(b'{"predictions": []}', "application/json")


@pytest.fixture
def runtime(tmp_path):
    endpoints = LocalEndpoints(FolderStore(tmp_path), tmp_path / "endpoints.json")
    endpoints._predictors["local-v1"] = Picky()
    with served(application(endpoints.route(), lambda *_: None)) as url:
        yield boto3.client(
            "sagemaker-runtime",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )


def test_a_payload_that_is_wrong_is_a_model_error_with_the_reason(runtime):
    with pytest.raises(runtime.exceptions.ModelError) as raised:
        runtime.invoke_endpoint(EndpointName="local-v1", ContentType="application/json", Body=b"[]")
    answer = raised.value.response
    assert answer["OriginalStatusCode"] == 400
    assert "wrap the list" in answer["OriginalMessage"]
    assert "wrap the list" in str(raised.value)


def test_a_good_payload_is_answered(runtime):
    answer = runtime.invoke_endpoint(EndpointName="local-v1", ContentType="application/json", Body=b"{}")
    assert answer["Body"].read() == b'{"predictions": []}'


def test_an_endpoint_that_does_not_run_is_a_validation_error(runtime):
    with pytest.raises(ClientError, match="no endpoint other; running: local-v1") as raised:
        runtime.invoke_endpoint(EndpointName="other", ContentType="application/json", Body=b"{}")
    assert raised.value.response["Error"]["Code"] == "ValidationError"
