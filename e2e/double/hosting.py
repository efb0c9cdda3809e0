"""Models, endpoint configurations and endpoints; each endpoint in service is a process that answers."""

import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e.double.container import ServingContainer
from e2e.double.errors import Record, exists, missing
from object2vec.storage import ObjectStore


@dataclass
class Endpoint:
    """One endpoint between its creation and its deletion."""

    name: str
    config: str
    status: str = "Creating"
    reason: str = ""
    changed: float = field(default_factory=time.time)
    container: ServingContainer | None = None


class HostingDouble:
    """The part of the API that serves models."""

    def __init__(self, store: ObjectStore, arn: str) -> None:
        """`arn`: what every ARN of the account starts with."""
        self._store = store
        self._arn = arn
        self._models: dict[str, Record] = {}
        self._configs: dict[str, Record] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self.is_silent = False
        self._aged_s = 0.0

    @contextmanager
    def silence(self, minutes: float) -> Iterator[None]:
        """While the context lasts, endpoints take requests and never answer, and have done so for as long as
        `minutes`: nobody waits for that here."""
        self.is_silent, self._aged_s = True, minutes * 60
        try:
            yield
        finally:
            self.is_silent, self._aged_s = False, 0.0

    def create_model(self, request: Record) -> Record:
        return {"ModelArn": self._created(self._models, "model", request["ModelName"], request)}

    def delete_model(self, request: Record) -> None:
        self._removed(self._models, "model", request["ModelName"])

    def list_models(self, _request: Record) -> Record:
        return {"Models": [self._summary("Model", "model", name) for name in self._models]}

    def create_endpoint_config(self, request: Record) -> Record:
        name = request["EndpointConfigName"]
        return {"EndpointConfigArn": self._created(self._configs, "endpoint-config", name, request)}

    def describe_endpoint_config(self, request: Record) -> Record:
        name = request["EndpointConfigName"]
        config = self._found(self._configs, "endpoint-config", name)
        return self._summary("EndpointConfig", "endpoint-config", name) | {
            "ProductionVariants": config["ProductionVariants"]
        }

    def delete_endpoint_config(self, request: Record) -> None:
        self._removed(self._configs, "endpoint-config", request["EndpointConfigName"])

    def list_endpoint_configs(self, _request: Record) -> Record:
        names = self._configs
        return {"EndpointConfigs": [self._summary("EndpointConfig", "endpoint-config", n) for n in names]}

    def create_endpoint(self, request: Record) -> Record:
        name, config = request["EndpointName"], request["EndpointConfigName"]
        endpoint = Endpoint(name, config)
        arn = self._created(self._endpoints, "endpoint", name, endpoint)
        threading.Thread(target=self._start, args=[endpoint, config], daemon=True).start()
        return {"EndpointArn": arn}

    def update_endpoint(self, request: Record) -> Record:
        """As in AWS, the endpoint answers with its earlier settings until the new ones are up."""
        endpoint = self._found(self._endpoints, "endpoint", request["EndpointName"])
        endpoint.status, endpoint.changed = "Updating", time.time()
        threading.Thread(
            target=self._start, args=[endpoint, request["EndpointConfigName"]], daemon=True
        ).start()
        return {"EndpointArn": self._arn_of("endpoint", endpoint.name)}

    def describe_endpoint(self, request: Record) -> Record:
        endpoint = self._found(self._endpoints, "endpoint", request["EndpointName"])
        reason = {"FailureReason": endpoint.reason} if endpoint.reason else {}
        return self._seen(endpoint) | {"EndpointConfigName": endpoint.config} | reason

    def list_endpoints(self, request: Record) -> Record:
        wanted = request.get("NameContains", "")
        return {"Endpoints": [self._seen(e) for e in [*self._endpoints.values()] if wanted in e.name]}

    def delete_endpoint(self, request: Record) -> None:
        endpoint = self._removed(self._endpoints, "endpoint", request["EndpointName"])
        endpoint.status = "Deleting"
        if endpoint.container:
            endpoint.container.stop()

    def container(self, name: str) -> ServingContainer:
        """The process that answers an invocation. Raises ServiceError if there is none."""
        endpoint: Endpoint = self._found(self._endpoints, "endpoint", name)
        if endpoint.status != "InService" or endpoint.container is None:
            raise missing(self._arn_of("endpoint", name))
        return endpoint.container

    def stop(self) -> None:
        """Ends every serving process."""
        for endpoint in [*self._endpoints.values()]:
            self.delete_endpoint({"EndpointName": endpoint.name})

    def _start(self, endpoint: Endpoint, config: str) -> None:
        """Runs the model of a configuration and puts it into service in place of what ran before."""
        try:
            variant = self._found(self._configs, "endpoint-config", config)["ProductionVariants"][0]
            model = self._found(self._models, "model", variant["ModelName"])["PrimaryContainer"]
            container = run_model(self._store, endpoint.name, model)
        except Exception as error:
            endpoint.status, endpoint.reason = "Failed", f"{type(error).__name__}: {error}"[:1024]
            return
        if endpoint.status == "Deleting":
            container.stop()
            return
        before, endpoint.container = endpoint.container, container
        endpoint.status, endpoint.config, endpoint.changed = "InService", config, time.time()
        if before:
            before.stop()

    def _created(self, things: dict[str, Any], kind: str, name: str, record: object) -> str:
        if name in things:
            raise exists(self._arn_of(kind, name))
        things[name] = record
        return self._arn_of(kind, name)

    def _found(self, things: dict[str, Any], kind: str, name: str) -> Any:
        if name not in things:
            raise missing(self._arn_of(kind, name))
        return things[name]

    def _removed(self, things: dict[str, Any], kind: str, name: str) -> Any:
        self._found(things, kind, name)
        return things.pop(name)

    def _arn_of(self, kind: str, name: str) -> str:
        return f"{self._arn}:{kind}/{name}"

    def _summary(self, prefix: str, kind: str, name: str) -> Record:
        return {f"{prefix}Name": name, f"{prefix}Arn": self._arn_of(kind, name), "CreationTime": 0}

    def _seen(self, endpoint: Endpoint) -> Record:
        changed = endpoint.changed - (self._aged_s if endpoint.status == "InService" else 0.0)
        return self._summary("Endpoint", "endpoint", endpoint.name) | {
            "EndpointStatus": endpoint.status,
            "CreationTime": changed,
            "LastModifiedTime": changed,
        }


def run_model(store: ObjectStore, name: str, model: Record) -> ServingContainer:
    """Fetches, unpacks and runs a model, and asks whether it is up, as SageMaker does."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    store.download(model["ModelDataUrl"].removeprefix("s3://"), folder / "model.tar.gz")
    with tarfile.open(folder / "model.tar.gz") as archive:
        archive.extractall(folder / "model", filter="data")
    container = ServingContainer(folder, model.get("Environment", {}))
    container.wait_until_up()
    return container
