"""The whole system as one stack: it deploys, and rolls back, as one."""

import aws_cdk as cdk
from constructs import Construct

from stacks.cost import Standing, idle_in_words
from stacks.dashboard import SearchCounts, Watched
from stacks.encryption import Encryption
from stacks.endpoint import EndpointOwner
from stacks.events import Events
from stacks.functions import LibraryFunction
from stacks.hosting import EndpointHosting
from stacks.images import Images
from stacks.ingestion import Ingestion
from stacks.network import move_into, vpc_of
from stacks.observability import Observability, trace
from stacks.picture_site import PictureSite
from stacks.pictures import PictureFunctions
from stacks.pruning import Pruning
from stacks.query_report import FIRST_PAGES, IN_VAIN, REPORTED, QueryReporting
from stacks.queues import WorkQueue
from stacks.retraining import Retraining
from stacks.search_api import SearchApi
from stacks.settings import StackSettings
from stacks.spending import Spending
from stacks.storage import Storage
from stacks.storefront import Storefront
from stacks.training import Training
from stacks.vectors import VectorBucket

DESCRIPTION = "Search and recommendation around one Object2Vec model"


class Object2VecStack(cdk.Stack):
    """Wires the constructs; resources and permissions live in them."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: StackSettings) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=settings.stack_name,
            description=DESCRIPTION,
            termination_protection=settings.termination_protection,
            tags=dict(settings.tags) or None,
        )
        self._settings = settings
        customer_key = settings.kms == "customer"
        encryption = Encryption(self, "Encryption", retain=settings.retain_data) if customer_key else None
        self._build(volume_key=encryption.key.key_arn if encryption else "")
        self._start_by_itself()
        self._tell_functions()
        self._watch()
        self._say()
        if settings.tracing:
            trace(self)
        if vpc := vpc_of(settings):
            move_into(self, vpc)
        if encryption:
            encryption.cover(self)
            if settings.images == "public":
                encryption.let_show_pictures()
            for role in (
                self.training.steps_role,
                self.training.release.role,
                self.endpoint.is_complete.role,
            ):
                encryption.let_give(role)
            for stores in filter(
                None, (self.training.jobs_role, self.training.pictures_role, self.hosting.role)
            ):
                encryption.let_store(stores)

    def _build(self, volume_key: str) -> None:
        settings, architecture = self._settings, self._settings.lambda_architecture
        images = Images(self, "Images", training=settings.training_image, serving=settings.serving_image)
        self.storage = Storage(self, "Storage", retain=settings.retain_data)
        self.hosting = EndpointHosting(
            self, "Hosting", settings=settings, storage=self.storage, images=images, volume_key=volume_key
        )
        vectors = VectorBucket(self, "Vectors", settings.tags) if settings.index == "s3vectors" else None
        self.ingestion = Ingestion(
            self, "Ingestion", settings=settings, storage=self.storage, vectors=vectors
        )
        self.training = Training(
            self,
            "Training",
            settings=settings,
            storage=self.storage,
            hosting=self.hosting,
            images=images,
            vectors=vectors,
            volume_key=volume_key,
        )
        self.endpoint = EndpointOwner(
            self,
            "Endpoint",
            storage=self.storage,
            hosting=self.hosting,
            training=self.training,
            ingestion=self.ingestion,
            vectors=vectors,
            architecture=architecture,
        )
        self._answer(vectors)

    def _answer(self, vectors: VectorBucket | None) -> None:
        """Makes the search API, and the functions that look after it every day."""
        settings, architecture = self._settings, self._settings.lambda_architecture
        self.api = SearchApi(self, "Search", settings=settings, storage=self.storage, hosting=self.hosting)
        self.endpoint.go_before(self.api.search)
        self.pictures = PictureFunctions(self, "Pictures", storage=self.storage, architecture=architecture)
        self.pictures.let_attach(self.ingestion.preprocess)
        self.pictures.let_search(self.api.search)
        if settings.images == "public":
            PictureSite(self, "PictureSite", storage=self.storage).address(self.api.search)
        self.pruning = Pruning(
            self, "Pruning", storage=self.storage, training=self.training, architecture=architecture
        )
        if vectors:
            vectors.let_query(self.api.search.role)
        self.events = Events(
            self,
            "Events",
            storage=self.storage,
            api=self.api,
            architecture=architecture,
            retain=settings.retain_data,
            point_in_time_recovery=settings.profile == "prod",
        )
        self.query_report = None
        if settings.query_report == "daily":
            self.query_report = QueryReporting(
                self,
                "QueryReport",
                storage=self.storage,
                search=self.api.search,
                logged_by=[self.api.search, self.events.recorder],
                architecture=architecture,
            )
        if settings.storefront:
            functions = {"search": self.api.search, "events": self.events.recorder}
            Storefront(self, "Storefront", settings=settings, api=self.api, functions=functions)

    def _tell_functions(self) -> None:
        """Hands every function the settings it reads; the jobs are told by the pipeline."""
        settings = self._settings.model_dump()
        for node in self.node.find_all():
            if isinstance(node, LibraryFunction):
                node.tell_shared(settings)

    def _start_by_itself(self) -> None:
        settings = self._settings
        self.retraining = None
        if settings.retrain_schedule != "none" or settings.retrain_after_interactions:
            self.retraining = Retraining(
                self,
                "Retraining",
                storage=self.storage,
                training=self.training,
                architecture=settings.lambda_architecture,
                schedule=settings.retrain_schedule,
                after_interactions=settings.retrain_after_interactions,
            )
        if settings.monthly_budget_usd:
            Spending(
                self,
                "Spending",
                monthly_usd=settings.monthly_budget_usd,
                email=settings.alarm_email,
                storage=self.storage,
                hosting=self.hosting,
                architecture=settings.lambda_architecture,
            )

    def _watch(self) -> None:
        settings = self._settings
        self.observability = Observability(
            self, "Observability", alarm_email=settings.alarm_email, alarms_page=settings.page("alarms")
        )
        self.observability.watch_api(self.api)
        self.observability.watch_queue("Uploads", self.ingestion.uploads)
        self.observability.watch_queue("ItemLog", self.ingestion.item_log)
        self.observability.watch_queue("Pictures", self.pictures.uploads)
        self.observability.watch_queue("Releases", self.training.releases)
        if self.retraining:
            self.observability.watch_queue("Retraining", self.retraining.occasions)
        self.observability.watch_queue("UserData", self.events.work)
        self.observability.watch_queue("Erasures", self.events.erasures)
        self.observability.watch_undelivered()
        self.observability.watch_function("Search", self.api.search)
        self.observability.watch_function("Recorder", self.events.recorder)
        self.observability.watch_function("Pruner", self.pruning.pruner)
        if self.query_report:
            self.observability.watch_function("QueryReport", self.query_report.reporter)
        self.observability.watch_pipeline(self.training.pipeline_arn)
        self.observability.watch_log(
            "NotCompacted",
            [self.ingestion.indexer],
            "the item log cannot be compacted",
            "The item log grows without an end: the indexer's log says why",
        )
        self._watch_releases()
        self.observability.draw(self._watched())

    def _counted(self) -> SearchCounts | None:
        """The metrics of searches, from the lines of the query log and of its daily report."""
        if self.query_report is None:
            return None
        count, search = self.observability.count_log, self.api.search
        reporter = self.query_report.reporter
        return SearchCounts(
            searches=count("Searches", search, FIRST_PAGES),
            in_vain=count("SearchesInVain", search, IN_VAIN),
            followed=count("SearchesFollowed", reporter, REPORTED, "$.followed"),
            clicks=count("SearchesClicked", reporter, REPORTED, "$.clicks"),
        )

    def _watched(self) -> Watched:
        """The resources and metrics that the dashboard reads."""
        return Watched(
            api=self.api.api,
            search=self.api.search,
            counted=self._counted(),
            queues={
                "uploads": self.ingestion.uploads,
                "events": self.events.work,
                "item_log": self.ingestion.item_log,
            },
            pipeline=self.training.name,
            bucket=self.storage.bucket.bucket_name,
            packages=self.training.name,
            idle_cost=idle_in_words(self._settings, self.hosting.instance, self._standing()),
            alarms_page=self._settings.page("alarms"),
            cost_page=self._settings.page("cost"),
        )

    def _watch_releases(self) -> None:
        self.observability.watch_log(
            "WithoutEndpoint",
            [self.training.release, self.endpoint.is_complete],
            "live without its endpoint",
            "A model went live without its endpoint: the log says why, the search function answers for it",
        )
        self.observability.judge_models(self.api, self.training.releases)

    def _standing(self) -> Standing:
        """The parts of the stack that are paid by the month."""
        fed = [node for node in self.node.find_all() if isinstance(node, WorkQueue)]
        return Standing(
            alarm_metrics=self.observability.alarm_metrics,
            queues=len(fed),
            ordered_queues=sum(queue.in_order for queue in fed),
        )

    def _say(self) -> None:
        cost = idle_in_words(self._settings, self.hosting.instance, self._standing())
        how = "Open it and sign in" if self._settings.auth == "jwt" else "Sign requests with SigV4"
        cdk.CfnOutput(self, "ApiUrl", value=self.api.url, description=how)
        cdk.CfnOutput(
            self, "BucketName", value=self.storage.bucket.bucket_name, description="Drop uploads/ here"
        )
        cdk.CfnOutput(
            self, "PipelineName", value=self.training.pipeline.ref, description="Start it to retrain"
        )
        cdk.CfnOutput(
            self,
            "ReleaseQueueUrl",
            value=self.training.releases.queue.queue_url,
            description="python -m tools.release talks to it",
        )
        cdk.CfnOutput(self, "IdleCostPerMonth", value=cost, description="While nobody uses it")
