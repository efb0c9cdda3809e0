"""Tiny models, and endpoints in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from object2vec.core.endpoints import (
    Embedding,
    EndpointBusyError,
    EndpointProviderError,
    EndpointSilentError,
    EndpointState,
    EndpointStatus,
    EndpointUnavailableError,
)
from object2vec.model.retrieval.artefact import ModelDescription, write_artefact
from object2vec.model.retrieval.encoder import PooledEncoder, load_encoder
from object2vec.model.retrieval.forward import Weights
from object2vec.model.retrieval.tokenizer import WordPieceTokenizer
from object2vec.release import Manifest
from object2vec.release.rollout import Outcome, Waiting, advance
from object2vec.storage import ObjectStore

STARTS = (EndpointState.STARTING, EndpointState.IN_SERVICE)
FAILS = (EndpointState.STARTING, EndpointState.FAILED)
REASON = "the container did not answer"


def write_model(folder: Path, seed: int) -> str:
    """A model of four words and two dimensions; returns its version."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "a": 1, "red": 2, "shirt": 3}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    words = np.random.default_rng(seed).normal(size=(4, 2)).astype(np.float32)
    manifest = write_artefact(
        folder,
        ModelDescription(kind="trained"),
        tokenizer=WordPieceTokenizer(tokenizer),
        item_ids=[],
        weights=Weights(words),
        storage="float32",
    )
    return manifest.version


@dataclass
class FakeEndpoints:
    """`Endpoints` in memory. Each started endpoint goes through `script`, a state a look."""

    encoders: dict[str, PooledEncoder]
    """Encoders by model artefact."""
    script: Sequence[EndpointState] = STARTS
    refusal: str = ""
    running: dict[str, str] = field(default_factory=dict)
    """Model artefact by endpoint name."""
    looks: dict[str, int] = field(default_factory=dict)
    minutes: float = 0.0
    """Minutes that every endpoint has been in its state."""
    outdated: set[str] = field(default_factory=set)
    """Endpoints that run with earlier settings."""
    busy: set[str] = field(default_factory=set)
    """Endpoints that cannot be removed yet."""
    silent: str = ""
    """Message that an invocation fails with; empty for none."""
    trouble: str = ""
    """Why the provider takes no call just now."""
    calls: list[str] = field(default_factory=list)
    scaled: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Calls that the provider does not take: scale, delete, names."""

    def name_for(self, model_version: str) -> str:
        return f"shop-{model_version}"

    def start(self, name: str, model_artifact: str) -> None:
        self.calls.append(f"start {name}")
        if self.trouble:
            raise EndpointProviderError(self.trouble)
        if self.refusal:
            raise EndpointUnavailableError(self.refusal)
        self.outdated.discard(name)
        self.running.setdefault(name, model_artifact)
        self.looks[name] = 0

    def status(self, name: str) -> EndpointStatus:
        if self.trouble:
            raise EndpointProviderError(self.trouble)
        if name not in self.running:
            return EndpointStatus(EndpointState.ABSENT)
        look = self.looks.get(name, len(self.script))
        self.looks[name] = look + 1
        state = self.script[min(look, len(self.script) - 1)]
        if name in self.outdated:
            state = EndpointState.OUTDATED
        return EndpointStatus(state, REASON if state is EndpointState.FAILED else "", self.minutes)

    def embed(self, name: str, text: str) -> Embedding:
        if self.silent:
            raise EndpointSilentError(self.silent)
        encoder = self.encoders[self.running[name]]
        return Embedding(encoder.version, encoder.encode_queries([text])[0].tolist())

    def scale(self, name: str) -> None:
        self._take("scale")
        self.scaled.append(name)

    def delete(self, name: str) -> None:
        self._take("delete")
        self.calls.append(f"delete {name}")
        if name in self.busy:
            raise EndpointBusyError(f"{name} is in progress")
        self.running.pop(name, None)

    def names(self) -> Sequence[str]:
        self._take("names")
        return list(self.running)

    def _take(self, call: str) -> None:
        if call in self.refused:
            raise EndpointProviderError(f"{call}: Rate exceeded")


def stored_model(store: ObjectStore, folder: Path, version: str, **fields) -> tuple[Manifest, PooledEncoder]:
    """Uploads a model as a release of this version; the manifest is not saved yet."""
    prefix = f"releases/{version}/"
    for path in sorted(folder.iterdir()):
        store.upload(path, f"{prefix}encoder/{path.name}")
    encoder = load_encoder(folder)
    manifest = Manifest(
        version=version, model_version=encoder.version, kind="trained", encoder=f"{prefix}encoder/",
        model_artifact=f"{prefix}model.tar.gz", **fields,
    )  # fmt: skip
    return manifest, encoder


def settle(store, endpoints, manifest: Manifest, *, instead_of: str | None) -> Outcome:
    """Advances until there is an outcome."""
    for _ in range(12):
        outcome = advance(store, endpoints, manifest, instead_of=instead_of)
        if not isinstance(outcome, Waiting):
            return outcome
    raise AssertionError(f"still waiting: {outcome}")
