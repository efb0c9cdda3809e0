import gzip
import json

import pytest

GOOD = b'{"label": 1, "in0": [6, 17], "in1": [16]}\n'
CURATED = "curated/pairs/"


def curated(store):
    return [json.loads(line) for entry in store.list(CURATED) for line in store.get(entry.key).splitlines()]


def test_good_pairs_are_kept_and_bad_ones_quarantined(store, upload):
    bad = {
        b'{"label": "1", "in0": [1], "in1": [2]}': "bad_pair_label",
        b'{"in0": [1], "in1": [2]}': "bad_pair_label",
        b'{"label": true, "in0": [1], "in1": [2]}': "bad_pair_label",
        b'{"label": 1, "in0": [], "in1": [2]}': "bad_tokens",
        b'{"label": 1, "in0": [1.5], "in1": [2]}': "bad_tokens",
        b'{"label": 1, "in0": [1], "in1": [-2]}': "bad_tokens",
        b'{"label": 1, "in0": [1], "in1": [3000000]}': "bad_tokens",
        b'{"label": 1, "in0": [1]}': "bad_tokens",
        b'{"label": NaN, "in0": [1], "in1": [2]}': "not_finite",
        b"[1]": "not_an_object",
        b"{": "invalid_json",
    }
    report = upload("pairs/a.jsonl", GOOD + b"\n" + b"\n".join(bad) + b"\n" + GOOD)
    assert (report.rows_read, report.accepted, report.rejected) == (len(bad) + 2, 2, len(bad))
    assert {code: reason.count for code, reason in report.reasons.items()} == {
        code: list(bad.values()).count(code) for code in bad.values()
    }
    assert report.reasons["bad_tokens"].lines[0] == 6
    assert store.get("quarantine/uploads/pairs/a.jsonl").splitlines() == list(bad)
    assert curated(store) == [{"label": 1, "in0": [6, 17], "in1": [16]}] * 2


def test_a_regressions_label_and_further_fields(store, upload):
    report = upload("pairs/a.jsonl.gz", gzip.compress(b'{"label": 2.5, "in0": [0], "in1": [1], "note": "x"}'))
    assert report.ignored_columns == ["note"]
    assert curated(store) == [{"label": 2.5, "in0": [0], "in1": [1]}]


def test_a_new_version_replaces_the_old_one(store, upload):
    upload("pairs/a.jsonl", GOOD * 3)
    upload("pairs/a.jsonl", GOOD)
    assert len(curated(store)) == 1
    report = upload("pairs/a.jsonl", b"{\n")
    assert report.accepted == 0
    assert curated(store) == []


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_another_format_is_refused(upload, name):
    report = upload(f"pairs/{name}", b"label,in0,in1\n1,1,1\n")
    assert "JSON Lines" in report.problem["message"]
