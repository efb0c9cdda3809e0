"""Runs a job that needs torch: `torch_job.py BUNDLE.zip JOB`.

Torch is part of the training image and of this machine's environment, not of the bundle, whose packages are
built for the image's Python. So the bundle's code runs here with this environment's packages before its own.
"""

import runpy
import sys
import tempfile
import zipfile

with tempfile.TemporaryDirectory() as scratch:
    zipfile.ZipFile(sys.argv.pop(1)).extractall(scratch)
    sys.path = [*sys.path[1:], scratch]
    runpy.run_module("object2vec.jobs", run_name="__main__")
