"""Which engine a deployment searches with."""

import pytest


def test_the_engine_is_the_one_that_the_environment_names():
    from object2vec.search import formats

    chosen = {"INDEX": "s3vectors", "VECTOR_BUCKET": "shop"}
    assert formats.target(chosen) == formats.Target(formats.S3VECTORS, {"bucket": "shop"})
    assert formats.target({"VECTOR_BUCKET": "shop"}).engine is formats.EMBEDDED
    with pytest.raises(ValueError, match="INDEX=s3vectors needs VECTOR_BUCKET"):
        formats.target({"INDEX": "s3vectors"})
    with pytest.raises(ValueError, match="INDEX=elsewhere: choose one of embedded, s3vectors"):
        formats.target({"INDEX": "elsewhere"})
    assert formats.able(["facets", "sort"]) == ["embedded"]
