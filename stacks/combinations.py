"""Settings that exclude each other: each rule is a case and the sentence that refuses it."""

from collections.abc import Callable

from stacks.builtin_hyperparameters import reason_refused
from stacks.instances import is_gpu
from stacks.settings import StackSettings
from stacks.values import USUAL_TIME_LIMIT

Refusal = tuple[Callable[[StackSettings], bool], str]


def _machine(settings: StackSettings) -> bool:
    """Whether the endpoint runs on an instance of its own."""
    return settings.endpoint in ("cpu", "gpu")


def _hours_of_training(settings: StackSettings) -> float:
    """The `time_limit` of a catalogue's training."""
    return float(settings.hyperparameters.get("time_limit", USUAL_TIME_LIMIT)) / 3600


RULES: tuple[Refusal, ...] = (
    (
        lambda s: s.profile == "prod" and not s.alarm_email,
        "alarm_email: profile=prod needs an address that hears of alarms: -c alarm_email=you@example.com",
    ),
    (
        lambda s: s.endpoint_min_instances > 1 and not _machine(s),
        "endpoint_min_instances: only endpoint=cpu and endpoint=gpu have instances; leave it at 1",
    ),
    (
        lambda s: 1 < s.endpoint_max_instances < s.endpoint_min_instances,
        "endpoint_max_instances: must not be below endpoint_min_instances",
    ),
    (
        lambda s: s.api_burst < s.api_rate_per_second,
        "api_burst: must not be below api_rate_per_second, which could never be reached",
    ),
    (
        lambda s: bool(s.domain_name) != bool(s.domain_certificate),
        "domain_name: needs domain_certificate too, its certificate in the stack's region, and the other way"
        " round",
    ),
    (
        lambda s: bool(s.vpc_subnets) != bool(s.vpc_security_groups),
        "vpc_subnets: needs vpc_security_groups too, and the other way round",
    ),
    (
        lambda s: bool(s.vpc_subnets) and s.endpoint == "serverless",
        "vpc_subnets: a serverless endpoint cannot be in a network of your own; choose another endpoint",
    ),
    (
        lambda s: bool(s.serving_image) and s.algorithm == "builtin",
        "serving_image: algorithm=builtin is served by AWS's own image; leave it empty",
    ),
    (
        lambda s: s.index == "s3vectors" and s.kms == "customer",
        "kms: index=s3vectors keeps its vectors under AWS's own key; choose kms=aws or index=embedded",
    ),
    (
        lambda s: s.monthly_budget_usd > 0 and not s.alarm_email,
        "monthly_budget_usd: needs alarm_email too, the address that hears of it",
    ),
    (
        lambda s: bool(s.endpoint_instance) and not _machine(s),
        "endpoint_instance: endpoint=serverless and endpoint=none run on no instance; leave it empty",
    ),
    (
        lambda s: s.endpoint == "gpu" and bool(s.endpoint_instance) and not is_gpu(s.endpoint_instance),
        "endpoint_instance: endpoint=gpu needs an instance with a GPU, such as ml.g4dn.xlarge",
    ),
    (
        lambda s: s.endpoint == "cpu" and bool(s.endpoint_instance) and is_gpu(s.endpoint_instance),
        "endpoint_instance: endpoint=cpu would leave its GPU idle; choose endpoint=gpu or another instance",
    ),
    (
        lambda s: s.endpoint_max_instances > 1 and not _machine(s),
        "endpoint_max_instances: only endpoint=cpu and endpoint=gpu have instances to add; leave it at 1",
    ),
    (
        lambda s: s.endpoint_max_instances > 1 and s.endpoint_instance.startswith("ml.t"),
        "endpoint_max_instances: SageMaker does not scale burstable (ml.t) instances; choose another type",
    ),
    (
        lambda s: s.data_capture and not _machine(s),
        "data_capture: serverless endpoints cannot capture and endpoint=none has no traffic; use cpu or gpu",
    ),
    (
        lambda s: s.query_encoder == "endpoint" and s.endpoint == "none",
        "query_encoder: 'endpoint' needs an endpoint; choose endpoint=cpu, or query_encoder=in_process",
    ),
    (
        lambda s: s.prepare_engine == "duckdb" and s.prepare_instance_count > 1,
        "prepare_instance_count: DuckDB prepares on one machine; choose a larger prepare_instance, or"
        " prepare_engine=spark",
    ),
    (
        lambda s: is_gpu(s.prepare_instance),
        "prepare_instance: the preparation would leave a GPU idle; choose another instance",
    ),
    (
        lambda s: is_gpu(s.processing_instance),
        "processing_instance: evaluation and index would leave a GPU idle; choose another instance",
    ),
    (
        lambda s: s.algorithm == "open" and _hours_of_training(s) > s.job_hours - 1,
        "job_hours: SageMaker would stop a training before its time_limit and an hour for the rest (reading,"
        " the teacher, categories, ranker) are over; raise job_hours, or lower time_limit",
    ),
    (
        lambda s: s.prepare_engine == "spark" and s.prepare_instance.startswith("ml.t"),
        "prepare_instance: Spark beside YARN and HDFS needs 8 GB at least; choose ml.m5.large or more",
    ),
    (
        lambda s: s.algorithm == "builtin" and s.start_from == "live",
        "start_from: AWS's Object2Vec cannot go on from a model; allowed with algorithm=builtin: seed",
    ),
    (
        lambda s: s.algorithm == "builtin" and not _machine(s),
        "endpoint: algorithm=builtin takes query vectors from AWS's image, which needs an instance; choose"
        " endpoint=cpu or endpoint=gpu",
    ),
    (
        lambda s: s.algorithm == "builtin" and s.query_encoder != "auto",
        "query_encoder: algorithm=builtin has no encoder but its endpoint's; leave it at auto",
    ),
    (
        lambda s: s.algorithm == "builtin" and s.spot,
        "spot: AWS's Object2Vec keeps no checkpoint to go on from; choose spot=false with algorithm=builtin",
    ),
    (
        lambda s: s.algorithm == "builtin" and s.index == "s3vectors",
        "index: algorithm=builtin has no vector for a text that came after its training, which S3 Vectors"
        " demands; choose index=embedded",
    ),
    (
        lambda s: s.algorithm == "builtin" and s.training_instance_count > 1,
        "training_instance_count: AWS's Object2Vec trains on one machine; allowed with algorithm=builtin: 1",
    ),
)


def refused(settings: StackSettings) -> str:
    """The reason why this combination cannot be deployed; empty if it can."""
    wrong = reason_refused(settings.hyperparameters) if settings.algorithm == "builtin" else ""
    return (
        f"hyperparameters: {wrong}" if wrong else next((why for holds, why in RULES if holds(settings)), "")
    )
