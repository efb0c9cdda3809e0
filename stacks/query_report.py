"""The function that counts searches every day, from the logs of the functions that answer."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_logs as logs
from constructs import Construct

from lambdas.settings import QueryReportSettings, QueryReportVariable
from object2vec.core.keys import LATEST_SEARCHES, SEARCH_REPORTS, SYNONYMS
from stacks.functions import LibraryFunction
from stacks.permissions import allow
from stacks.queues import undelivered
from stacks.storage import Storage

FIRST_PAGES = logs.FilterPattern.literal('{ $.message = "query-log" && $.further IS FALSE }')
"""Lines of the query log (object2vec/search/queries/log.py) that are no further page of a search."""
IN_VAIN = logs.FilterPattern.literal('{ $.message = "query-log" && $.further IS FALSE && $.hits = 0 }')
REPORTED = logs.FilterPattern.string_value("$.message", "=", "reported")


class QueryReporting(Construct):
    """One function that reads lines of logs and writes one report a day, which search hands out."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        search: LibraryFunction,
        logged_by: Sequence[LibraryFunction],
        architecture: str,
    ) -> None:
        """`logged_by`: the functions whose logs have the lines."""
        super().__init__(scope, construct_id)
        groups = [function.log_group for function in logged_by]
        self.reporter = LibraryFunction(
            self,
            "Reporter",
            name="query_report",
            architecture=architecture,
            environment=QueryReportSettings.variables(
                store_url=storage.url, log_groups=",".join(group.log_group_name for group in groups)
            ),
            memory_mb=1024,
            timeout=cdk.Duration.minutes(15),
        )
        self.reporter.set_aside_in(undelivered(self))  # the rule does not wait for it
        allow(self.reporter.role, ["logs:FilterLogEvents"], [group.log_group_arn for group in groups])
        storage.let_read(self.reporter.role, [SYNONYMS])
        storage.let_write(self.reporter.role, [SEARCH_REPORTS])
        storage.let_read(search.role, [LATEST_SEARCHES])
        for function in logged_by:
            function.tell(QueryReportVariable.variables(query_log_key=_random_of_the_stack()))
        events.Rule(
            self,
            "Daily",
            description="Reports what was searched",
            schedule=events.Schedule.cron(hour="2", minute="30"),
            targets=[targets.LambdaFunction(self.reporter.function, dead_letter_queue=undelivered(self))],
        )


def _random_of_the_stack() -> str:
    """The UUID at the end of the stack's id, which stays for its life and which no log line has."""
    return cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))
