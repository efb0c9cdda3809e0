"""The artefact of a pair model: manifest.json and weights.safetensors, nothing that could carry code."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from object2vec.model.artefact import MANIFEST, WEIGHTS, ArtefactError
from object2vec.model.pair_kind import KIND, read_content
from object2vec.model.pair_network import PairNetwork, PairShape

PAIR_FORMAT = 1


@dataclass(frozen=True, slots=True)
class PairManifest:
    """What manifest.json says."""

    format_version: int
    kind: str
    version: str
    dim: int
    shape: PairShape
    hyperparameters: Mapping[str, Any]
    data: Mapping[str, Any]
    metrics: Mapping[str, Any]
    files: Mapping[str, str]


def write_pair_artefact(
    folder: Path,
    network: PairNetwork,
    *,
    hyperparameters: Mapping[str, Any],
    data: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> PairManifest:
    """Writes the directory; the version is derived from the content, so equal models have equal versions."""
    folder.mkdir(parents=True, exist_ok=True)
    state = network.state_dict()
    if network.shape.tied:
        state.pop("enc1.tokens.weight")
    stored = save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
    (folder / WEIGHTS).write_bytes(stored)
    digest = hashlib.sha256(stored).hexdigest()
    shape = replace(network.shape, sparse=False, dropout=0.0)
    fingerprint = hashlib.sha256(f"{digest}{asdict(shape)}".encode()).hexdigest()
    manifest = PairManifest(
        format_version=PAIR_FORMAT,
        kind=KIND,
        version=f"{KIND}-{fingerprint[:12]}",
        dim=shape.enc_dim,
        shape=shape,
        hyperparameters=hyperparameters,
        data=data,
        metrics=metrics,
        files={WEIGHTS: digest},
    )
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    return manifest


def read_pair_artefact(folder: Path) -> tuple[PairManifest, PairNetwork]:
    """Reads and checks a directory. Raises ArtefactError for another format or for damage."""
    manifest = _manifest(folder)
    network = PairNetwork(manifest.shape).eval()
    state = _weights(folder, manifest)
    if manifest.shape.tied and "enc0.tokens.weight" in state:
        state["enc1.tokens.weight"] = state["enc0.tokens.weight"]
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ArtefactError(f"{folder / WEIGHTS} is not of the shape in the manifest: train again") from error
    return manifest, network


def _manifest(folder: Path) -> PairManifest:
    content = read_content(folder)
    found, kind = content.get("format_version"), content.get("kind")
    if kind != KIND:
        raise ArtefactError(f"{folder} holds a model of kind {kind}, not of pairs")
    if found != PAIR_FORMAT:
        raise ArtefactError(
            f"{folder / MANIFEST} has format {found}, this program reads {PAIR_FORMAT}: train the model"
            " again, or update this program if it is the older one"
        )
    try:
        values = {field.name: content[field.name] for field in fields(PairManifest)}
        return PairManifest(**{**values, "shape": PairShape.from_json(content["shape"])})
    except (KeyError, TypeError) as error:
        raise ArtefactError(
            f"{folder / MANIFEST} lacks entries ({error}): copy the artefact again"
        ) from error


def _weights(folder: Path, manifest: PairManifest) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    if not path.is_file():
        raise ArtefactError(f"{path} is missing: copy the artefact again")
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != manifest.files.get(WEIGHTS):
        raise ArtefactError(f"{path} does not match its sha256 in the manifest: copy the artefact again")
    try:
        state: dict[str, torch.Tensor] = load_file(path)
    except SafetensorError as error:
        raise ArtefactError(f"{path} is no safetensors file ({error}): train the model again") from error
    return state
