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


@pytest.mark.parametrize(
    "data",
    [
        b"[" + GOOD.strip() + b",\n" + GOOD.strip() + b"]",
        json.dumps(json.loads(GOOD), indent=1).encode() * 2,
        GOOD.strip() * 2,
        b"\xef\xbb\xbf" + GOOD + GOOD,
    ],
    ids=["array", "indented", "without line ends", "with a mark"],
)
def test_pairs_may_lie_in_the_file_as_any_json_does(store, upload, data):
    report = upload("pairs/a.json", data)
    assert (report.accepted, report.rejected) == (2, 0)
    assert curated(store) == [json.loads(GOOD)] * 2


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_another_format_is_refused(upload, name):
    report = upload(f"pairs/{name}", b"label,in0,in1\n1,1,1\n")
    assert "JSON Lines" in report.problem["message"]


CHANNELS = {
    "a.jsonl": "train",
    "train/a.jsonl": "train",
    "validation/a.jsonl": "validation",
    "test/x/a.jsonl": "test",
    "2024/a.jsonl": "train",
}


@pytest.mark.parametrize(("name", "folder"), CHANNELS.items())
def test_channels_by_key(store, upload, name, folder):
    report = upload(f"pairs/{name}", GOOD)
    assert report.outputs[0].startswith(f"curated/pairs/{folder}/")


@pytest.mark.parametrize(
    ("folder", "meant"), [("vaildation", "validation"), ("val", "validation"), ("tests", "test")]
)
def test_a_misspelt_channel_is_refused(store, upload, folder, meant):
    report = upload(f"pairs/{folder}/a.jsonl", GOOD)
    assert f"uploads/pairs/{meant}/" in report.problem["message"]
    assert curated(store) == []


def test_pairs_that_all_belong_together_are_said(upload):
    assert "negative_sampling_rate" in upload("pairs/a.jsonl", GOOD * 3).notes[0]
    assert upload("pairs/a.jsonl", GOOD + GOOD.replace(b"1,", b"0,", 1)).notes == []


def test_the_object_of_an_earlier_layout_goes_with_the_next_version(store, upload):
    key = upload("pairs/a.jsonl", GOOD).outputs[0]
    store.put(key.replace("/train/", "/"), GOOD)
    upload("pairs/a.jsonl", GOOD * 2)
    assert [entry.key for entry in store.list(CURATED)] == [key]


@pytest.mark.parametrize(("channel", "hint"), [("train", "little to learn from"), ("test", "says little")])
def test_few_distinct_pairs_are_said_by_channel(upload, channel, hint):
    pair = b'{"label": %d, "in0": [1], "in1": [2]}\n'
    few = upload(f"pairs/{channel}/a.jsonl", (pair % 0 + pair % 1) * 50)
    assert [note for note in few.notes if f"100 pairs for {channel} only 2 differ" in note and hint in note]
    many = upload(f"pairs/{channel}/b.jsonl", b"".join(pair % n for n in range(100)))
    assert many.notes == []
