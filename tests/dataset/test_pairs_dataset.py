import json

import pytest

from object2vec.dataset.pairs import TooFewPairsError, write_pairs_dataset


def write(folder, lines):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(2):
        (folder / f"{number}.jsonl").write_text("".join(f"{line}\n" for line in lines[number::2]))


def channels(folder):
    return {
        name: (folder / name / "pairs.jsonl").read_text().splitlines()
        for name in ("train", "validation", "test")
    }


LINES = [json.dumps({"label": n % 2, "in0": [n], "in1": [n + 1]}) for n in range(100)]


def test_a_tenth_each_is_held_out_whatever_the_order(tmp_path):
    write(tmp_path / "a", LINES)
    summary = write_pairs_dataset(tmp_path / "a", tmp_path / "out")
    found = channels(tmp_path / "out")
    assert sorted(line for lines in found.values() for line in lines) == sorted(LINES)
    assert [len(found[name]) for name in ("train", "validation", "test")] == [80, 10, 10]
    assert {name: summary[name] for name in found} == {name: len(lines) for name, lines in found.items()}
    write(tmp_path / "b", LINES[::-1])
    again = write_pairs_dataset(tmp_path / "b", tmp_path / "again")
    assert again == summary
    assert {n: set(lines) for n, lines in channels(tmp_path / "again").items()} == {
        n: set(lines) for n, lines in found.items()
    }


def test_given_channels_are_as_they_were_given(tmp_path):
    write(tmp_path / "a", LINES[:10])
    for name, lines in (("train", LINES[10:60]), ("validation", LINES[60:70]), ("test", LINES[70:])):
        write(tmp_path / "a" / name, lines)
    summary = write_pairs_dataset(tmp_path / "a", tmp_path / "out")
    assert {name: sorted(lines) for name, lines in channels(tmp_path / "out").items()} == {
        "train": sorted(LINES[:60]),
        "validation": sorted(LINES[60:70]),
        "test": sorted(LINES[70:]),
    }
    assert (summary["pairs"], "notes" in summary) == (100, False)


def test_without_a_test_it_is_made_with_the_validation_and_said(tmp_path):
    write(tmp_path / "a", LINES[:60])
    write(tmp_path / "a" / "validation", [*LINES[60:70], LINES[0]])
    summary = write_pairs_dataset(tmp_path / "a", tmp_path / "out")
    found = channels(tmp_path / "out")
    assert sorted(found["test"]) == sorted(found["validation"])
    assert len(found["train"]) == 60
    assert "uploads/pairs/test/" in summary["notes"][0]
    assert summary["notes"][1].startswith("1 pair of the validation is among those to train on")


def test_without_a_validation_a_tenth_of_the_training_pairs_is_cut(tmp_path):
    write(tmp_path / "a", LINES[:60])
    write(tmp_path / "a" / "test", LINES[60:])
    write_pairs_dataset(tmp_path / "a", tmp_path / "out")
    found = channels(tmp_path / "out")
    assert {name: len(lines) for name, lines in found.items()} == {"train": 54, "validation": 6, "test": 40}


def test_too_few_pairs_are_said(tmp_path):
    write(tmp_path / "a", LINES[:19])
    with pytest.raises(TooFewPairsError, match="Only 19 pairs to train on: upload at least 20"):
        write_pairs_dataset(tmp_path / "a", tmp_path / "out")


def test_few_distinct_pairs_fill_every_channel(tmp_path):
    write(tmp_path / "a", LINES[:12] * 5)
    write_pairs_dataset(tmp_path / "a", tmp_path / "out")
    found = channels(tmp_path / "out")
    assert [len(set(found[name])) for name in ("train", "validation", "test")] == [10, 1, 1]
    assert not set(found["train"]) & (set(found["validation"]) | set(found["test"]))


def test_too_few_distinct_pairs_are_said(tmp_path):
    write(tmp_path / "a", LINES[:9] * 5)
    with pytest.raises(TooFewPairsError, match="Only 9 distinct pairs"):
        write_pairs_dataset(tmp_path / "a", tmp_path / "out")
