"""Answers the Object2Vec payload with a pair model: both inputs → scores, one → embeddings.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-inference-formats.html. Scores are a probability
for each class, or the one number of a regression. Tokens that the vocabulary lacks are left out: an unknown
object is a sequence of nothing and gets an answer too.

Beyond AWS: where training was given a vocabulary, an input may also be a text, or a list of tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch

from object2vec.model.pairs.artefact import PairManifest, Vocabularies
from object2vec.model.pairs.network import PairNetwork, TokenBatch
from object2vec.model.pairs.sequences import known_tokens
from object2vec.serving.payload import (
    JSON,
    PayloadError,
    PayloadReply,
    PayloadRequest,
    is_tokens,
    read_request,
    write_reply,
)

MODES = ("", "embedding", "classification")
_BATCH = 256


@dataclass(frozen=True, slots=True)
class _Instance:
    at: int  # its place in the request
    sides: tuple[list[int] | None, list[int] | None]


class PairPredictor:
    """Answers payloads with one model. `preferred_mode` is AWS's INFERENCE_PREFERRED_MODE: with `embedding`
    only the encoders go to the GPU, and vectors are compared on the CPU. Raises ValueError for another."""

    def __init__(
        self,
        manifest: PairManifest,
        network: PairNetwork,
        preferred_mode: str = "",
        vocabularies: Vocabularies = (None, None),
    ) -> None:
        if preferred_mode not in MODES:
            raise ValueError(
                f"INFERENCE_PREFERRED_MODE={preferred_mode}: use embedding or classification, or leave it out"
            )
        self._manifest, self._network, self._vocabularies = manifest, network.eval(), vocabularies
        self._encoders = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._head = torch.device("cpu") if preferred_mode == "embedding" else self._encoders
        network.to(self._encoders)
        network.head.to(self._head)

    @property
    def version(self) -> str:
        return self._manifest.version

    @property
    def manifest(self) -> PairManifest:
        """The model's manifest."""
        return self._manifest

    def invoke(self, body: bytes, content_type: str = JSON, accept: str = "") -> PayloadReply:
        return write_reply(self.answer(read_request(body, content_type)), content_type, accept, self.version)

    @torch.inference_mode()
    def answer(self, asked: PayloadRequest) -> list[dict[str, list[float]]]:
        """One row an instance, `{"scores": …}` or `{"embeddings": …}`. Raises PayloadError."""
        rows: list[dict[str, list[float]]] = [{} for _ in asked.instances]
        groups: dict[tuple[bool, bool], list[_Instance]] = {}
        for at, instance in enumerate(asked.instances):
            checked = self._instance(at, instance)
            given = (checked.sides[0] is not None, checked.sides[1] is not None)
            groups.setdefault(given, []).append(checked)
        for given, group in groups.items():
            name = "scores" if all(given) else "embeddings"
            for first in range(0, len(group), _BATCH):
                part = group[first : first + _BATCH]
                for instance, values in zip(part, self._values(part, given, asked.max_seq_lens), strict=True):
                    rows[instance.at] = {name: values}
        return rows

    def _values(
        self, group: Sequence[_Instance], given: tuple[bool, bool], max_seq_lens: tuple[int, int]
    ) -> list[list[float]]:
        vectors = [self._encode(group, s, max_seq_lens[s]) for s in (0, 1) if given[s]]
        output = self._network.score(*vectors) if all(given) else vectors[0]
        values: list[list[float]] = output.float().cpu().tolist()
        return values

    def _encode(self, group: Sequence[_Instance], side: int, max_len: int) -> torch.Tensor:
        shape = self._manifest.shape.enc1 if side else self._manifest.shape.enc0
        sequences = known_tokens(
            [instance.sides[side] or [] for instance in group],
            shape.vocab_size,
            min(max_len, shape.max_seq_len),
        )
        return self._network.encode(side, TokenBatch.of(sequences, self._encoders)).to(self._head)

    def _instance(self, at: int, instance: object) -> _Instance:
        if not isinstance(instance, dict) or not ({"in0", "in1"} & instance.keys()):
            raise PayloadError(
                f'instance {at} is no object with in0, in1 or both: send {{"in0": [1], "in1": [2]}}'
            )
        in0, in1 = (
            self._tokens(at, side, instance[name]) if name in instance else None
            for side, name in enumerate(("in0", "in1"))
        )
        return _Instance(at, (in0, in1))

    def _tokens(self, at: int, side: int, value: object) -> list[int]:
        if is_tokens(value):
            return cast("list[int]", value)
        words = isinstance(value, list) and all(isinstance(token, str) for token in value)
        if not (words or isinstance(value, str)):
            raise PayloadError(f"instance {at}: in{side} must be a list of integers, or a text")
        vocabulary = self._vocabularies[side]
        if vocabulary is None:
            raise PayloadError(
                f"instance {at}: in{side} is text, and this model has no vocabulary for it: send a list of"
                f" integers, or train with enc{side}_vocab_file in the auxiliary channel"
            )
        return (
            vocabulary.of_text(value)
            if isinstance(value, str)
            else vocabulary.of_tokens(cast(list[str], value))
        )
