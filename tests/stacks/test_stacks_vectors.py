"""`index=s3vectors`: who may touch the vector bucket, and who is told its name."""

import json

import pytest


@pytest.fixture(scope="module")
def deployment(deployed_with):
    return deployed_with(index="s3vectors")


def rights(deployment, role_part):
    """The s3vectors actions of the roles whose logical id has this part."""
    return {
        action.removeprefix("s3vectors:")
        for policy in deployment.of("AWS::IAM::Policy").values()
        if any(role_part in role["Ref"] for role in policy["Roles"])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if action.startswith("s3vectors:")
    }


def test_nothing_of_it_is_there_without_the_setting(deployed_with):
    text = json.dumps(deployed_with().template)
    assert "s3vectors" not in text
    assert "VECTOR_BUCKET" not in text


BUILD = {"CreateIndex", "TagResource", "GetIndex", "PutVectors", "GetVectors", "ListVectors", "DeleteVectors"}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("SearchRole", {"QueryVectors", "GetVectors"}),
        ("IngestionIndexer", BUILD),
        ("TrainingJobRole", BUILD),
        ("TrainingRelease", {"ListIndexes", "DeleteIndex"}),
        ("EndpointOnEvent", {"ListIndexes", "DeleteIndex"}),
        ("IngestionPreprocess", set()),
        ("EndpointIsComplete", set()),
    ],
)
def test_each_role_may_do_its_part(deployment, role, expected):
    assert rights(deployment, role) == expected


def test_the_index_job_alone_has_a_network_and_knows_the_bucket(deployment):
    (pipeline,) = deployment.of("AWS::SageMaker::Pipeline").values()
    body = json.dumps(pipeline["PipelineDefinition"]["PipelineDefinitionBody"])
    assert body.count("VECTOR_BUCKET") == 1
    assert body.count('EnableNetworkIsolation\\": false') == 1


def test_what_makes_indexes_has_the_deployments_tags(deployed_with):
    deployment = deployed_with(index="s3vectors", tags='{"team": "search"}')
    (told,) = (
        function["Environment"]["Variables"]["VECTOR_TAGS"]
        for name, function in deployment.of("AWS::Lambda::Function").items()
        if "VECTOR_TAGS" in function.get("Environment", {}).get("Variables", {})
    )
    assert json.loads(told) == {"object2vec:stack": "Object2Vec", "team": "search"}
    assert json.dumps(deployment.of("AWS::SageMaker::Pipeline")).count("VECTOR_TAGS") == 1


def test_the_functions_that_need_the_bucket_are_told_its_name(deployment):
    told = {
        name
        for name, function in deployment.of("AWS::Lambda::Function").items()
        if "VECTOR_BUCKET" in function.get("Environment", {}).get("Variables", {})
    }
    assert len(told) == 3
    assert all(any(part in name for part in ("Indexer", "Release", "OnEvent")) for name in told)


def test_the_bucket_is_encrypted_and_goes_with_the_stack(deployment):
    (bucket,) = [
        resource
        for resource in deployment.template["Resources"].values()
        if resource["Type"] == "AWS::S3Vectors::VectorBucket"
    ]
    assert bucket["Properties"]["EncryptionConfiguration"] == {"SseType": "AES256"}
    assert bucket["DeletionPolicy"] == "Delete"
    assert deployment.findings == []
