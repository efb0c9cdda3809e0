"""The owner of the endpoints: a custom resource, since CloudFormation's own would bring old models back."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources
from constructs import Construct

from lambdas.settings import EndpointOwnerSettings
from object2vec.core.keys import RELEASES
from stacks.functions import LibraryFunction, log_group
from stacks.hosting import EndpointHosting
from stacks.ingestion import Ingestion
from stacks.permissions import PLACE, accept, acknowledge, allow
from stacks.storage import Storage
from stacks.training import MOVED, TROUBLE, Training
from stacks.vectors import VectorBucket


class EndpointOwner(Construct):
    """Publishes the seed on create, keeps the live version's endpoint, leaves nothing behind on delete."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        hosting: EndpointHosting,
        training: Training,
        ingestion: Ingestion,
        vectors: VectorBucket | None,
        architecture: str,
    ) -> None:
        super().__init__(scope, construct_id)
        environment = hosting.environment | EndpointOwnerSettings.variables(
            store_url=storage.url,
            job_bundle_uri=training.bundle.uri,
            pipeline_name=training.pipeline.ref,
            model_package_group=training.model_package_group.model_package_group_name,
            indexer_queue_url=ingestion.item_log.queue.queue_url,
        )
        self.on_event, self.is_complete = (
            LibraryFunction(
                self,
                construct_id,
                name="endpoint_owner",
                architecture=architecture,
                environment=environment,
                memory_mb=1024,
                timeout=cdk.Duration.minutes(5),
                scratch=cdk.Size.gibibytes(2),  # the job bundle is unpacked into the seed's archive
                entry=entry,
            )
            for construct_id, entry in (("OnEvent", "on_event"), ("IsComplete", "is_complete"))
        )
        for function in (self.on_event, self.is_complete):
            storage.let_read(function.role, [RELEASES])
            hosting.let_remove(function.role)
        storage.let_write(self.on_event.role, [RELEASES], delete=True)
        storage.let_write(self.is_complete.role, MOVED)
        storage.let_delete(self.is_complete.role, [TROUBLE])
        hosting.let_start(self.is_complete.role)
        training.bundle.let_read(self.on_event.role)
        ingestion.let_wake_indexer(self.on_event.role)
        self._let_tear_down(training)
        if vectors:
            vectors.let_remove(self.on_event.role)
            self.on_event.tell(EndpointOwnerSettings.variables(vector_bucket=vectors.bucket_name))
        self._resource = self._owner(hosting, training, ingestion)

    def go_before(self, function: LibraryFunction) -> None:
        """Holds a function's new code back until the live release has a base index that it can read. If none
        comes in time, the deployment fails and the old code stays."""
        function.function.node.add_dependency(self._resource)

    def _let_tear_down(self, training: Training) -> None:
        role = self.on_event.role
        for looks in (role, self.is_complete.role):
            allow(looks, ["sagemaker:ListPipelineExecutions"], [training.pipeline_arn])
        verbs = ("StopPipelineExecution", "ListPipelineExecutionSteps", "SendPipelineExecutionStepFailure")
        allow(
            role,
            [f"sagemaker:{verb}" for verb in verbs],
            [training.executions_arn],
            wildcard="SageMaker numbers the executions of the pipeline.",
        )
        training.let_remove_packages(role)

    def _owner(
        self, hosting: EndpointHosting, training: Training, ingestion: Ingestion
    ) -> cdk.CustomResource:
        """Other properties make CloudFormation call the owner: new settings of the endpoints, and other code
        of the indexer, which may write another format than the live base has."""
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=self.on_event.function,
            is_complete_handler=self.is_complete.function,
            query_interval=cdk.Duration.seconds(30),
            total_timeout=cdk.Duration.minutes(55),
            log_group=log_group(self, "ProviderLog"),
            disable_waiter_state_machine_logging=True,
        )
        resource = cdk.CustomResource(
            self,
            "Endpoints",
            service_token=provider.service_token,
            resource_type="Custom::Object2VecEndpoints",
            properties=hosting.environment | {"IndexerCode": ingestion.indexer.code_key},
        )
        resource.node.add_dependency(
            hosting,
            training.pipeline,
            training.model_package_group,
            ingestion.indexer,
            self.on_event,
            self.is_complete,
        )
        # A deletion ends releases before the owner looks for endpoints.
        for node in training.release.function.node.find_all():
            if isinstance(node, lambda_.CfnEventSourceMapping):
                node.node.add_dependency(resource)
        self._acknowledge_framework(provider)
        return resource

    def _acknowledge_framework(self, provider: custom_resources.Provider) -> None:
        """Findings in what CDK generates around our two functions."""
        called = [*_functions_in(self.on_event), *_functions_in(self.is_complete), *_functions_in(provider)]
        resolved = [cdk.Stack.of(self).resolve(function.logical_id) for function in called]
        acknowledge(
            provider,
            "CDK's provider framework is generated: each part may call the next, in any version.",
            *(f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>:*]" for logical_id in resolved),
        )
        acknowledge(
            provider,
            "The state machine only waits and polls; the functions it calls log every step.",
            "AwsSolutions-SF1",
            "AwsSolutions-SF2",
        )
        acknowledge(
            provider,
            "CDK gives the framework's functions the managed policy that lets them log, and no more.",
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AWSLambdaBasicExecutionRole]",
        )
        for function in _functions_in(provider):
            accept(
                function,
                {**PLACE, "CKV_AWS_116": "CloudFormation and the state machine wait for its answer."},
            )


def _functions_in(scope: Construct) -> list[lambda_.CfnFunction]:
    return [node for node in scope.node.find_all() if isinstance(node, lambda_.CfnFunction)]
