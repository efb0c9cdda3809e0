"""Releases: what is live, how a version becomes live, and how its endpoint comes and goes."""

from object2vec.release.manifest import (
    CorruptReleaseError,
    Manifest,
    Pointer,
    go_live,
    live,
    load,
    pointer,
    save,
)

__all__ = ["CorruptReleaseError", "Manifest", "Pointer", "go_live", "live", "load", "pointer", "save"]
