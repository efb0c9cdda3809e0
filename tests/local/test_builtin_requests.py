"""The steps of algorithm=builtin against the services' own model, AWS's documented ranges and the SDK."""

import botocore.session
import pytest
from botocore.validate import ParamValidator

from local.references import resolve, steps_referred_to
from object2vec.jobs.pairs import VOCABULARY as VOCABULARY_FILE
from object2vec.jobs.pairs import WORDS
from object2vec.model.builtin import tokens
from object2vec.training.builtin.pairs import NEGATIVES
from object2vec.training.builtin.trained import seed_tokenizer
from object2vec.training.hyperparameter_set import HyperparameterError
from object2vec.training.hyperparameters import parse_hyperparameters
from object2vec.training.pairs.hyperparameters import parse_pair_hyperparameters
from stacks.builtin_hyperparameters import HYPERPARAMETERS, LONGEST, VOCABULARY
from stacks.pipeline_definition import PipelineSettings, pipeline_definition
from tests.helpers.service_model import violations
from tests.local.test_pipeline_requests import EVALUATION, Plausible

OPERATIONS = {
    "Processing": ("CreateProcessingJob", {"ProcessingJobName": "job"}),
    "Training": ("CreateTrainingJob", {"TrainingJobName": "job"}),
    "Model": ("CreateModel", {"ModelName": "model"}),
    "Transform": ("CreateTransformJob", {"TransformJobName": "job"}),
    "RegisterModel": ("CreateModelPackage", {}),
}
IMAGE = "438346466558.dkr.ecr.eu-west-1.amazonaws.com/object2vec:1"


class Names(Plausible):
    """A model has a name, not a URI."""

    def __missing__(self, key: str) -> str:
        return "pipelines-e1-Model-abc" if key == "Steps.Model.ModelName" else super().__missing__(key)


def rendered(**more):
    settings = PipelineSettings(
        store_url="s3://data-bucket",
        code_uri="s3://assets-bucket/jobs.zip",
        job_role="arn:aws:iam::123456789012:role/jobs",
        training_image="763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:1",
        serving_image="763104351884.dkr.ecr.eu-west-1.amazonaws.com/ray:1",
        snapshot_function="arn:aws:lambda:eu-west-1:123456789012:function:snapshot",
        release_queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/release",
        model_package_group="shop",
        algorithm="builtin",
        builtin_image=IMAGE,
        **more,
    )
    found = {step["Name"]: step for step in pipeline_definition(settings)["Steps"]}
    gate = found["Gate"]["Arguments"]
    return found | {step["Name"]: step for step in gate["IfSteps"] + gate["ElseSteps"]}


@pytest.fixture(scope="module")
def steps():
    return rendered()


@pytest.mark.parametrize(
    "name",
    ["Prepare", "Pairs", "Train", "Model", "EncodeItems", "EncodeQueries", "Evaluate", "Register", "Index"],
)
def test_the_service_takes_the_request(steps, name):
    service = botocore.session.get_session().get_service_model("sagemaker")
    operation, names = OPERATIONS[steps[name]["Type"]]
    request = resolve(steps[name]["Arguments"], Names(), lambda _uri: EVALUATION) | names
    shape = service.operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    assert list(violations(shape, request)) == []


def test_training_and_serving_are_of_awss_image(steps):
    train, model = steps["Train"]["Arguments"], steps["Model"]["Arguments"]
    assert train["AlgorithmSpecification"] == {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    assert model["PrimaryContainer"]["Image"] == IMAGE
    assert model["PrimaryContainer"]["Environment"] == {"INFERENCE_PREFERRED_MODE": "embedding"}
    (container,) = steps["Register"]["Arguments"]["InferenceSpecification"]["Containers"]
    assert container["Image"] == IMAGE
    assert train["EnableNetworkIsolation"] is model["EnableNetworkIsolation"] is True


def test_the_channels_have_the_type_aws_documents(steps):
    channels = {
        c["ChannelName"]: c.get("ContentType") for c in steps["Train"]["Arguments"]["InputDataConfig"]
    }
    lines = "application/jsonlines"
    assert channels == {"train": lines, "validation": lines, "auxiliary": None}


def test_the_hyperparameters_are_awss_and_within_its_ranges():
    settings = parse_pair_hyperparameters(HYPERPARAMETERS)
    assert settings.num_classes <= 30
    assert all(isinstance(value, str) for value in HYPERPARAMETERS.values())
    assert settings.negative_sampling_rate == NEGATIVES
    assert {settings.of(side, "pretrained_embedding_file") for side in (0, 1)} == {WORDS}
    assert {settings.of(side, "vocab_file") for side in (0, 1)} == {VOCABULARY_FILE}
    with pytest.raises(HyperparameterError):  # not our own algorithm's
        parse_hyperparameters(HYPERPARAMETERS)


def test_vocabulary_and_length_are_those_of_the_tokens():
    assert seed_tokenizer().size + 1 == VOCABULARY
    assert tokens.LONGEST == LONGEST
    assert {HYPERPARAMETERS[f"enc{side}_vocab_size"] for side in (0, 1)} == {str(VOCABULARY)}


def test_given_hyperparameters_win_under_either_name():
    given = {"epochs": "3", "num_negative_samples": "2"}
    chosen = rendered(hyperparameters=given)["Train"]["Arguments"]["HyperParameters"]
    assert (chosen["epochs"], chosen["negative_sampling_rate"]) == ("3", "2")
    assert "num_negative_samples" not in chosen


def test_nothing_reads_what_is_not_written_yet(steps):
    def before(name):
        direct = set(steps_referred_to(steps[name])) & set(steps)
        return direct.union(*(before(other) for other in direct))

    assert {"Prepare", "Pairs", "Train", "Model", "EncodeItems", "EncodeQueries"} <= before("Evaluate")
    assert before("EncodeItems") >= {"Pairs", "Train", "Model"}


@pytest.mark.parametrize("name", ["Model", "EncodeItems"])
def test_the_steps_are_named_as_the_sdk_names_them(steps, name, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    known = pytest.importorskip("sagemaker.mlops.workflow.steps").StepTypeEnum
    kinds = {"Model": known.CREATE_MODEL, "EncodeItems": known.TRANSFORM}
    assert steps[name]["Type"] == kinds[name].value
