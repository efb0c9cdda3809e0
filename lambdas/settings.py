"""The settings of each function, read from its environment: one typed model a function.

Every name is written here alone: handlers read their model, and the stack takes the names of the variables
from it (docs/adr/0020-settings.md). So this file imports nothing heavy.
"""

import os
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from lambdas.routes import Auth
from object2vec.core.environment import EngineSettings, EventWeightsVariable, ProgramSettings


class StoreSettings(ProgramSettings):
    """Every function reads the data bucket."""

    store_url: str
    """`s3://bucket`, or `file://` and a folder."""


class EndpointVariables(ProgramSettings):
    """Settings of endpoints, for the functions that start or remove them."""

    endpoint_mode: Literal["cpu", "gpu", "serverless", "none"]
    endpoint_prefix: str = ""
    """Endpoints are named `<prefix>-<model version>`."""
    serving_image_uri: str = ""
    builtin_image_uri: str | None = None
    """AWS's own Object2Vec, with algorithm=builtin."""
    model_role_arn: str = ""
    endpoint_instance_type: str | None = None
    """None for a serverless endpoint."""
    endpoint_min_instances: int = 1
    endpoint_max_instances: int = 1
    endpoint_tags: dict[str, str] = Field(default_factory=dict)
    """JSON. On endpoints, their configurations and models."""
    endpoint_vpc: dict[str, list[str]] = Field(default_factory=dict)
    """JSON: SageMaker's `VpcConfig`."""
    inference_ami_version: str | None = None
    endpoint_kms_key: str | None = None
    data_capture_uri: str | None = None
    data_capture_key: str | None = None


class StorefrontVariable(ProgramSettings):
    """The pages that may ask at the storefront."""

    storefront: str = ""
    """Their origins, with commas; empty: there is no storefront."""

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of the shop's pages."""
        return tuple(filter(None, self.storefront.split(",")))


class AuthVariable(ProgramSettings):
    """How callers are identified: never left out, since without it everybody could do everything."""

    auth: Auth

    @field_validator("auth")
    @classmethod
    def _not_none_in_aws(cls, auth: Auth) -> Auth:
        if auth == "none" and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:  # which Lambda always sets
            raise ValueError("none is for the local server: a deployed function needs jwt or iam")
        return auth


class QueryReportVariable(ProgramSettings):
    """Whether searches are counted."""

    query_report: Literal["daily", "none"] = "daily"
    query_log_key: str = ""
    """Makes the marks that tell people apart in the query log. Empty: the store's URL does."""


class SearchSettings(
    StoreSettings, AuthVariable, EventWeightsVariable, StorefrontVariable, QueryReportVariable
):
    """The search API."""

    history_url: str
    """The session store's URL: `dynamodb://table`, or `sqlite://` and a file."""
    serve_page: bool = False
    sign_in: str = ""
    """JSON that web/signin.js reads as SIGN_IN; empty where nobody signs in."""
    query_encoder: Literal["auto", "endpoint", "in_process"] = "auto"
    endpoint_prefix: str = ""
    """Empty if no endpoint encodes queries."""
    images: Literal["none", "private", "public"] = "none"
    """Whether hits carry addresses of pictures: signed ones, which end, or open ones."""
    images_url: str = ""
    """Part of a picture's address before its key, with `public` pictures."""
    pictures_function: str = ""
    """Reads pictures that come over HTTP: its packages are too large for this one. Empty: nothing does."""


class EventsSettings(
    StoreSettings, AuthVariable, EventWeightsVariable, StorefrontVariable, QueryReportVariable
):
    """The events API."""

    history_url: str


class UserDataSettings(StoreSettings, EventWeightsVariable):
    """The worker behind the events API."""

    history_url: str


class PreprocessSettings(StoreSettings):
    """The function that reads uploads."""


class PicturesSettings(StoreSettings):
    """The function that reads pictures."""


class IndexerSettings(StoreSettings, EngineSettings, EventWeightsVariable):
    """The function that builds base indexes."""


class SnapshotSettings(StoreSettings):
    """The function of the training pipeline's first step."""


class ReleaseSettings(StoreSettings, EndpointVariables, EngineSettings):
    """The function of the pipeline's last step, which also takes orders about releases."""

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
    """The function that removes the endpoints when the budget is spent."""


class PrunerSettings(StoreSettings):
    """The function that removes old releases."""

    model_package_group: str
    endpoint_prefix: str
    """The prefix of the stack's endpoint names."""


class QueryReportSettings(StoreSettings):
    """The function that makes the query report."""

    log_groups: str
    """Names of the log groups that have the query log's lines, with commas."""


class RetrainSettings(StoreSettings):
    """The function that starts trainings by itself."""

    pipeline_name: str
    retrain_after_interactions: int


OF_FUNCTIONS: Mapping[str, type[ProgramSettings]] = {
    "cost_guard": CostGuardSettings,
    "endpoint_owner": EndpointOwnerSettings,
    "events": EventsSettings,
    "indexer": IndexerSettings,
    "pictures": PicturesSettings,
    "preprocess": PreprocessSettings,
    "pruner": PrunerSettings,
    "query_report": QueryReportSettings,
    "release": ReleaseSettings,
    "retrain": RetrainSettings,
    "search": SearchSettings,
    "sign_in": ProgramSettings,
    "snapshot": SnapshotSettings,
    "user_data": UserDataSettings,
}
"""The settings of each function, by its folder."""
