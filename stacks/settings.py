"""The settings of a deployment: an option of cdk.json is a field here, and what a construct makes of it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from stacks.values import (
    Certificate,
    DomainName,
    Email,
    EndpointInstance,
    Image,
    KmsKey,
    Languages,
    Origins,
    ProcessingInstance,
    Schedule,
    SecurityGroups,
    Site,
    StackName,
    Subnets,
    TrainingInstance,
    Truth,
    WebAcl,
    event_weights,
    hyperparameters,
    tags,
    whole,
)

Tags = Annotated[Mapping[str, str], BeforeValidator(tags)]
EventWeights = Annotated[str, BeforeValidator(event_weights)]
HyperparameterTexts = Annotated[Mapping[str, str], BeforeValidator(hyperparameters)]


class StackSettings(BaseModel):
    """One deployment. Defaults are the cheapest that works; cdk.json holds the profiles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Literal["dev", "prod"] = "dev"
    stack_name: StackName = "Object2Vec"
    """Several stacks can live in one account and region, each under a name of its own."""
    termination_protection: Truth = False
    """CloudFormation refuses to delete the stack until this is false again."""
    tags: Tags = {}
    """Tags of everything the stack makes, and of what its functions make later: endpoints, models, jobs."""
    endpoint: Literal["cpu", "gpu", "serverless", "none"] = "cpu"
    endpoint_instance: EndpointInstance = ""
    """SageMaker instance of the endpoint; empty picks the cheapest that fits `endpoint`."""
    endpoint_min_instances: Annotated[int, whole(1, 100)] = 1
    """Two are put into two availability zones."""
    endpoint_max_instances: Annotated[int, whole(1, 100)] = 1
    """Most instances; above the minimum, the endpoint scales between the two with its load."""
    data_capture: Truth = False
    """Keeps a share of the endpoint's requests and answers below `capture/`, for 30 days."""
    algorithm: Literal["open", "builtin"] = "open"
    index: Literal["embedded", "s3vectors"] = "embedded"
    query_encoder: Literal["auto", "endpoint", "in_process"] = "auto"
    auth: Literal["iam", "jwt"] = "iam"
    api_rate_per_second: Annotated[int, whole(1, 10_000)] = 50
    """Requests a second that the API takes; more are refused with 429."""
    api_burst: Annotated[int, whole(1, 5_000)] = 100
    """Requests at once."""
    api_logs: Literal["own_role", "account_role", "none"] = "own_role"
    """Whose role API Gateway logs with. It has one for all APIs of an account and region: `own_role` sets it,
    `account_role` uses what is set, `none` logs nothing of the API's own."""
    storefront: Origins = ""
    """Origins of the shop's own pages, which may search and recommend with a publishable key; empty: none."""
    storefront_rate_per_second: Annotated[int, whole(1, 10_000)] = 20
    """Requests a second that all pages together may make."""
    web_acl: WebAcl = ""
    """AWS WAF in front of the API."""
    domain_name: DomainName = ""
    domain_certificate: Certificate = ""
    """A name of your own for the API, and its certificate in the stack's region."""
    images: Literal["none", "private", "public"] = "private"
    """Whether hits carry addresses of their pictures: signed ones, valid for an hour, or open ones at
    CloudFront."""
    vpc_subnets: Subnets = ""
    vpc_security_groups: SecurityGroups = ""
    """A network of your own for functions, jobs and endpoints: ids with commas, subnets in two availability
    zones."""
    assets_key: KmsKey = ""
    """The customer managed key of the bootstrap bucket, where `cdk bootstrap` was given one."""
    tracing: Truth = False
    """AWS X-Ray for the API and the functions."""
    kms: Literal["aws", "customer"] = "aws"
    """Whose keys encrypt: AWS's own, or one customer-managed key of the stack."""
    start_from: Literal["seed", "live"] = "seed"
    """The start of a training: the seed, or the live model (incremental training)."""
    query_report: Literal["daily", "none"] = "daily"
    """Whether searches are counted in the functions' logs and reported every day."""
    languages: Languages = "auto"
    """Whose word forms search knows; auto: those that the catalogue is written in."""
    event_weights: EventWeights = ""
    """Weight of each type of event for an item, or with a minus against it; a type not given has the
    usual weight (object2vec/core/event_kinds.py)."""
    hyperparameters: HyperparameterTexts = {}
    """Hyperparameters of the trainings; one not given has the training's own default."""
    training_instance: TrainingInstance = "ml.m5.2xlarge"
    training_instance_count: Annotated[int, whole(1, 99)] = 1
    job_hours: Annotated[int, whole(2, 120)] = 4
    """Hours after which SageMaker stops a job of the pipeline; a processing job may take 120."""
    pictures_instance_count: Annotated[int, whole(0, 99)] = 0
    """Machines that read the uploaded pictures that wait before each training; 0: the function alone reads
    them."""
    prepare_engine: Literal["duckdb", "spark"] = "duckdb"
    """The engine that prepares training data: DuckDB on one machine, or a Spark cluster."""
    processing_instance: ProcessingInstance = "ml.m5.xlarge"
    """The machine that evaluates a model, builds the index and reads pictures."""
    prepare_instance: ProcessingInstance = "ml.m5.xlarge"
    prepare_instance_count: Annotated[int, whole(1, 99)] = 1
    """Machines of the Spark cluster; two where nothing is said."""
    training_image: Image = ""
    serving_image: Image = ""
    """Copies of AWS's images in a registry of your own; empty: AWS's own."""
    search_memory_mb: Annotated[int, whole(1024, 10_240)] = 2048
    search_tmp_gib: Annotated[int, whole(1, 10)] = 2
    """The search function holds two releases while one replaces the other, in memory and in `/tmp`."""
    indexer_memory_mb: Annotated[int, whole(1024, 10_240)] = 3008
    indexer_tmp_gib: Annotated[int, whole(1, 10)] = 4
    """Memory and `/tmp` of the function that builds base indexes."""
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
    docs_url: Site = ""
    """Where the documentation is published (`make docs` builds the site): alarms and the dashboard link to
    its pages. Empty: they name the file in the repository."""
    retain_data: Truth = True

    def page(self, name: str) -> str:
        """A page of the documentation: its address, or its file in the repository."""
        return f"{self.docs_url.rstrip('/')}/{name}.html" if self.docs_url else f"docs/{name}.md"
