"""Every function reads the environment that the template gives it with its settings model."""

import pytest
from pydantic_settings import BaseSettings

from lambdas import settings

MODELS = settings.OF_FUNCTIONS
LIBRARIES = {"OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM"}
EVERYTHING = {
    "index": "s3vectors",
    "auth": "jwt",
    "monthly_budget_usd": "50",
    "alarm_email": "a@example.com",
    "retrain_schedule": "rate(7 days)",
}


def environments(deployment):
    """Variables of our functions by the name of the function's folder, references as texts."""
    for properties in deployment.of("AWS::Lambda::Function").values():
        if properties.get("Handler", "").startswith("lambdas."):
            variables = properties["Environment"]["Variables"]
            told = {name: value if isinstance(value, str) else "given" for name, value in variables.items()}
            yield properties["Handler"].split(".")[1], told


@pytest.mark.parametrize(
    "choice", [EVERYTHING, {"endpoint": "gpu", "endpoint_max_instances": "3"}, {"endpoint": "none"}], ids=str
)
def test_each_function_is_told_what_its_model_needs_and_nothing_else(deployed_with, monkeypatch, choice):
    seen = set()
    for name, variables in environments(deployed_with(**choice)):
        model: type[BaseSettings] = MODELS[name]
        with monkeypatch.context() as patch:
            for variable, value in variables.items():
                patch.setenv(variable, value)
            model.read()  # raises where something is missing or is no allowed value
        known = {field.upper() for field in model.model_fields}
        assert variables.keys() - LIBRARIES <= known, name
        seen.add(name)
    assert seen == MODELS.keys() if choice is EVERYTHING else seen < MODELS.keys()


def test_a_name_that_is_no_field_is_refused():
    with pytest.raises(KeyError, match="SearchSettings has no store_uri"):
        settings.SearchSettings.variables(store_uri="s3://b")


def test_a_missing_variable_is_named(monkeypatch):
    monkeypatch.delenv("STORE_URL", raising=False)
    with pytest.raises(ValueError, match="store_url"):
        settings.SnapshotSettings.read()


def test_weights_of_events_reach_every_function_and_job_that_reads_events(deployed_with):
    deployment = deployed_with(event_weights='{"view": 0.1}')
    told = {name for name, variables in environments(deployment) if "EVENT_WEIGHTS" in variables}
    assert told == {name for name, model in MODELS.items() if "event_weights" in model.model_fields}
    assert told == {"search", "events", "user_data", "indexer"}
    (pipeline,) = deployment.of("AWS::SageMaker::Pipeline").values()
    assert str(pipeline["PipelineDefinition"]).count("EVENT_WEIGHTS") == 2
    assert not any("EVENT_WEIGHTS" in variables for _, variables in environments(deployed_with()))


def test_the_languages_reach_what_builds_indexes(deployed_with):
    deployment = deployed_with(languages="de,fr")
    told = {name for name, variables in environments(deployment) if variables.get("LANGUAGES") == "de,fr"}
    assert told == {name for name, model in MODELS.items() if "languages" in model.model_fields}
    (pipeline,) = deployment.of("AWS::SageMaker::Pipeline").values()
    assert str(pipeline["PipelineDefinition"]).count("LANGUAGES") == 1
    assert not any("LANGUAGES" in variables for _, variables in environments(deployed_with()))


def test_a_setting_of_the_same_name_reaches_the_function_unless_it_is_its_default():
    model = settings.ReleaseSettings
    deployment = {"approval": "manual", "index": "embedded", "endpoint": "cpu"}
    assert model.shared(deployment) == {"APPROVAL": "manual"}


def test_the_functions_that_build_or_remove_bases_know_the_engine(deployed_with):
    told = dict(environments(deployed_with(index="s3vectors")))
    assert {name for name, variables in told.items() if variables.get("INDEX") == "s3vectors"} == {
        name for name, model in MODELS.items() if issubclass(model, settings.EngineSettings) and name in told
    }
