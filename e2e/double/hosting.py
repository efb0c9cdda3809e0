"""Models, endpoint configurations and endpoints; each endpoint in service is a process that answers."""

import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e.double.container import ServingContainer
from e2e.double.errors import exists, missing
from object2vec.model.archive import unpack
from object2vec.store import ObjectStore

Record = dict[str, Any]


@dataclass
class Endpoint:
    """One endpoint between its creation and its deletion."""

    name: str
    config: str
    status: str = "Creating"
    reason: str = ""
    created: float = field(default_factory=time.time)
    container: ServingContainer | None = None


class Hosting:
    """The part of the API that serves models."""

    def __init__(self, store: ObjectStore, arn: str) -> None:
        """`arn`: what every ARN of the account starts with."""
        self._store = store
        self._arn = arn
        self._models: dict[str, Record] = {}
        self._configs: dict[str, Record] = {}
        self._endpoints: dict[str, Endpoint] = {}

    def create_model(self, request: Record) -> Record:
        return {"ModelArn": self._created(self._models, "model", request["ModelName"], request)}

    def delete_model(self, request: Record) -> None:
        self._removed(self._models, "model", request["ModelName"])

    def list_models(self, _request: Record) -> Record:
        return {"Models": [self._summary("Model", "model", name) for name in self._models]}

    def create_endpoint_config(self, request: Record) -> Record:
        name = request["EndpointConfigName"]
        return {"EndpointConfigArn": self._created(self._configs, "endpoint-config", name, request)}

    def delete_endpoint_config(self, request: Record) -> None:
        self._removed(self._configs, "endpoint-config", request["EndpointConfigName"])

    def list_endpoint_configs(self, _request: Record) -> Record:
        names = self._configs
        return {"EndpointConfigs": [self._summary("EndpointConfig", "endpoint-config", n) for n in names]}

    def create_endpoint(self, request: Record) -> Record:
        name, config = request["EndpointName"], request["EndpointConfigName"]
        endpoint = Endpoint(name, config)
        arn = self._created(self._endpoints, "endpoint", name, endpoint)
        threading.Thread(target=self._start, args=[endpoint], daemon=True).start()
        return {"EndpointArn": arn}

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
        """What answers an invocation. Raises ServiceError where nothing does."""
        endpoint: Endpoint = self._found(self._endpoints, "endpoint", name)
        if endpoint.status != "InService" or endpoint.container is None:
            raise missing(self._arn_of("endpoint", name))
        return endpoint.container

    def stop(self) -> None:
        """Ends every serving process."""
        for endpoint in [*self._endpoints.values()]:
            self.delete_endpoint({"EndpointName": endpoint.name})

    def _start(self, endpoint: Endpoint) -> None:
        """What SageMaker does with a model: fetch, unpack, run, and ask whether it is up."""
        try:
            variant = self._found(self._configs, "endpoint-config", endpoint.config)["ProductionVariants"][0]
            container = self._found(self._models, "model", variant["ModelName"])["PrimaryContainer"]
            folder = Path(tempfile.mkdtemp(prefix=f"{endpoint.name}-"))
            self._store.download(container["ModelDataUrl"].removeprefix("s3://"), folder / "model.tar.gz")
            unpack(folder / "model.tar.gz", folder / "model")
            endpoint.container = ServingContainer(folder, container["Environment"])
            endpoint.container.wait_until_up()
        except Exception as error:
            endpoint.status, endpoint.reason = "Failed", f"{type(error).__name__}: {error}"[:1024]
            return
        if endpoint.status == "Deleting":
            endpoint.container.stop()
        endpoint.status = "InService"

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
        return self._summary("Endpoint", "endpoint", endpoint.name) | {
            "EndpointStatus": endpoint.status,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.created,
        }
