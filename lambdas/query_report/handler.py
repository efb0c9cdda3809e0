"""Every day: the report of what was searched, from the logs of the functions that answer."""

import heapq
import time
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from lambdas.settings import QueryReportSettings
from object2vec.search.queries.log import MESSAGE
from object2vec.search.queries.report import write_report
from object2vec.storage import open_store

logger = Logger(service="query_report")


def handler(_event: dict[str, Any], _context: object) -> None:
    """Writes the day's report; a repeated call writes it again."""
    settings = QueryReportSettings.read()
    lines = LoggedLines(settings.log_groups.split(","))
    report = write_report(open_store(settings.store_url), lines, time.time())
    counts = {name: report[name] for name in ("searches", "queries", "followed", "clicks")}
    logger.info("reported", **counts)


class LoggedLines:
    """Lines of the query log in CloudWatch, in the order of time: some thousand for each request.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """

    def __init__(self, log_groups: Sequence[str]) -> None:
        self._groups = log_groups
        self._logs: Any = boto3.client("logs")

    def __call__(self, since: float, until: float) -> Iterator[str]:
        groups = [self._events(group, since, until) for group in self._groups]
        return (event["message"] for event in heapq.merge(*groups, key=lambda event: event["timestamp"]))

    def _events(self, group: str, since: float, until: float) -> Iterator[dict[str, Any]]:
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=group,
            startTime=int(since * 1000),
            endTime=int(until * 1000) - 1,
            filterPattern=f'"{MESSAGE}"',
        )
        return (event for page in pages for event in page["events"])
