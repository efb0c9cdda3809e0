"""Tells people when something is wrong: alarms, the pipeline's failures, a dashboard."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.dashboard import Watched, draw
from stacks.functions import LibraryFunction
from stacks.permissions import accept, allow
from stacks.queues import WorkQueue, undelivered
from stacks.search_api import SearchApi

SLOW = cdk.Duration.seconds(2)
TOPIC_REASON = "AWS's key for topics is closed to the services that publish here; kms=customer encrypts it."
_PERIOD = cdk.Duration.minutes(5)
FAILING_PERCENT, FAILING_AT_LEAST = 5, 5
"""Share of answers that are 5xx in two of three periods, and how many there must be in each."""
SLOW_AT_LEAST = 100
"""Answers in a period before the slowest tenth says something: a cold start is one of a few."""


def topic_of(scope: Construct, construct_id: str, service: str) -> sns.Topic:
    """A topic that a service publishes to in this account's name. It has to be allowed to: a policy of the
    topic's own, which refuses plain HTTP, replaces the one that lets everything in the account publish.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    topic = sns.Topic(scope, construct_id, enforce_ssl=True)
    accept(topic, {"CKV_AWS_26": TOPIC_REASON})
    statement = iam.PolicyStatement(
        principals=[iam.ServicePrincipal(service)],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
    )
    topic.add_to_resource_policy(statement)
    return topic


def trace(stack: cdk.Stack) -> None:
    """`tracing=true`: X-Ray for the API's stage and every function of ours."""
    for node in stack.node.find_all():
        if isinstance(node, LibraryFunction):
            function = node.function.node.default_child
            assert isinstance(function, lambda_.CfnFunction)
            function.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
            send = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
            allow(node.role, send, ["*"], wildcard="X-Ray knows no resource to narrow it to.")
        elif isinstance(node, apigateway.CfnStage):
            node.tracing_enabled = True


class Observability(Construct):
    """One topic for everything that needs a person; `alarm_email` subscribes to it. `alarms_page` says what
    each alarm means and what to do, under a heading that is the alarm's name."""

    def __init__(self, scope: Construct, construct_id: str, *, alarm_email: str, alarms_page: str) -> None:
        super().__init__(scope, construct_id)
        self._alarms_page = alarms_page
        self.topic = topic_of(self, "Alarms", "cloudwatch.amazonaws.com")
        if alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(alarm_email))
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard")
        self.alarms: list[cloudwatch.Alarm] = []
        self._details: list[cloudwatch.IWidget] = []

    @property
    def alarm_metrics(self) -> int:
        """Metrics that the alarms read: what they are paid by."""
        expressions = [alarm.metric for alarm in self.alarms]
        return sum(
            len(metric.using_metrics) if isinstance(metric, cloudwatch.MathExpression) else 1
            for metric in expressions
        )

    def draw(self, watched: Watched) -> None:
        """Fills the dashboard, once everything is watched."""
        draw(self.dashboard, watched, self.alarms, self._details)

    def count_log(
        self, name: str, function: LibraryFunction, pattern: logs.IFilterPattern, value: str = "1"
    ) -> cloudwatch.Metric:
        """A metric of log lines: how many there are, or the sum of a field of theirs."""
        namespace = f"{cdk.Stack.of(self).stack_name}/Log"
        logs.MetricFilter(
            self,
            f"{name}Lines",
            log_group=function.log_group,
            filter_pattern=pattern,
            metric_namespace=namespace,
            metric_name=name,
            metric_value=value,
        )
        return cloudwatch.Metric(namespace=namespace, metric_name=name, statistic="Sum", period=_PERIOD)

    def watch_queue(self, name: str, work: WorkQueue) -> None:
        """Alarm as soon as a message was given up."""
        dead = work.dead_letters.metric_approximate_number_of_messages_visible(period=_PERIOD)
        self._alarm(
            f"{name}DeadLetters", dead, 1, f"{name}: messages were given up; see the dead-letter queue"
        )
        waiting = work.queue.metric_approximate_number_of_messages_visible(period=_PERIOD)
        self._draw(f"{name} queue", [waiting, dead])

    def watch_undelivered(self) -> None:
        """Alarm as soon as an event did not arrive where it was sent."""
        lost = undelivered(self).metric_approximate_number_of_messages_visible(period=_PERIOD)
        self._alarm("Undelivered", lost, 1, "An event did not arrive; see the queue of undelivered ones")

    def watch_function(self, name: str, watched: LibraryFunction) -> None:
        """Alarm on a run that failed."""
        errors = watched.function.metric_errors(period=_PERIOD)
        self._alarm(f"{name}Errors", errors, 1, f"{name}: the function failed; see its log group")
        self._draw(f"{name} function", [watched.function.metric_invocations(period=_PERIOD), errors])

    def watch_api(self, api: SearchApi) -> None:
        """Alarms on server errors and on slow answers."""
        errors = api.api.metric_server_error(period=_PERIOD, statistic="Sum")
        latency = api.api.metric_latency(period=_PERIOD, statistic="p99")
        self._alarm("ApiErrors", errors, 5, "The API answered 5xx")
        self._alarm(
            "ApiLatency", latency, SLOW.to_milliseconds(), "p99 of the API above two seconds", periods=3
        )
        self._draw("API", [api.api.metric_count(period=_PERIOD), errors])
        self._draw("API latency", [latency, api.api.metric_latency(period=_PERIOD, statistic="p50")])

    def judge_models(self, api: SearchApi, releases: WorkQueue) -> None:
        """Two alarms that may withdraw a model that went live lately; the release function decides. They need
        more evidence than alarms that send a mail: one error, or a cold start, withdraws no model."""
        requests = api.api.metric_count(period=_PERIOD, statistic="Sum")
        errors = api.api.metric_server_error(period=_PERIOD, statistic="Sum")
        slow = api.api.metric_latency(period=_PERIOD, statistic="p90")
        failing = _where(
            f"errors >= {FAILING_AT_LEAST}", "100 * errors / requests", errors=errors, requests=requests
        )
        slowed = _where(f"requests >= {SLOW_AT_LEAST}", "slow", slow=slow, requests=requests)
        alarms = [
            self._alarm(
                "ModelFails",
                failing,
                FAILING_PERCENT,
                f"{FAILING_PERCENT} % of the answers are 5xx: a model of the last two hours is withdrawn",
                periods=3,
                of_them=2,
            ),
            self._alarm(
                "ModelSlow",
                slowed,
                SLOW.to_milliseconds(),
                "A tenth of the answers take two seconds: a model of the last two hours is withdrawn",
                periods=3,
            ),
        ]
        self._roll_back_on(alarms, releases)

    def watch_pipeline(self, pipeline_arn: str) -> None:
        """A message for every execution that failed, a refusal by the gate among them."""
        events.Rule(
            self,
            "PipelineFailed",
            description="Executions of the training pipeline that failed",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Building Pipeline Execution Status Change"],
                detail={"pipelineArn": [pipeline_arn], "currentPipelineExecutionStatus": ["Failed"]},
            ),
            targets=[targets.SnsTopic(self.topic, dead_letter_queue=undelivered(self))],
        )

    def watch_log(self, name: str, functions: Sequence[LibraryFunction], message: str, meaning: str) -> None:
        """Alarm on a log line with this message; the functions log JSON."""
        namespace = f"{cdk.Stack.of(self).stack_name}/Log"
        for number, function in enumerate(functions):
            logs.MetricFilter(
                self,
                f"{name}Lines{number}",
                log_group=function.log_group,
                filter_pattern=logs.FilterPattern.string_value("$.message", "=", message),
                metric_namespace=namespace,
                metric_name=name,
                metric_value="1",
            )
        metric = cloudwatch.Metric(namespace=namespace, metric_name=name, statistic="Sum", period=_PERIOD)
        self._alarm(name, metric, 1, meaning)

    def _roll_back_on(self, alarms: Sequence[cloudwatch.Alarm], releases: WorkQueue) -> None:
        events.Rule(
            self,
            "RollBack",
            description="Alarms that speak against a new model",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                resources=[alarm.alarm_arn for alarm in alarms],
                detail={"state": {"value": ["ALARM"]}},
            ),
            targets=[
                releases.target(
                    events.RuleTargetInput.from_object(
                        {"order": "alarm", "alarm": events.EventField.from_path("$.detail.alarmName")}
                    )
                )
            ],
        )

    def _alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        description: str,
        *,
        periods: int = 1,
        of_them: int | None = None,
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=of_them,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{description}. {self._alarms_page}#{construct_id.lower()}",
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        self.alarms.append(alarm)
        return alarm

    def _draw(self, title: str, metrics: Sequence[cloudwatch.IMetric]) -> None:
        self._details.append(cloudwatch.GraphWidget(title=title, left=list(metrics), width=12))


def _where(condition: str, value: str, **metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """The value in periods where the condition holds, 0 in others."""
    return cloudwatch.MathExpression(
        expression=f"IF({condition}, {value}, 0)", using_metrics=metrics, period=_PERIOD
    )
