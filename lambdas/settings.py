"""What each function is told by its environment, one typed model a function.

Every name is written here alone: handlers read their model, and the stack takes the names of the variables
from it (docs/adr/0020-settings.md). So this file imports nothing of ours, and nothing heavy.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic_settings import BaseSettings, SettingsConfigDict


class FunctionSettings(BaseSettings):
    """The field `store_url` is the environment variable STORE_URL. An empty variable counts as not set."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    @classmethod
    def read(cls) -> Self:
        """From the environment. Raises pydantic's ValidationError, which names the variable."""
        return cls()

    @classmethod
    def variables(cls, **values: str | int | bool) -> dict[str, str]:
        """Fields as the environment variables that they are read from. Raises KeyError for other names."""
        if unknown := sorted(values.keys() - cls.model_fields.keys()):
            raise KeyError(f"{cls.__name__} has no {', '.join(unknown)}")
        return {name.upper(): _written(value) for name, value in values.items()}

    @classmethod
    def shared(cls, deployment: Mapping[str, Any]) -> dict[str, str]:
        """The variables of the fields that a deployment has a setting for, of the same name; without those
        that have the field's default."""
        given = {
            name: deployment[name]
            for name, field in cls.model_fields.items()
            if name in deployment and deployment[name] != field.default
        }
        return cls.variables(**given)


def _written(value: str | int | bool) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


class StoreSettings(FunctionSettings):
    """Every function reads the data bucket."""

    store_url: str
    """`s3://bucket`, or `file://` and a folder."""


class EndpointVariables(FunctionSettings):
    """How endpoints are started: for the functions that start or remove them."""

    endpoint_mode: Literal["cpu", "gpu", "serverless", "none"]
    endpoint_prefix: str = ""
    """Endpoints are named `<prefix>-<model version>`."""
    serving_image_uri: str = ""
    builtin_image_uri: str | None = None
    """AWS's own Object2Vec, with algorithm=builtin."""
    model_role_arn: str = ""
    endpoint_instance_type: str | None = None
    """None: serverless."""
    endpoint_min_instances: int = 1
    endpoint_max_instances: int = 1
    endpoint_tags: dict[str, str] = {}
    """JSON. On endpoints, their configurations and models."""
    inference_ami_version: str | None = None
    endpoint_kms_key: str | None = None
    data_capture_uri: str | None = None


class EngineSettings(FunctionSettings):
    """What a search engine needs to know, as object2vec/search/formats.py declares it."""

    index: str = "embedded"
    vector_bucket: str = ""
    """With index=s3vectors."""
    languages: str = "auto"
    """Codes with commas; auto: those that the catalogue is written in."""

    def of_engine(self) -> dict[str, str]:
        """The variables again, for the engines to find theirs in."""
        return self.variables(**{name: getattr(self, name) for name in EngineSettings.model_fields})


class EventWeightsVariable(FunctionSettings):
    """What the shop says about the types of its events."""

    event_weights: str = ""
    """A JSON object of weights by event type, as object2vec/core/event_weights.py reads it; empty: usual."""


class SearchSettings(StoreSettings, EventWeightsVariable):
    """The search API."""

    history_url: str
    """Where the session store is: `dynamodb://table`, or `sqlite://` and a file."""
    serve_page: bool = False
    sign_in: str = ""
    """JSON that web/signin.js reads as SIGN_IN; empty where nobody signs in."""
    query_encoder: Literal["auto", "endpoint", "in_process"] = "auto"
    endpoint_prefix: str = ""
    """Empty: no endpoint encodes queries."""


class EventsSettings(StoreSettings, EventWeightsVariable):
    """The events API."""

    history_url: str


class UserDataSettings(StoreSettings, EventWeightsVariable):
    """The worker behind the events API."""

    history_url: str


class PreprocessSettings(StoreSettings):
    """What reads uploads."""


class IndexerSettings(StoreSettings, EngineSettings, EventWeightsVariable):
    """What builds base indexes."""


class SnapshotSettings(StoreSettings):
    """The first step of the training pipeline."""


class ReleaseSettings(StoreSettings, EndpointVariables, EngineSettings):
    """The last step of the training pipeline, and what moves releases."""

    release_attempts: int
    """Looks at one release before it is given up."""
    approval: Literal["auto", "manual"] = "auto"


class EndpointOwnerSettings(StoreSettings, EndpointVariables, EngineSettings):
    """The custom resource that owns the endpoints."""

    job_bundle_uri: str
    pipeline_name: str
    model_package_group: str
    indexer_queue_url: str


class CostGuardSettings(StoreSettings, EndpointVariables):
    """What removes the endpoints when the budget is spent."""


class RetrainSettings(StoreSettings):
    """What starts trainings by itself."""

    pipeline_name: str
    retrain_after_interactions: int


OF_FUNCTIONS: Mapping[str, type[FunctionSettings]] = {
    "cost_guard": CostGuardSettings,
    "endpoint_owner": EndpointOwnerSettings,
    "events": EventsSettings,
    "indexer": IndexerSettings,
    "preprocess": PreprocessSettings,
    "release": ReleaseSettings,
    "retrain": RetrainSettings,
    "search": SearchSettings,
    "sign_in": FunctionSettings,
    "snapshot": SnapshotSettings,
    "user_data": UserDataSettings,
}
"""By the folder of the function."""
