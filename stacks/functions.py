"""A Lambda function of this project: its bundle, its own role, its own log group."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambdas.settings import OF_FUNCTIONS
from stacks.bundling import function_code
from stacks.permissions import AWS_KEYS, PLACE, accept, acknowledge, allow, job_role

RUNTIME_REASON = "The wheels in the bundle are built for CPython 3.13, the newest that all of them support."
_CALLER_REASON = "Its caller waits for the answer, or its queue has a dead-letter queue."


class LibraryFunction(Construct):
    """Runs `lambdas/<name>/handler.py`, which calls the library and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        architecture: str,
        environment: Mapping[str, str],
        memory_mb: int,
        timeout: cdk.Duration,
        scratch: cdk.Size | None = None,
        entry: str = "handler",
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        self.log_group = log_group(self, "Log")
        self.role = job_role(self, "Role", "lambda.amazonaws.com", f"Runs lambdas/{name}")
        allow(self.role, ["logs:CreateLogStream", "logs:PutLogEvents"], [self.log_group.log_group_arn])
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"object2vec: {name}",
            code=function_code(name, architecture),
            handler=f"lambdas.{name}.handler.{entry}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=_ARCHITECTURES[architecture],
            role=self.role,
            log_group=self.log_group,
            memory_size=memory_mb,
            timeout=timeout,
            ephemeral_storage_size=scratch,
            environment=_THREADS | dict(environment),
        )
        acknowledge(self, RUNTIME_REASON, "AwsSolutions-L1")
        accept(self.function, {**PLACE, "CKV_AWS_116": _CALLER_REASON})

    def tell(self, variables: Mapping[str, str]) -> None:
        """Adds to the environment what was not known when the function was made."""
        for name, value in variables.items():
            self.function.add_environment(name, value)

    def tell_shared(self, deployment: Mapping[str, Any]) -> None:
        """Adds the settings of the deployment that the function's own settings have under the same name."""
        self.tell(OF_FUNCTIONS[self.name].shared(deployment))

    def set_aside_in(self, queue: sqs.Queue) -> None:
        """Sends an event of an asynchronous caller to a queue after three failures."""
        lambda_.EventInvokeConfig(
            self, "Events", function=self.function, on_failure=destinations.SqsDestination(queue)
        )

    @property
    def code_key(self) -> str:
        """A text that changes with the code."""
        function = self.function.node.default_child
        assert isinstance(function, lambda_.CfnFunction)
        return str(function.code.s3_key)  # type: ignore[union-attr]


def log_group(scope: Construct, construct_id: str) -> logs.LogGroup:
    """A log group that keeps lines for a month and is deleted with the stack."""
    group = logs.LogGroup(
        scope,
        construct_id,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    accept(group, {"CKV_AWS_158": AWS_KEYS})
    return group


# A function has about one core: threads of faiss and tokenizers would only wait for each other.
_THREADS = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

_ARCHITECTURES: Mapping[str, lambda_.Architecture] = {
    "arm64": lambda_.Architecture.ARM_64,
    "x86_64": lambda_.Architecture.X86_64,
}
