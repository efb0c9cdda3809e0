"""The pairs job on prepared data, as a process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from object2vec.dataset.write import write_dataset
from object2vec.training.builtin.trained import ITEMS, QUERIES, SAMPLE, seed_tokenizer
from object2vec.training.pairs.data import Limits, read_pairs

ROOT = Path(__file__).parents[2]
TEXTS = ("red cotton shirt", "blue denim jeans", "frozen pizza salami", "green tea leaves")


def run(base: Path):
    environment = os.environ | {"SAGEMAKER_BASE_DIR": str(base), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "object2vec.jobs", "pairs"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What the job makes of a catalogue without a single interaction."""
    base = tmp_path_factory.mktemp("job")
    log = base / "item-log"
    log.mkdir()
    records = [{"label": str(n), "text": f"{text} {n}", "metadata": {}} for n, text in enumerate(TEXTS * 5)]
    (log / "000000000001.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    nothing = base / "nothing"
    nothing.mkdir()
    write_dataset(log, nothing, nothing, base / "processing" / "input")
    ended = run(base)
    assert ended.returncode == 0, ended.stderr
    return base / "processing" / "output" / "pairs"


@pytest.mark.slow
def test_the_channels_are_awss_pairs_within_the_vocabulary(made):
    limits = Limits(vocab_sizes=(seed_tokenizer().size + 1,) * 2, max_seq_lens=(64, 64), classes=2)
    train, validation = (read_pairs(made / name, limits) for name in ("train", "validation"))
    assert set(train.labels) == {1}
    assert set(validation.labels) == {0, 1}
    assert len(train) > len(validation) / 5 > 0


@pytest.mark.slow
def test_every_text_and_every_query_that_will_be_needed_is_to_be_encoded(made):
    items = {tuple(line["in1"]) for line in lines(made / "requests" / ITEMS)}
    queries = {tuple(line["in0"]) for line in lines(made / "requests" / QUERIES)}
    assert len(items) == 20
    for pair in lines(made / "requests" / SAMPLE):
        assert tuple(pair["in0"]) in queries
        assert tuple(pair["in1"]) in items


@pytest.mark.slow
def test_the_words_of_the_seed_come_with_their_ids(made):
    ids = json.loads((made / "auxiliary" / "words.json").read_text())
    rows = (made / "auxiliary" / "words.txt").read_text().splitlines()
    assert sorted(ids.values()) == list(range(1, len(rows) + 1))
    assert len(rows[0].split(" ")) == 129


def test_pairs_that_people_bring_are_for_the_other_algorithm(tmp_path):
    train = tmp_path / "processing" / "input" / "train"
    train.mkdir(parents=True)
    (train / "pairs.jsonl").write_text('{"label": 1, "in0": [1], "in1": [2]}\n')
    ended = run(tmp_path)
    assert ended.returncode == 2
    assert "algorithm=open" in (tmp_path / "output" / "message").read_text()
    assert "Traceback" not in ended.stderr
