"""The deployed functions, jobs and pipeline definition, run on one machine."""

import os

# The functions' loggers read it when they are imported; here the console says the same for people.
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")
