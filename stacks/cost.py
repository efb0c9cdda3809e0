"""What a deployment costs while nobody uses it: an estimate to show, not a bill.

On-demand list prices of us-east-1 in USD, 730 hours a month, no free tier, no discount. Reviewed on
2026-11-24 without access to the pages named below, which AWS changes: look there before you rely on a
figure. A test holds `docs/cost.md` to these numbers.
"""

from collections.abc import Mapping

from stacks.settings import StackSettings

HOURS = 730
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
ALARM = 0.10
"""https://aws.amazon.com/cloudwatch/pricing/ (standard resolution)"""
KEY = 1.00
"""https://aws.amazon.com/kms/pricing/ (a customer managed key)"""
REST = 1.0
"""Storage of an empty shop, idle functions, queues, API and dashboard: cents, rounded into one dollar."""


def idle_per_month(settings: StackSettings, instance: str, alarms: int) -> float | None:
    """USD; None where the endpoint's instance has no known price. `instance` is empty without one."""
    fixed = REST + ALARM * alarms + (KEY if settings.kms == "customer" else 0.0)
    if not instance:
        return fixed
    hourly = ENDPOINT_PER_HOUR.get(instance)
    return None if hourly is None else fixed + HOURS * hourly * settings.endpoint_min_instances


def idle_in_words(settings: StackSettings, instance: str, alarms: int) -> str:
    """For the output of a deployment. An instance without a known price is named instead of guessed."""
    total = idle_per_month(settings, instance, alarms)
    if total is None:
        total = idle_per_month(settings, "", alarms)
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
