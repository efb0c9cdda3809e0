import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.ingest.ownership import held_rows
from object2vec.ingest.ownership.held_rows import HeldLines, RowCounts, RowWriter, compare, label_of
from object2vec.storage.item_log import Removed

IDS = st.sampled_from(["a", "b", "a long one", "a long two", "ü"])
ROWS = st.lists(st.tuples(IDS, st.none() | st.sampled_from("xy")), max_size=8)


def written(folder, rows):
    writer = RowWriter(folder / "rows")
    for number, (label, text) in enumerate(rows, 1):
        writer.add([(number, Removed(label) if text is None else CatalogItem(label, text))])
    finished = writer.finish(first=3)
    writer.close()
    return writer.path, *finished


@given(rows=ROWS, at_once=st.integers(1, 4))
def test_the_last_row_of_each_id_is_held(tmp_path_factory, rows, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_rows, "_AT_ONCE", at_once)
        path, held, duplicates, lines = written(tmp_path_factory.mktemp("rows"), rows)
    earlier = [n for n, (label, _) in enumerate(rows, 1) if label in [other for other, _ in rows[n:]]]
    assert (duplicates, lines) == (len(earlier), earlier[:3])
    assert sorted(map(label_of, HeldLines(path).at(held.offset))) == sorted(dict(rows))
    assert held.items == sum(text is not None for text in dict(rows).values())


@given(before=ROWS, after=ROWS)
def test_a_version_is_compared_row_by_row(tmp_path_factory, before, after):
    one, other = (written(tmp_path_factory.mktemp("rows"), rows)[1] for rows in (before, after))
    old, new = dict(before), dict(after)
    missing = object()
    pairs = [(old.get(label, missing), new.get(label, missing)) for label in {**old, **new}]
    assert compare(one, other) == RowCounts(
        added=sum(isinstance(n, str) and not isinstance(o, str) for o, n in pairs),
        changed=sum(isinstance(n, str) and isinstance(o, str) and n != o for o, n in pairs),
        removed=sum((n is None and o is not None) or (n is missing and isinstance(o, str)) for o, n in pairs),
        unchanged=sum(n is not missing and n == o for o, n in pairs),
    )
    assert one.items_in(other) == sum(isinstance(o, str) and isinstance(n, str) for o, n in pairs)


@given(order=st.permutations(range(6)), count=st.integers(1, 6), at_once=st.integers(1, 4))
def test_lines_are_found_wherever_they_lie(tmp_path_factory, order, count, at_once):
    rows = [(f"item {n}", "x" * n) for n in range(6)]
    path, held, *_ = written(tmp_path_factory.mktemp("rows"), rows)
    offsets = np.sort(held.offset)[order[:count]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_rows, "_AT_ONCE", at_once)
        assert [label_of(line) for line in HeldLines(path).at(offsets)] == [rows[n][0] for n in order[:count]]
