"""The seed release: live before anything was trained, so that semantic search works on the first day."""

import tempfile
from importlib import resources
from pathlib import Path

from object2vec.core.keys import RELEASES
from object2vec.model.retrieval.artefact import FILES, MANIFEST
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.release.manifest import Manifest, go_live, live, save
from object2vec.serving.package import package_model
from object2vec.storage import ObjectStore


def seed_folder() -> Path:
    """The folder of the seed artefact that ships with the package."""
    return Path(str(resources.files("object2vec.seed")))


def publish_seed(store: ObjectStore, bundle: Path) -> Manifest:
    """Makes the seed live if nothing is; returns what is live. A later call never brings the seed back.

    `bundle` is the folder whose packages serve the model at an endpoint.
    """
    current = live(store)
    if current is not None:
        return current
    manifest = save_seed(store, bundle)
    go_live(store, manifest.version, instead_of=None)
    return manifest


def save_seed(store: ObjectStore, bundle: Path) -> Manifest:
    """The seed as a release that may go live; saving it again is fine."""
    version = load_encoder(seed_folder()).version
    folder = f"{RELEASES}{version}/"
    for name in (MANIFEST, *FILES):
        store.upload(seed_folder() / name, f"{folder}encoder/{name}")
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "model.tar.gz"
        package_model(seed_folder(), bundle, archive)
        store.upload(archive, f"{folder}model.tar.gz")
    manifest = Manifest(
        version=version,
        model_version=version,
        kind="seed",
        encoder=f"{folder}encoder/",
        model_artifact=f"{store.url}/{folder}model.tar.gz",
    )
    save(store, manifest)
    return manifest
