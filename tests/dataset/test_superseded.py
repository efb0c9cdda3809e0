from hypothesis import given
from hypothesis import strategies as st

from object2vec.ingest import duplicate_ids as superseded
from object2vec.ingest.duplicate_ids import IdLog


@given(ids=st.lists(st.sampled_from("abcdef")), part=st.integers(1, 5), buffered=st.integers(1, 4))
def test_counts_all_but_the_last_of_each_id(tmp_path_factory, ids, part, buffered):
    with __import__("pytest").MonkeyPatch.context() as patch:
        patch.setattr(superseded, "_PART", part)
        patch.setattr(superseded, "_BUFFERED", buffered)
        log = IdLog(tmp_path_factory.mktemp("ids") / "log")
        for line, item_id in enumerate(ids, 1):
            log.add(item_id, line)
        expected = [line for line, item_id in enumerate(ids, 1) if item_id in ids[line:]]
        assert log.superseded(first=3) == (len(expected), expected[:3])
