"""The file that `smspark-submit` starts, `spark_program.py <bundle> <job>`: it takes a `.py`, and no zip.

The bundle is one for the image's Python 3.12. PySpark 3.5 still imports distutils, which that Python no
longer has: setuptools, in the bundle, puts its own in its place.
"""

import runpy
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path

with tempfile.TemporaryDirectory() as scratch:
    bundle = Path(sys.argv[1])
    if bundle.is_file():
        zipfile.ZipFile(bundle).extractall(scratch)
        bundle = Path(scratch)
    sys.path.insert(0, str(bundle))
    sys.argv = sys.argv[1:]
    import_module("object2vec.jobs.exit_message").require_python(bundle)
    import_module("setuptools")
    runpy.run_module("object2vec.jobs", run_name="__main__")
