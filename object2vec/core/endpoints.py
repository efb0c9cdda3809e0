"""The protocol of a provider of endpoints: a release starts one, looks at it, tries it and deletes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class EndpointState(StrEnum):
    """The states that a release distinguishes; an implementation maps its provider's states to them."""

    ABSENT = "absent"
    STARTING = "starting"
    IN_SERVICE = "in service"
    OUTDATED = "in service with earlier settings"
    FAILED = "failed"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """A state and, if the endpoint failed, the provider's own reason."""

    state: EndpointState
    reason: str = ""
    minutes: float = 0.0
    """Minutes that it has been in this state."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """An endpoint's vector for one text, and the model version it names (empty for AWS's own image)."""

    model_version: str
    vector: Sequence[float]


def instance(given: str | Sequence[int]) -> dict[str, object]:
    """One instance of the endpoint's payload, from a text or from tokens."""
    return {"text": given} if isinstance(given, str) else {"in0": list(given)}


class EndpointUnavailableError(RuntimeError):
    """The provider refuses a new endpoint (quota, capacity); the message is its reason."""


class EndpointProviderError(RuntimeError):
    """The provider does not answer, or not now (throttled, a role that is seconds old); a later call may go
    through. The message is its reason."""


class EndpointBusyError(RuntimeError):
    """An endpoint that is being created or changed cannot be removed yet; the message names it."""


class EndpointSilentError(RuntimeError):
    """An endpoint in service does not answer; the message says what came instead."""


class Endpoints(Protocol):
    """One endpoint per released model, found by name. Every call may be repeated."""

    def name_for(self, model_version: str) -> str:
        """The endpoint name of a model; the same version always has the same name."""

    def start(self, name: str, model_artifact: str) -> None:
        """Creates whatever of the endpoint is missing. An outdated one gets this deployment's settings and
        answers meanwhile. Raises EndpointUnavailableError and EndpointProviderError."""

    def status(self, name: str) -> EndpointStatus:
        """The endpoint's state. Raises EndpointProviderError."""

    def embed(self, name: str, given: str | Sequence[int]) -> Embedding:
        """Invokes the endpoint with a text or with tokens. Raises EndpointSilentError."""

    def scale(self, name: str) -> None:
        """Lets an endpoint that passed its smoke test scale with its load. Raises EndpointProviderError."""

    def delete(self, name: str) -> None:
        """Removes the endpoint and what belongs to it; it may be gone already. Raises EndpointBusyError and
        EndpointProviderError."""

    def names(self) -> Sequence[str]:
        """Every endpoint of this system in any state, even if only a part of it is left. Raises
        EndpointProviderError."""
