"""Where the curated data lie in the store: the accepted rows of uploads and events, one format a kind."""

CURATED = "curated/"
INTERACTIONS = f"{CURATED}interactions/"
"""Parquet files, one an upload, and those below `EVENTS`."""
EVENTS = f"{INTERACTIONS}events/"
"""Parquet files, one for each day or month of `POST /events`."""
QUERIES = f"{CURATED}queries/"
PAIRS = f"{CURATED}pairs/"
