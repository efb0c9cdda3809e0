"""Which engine a deployment searches with."""

import pytest


def test_the_engine_is_the_one_that_the_environment_names():
    from object2vec.search import engines

    chosen = {"INDEX": "s3vectors", "VECTOR_BUCKET": "shop"}
    assert engines.target(chosen) == engines.Target(engines.S3VECTORS, {"bucket": "shop"})
    assert engines.target({"VECTOR_BUCKET": "shop"}).engine is engines.EMBEDDED
    with pytest.raises(ValueError, match="INDEX=s3vectors needs VECTOR_BUCKET"):
        engines.target({"INDEX": "s3vectors"})
    with pytest.raises(ValueError, match="INDEX=elsewhere: choose one of embedded, s3vectors"):
        engines.target({"INDEX": "elsewhere"})
    assert engines.able(["facets", "sort"]) == ["embedded"]
