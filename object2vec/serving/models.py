"""From an artefact's directory to what answers for it; the manifest's kind decides."""

from pathlib import Path

from object2vec.model.kinds import KIND, kind_of
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.serving.payload import Answering
from object2vec.serving.predictor import Predictor


def load_predictor(folder: Path, preferred_mode: str = "") -> Answering:
    """Raises ArtefactError, or ValueError for an unknown INFERENCE_PREFERRED_MODE."""
    if kind_of(folder) != KIND:
        return Predictor(load_encoder(folder))
    # need torch, which embeddings do without
    from object2vec.model.pairs.artefact import read_pair_artefact, read_vocabularies
    from object2vec.serving.pair_predictor import PairPredictor

    manifest, network = read_pair_artefact(folder)
    return PairPredictor(manifest, network, preferred_mode, read_vocabularies(folder, manifest))
