"""What the stack costs a month while nobody uses it: an estimate to show, not a bill.

On-demand prices of us-east-1 in USD, 730 hours a month, no free tier: endpoints by the hour of their instance
(https://aws.amazon.com/sagemaker/ai/pricing/), alarms at 0.10 each; storage of an empty shop, idle functions,
queues, API and schedule are cents and rounded into one.
"""

from collections.abc import Mapping

HOURS = 730
ALARM = 0.10
REST = 1.0
ENDPOINT_PER_HOUR: Mapping[str, float] = {
    "ml.t2.medium": 0.056,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.g4dn.xlarge": 0.7364,
    "ml.g5.xlarge": 1.408,
}


def idle_cost_per_month(endpoint_instance: str, alarms: int) -> str:
    """For the output of a deployment. An instance without a known price is named instead of guessed."""
    fixed = REST + ALARM * alarms
    if not endpoint_instance:
        return f"about {fixed:.0f} USD (us-east-1; no endpoint)"
    if endpoint_instance not in ENDPOINT_PER_HOUR:
        return f"about {fixed:.0f} USD (us-east-1) plus one {endpoint_instance} endpoint around the clock"
    total = fixed + HOURS * ENDPOINT_PER_HOUR[endpoint_instance]
    return f"about {total:.0f} USD (us-east-1; one {endpoint_instance} endpoint around the clock)"
