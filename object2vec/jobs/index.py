"""The index job: model, item log and interactions in; the release's encoder and base index out."""

import shutil
from importlib import resources
from pathlib import Path

from object2vec.core.event_weights import read_setting
from object2vec.core.progress import stretch, tell
from object2vec.dataset.engine import parquet_files
from object2vec.jobs.exit_message import reason_left
from object2vec.jobs.settings import IndexSettings
from object2vec.model.archive import unpacked
from object2vec.model.builtin.encoder import load_encoder
from object2vec.model.pairs.shape import KIND as PAIRS
from object2vec.model.retrieval.artefact import MANIFEST, ArtefactError, kind_of
from object2vec.model.retrieval.encoder import export_encoder
from object2vec.ranker.artefact import export_ranker
from object2vec.release.built_manifest import MODEL
from object2vec.search.content import Counted
from object2vec.search.counting.complements import complements_of
from object2vec.search.counting.copurchase import copurchase_of
from object2vec.search.counting.profiles import profiles_of
from object2vec.search.counting.successors import successors_of
from object2vec.search.engines import target
from object2vec.search.rebuild import build_from_log
from object2vec.storage.item_log import read_folder
from object2vec.training.builtin.trained import REQUESTS, VECTORS, trained_encoder


def main() -> None:
    """Runs on the folders under SAGEMAKER_BASE_DIR. Exits with 2 for input that cannot be used."""
    settings = IndexSettings.read()
    with reason_left(settings.sagemaker_base_dir):
        _index(settings)


def _index(settings: IndexSettings) -> None:
    source, out = settings.inputs, settings.output("release")
    if (source / REQUESTS).is_dir():
        trained_encoder(source / REQUESTS, source / VECTORS).save(out / "encoder")
    else:
        _export(source, out)
    tell(0.05)
    interactions = parquet_files(source / "interactions")
    encoder = load_encoder(out / "encoder")
    goes_to = target(settings.of_engine())
    engine = goes_to.engine.capabilities
    weights = read_setting(settings.event_weights)
    ranked = (out / "ranker").is_dir() and engine.preference
    with stretch(0.05, 0.4):
        counted = Counted(  # what nobody will ask for is not counted
            copurchase_of(interactions, weights) if ranked else None,
            profiles_of(interactions, weights) if ranked else None,
            successors_of(interactions, weights) if ranked else None,
            complements_of(interactions, weights) if interactions and engine.can("complements") else None,
        )
    segments = read_folder(source / "catalog")
    with stretch(0.4, 1.0):
        watermark = build_from_log(
            encoder, segments, interactions, out / "index", goes_to, counted=counted, event_weights=weights
        )
    print(f"{encoder.version}: base index up to item-log segment {watermark}")


def _export(source: Path, out: Path) -> None:
    with unpacked(source / "model") as artefact:
        if artefact is None:
            raise ArtefactError(f"{source / 'model'} holds neither an artefact nor model.tar.gz: train first")
        if kind_of(artefact) == PAIRS:  # it knows ids of its owner's, no texts: search keeps to the seed
            export_encoder(Path(str(resources.files("object2vec.seed"))), out / "encoder")
            shutil.copyfile(artefact / MANIFEST, out / MODEL)
        else:
            export_encoder(artefact, out / "encoder")
            export_ranker(artefact, out / "ranker")
