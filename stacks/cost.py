"""The cost of a deployment while nobody uses it: an estimate, not a bill.

On-demand list prices of us-east-1 in USD, 730 hours a month, no free tier, no discount. Reviewed on
2026-11-29 without access to the pages named below, which AWS changes: look there before you rely on a
figure. A test holds `docs/cost.md` to these numbers, and to those of use (tests/helpers/cost_of_use.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from stacks.settings import StackSettings

HOURS_PER_MONTH = 730
ENDPOINT_PER_HOUR: Mapping[str, float] = {
    "ml.t2.medium": 0.056,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.g4dn.xlarge": 0.7364,
    "ml.g5.xlarge": 1.408,
}
"""https://aws.amazon.com/sagemaker/ai/pricing/ (real-time inference)"""
ALARM_METRIC, DASHBOARD = 0.10, 3.00
"""https://aws.amazon.com/cloudwatch/pricing/ (a month; an alarm counts once for each metric that it reads)"""
KMS_KEY_PER_MONTH = 1.00
"""https://aws.amazon.com/kms/pricing/ (a customer managed key, a month)"""
LAMBDA_PER_GB_SECOND, LAMBDA_PER_MILLION = 0.0000133334, 0.20
"""https://aws.amazon.com/lambda/pricing/ (arm64)"""
SQS_PER_MILLION: Mapping[bool, float] = {False: 0.40, True: 0.50}
"""https://aws.amazon.com/sqs/pricing/ (standard, and in order)"""
POLLS_PER_MONTH = 5 * 3 * 60 * HOURS_PER_MONTH
"""Lambda polls a queue by five connections that wait 20 s each.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
CURATIONS_PER_MONTH = 4 * 24 * 365 / 12
"""Runs of the function that curates the event log."""
CURATION_GB_SECONDS = 3.0
"""About what such a run takes where nothing came."""


@dataclass(frozen=True)
class Standing:
    """The parts of a stack that are paid by the month."""

    alarm_metrics: int = 0
    queues: int = 0
    """Queues that a function polls."""
    ordered_queues: int = 0
    """Queues among them that keep their order."""

    @property
    def usd(self) -> float:
        """The price of a month."""
        polls = sum(
            count * POLLS_PER_MONTH / 1e6 * SQS_PER_MILLION[ordered]
            for ordered, count in ((False, self.queues - self.ordered_queues), (True, self.ordered_queues))
        )
        curating = CURATIONS_PER_MONTH * (
            CURATION_GB_SECONDS * LAMBDA_PER_GB_SECOND + LAMBDA_PER_MILLION / 1e6
        )
        return DASHBOARD + ALARM_METRIC * self.alarm_metrics + polls + curating


def idle_per_month(settings: StackSettings, instance: str, standing: Standing) -> float | None:
    """USD; None where the endpoint's instance has no known price. `instance` is empty without one."""
    fixed = standing.usd + (KMS_KEY_PER_MONTH if settings.kms == "customer" else 0.0)
    if not instance:
        return fixed
    hourly = ENDPOINT_PER_HOUR.get(instance)
    return None if hourly is None else fixed + HOURS_PER_MONTH * hourly * settings.endpoint_min_instances


def idle_in_words(settings: StackSettings, instance: str, standing: Standing) -> str:
    """The estimate as a deployment prints it. An instance without a known price is named, not guessed."""
    total = idle_per_month(settings, instance, standing)
    if total is None:
        total = idle_per_month(settings, "", standing)
        return f"about {total:.0f} USD (us-east-1) plus {_endpoint(settings, instance)}"
    runs = {
        "none": "no endpoint",
        "serverless": "a serverless endpoint, paid by the request",
    }.get(settings.endpoint, _endpoint(settings, instance))
    return f"about {total:.0f} USD (us-east-1; {runs})"


def _endpoint(settings: StackSettings, instance: str) -> str:
    if settings.endpoint_min_instances > 1:
        return f"one endpoint of {settings.endpoint_min_instances} {instance} around the clock"
    return f"one {instance} endpoint around the clock"
