"""The whole system as one stack: it deploys, and rolls back, as one."""

import aws_cdk as cdk
from constructs import Construct

from stacks.config import Settings
from stacks.cost import idle_cost_per_month
from stacks.endpoint import EndpointOwner
from stacks.hosting import Hosting
from stacks.images import Images
from stacks.ingestion import Ingestion
from stacks.observability import Observability
from stacks.search_api import SearchApi
from stacks.storage import Storage
from stacks.training import Training

DESCRIPTION = "Search and recommendation around one Object2Vec model"


class Object2VecStack(cdk.Stack):
    """Wires the constructs; resources and permissions live in them."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id, description=DESCRIPTION)
        architecture = settings.lambda_architecture
        images = Images(self, "Images")
        self.storage = Storage(self, "Storage", retain=settings.retain_data)
        hosting = Hosting(self, "Hosting", settings=settings, storage=self.storage, images=images)
        self.ingestion = Ingestion(self, "Ingestion", storage=self.storage, architecture=architecture)
        self.training = Training(
            self, "Training", settings=settings, storage=self.storage, hosting=hosting, images=images
        )
        self.endpoint = EndpointOwner(
            self,
            "Endpoint",
            storage=self.storage,
            hosting=hosting,
            training=self.training,
            architecture=architecture,
        )
        self.api = SearchApi(self, "Search", storage=self.storage, architecture=architecture)
        self._watch(settings)
        self._say(hosting.instance)

    def _watch(self, settings: Settings) -> None:
        self.observability = Observability(self, "Observability", alarm_email=settings.alarm_email)
        self.observability.watch_api(self.api)
        self.observability.watch_queue("Uploads", self.ingestion.uploads)
        self.observability.watch_queue("ItemLog", self.ingestion.item_log)
        self.observability.watch_queue("Releases", self.training.releases)
        self.observability.watch_function("Search", self.api.search)
        self.observability.watch_pipeline(self.training.pipeline_arn)
        if settings.monthly_budget_usd:
            self.observability.limit_spending(settings.monthly_budget_usd, settings.alarm_email)

    def _say(self, endpoint_instance: str) -> None:
        cost = idle_cost_per_month(endpoint_instance, len(self.observability.alarms))
        cdk.CfnOutput(self, "ApiUrl", value=self.api.url, description="Sign requests with SigV4")
        cdk.CfnOutput(
            self, "BucketName", value=self.storage.bucket.bucket_name, description="Drop uploads/ here"
        )
        cdk.CfnOutput(
            self, "PipelineName", value=self.training.pipeline.ref, description="Start it to retrain"
        )
        cdk.CfnOutput(self, "IdleCostPerMonth", value=cost, description="While nobody uses it")
