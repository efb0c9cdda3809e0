"""The artefact of a pair model: manifest.json, weights.safetensors and, where training was given them, the
vocabularies; nothing that could carry code."""

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

from object2vec.model.pairs.network import PairNetwork
from object2vec.model.pairs.shape import KIND, PairShape
from object2vec.model.pairs.vocabulary import FILES, PairVocabulary, read_vocabulary
from object2vec.model.retrieval.artefact import MANIFEST, WEIGHTS, ArtefactError, read_content
from object2vec.storage.digests import digest_of

PAIR_FORMAT = 1
Vocabularies = tuple[PairVocabulary | None, PairVocabulary | None]


@dataclass(frozen=True, slots=True)
class PairManifest:
    """The content of manifest.json."""

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
    vocabularies: Vocabularies = (None, None),
) -> PairManifest:
    """Writes the directory; the version is derived from the content, so equal models have equal versions."""
    folder.mkdir(parents=True, exist_ok=True)
    state = network.state_dict()
    if network.shape.tied:
        state.pop("enc1.tokens.weight")
    stored = {WEIGHTS: save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})}
    stored |= {name: words.encoded() for name, words in zip(FILES, vocabularies, strict=True) if words}
    for name, content in stored.items():
        (folder / name).write_bytes(content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in stored.items()}
    shape = replace(network.shape, sparse=False, dropout=0.0)
    fingerprint = hashlib.sha256(f"{''.join(digests.values())}{asdict(shape)}".encode()).hexdigest()
    manifest = PairManifest(
        format_version=PAIR_FORMAT,
        kind=KIND,
        version=f"{KIND}-{fingerprint[:12]}",
        dim=shape.enc_dim,
        shape=shape,
        hyperparameters=hyperparameters,
        data=data,
        metrics=metrics,
        files=digests,
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


def read_vocabularies(folder: Path, manifest: PairManifest) -> Vocabularies:
    """The vocabularies of in0 and in1; None for a side that takes integers only. Raises ArtefactError for
    damage."""
    shape = manifest.shape
    sizes = (shape.enc0.vocab_size, shape.enc1.vocab_size)
    in0, in1 = (
        read_vocabulary(_checked(folder / name, manifest).read_bytes(), size)
        if name in manifest.files
        else None
        for name, size in zip(FILES, sizes, strict=True)
    )
    return in0, in1


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
    path = _checked(folder / WEIGHTS, manifest)
    try:
        state: dict[str, torch.Tensor] = load_file(path)
    except SafetensorError as error:
        raise ArtefactError(f"{path} is no safetensors file ({error}): train the model again") from error
    return state


def _checked(path: Path, manifest: PairManifest) -> Path:
    if not path.is_file():
        raise ArtefactError(f"{path} is missing: copy the artefact again")
    if digest_of(path) != manifest.files.get(path.name):
        raise ArtefactError(f"{path} does not match its sha256 in the manifest: copy the artefact again")
    return path
