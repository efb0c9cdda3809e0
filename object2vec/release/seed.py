"""The seed release: what is live before anything was trained, so that day one has semantic search."""

from importlib import resources
from pathlib import Path

from object2vec.model.artefact import FILES, MANIFEST
from object2vec.model.encoder import load_encoder
from object2vec.release.manifest import PREFIX, Manifest, go_live, live, save
from object2vec.store import ObjectStore


def seed_folder() -> Path:
    """The folder of the seed artefact that ships with the package."""
    return Path(str(resources.files("object2vec.seed")))


def publish_seed(store: ObjectStore) -> Manifest:
    """Makes the seed live if nothing is; returns what is live. A later call never brings the seed back."""
    current = live(store)
    if current is not None:
        return current
    version = load_encoder(seed_folder()).version
    prefix = f"{PREFIX}{version}/encoder/"
    for name in (MANIFEST, *FILES):
        store.upload(seed_folder() / name, prefix + name)
    manifest = Manifest(version=version, model_version=version, kind="seed", encoder=prefix)
    save(store, manifest)
    go_live(store, version, instead_of=None)
    return manifest
