"""Root of the job bundle: `python3 <bundle> <job>`, where the bundle is a zip in S3 or a folder on a laptop.

It is copied into the bundle as `__main__.py`. A zip unpacks itself first: native wheels cannot be imported
from inside one.
"""

import runpy
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path

with tempfile.TemporaryDirectory() as scratch:
    bundle = Path(sys.path[0])
    if bundle.is_file():
        zipfile.ZipFile(bundle).extractall(scratch)
        sys.path[0] = scratch
    import_module("object2vec.jobs.exit_message").require_python(Path(sys.path[0]))
    runpy.run_module("object2vec.jobs", run_name="__main__")
