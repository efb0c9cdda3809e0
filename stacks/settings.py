"""The settings of a deployment: an option of cdk.json is a field here, and what a construct makes of it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from stacks.training_values import hyperparameters
from stacks.values import Email, Instance, InstanceOrDefault, Schedule, Truth, whole

Hyperparameters = Annotated[Mapping[str, str], BeforeValidator(hyperparameters)]


class StackSettings(BaseModel):
    """One deployment. Defaults are the cheapest that works; cdk.json holds the profiles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Literal["dev", "prod"] = "dev"
    endpoint: Literal["cpu", "gpu", "serverless", "none"] = "cpu"
    endpoint_instance: InstanceOrDefault = ""
    """SageMaker instance of the endpoint; empty picks the cheapest that fits `endpoint`."""
    endpoint_max_instances: Annotated[int, whole(1, 100)] = 1
    """Above one, the endpoint scales between one and so many instances with its load."""
    data_capture: Truth = False
    """Keeps a share of the endpoint's requests and answers below `capture/`, for 30 days."""
    algorithm: Literal["open", "builtin"] = "open"
    index: Literal["embedded", "s3vectors"] = "embedded"
    query_encoder: Literal["auto", "endpoint", "in_process"] = "auto"
    auth: Literal["iam", "jwt"] = "iam"
    kms: Literal["aws", "customer"] = "aws"
    """Whose keys encrypt: AWS's own, or one customer-managed key of the stack."""
    start_from: Literal["seed", "live"] = "seed"
    """What a training starts from: the seed, or the live model (incremental training)."""
    hyperparameters: Hyperparameters = {}
    """Of the trainings; what is not given has the training's own default."""
    training_instance: Instance = "ml.m5.2xlarge"
    training_instance_count: Annotated[int, whole(1, 99)] = 1
    prepare_engine: Literal["duckdb", "spark"] = "duckdb"
    """What prepares the training data: DuckDB on one machine, or a Spark cluster."""
    prepare_instance: Instance = "ml.m5.xlarge"
    prepare_instance_count: Annotated[int, whole(1, 99)] = 1
    """Machines of the Spark cluster; two where nothing is said."""
    lambda_architecture: Literal["arm64", "x86_64"] = "arm64"
    spot: Truth = False
    approval: Literal["auto", "manual"] = "auto"
    """Who lets a version that passed the gate go live: nobody has to, or a person (`tools/release.py`)."""
    retrain_schedule: Schedule = "none"
    retrain_after_interactions: Annotated[
        int, whole(0, 999_999_999, "a whole number from 0 (never) to 999999999")
    ] = 0
    """New interactions that start a training by themselves; 0 never does."""
    monthly_budget_usd: Annotated[
        int, whole(0, 9_999_999, "a whole number of dollars from 0 (no budget) to 9999999")
    ] = 0
    alarm_email: Email = ""
    retain_data: Truth = True
