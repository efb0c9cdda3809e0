"""Lists everything in the emulated account, to see what a deployment leaves behind."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3

_LISTS: tuple[tuple[str, str, str, str], ...] = (
    ("apigateway", "get_rest_apis", "items", "name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("dynamodb", "list_tables", "TableNames", ""),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ("sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    ("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName"),
    ("sagemaker", "list_models", "Models", "ModelName"),
    ("sagemaker", "list_pipelines", "PipelineSummaries", "PipelineName"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
)
"""Service, operation, the key of its list, the key of a name in that (empty: the entry is the name)."""


def resources() -> set[tuple[str, str]]:
    """Kind and name of every resource."""
    return {(f"{service} {key}", name) for service, key, name in _everything()}


def _everything() -> Iterator[tuple[str, str, str]]:
    for service, operation, key, name in _LISTS:
        call: Callable[[], dict[str, Any]] = getattr(boto3.client(service), operation)
        for entry in call().get(key, []):
            yield service, key, entry[name] if name else entry
