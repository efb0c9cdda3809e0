"""Deployments for the linters, such that any two choices which go together are in one of them.

Most faults come from one setting, or from two that meet: D. R. Kuhn, D. R. Wallace, A. M. Gallo, "Software
fault interactions and implications for software testing", IEEE TSE 30(6), 2004.
"""

import json
import random
from collections.abc import Mapping
from itertools import combinations, product

from stacks.config import load_settings
from stacks.values import SettingError

ACCOUNT = "123456789012"
REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/copies"
UUID = "0a1b2c3d-0000-4000-8000-000000000000"
MAIL = {"alarm_email": "shop@example.com"}
LONG = "A-name-of-128-letters" + "-and-more" * 11 + "-to-come"

Choice = Mapping[str, str]
CHOICES: tuple[tuple[Choice, ...], ...] = (
    ({"profile": "prod", **MAIL},),
    ({"stack_name": "s"}, {"stack_name": LONG}),
    ({"termination_protection": "true"},),
    ({"tags": json.dumps({"team": "search + more", "cost-centre": "42"})},),
    ({"endpoint": "gpu"}, {"endpoint": "serverless"}, {"endpoint": "none"}),
    ({"endpoint_instance": "ml.c5d.large"}, {"endpoint_instance": "ml.g5.xlarge", "endpoint": "gpu"}),
    ({"endpoint_min_instances": "2"}, {"endpoint_max_instances": "4"}),
    ({"data_capture": "true"},),
    ({"algorithm": "builtin"},),
    ({"index": "s3vectors"},),
    ({"query_encoder": "endpoint"}, {"query_encoder": "in_process"}),
    ({"auth": "jwt"},),
    ({"api_rate_per_second": "1", "api_burst": "1"},),
    ({"api_logs": "account_role"}, {"api_logs": "none"}),
    (
        {"storefront": "https://shop.example.com"},
        {"storefront": "https://a.example.com,http://localhost:5173", "storefront_rate_per_second": "1"},
    ),
    ({"web_acl": f"arn:aws:wafv2:eu-central-1:{ACCOUNT}:regional/webacl/shop/{UUID}"},),
    (
        {
            "domain_name": "search.example.com",
            "domain_certificate": f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/{UUID}",
        },
    ),
    ({"images": "none"}, {"images": "public"}),
    (
        {
            "vpc_subnets": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
            "vpc_security_groups": "sg-0123456789abcdef2",
        },
    ),
    ({"assets_key": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{UUID}"},),
    ({"tracing": "true"},),
    ({"kms": "customer"},),
    ({"start_from": "live"},),
    ({"query_report": "none"},),
    ({"languages": "de,fr"},),
    ({"event_weights": '{"view": 0.1, "return": -1}'},),
    ({"hyperparameters": '{"epochs": 3}'},),
    ({"training_instance": "ml.g5.xlarge"},),
    ({"training_instance_count": "4"},),
    ({"pictures_instance_count": "2"},),
    ({"prepare_engine": "spark", "prepare_instance_count": "9"}, {"prepare_instance": "ml.r5.4xlarge"}),
    ({"processing_instance": "ml.r5.2xlarge"},),
    ({"job_hours": "24", "hyperparameters": '{"time_limit": 43200}'},),
    ({"training_image": f"{REGISTRY}/train:1"},),
    ({"serving_image": f"{REGISTRY}/serve@sha256:{'0' * 64}"},),
    (
        {
            "search_memory_mb": "10240",
            "search_tmp_gib": "10",
            "indexer_memory_mb": "1024",
            "indexer_tmp_gib": "1",
        },
    ),
    ({"lambda_architecture": "x86_64"},),
    ({"spot": "true"}, {"spot": "false"}),
    ({"approval": "manual"},),
    ({"retrain_schedule": "rate(1 minute)"}, {"retrain_schedule": "cron(0 3 ? * SUN *)"}),
    ({"retrain_after_interactions": "5000"},),
    ({"monthly_budget_usd": "50", **MAIL},),
    ({"retain_data": "false"},),
    ({"docs_url": "https://docs.example.com/search/"},),
)
"""What one may choose of each kind, besides the default."""
_OPTIONS: tuple[tuple[Choice, ...], ...] = tuple(({}, *choices) for choices in CHOICES)
_Row = dict[int, int]
"""The number of the option by the number of its kind."""


def deployments(context: Mapping[str, object]) -> list[dict[str, str]]:
    """The `-c` values of each deployment. The first ones hold most pairs: each takes what adds most."""
    chance, found = random.Random(7), []
    kinds = range(len(_OPTIONS))
    missing = {
        ((one, first), (other, second))
        for one, other in combinations(kinds, 2)
        for first, second in product(range(len(_OPTIONS[one])), range(len(_OPTIONS[other])))
        if _goes(context, {one: first, other: second})
    }
    while missing:
        row: _Row = dict(min(missing))
        for kind in chance.sample(kinds, len(kinds)):
            if kind not in row:
                options = sorted(
                    range(len(_OPTIONS[kind])), key=lambda n: -len(_pairs(row, kind, n) & missing)
                )
                row[kind] = next(n for n in options if _goes(context, row | {kind: n}))
        missing -= set(combinations(sorted(row.items()), 2))
        found.append(_values(row))
    return found


def _pairs(row, kind, number):
    """What an option would be together with."""
    return {tuple(sorted([(kind, number), chosen])) for chosen in row.items()}


def _goes(context, row):
    try:
        load_settings({**context, **_values(row)})
    except SettingError:
        return False
    return True


def _values(row: _Row) -> dict[str, str]:
    return {
        name: value for kind, number in sorted(row.items()) for name, value in _OPTIONS[kind][number].items()
    }
