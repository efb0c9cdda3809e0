"""The cost of using a deployment, as docs/cost.md shows it; tests compare both.

On-demand list prices of us-east-1 in USD, as in stacks/cost.py.
"""

from collections.abc import Mapping

from stacks.cost import LAMBDA_PER_GB_SECOND, LAMBDA_PER_MILLION, SQS_PER_MILLION
from stacks.settings import StackSettings

JOB_PER_HOUR: Mapping[str, float] = {
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.g4dn.xlarge": 0.7364,
    "ml.g5.xlarge": 1.408,
}
"""https://aws.amazon.com/sagemaker/ai/pricing/ (training, processing)"""
LOGS_PER_GB = 0.50
"""https://aws.amazon.com/cloudwatch/pricing/ (ingestion)."""
API_PER_MILLION = 3.50
"""https://aws.amazon.com/api-gateway/pricing/ (REST)"""
EVENT_PER_MILLION = 1.00
"""https://aws.amazon.com/eventbridge/pricing/ (S3's events are ones that one opts into)"""
ANSWER_SECONDS, CALL_SECONDS, PICTURE_SECONDS = 0.02, 0.02, 0.2
"""The time that a request occupies a function: computing, each call to AWS that it waits for, and each
picture that is read."""
CALL_PER_MILLION: Mapping[str, float] = {
    "s3 read": 0.40,
    "s3 write": 5.00,
    "s3 list": 5.00,
    "s3 delete": 0.0,
    "dynamodb read": 0.125,
    "dynamodb write": 0.625,
    "sqs": 0.40,
    "picture": LAMBDA_PER_MILLION + 1e6 * 2 * PICTURE_SECONDS * LAMBDA_PER_GB_SECOND,
}
"""https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/dynamodb/pricing/on-demand/: GET and HEAD, PUT
and COPY, LIST; a unit of reading holds 4 KB (eventually consistent: 8 KB), one of writing 1 KB. A row that is
in an index too is written twice. A picture is read by a function of 2 GB."""
LOGGED_BYTES = 900
"""A request's lines: Lambda's report, and API Gateway's access log."""


def million_requests(calls: Mapping[str, int], memory_gb: float) -> float:
    """USD for a million requests of a route that makes these calls, by the kinds of `CALL_PER_MILLION`."""
    return API_PER_MILLION + million_runs(calls, memory_gb) + LOGGED_BYTES * 1e6 / 2**30 * LOGS_PER_GB


def million_runs(calls: Mapping[str, int], memory_gb: float, seconds: float = ANSWER_SECONDS) -> float:
    """USD for a million runs of a function that makes these calls."""
    pictures = calls.get("picture", 0)
    waited = seconds + CALL_SECONDS * (sum(calls.values()) - pictures) + PICTURE_SECONDS * pictures
    compute = 1e6 * memory_gb * waited * LAMBDA_PER_GB_SECOND
    told = EVENT_PER_MILLION * sum(calls.get(kind, 0) for kind in ("s3 write", "s3 delete"))
    return LAMBDA_PER_MILLION + compute + told + sum(CALL_PER_MILLION[kind] * n for kind, n in calls.items())


def million_messages(calls: Mapping[str, int], memory_gb: float, seconds: float) -> float:
    """USD for a million messages of a queue in order, each of which a function works off on its own."""
    send_receive_delete = 3 * SQS_PER_MILLION[True]
    return send_receive_delete + million_runs(calls, memory_gb, seconds)


def training_run(settings: StackSettings, processing_instance: str, hours: float) -> float | None:
    """USD for one run of the pipeline of `hours`, half of it training; None without a known price. Spot
    training is counted in full, since its discount moves."""
    prices = (JOB_PER_HOUR.get(settings.training_instance), JOB_PER_HOUR.get(processing_instance))
    if None in prices:
        return None
    train, process = (price or 0.0 for price in prices)
    return hours / 2 * (train * settings.training_instance_count + process)
