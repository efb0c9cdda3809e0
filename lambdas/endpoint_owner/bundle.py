"""The packages that serve a model, out of the job bundle: they are built for the endpoint's machine."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import boto3

from object2vec.serving.package import PACKAGES


@contextmanager
def serving_packages(job_bundle_uri: str) -> Iterator[Path]:
    """A folder with `PACKAGES` of the zip at an `s3://` URI, for as long as the context lasts."""
    parts = urlsplit(job_bundle_uri)
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "bundle.zip"
        boto3.client("s3").download_file(parts.netloc, parts.path.lstrip("/"), str(archive))
        folder = Path(scratch) / "packages"
        with zipfile.ZipFile(archive) as bundle:
            wanted = [name for name in bundle.namelist() if name.split("/", 1)[0] in PACKAGES]
            bundle.extractall(folder, wanted)
        yield folder
