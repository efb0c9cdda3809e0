"""The dashboard: the questions of who operates the system, in their order, each with its answer.

Is it up? Is it fast? Is it good? Is it fresh? What does it cost? Below them stands what the alarms watch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.functions import LibraryFunction
from stacks.queues import WorkQueue

_PERIOD, _DAY = cdk.Duration.minutes(5), cdk.Duration.days(1)
_WIDE, _HALF, _THIRD = 24, 12, 8
_PIPELINES = "AWS/Sagemaker/ModelBuildingPipeline"
"""https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html"""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The resources and metrics that the dashboard reads."""

    api: apigateway.RestApi
    search: LibraryFunction
    counted: "SearchCounts | None"
    """None if searches are not counted (query_report=none)."""
    queues: Mapping[str, WorkQueue]
    """By what waits in them; local/waiting.py counts the same on one machine."""
    pipeline: str
    bucket: str
    packages: str
    """Name of the group of model packages."""
    idle_cost: str
    alarms_page: str
    cost_page: str


@dataclass(frozen=True, kw_only=True)
class SearchCounts:
    """The metrics of searches."""

    searches: cloudwatch.Metric
    in_vain: cloudwatch.Metric
    """Searches that found nothing."""
    followed: cloudwatch.Metric
    """Once a day: searches of the last seven days by shoppers whose events are known …"""
    clicks: cloudwatch.Metric
    """… and those of them after which something was taken."""


def draw(
    dashboard: cloudwatch.Dashboard,
    watched: Watched,
    alarms: Sequence[cloudwatch.IAlarm],
    details: Sequence[cloudwatch.IWidget],
) -> None:
    """Fills the dashboard from its top."""
    for question in (_up(watched, alarms), _fast(watched), _good(watched), _fresh(watched), _cost(watched)):
        title, *widgets = question
        dashboard.add_widgets(title)
        dashboard.add_widgets(*widgets)
    about_alarms = f"# What the alarms watch\n{watched.alarms_page} says what each means and what to do."
    dashboard.add_widgets(_text(about_alarms, 2))
    for at in range(0, len(details), 2):
        dashboard.add_widgets(*details[at : at + 2])


def _up(watched: Watched, alarms: Sequence[cloudwatch.IAlarm]) -> list[cloudwatch.IWidget]:
    requests = watched.api.metric_count(period=_PERIOD, statistic="Sum")
    errors = watched.api.metric_server_error(period=_PERIOD, statistic="Sum")
    answered = cloudwatch.MathExpression(
        expression="100 * (1 - errors / requests)",
        using_metrics={"errors": errors, "requests": requests},
        label="answers without a server error, percent",
        period=_PERIOD,
    )
    return [
        _text("# Is it up?"),
        cloudwatch.SingleValueWidget(title="Answered", metrics=[answered], width=_THIRD, height=6),
        _graph("Requests and server errors", [requests, errors], _THIRD),
        cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=_THIRD, height=6),
    ]


def _fast(watched: Watched) -> list[cloudwatch.IWidget]:
    def latency(statistic: str) -> cloudwatch.IMetric:
        return watched.api.metric_latency(period=_PERIOD, statistic=statistic, label=statistic)

    return [
        _text("# Is it fast?"),
        _graph("Time to an answer, ms", [latency(name) for name in ("p50", "p90", "p99")], _HALF),
        _graph(
            "Time in the search function, ms",
            [watched.search.function.metric_duration(period=_PERIOD)],
            _HALF,
        ),
    ]


def _good(watched: Watched) -> list[cloudwatch.IWidget]:
    counted = watched.counted
    if counted is None:
        return [_text("# Is it good?\nSearches are not counted: deploy with query_report=daily.", 2)]
    of_a_day = {
        "clicks": counted.clicks.with_(period=_DAY, statistic="Maximum"),
        "followed": counted.followed.with_(period=_DAY, statistic="Maximum"),
    }
    clicked = cloudwatch.MathExpression(
        expression="100 * clicks / followed",
        using_metrics=of_a_day,
        label="percent of the searches of known shoppers",
        period=_DAY,
    )
    return [
        _text(
            "# Is it good?\nOf the searches of the last seven days, counted once a day; which ones found"
            " nothing: `GET /query-report`. What a model measured before its release: its report, below.",
            2,
        ),
        cloudwatch.SingleValueWidget(
            title="Searches with a click, percent", metrics=[clicked], width=_THIRD, height=6
        ),
        _graph("Searches with a click, percent", [clicked], _THIRD),
        _graph("Searches, and those in vain", [counted.searches, counted.in_vain], _THIRD),
    ]


def _fresh(watched: Watched) -> list[cloudwatch.IWidget]:
    waiting = [
        work.queue.metric_approximate_age_of_oldest_message(period=_PERIOD, label=what)
        for what, work in watched.queues.items()
    ]
    trained = [
        cloudwatch.Metric(
            namespace=_PIPELINES,
            metric_name=name,
            dimensions_map={"PipelineName": watched.pipeline},
            statistic="Sum",
            period=_DAY,
        )
        for name in ("ExecutionSucceeded", "ExecutionFailed")
    ]
    console = f"https://{cdk.Aws.REGION}.console.aws.amazon.com"
    reports = f"https://console.aws.amazon.com/s3/buckets/{watched.bucket}?prefix=executions/"
    packages = f"{console}/sagemaker/home?region={cdk.Aws.REGION}#/model-packages/{watched.packages}"
    return [
        _text(
            f"# Is it fresh?\nEach training's report is `executions/…/evaluation/report.html` in the"
            f" [bucket]({reports}); every [model package]({packages}) names its own.",
            2,
        ),
        _graph("Age of what waits to be read, s", waiting, _HALF),
        _graph("Trainings a day (refused ones count as failed)", trained, _HALF),
    ]


def _cost(watched: Watched) -> list[cloudwatch.IWidget]:
    search = watched.search.function
    seconds = cloudwatch.MathExpression(
        expression="runs * ms / 1000",
        using_metrics={
            "runs": search.metric_invocations(period=_DAY, statistic="Sum"),
            "ms": search.metric_duration(period=_DAY, statistic="Average"),
        },
        label="seconds of the search function a day",
        period=_DAY,
    )
    stored = cloudwatch.Metric(
        namespace="AWS/S3",
        metric_name="BucketSizeBytes",
        dimensions_map={"BucketName": watched.bucket, "StorageType": "StandardStorage"},
        statistic="Average",
        period=_DAY,
    )
    return [
        _text(
            f"# What does it cost?\nWhile nobody uses it: {watched.idle_cost}. By use: {watched.cost_page}", 2
        ),
        _graph("Requests a day", [watched.api.metric_count(period=_DAY, statistic="Sum")], _THIRD),
        _graph("Search function, seconds a day", [seconds], _THIRD),
        _graph("Bytes in the bucket", [stored], _THIRD),
    ]


def _text(markdown: str, height: int = 1) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown=markdown, width=_WIDE, height=height)


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric], width: int) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width)
