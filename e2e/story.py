"""The story: what a shop does with the system from its first deployment to its last day.

Every chapter uses AWS's and the system's own APIs only, and raises at the first promise that is broken.
"""

import base64
import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import boto3

from e2e import account, cdk, shop
from e2e.api import Api, ApiAnswer
from e2e.customers import customers
from e2e.emulator import STORE_CALL_S
from e2e.machine import LAMBDA_ARCHITECTURE, ROOT
from e2e.next_version import NEXT_FORMAT, next_version
from e2e.place import Place
from e2e.promise import expect, until
from object2vec.release.rollout import PATIENCE_MINUTES
from object2vec.search.engines import FORMAT, HEADER

SHOP = "https://shop.example.com"
"""The origin of the shop's pages."""
SETTLE = 180
"""Seconds that a release may take: the queue looks at it once a minute."""
TRAIN = 600
RUSH_FILES, RUSH_CUSTOMERS, RUSH_REQUESTS = 12, 14, 42
RUSH_SECONDS = 180
COME_AGAIN = {429, 500, 502, 503, 504}
"""The statuses that a caller of the API gets when no function is free."""
CATALOGUE, EVENTS, LATER = (
    "uploads/catalog/spring.csv",
    "uploads/interactions/spring.csv",
    "uploads/catalog/new.jsonl",
)


class Story:
    """The chapters in order; each yields sentences about what it saw."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._keep = {"storefront": SHOP} | ({} if place.is_emulated else {"retain_data": "false"})
        self._deployed = False
        self._s3 = boto3.client("s3")
        self._sagemaker = boto3.client("sagemaker")

    def synth(self) -> Iterator[str]:
        """The template is made"""
        cdk.synth(self._keep)
        yield f"with functions for this machine, {LAMBDA_ARCHITECTURE}; the rest is what AWS gets"

    def bootstrap(self) -> Iterator[str]:
        """The account is prepared for CDK"""
        cdk.bootstrap(self._place.account, self._place.region)
        self._before = account.resources()
        yield f"CDKToolkit in {self._place.account}/{self._place.region}"

    def deploy(self) -> Iterator[str]:
        """One `cdk deploy` brings everything up, the seed model's endpoint included"""
        self._deployed = True
        self._outputs = cdk.deploy()
        self._bucket = self._outputs["BucketName"]
        yield f"{len(account.resources() - self._before)} resources; {self._outputs['IdleCostPerMonth']}"
        expect("the seed got its endpoint", self._endpoint_markers(), {})
        (self._seed,) = self._endpoints()
        expect("the seed's endpoint is in service", self._status(self._seed), "InService")
        version, vector = self._embed(self._seed, "green tea")
        expect("the endpoint answers for the model in its name", version, self._model_of(self._seed))
        yield f"endpoint {self._seed} answers with {len(vector)} numbers"

    def signatures(self) -> Iterator[str]:
        """The API refuses unsigned requests"""
        self._api = Api(self._outputs["ApiUrl"], self._place)
        expect("an unsigned request is refused", self._api.call("GET", "/health", signed=False).status, 403)
        health = self._ok(self._api.get("/health"))
        expect("the seed is live", health["model"]["version"], self._model_of(self._seed))
        yield f"unsigned 403; signed: model {health['model']['version']}, {health['index']['items']} items"

    def upload(self) -> Iterator[str]:
        """A catalogue and purchases are dropped into the bucket"""
        for key, body in ((CATALOGUE, shop.catalogue()), (EVENTS, shop.interactions())):
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body.encode())
        for key, bad in ((CATALOGUE, 0), (EVENTS, 1)):
            report = self._report(key)
            yield f"{key}: {report['accepted']} accepted, {report['rejected']} rejected"
            expect("every row is accounted for", report["rejected"], bad)
        hits = self._search("herbal infusion")
        expect("the seed finds a product before any training", hits[0]["text"], "classic herbal infusion")
        yield f"search 'herbal infusion' → {hits[0]['text']}"

    def upsert(self) -> Iterator[str]:
        """One product is put through the API and searchable at once"""
        record = {"text": "stoneware butter dish", "metadata": {"category": "Kitchen", "price": 9.5}}
        expect("the item is taken", self._api.put("/items/dish", record).status in (200, 201), True)
        until(
            "the item is found",
            lambda: self._first("butter dish"),
            lambda found: found == "dish",
            self._within(10),
        )
        yield "search 'butter dish' → dish"

    def pictures(self) -> Iterator[str]:
        """A picture is dropped into the bucket; another photograph of the product finds it"""
        for item, view in shop.PICTURED.items():
            self._s3.put_object(
                Bucket=self._bucket, Key=f"uploads/images/{item}.jpg", Body=shop.photograph(view)
            )
        for item in shop.PICTURED:
            expect(
                f"the picture of {item} is taken", self._report(f"uploads/images/{item}.jpg")["accepted"], 1
            )
        item = next(iter(shop.PICTURED))
        seen = base64.b64encode(shop.photograph(shop.PICTURED[item], size=300)).decode()

        def found(request: dict[str, Any]) -> list[Any]:
            """None before the function that answers has taken in the pictures."""
            answer = self._api.post("/search", request)
            hits: list[Any] = answer.body["hits"] if answer.status == 200 else []
            return hits

        is_found = lambda hits: bool(hits) and hits[0]["id"] == item  # noqa: E731
        first = until("it is found by its look", lambda: found({"image": seen}), is_found, SETTLE)[0]
        with urllib.request.urlopen(first["thumbnail"], timeout=30) as answer:
            thumbnail = answer.read()
        expect("the hit's address leads to a JPEG", thumbnail[:3], b"\xff\xd8\xff")
        others = [other for other in shop.PICTURED if other != item]
        alike = lambda: [hit["id"] for hit in found({"image_of": item})]  # noqa: E731
        until("what looks like it is the other one", alike, others.__eq__, SETTLE)
        yield f"a photograph of {first['text']} → {item}; its thumbnail has {len(thumbnail):,} bytes"

    def distance(self) -> Iterator[str]:
        """The store is far away: what no function keeps takes its time"""
        if not self._place.is_emulated:
            yield "as far as it is from here: only the emulator's distance is known"
            return
        asked = time.perf_counter()
        self._s3.head_bucket(Bucket=self._bucket)
        away = time.perf_counter() - asked
        expect(f"a call to the store takes {STORE_CALL_S} s or more", away >= STORE_CALL_S, True)
        warm = [self._api.timed("/search", query="herbal infusion") for _ in range(5)]
        yield f"a call takes {away * 1000:.0f} ms, a search of a warm function {min(warm) * 1000:.0f} ms"

    def storefront(self) -> Iterator[str]:
        """A page of the shop searches with its publishable key, and may do nothing else"""
        key_id = self._outputs["StorefrontKeyId"]
        key = boto3.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]

        def ask(path: str, body: object, key: str = key, origin: str = SHOP) -> ApiAnswer:
            return self._api.page(path, body, key=key, origin=origin)

        found = self._ok(ask("/search", {"query": "butter dish"}))["hits"][0]["id"]
        expect("the page finds the item", found, "dish")
        session = f"session-{uuid4()}"
        looked = {"event_id": "1", "user_id": session, "item_id": "dish", "event_type": "view"}
        self._ok(ask("/events", {"events": [looked]}))
        refusals = {
            "without the key": ask("/search", {}, key="none"),
            "from another page": ask("/search", {}, origin="https://elsewhere.example"),
            "about a customer": ask("/recommendations", {"user_id": "customer-1"}),
            "to a merchandiser's route": ask("/rules", {"rules": []}),
        }
        for what, answer in refusals.items():
            expect(f"a request {what} is refused", answer.status, 403)
        yield f"search 'butter dish' → {found}; refused: {', '.join(refusals)}"

    def train(self) -> Iterator[str]:
        """The deployed pipeline trains, evaluates, gates, registers, indexes and releases"""
        name = self._outputs["PipelineName"]
        arn = self._sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        self._execution = arn.rpartition("/")[2]
        look = lambda: self._sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)  # noqa: E731
        ended = until(
            "the execution ends",
            look,
            lambda d: d["PipelineExecutionStatus"] != "Executing",
            self._within(TRAIN),
        )
        for step in self._sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)[
            "PipelineExecutionSteps"
        ]:
            yield f"{step['StepName']:<9} {(step['EndTime'] - step['StartTime']).total_seconds():6.1f} s"
        expect(
            f"it succeeds ({ended.get('FailureReason', '')})", ended["PipelineExecutionStatus"], "Succeeded"
        )
        evaluation = self._object(f"executions/{self._execution}/evaluation/evaluation.json")
        yield evaluation["gate"]["reason"]

    def released(self) -> Iterator[str]:
        """The new model is live, with its own endpoint; the seed's is drained"""
        expect("the pointer moved", self._pointer()["version"], self._execution)
        expect("the model got its endpoint", self._endpoint_markers(), {})
        (self._trained,) = self._endpoints()
        expect("the endpoint is in service", self._status(self._trained), "InService")
        model = self._model_of(self._trained)
        expect("it answers for the new model", self._embed(self._trained, "green tea")[0], model)
        until("the API answers with it", self._live, lambda version: version == model, self._within(60))
        yield f"{self._seed} → {self._trained}"

    def recommend(self) -> Iterator[str]:
        """Search and recommendations come from the trained model"""
        expect(
            "search knows the product", self._search("herbal infusion")[0]["text"], "classic herbal infusion"
        )
        liked = shop.of_one_taste(3)
        answer = self._ok(self._api.post("/recommendations", {"history": liked[:4], "limit": 6}))
        expect("the trained model answers", answer["model_version"], self._model_of(self._trained))
        right = sum(hit["id"] in liked for hit in answer["hits"])
        yield f"after {', '.join(liked[:4])}: {', '.join(hit['id'] for hit in answer['hits'])}"
        expect("at least five of six are what these shoppers like", right >= 5, True)

    def rush(self) -> Iterator[str]:
        """Everybody comes at once, to an account that runs ten functions: nothing is lost"""
        files = [shop.one_product(number) for number in range(RUSH_FILES)]
        with ThreadPoolExecutor(RUSH_CUSTOMERS) as pool:
            asked = [pool.submit(self._status_of_a_search) for _ in range(RUSH_REQUESTS)]
            for key, body in files:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
            statuses = Counter(request.result() for request in asked)
        expect("some are answered", statuses[200] > 0, True)
        expect("the others are told to come again", set(statuses) <= {200, *COME_AGAIN}, True)
        yield ", ".join(f"{number} times {status}" for status, number in sorted(statuses.items()))
        for key, _ in files:
            expect(f"{key} is read", self._report(key, RUSH_SECONDS)["accepted"], 1)
        expect("no message is given up", self._given_up(), {})
        yield f"{len(files)} uploads meanwhile: every one has its report, no dead-letter queue a message"

    def redeploy(self) -> Iterator[str]:
        """Changed settings and the next version, of another index format: the model stays, nobody waits"""
        before = self._pointer()
        changes = {"alarm_email": "shop@example.com", "endpoint_instance": "ml.c5.large"}
        cdk.synth(self._keep | changes, next_version())
        with customers(self._api) as answers:
            cdk.deploy()
            enough = answers.total() + 5
            until("customers asked the new code", answers.total, enough.__le__)
        expect("every customer was answered alike", list(answers), ["200 classic herbal infusion"])
        yield f"{answers.total()} searches meanwhile: {', '.join(answers)}"
        expect("the live release stayed", self._pointer(), before)
        expect("the live model's endpoint is the only one", self._endpoints(), [self._trained])
        expect("an endpoint got the new instance", self._instance(self._trained), "ml.c5.large")
        yield f"alarm_email, endpoint_instance; {self._live()} answers"
        expect("its base is there in both formats", self._formats(), {FORMAT, NEXT_FORMAT})
        expect("the new code answers from its own", self._ok(self._api.get("/health"))["status"], "ok")
        yield f"base of format {FORMAT} → {NEXT_FORMAT}"

    def upload_more(self) -> Iterator[str]:
        """A second upload is searchable, without training"""
        body = json.dumps(
            {"label": "wok", "text": "carbon steel wok", "metadata": {"category": "Kitchen", "price": 31}}
        )
        self._s3.put_object(Bucket=self._bucket, Key=LATER, Body=body.encode())
        until(
            "the new product is found",
            lambda: self._first("steel wok"),
            lambda found: found == "wok",
            self._within(60),
        )
        yield "search 'steel wok' → wok"

    def roll_back(self) -> Iterator[str]:
        """One command leads back to the seed, and its endpoint comes back"""
        command = [sys.executable, "-m", "tools.release", "rollback"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        expect(f"the command succeeds ({ended.stderr})", ended.returncode, 0)
        yield ended.stdout.strip().replace("\n", "; ")
        until("the API answers with the seed", self._live, lambda model: model == self._model_of(self._seed))
        until(
            "only the seed's endpoint is left",
            self._endpoints,
            lambda e: e == [self._seed],
            self._within(SETTLE),
        )
        yield f"{self._trained} → {self._seed}"

    def silent_endpoint(self) -> Iterator[str]:
        """The newer model is wanted again, and its endpoint never answers: it goes live without"""
        if self._place.hosting is None:
            yield "not here: no endpoint of SageMaker's is silent when asked to be"
            return
        with self._place.hosting.silence(minutes=PATIENCE_MINUTES), customers(self._api) as answers:
            command = [sys.executable, "-m", "tools.release", "approve", self._execution]
            ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            expect(f"the command succeeds ({ended.stderr})", ended.returncode, 0)
        expect("every customer was answered alike", list(answers), ["200 classic herbal infusion"])
        model = self._model_of(self._trained)
        until("the API answers with it", self._live, lambda version: version == model)
        (reason,) = self._endpoint_markers().values()
        until("no endpoint is left to be paid", self._endpoints, lambda left: left == [], SETTLE)
        yield f"{answers.total()} searches meanwhile; without endpoint: {reason}"

    def destroy(self) -> Iterator[str]:
        """`cdk destroy` leaves nothing behind but what the template retains"""
        retained = cdk.retained()
        kept_data = self._place.is_emulated
        expect("the data bucket is among it (retain_data)", self._bucket in retained, kept_data)
        cdk.destroy()
        self._deployed = False
        if not self._place.is_emulated:
            expect("no endpoint is left, the one thing that costs", self._ours(self._endpoints()), [])
            yield "nothing is kept (retain_data=false)"
            return
        left = account.resources() - self._before
        late = {name for kind, name in left if kind == "logs logGroups"}
        kept = {name for kind, name in left if kind != "logs logGroups"}
        expect("what is left is what the template retains", kept, retained & kept)
        yield f"kept: {', '.join(sorted(kept))}"
        expect(
            "only CDK's provider, which logs once more after its log group went, made one again",
            len(late) < 2,
            True,
        )

    def clean_up(self) -> None:
        """Destroys what a story that ended early left in somebody's account."""
        if self._deployed and not self._place.is_emulated:
            cdk.destroy()

    def _within(self, seconds: float) -> float:
        return seconds * self._place.patience

    def _ours(self, endpoints: list[str]) -> list[str]:
        return [name for name in endpoints if name.startswith(self._seed.rsplit("-", 2)[0])]

    def _endpoints(self) -> list[str]:
        """The endpoints of this stack: those with its prefix."""
        found = [e["EndpointName"] for e in self._sagemaker.list_endpoints()["Endpoints"]]
        return [name for name in found if self._place.is_emulated or name.startswith(cdk.STACK.lower())]

    def _status(self, endpoint: str) -> str:
        return str(self._sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"])

    def _instance(self, endpoint: str) -> str:
        config = self._sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
        found = self._sagemaker.describe_endpoint_config(EndpointConfigName=config)
        return str(found["ProductionVariants"][0]["InstanceType"])

    def _formats(self) -> set[int]:
        """The formats in which the live release has a base."""
        prefix = f"releases/{self._pointer()['version']}/index"
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix)["Contents"]
        return {
            self._object(entry["Key"])["format"] for entry in listed if entry["Key"].endswith(f"/{HEADER}")
        }

    def _embed(self, endpoint: str, text: str) -> tuple[str, list[float]]:
        body = json.dumps({"instances": [{"text": text}]})
        runtime = boto3.client("sagemaker-runtime")
        answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body)
        found = json.load(answer["Body"])
        return found["model_version"], found["predictions"][0]["embeddings"]

    def _model_of(self, endpoint: str) -> str:
        return "-".join(endpoint.rsplit("-", 2)[1:])

    def _object(self, key: str) -> Any:
        """The JSON object of a key; None if there is none."""
        try:
            return json.load(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"])
        except self._s3.exceptions.NoSuchKey:
            return None

    def _report(self, key: str, seconds: float = 60) -> Any:
        """The report of an upload."""
        return until(f"{key} gets its report", lambda: self._object(f"reports/{key}.json"), bool, seconds)

    def _status_of_a_search(self) -> int:
        """What API Gateway says of an answer that takes too long is 504; the emulator waits on."""
        try:
            return self._api.get("/search", query="herbal infusion").status
        except TimeoutError:
            return 504

    def _given_up(self) -> dict[str, int]:
        """Messages in the queues that others set them aside in."""
        sqs = boto3.client("sqs")
        queues = [
            (url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])
            for url in sqs.list_queues(QueueNamePrefix=cdk.STACK)["QueueUrls"]
        ]
        policies = [json.loads(about["RedrivePolicy"]) for _, about in queues if "RedrivePolicy" in about]
        aside = {policy["deadLetterTargetArn"] for policy in policies}
        counts = {url: int(a["ApproximateNumberOfMessages"]) for url, a in queues if a["QueueArn"] in aside}
        expect("there are dead-letter queues", bool(counts), True)
        return {url: number for url, number in counts.items() if number}

    def _endpoint_markers(self) -> dict[str, Any]:
        """The endpoint markers: why models went live without an endpoint."""
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix="releases/").get("Contents", [])
        keys = [entry["Key"] for entry in listed if entry["Key"].endswith(".endpoint.json")]
        return {key: self._object(key)["reason"] for key in keys}

    def _pointer(self) -> Any:
        return self._object("releases/live.json")

    def _ok(self, answer: ApiAnswer) -> Any:
        expect(f"the API answers well ({answer.body})", answer.status, 200)
        return answer.body

    def _live(self) -> str:
        return str(self._ok(self._api.get("/health"))["model"]["version"])

    def _search(self, query: str) -> list[Any]:
        hits: list[Any] = self._ok(self._api.get("/search", query=query, limit="3"))["hits"]
        return hits

    def _first(self, query: str) -> str:
        hits = self._search(query)
        return hits[0]["id"] if hits else ""
