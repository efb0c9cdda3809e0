"""Numbers in messages."""

from object2vec.core.wording import counted


def test_one_is_no_plural():
    assert counted(1, "row") == "1 row"
    assert [counted(count, "row") for count in (0, 2, 2_000)] == ["0 rows", "2 rows", "2,000 rows"]
    assert [counted(count, "query is", "queries are") for count in (1, 3)] == ["1 query is", "3 queries are"]
