"""Starts trainings by schedule, or after enough new interactions; one run at a time."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from lambdas.settings import RetrainSettings
from object2vec.core.keys import EVENT_REPORTS, INTERACTION_UPLOADS, REPORTS, RETRAINING
from stacks.functions import LibraryFunction
from stacks.permissions import allow, job_role
from stacks.queues import WorkQueue, undelivered
from stacks.storage import Storage
from stacks.training import Training

COUNTED = (f"{REPORTS}{INTERACTION_UPLOADS}", EVENT_REPORTS)
"""The reports that say how many interactions came."""
TIMEOUT = cdk.Duration.minutes(1)
TRIED_FOR = cdk.Duration.minutes(30)
"""Each time: more than six time-outs, since functions of 15 minutes may have all executions that are free."""


class Retraining(Construct):
    """A queue worked off one message at a time, so that no two of its messages start a run at once."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        training: Training,
        architecture: str,
        schedule: str,
        after_interactions: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.retrain = LibraryFunction(
            self,
            "Retrain",
            name="retrain",
            architecture=architecture,
            environment=RetrainSettings.variables(store_url=storage.url, pipeline_name=training.name),
            memory_mb=256,
            timeout=TIMEOUT,
        )
        storage.let_read(self.retrain.role, [*COUNTED, RETRAINING])
        storage.let_write(self.retrain.role, [RETRAINING])
        start = ["sagemaker:ListPipelineExecutions", "sagemaker:StartPipelineExecution"]
        allow(self.retrain.role, start, [training.pipeline_arn])
        self.occasions = WorkQueue(self, "Occasions", visibility=TRIED_FOR, in_order=True)
        self.occasions.feed(self.retrain, batch_size=1, partial_failure=False)
        if after_interactions:
            self.occasions.take_created_objects(storage.bucket, *COUNTED)
            self._look_again_after_a_run(training)
        if schedule != "none":
            self._schedule(schedule)

    def _look_again_after_a_run(self, training: Training) -> None:
        """Interactions that came during a run are counted, and may start the next when it has ended."""
        events.Rule(
            self,
            "RunEnded",
            description="Runs of the training pipeline that ended",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Building Pipeline Execution Status Change"],
                detail={
                    "pipelineArn": [training.pipeline_arn],
                    "currentPipelineExecutionStatus": ["Succeeded", "Failed", "Stopped"],
                },
            ),
            targets=[self.occasions.target()],
        )

    def _schedule(self, expression: str) -> None:
        role = job_role(self, "ScheduleRole", "scheduler.amazonaws.com", "Asks for a training on schedule")
        lost = undelivered(self).queue_arn
        allow(role, ["sqs:SendMessage"], [self.occasions.queue.queue_arn, lost])
        scheduler.CfnSchedule(
            self,
            "Schedule",
            schedule_expression=expression,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.occasions.queue.queue_arn,
                role_arn=role.role_arn,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=lost),
                input='{"source": "schedule", "time": "<aws.scheduler.scheduled-time>"}',
                sqs_parameters=scheduler.CfnSchedule.SqsParametersProperty(message_group_id="all"),
            ),
        )
