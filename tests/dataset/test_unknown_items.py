"""A log whose items the catalogue writes in another way."""

import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.dataset.write import write_dataset
from tests.dataset.test_prepare import write_events, write_log

START = 1_735_689_600


@pytest.fixture
def notes(tmp_path):
    def run(catalogue, logged):
        for name in ("catalog", "interactions", "queries"):
            (tmp_path / name).mkdir()
        write_log(tmp_path / "catalog", [CatalogItem(item, "", fields) for item, fields in catalogue])
        rows = [(f"u{n % 7}", item, START + n) for n, item in enumerate(logged)]
        write_events(tmp_path / "interactions" / "log.parquet", rows)
        folders = [tmp_path / name for name in ("catalog", "interactions", "queries", "output")]
        return " ".join(note for note in write_dataset(*folders)["notes"] if "in the catalogue" in note)

    return run


@pytest.mark.parametrize(
    ("catalogue", "logged", "said"),
    [
        ("{:05}", "{}", "zeros at the beginning (1 here, 00001 there)"),
        ("{}", "{:05}", "zeros at the beginning (00001 here, 1 there)"),
        ("SKU-{}", "sku-{}", "upper and lower case"),
        ("SKU-{}", "sku {}", "spaces and punctuation"),
        ("p{}", "x{}", "nothing but these events is known of them."),
    ],
)
def test_ids_that_are_written_in_two_ways_are_told(notes, catalogue, logged, said):
    ids = range(1, 21)
    text = notes([(catalogue.format(n), {}) for n in ids], [logged.format(n) for n in ids])
    assert text.startswith("Not in the catalogue: 20 of 20 items in the log (100.0% of its events)")
    assert said in text


def test_a_field_that_holds_the_ids_of_the_log_is_named(notes):
    text = notes([(f"p{n}", {"sku": f"K-{n}", "n": n}) for n in range(20)], [f"K-{n}" for n in range(20)])
    assert "They are the catalogue's field `sku`" in text


def test_a_few_unknown_items_are_only_counted(notes):
    text = notes([(f"p{n}", {}) for n in range(100)], [*(f"p{n}" for n in range(100)), "q"])
    assert text.startswith("Not in the catalogue: 1 of 101 items in the log (1.0% of its events)")
    assert "field" not in text


def test_a_log_of_known_items_says_nothing(notes):
    assert not notes([(f"p{n}", {}) for n in range(20)], [f"p{n}" for n in range(20)])
