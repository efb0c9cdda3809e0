"""Complements from counts: pasta goes with sauce, everybody buys milk, two rare things met once."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from object2vec.ranker import complements_fit
from object2vec.ranker.complements import FILE, Complements, read_complements, write_complements
from object2vec.ranker.complements_fit import PurchaseLog, fit_complements, nearby, purchases
from object2vec.search.counting.complements import complements_of
from object2vec.storage.checked_file import CheckedFileError, write_checked
from tests.ranker.test_copurchase import write_acts

DAY = 86_400
IDS = ["milk", "pasta", "sauce", "soap", "rare", "odd", "alone"]
MILK, PASTA, SAUCE, SOAP, RARE, ODD, ALONE = range(7)
BASKETS = [
    *[[MILK, PASTA, SAUCE]] * 60, *[[MILK, PASTA]] * 60, *[[MILK, SOAP]] * 200, [RARE, ODD], [ALONE]
]  # fmt: skip


def log_of(baskets):
    """A user a basket."""
    users = np.concatenate([np.full(len(basket), user) for user, basket in enumerate(baskets)])
    items = np.concatenate([np.array(basket) for basket in baskets])
    return PurchaseLog(users, items, np.zeros(len(items), np.int64))


@pytest.fixture
def table():
    return fit_complements(log_of(BASKETS), IDS)


def test_what_goes_with_pasta_is_sauce(table):
    found = table.of(["pasta"])
    assert found[0].item_id in ("sauce", "milk")
    best = max(found, key=lambda one: one.lift)
    assert best.item_id == "sauce"
    assert best.lift > 1
    assert "soap" not in [one.item_id for one in found]


def test_what_met_once_is_no_complement_and_was_counted(table):
    assert table.of(["rare"]) == []
    assert "rare" in table
    assert "alone" in table
    assert "unheard" not in table
    sure = [table.sureness(item_id) for item_id in ("unheard", "alone", "rare", "pasta")]
    assert sure[:2] == [0, 0]
    assert 0 < sure[2] < 0.5 < sure[3] < 1


def test_a_basket_adds_up_and_is_left_out(table):
    found = [one.item_id for one in table.of(["pasta", "milk", "unheard"])]
    assert sorted(found) == ["sauce", "soap"]  # of the pasta and of the milk
    assert table.of([]) == []
    assert len(table.of(["milk"], 1)) == 1


def test_counting_in_parts_is_counting_at_once(table, monkeypatch):
    monkeypatch.setattr(complements_fit, "_PAIRS", 1)
    parts = fit_complements(log_of(BASKETS), IDS)
    assert [parts.of([item_id]) for item_id in IDS] == [table.of([item_id]) for item_id in IDS]


def test_no_more_than_the_most_bought_are_counted(monkeypatch):
    monkeypatch.setattr(complements_fit, "MOST_ITEMS", 2)
    table = fit_complements(log_of(BASKETS), IDS)
    assert table.item_ids == ["milk", "soap"]
    assert {one.item_id for one in table.of(["milk", "soap"])} <= {"milk", "soap"}


def test_an_import_of_everything_at_once_tells_nothing(monkeypatch):
    monkeypatch.setattr(complements_fit, "LARGEST", 4)
    everything = [*range(7)] * 50
    log = log_of([*BASKETS, *[sorted(everything)]])
    assert [one.item_id for one in fit_complements(log, IDS).of(["rare"])] == []


def test_one_item_an_event_is_near_the_next_ones():
    users, times = np.zeros(6, np.int64), np.arange(6)
    start, end = nearby(PurchaseLog(users, np.arange(6), times), window=2)
    assert list(zip(start.tolist(), end.tolist(), strict=True)) == [
        (0, 3),
        (0, 4),
        (0, 5),
        (1, 6),
        (2, 6),
        (3, 6),
    ]


def test_looks_count_only_where_nothing_was_bought():
    assert purchases(np.array([0.2, 1.0, 0.6])).tolist() == [False, True, True]
    assert purchases(np.array([0.2, 0.3, -1.0])).tolist() == [True, True, False]


def test_the_log_is_counted_as_it_is(table, tmp_path):
    """By what each act says: a look at soap with the pasta is no purchase of both."""
    rows = [
        (f"u{user:03}", IDS[item], 1_000_000 + user, "purchase")
        for user, basket in enumerate(BASKETS)
        for item in basket
    ]
    looks = [(f"u{user:03}", "soap", 1_000_000 + user, "view") for user in range(60)]
    found = complements_of([write_acts(tmp_path / "log.parquet", rows + looks)])
    assert sorted(found.item_ids) == sorted(IDS)
    for item_id in IDS:
        assert {one.item_id: pytest.approx(one.share) for one in table.of([item_id])} == {
            one.item_id: one.share for one in found.of([item_id])
        }
    assert complements_of([]).item_ids == ()


def test_the_file_holds_the_same(table, tmp_path):
    write_complements(table, tmp_path / "c")
    found = read_complements(tmp_path / "c")
    assert found.of(["pasta"], 5) == table.of(["pasta"], 5)
    assert found.sureness("milk") == table.sureness("milk")
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes()[:-1])
    with pytest.raises(CheckedFileError):
        read_complements(tmp_path / "c")


@pytest.mark.parametrize(
    "damage",
    [
        {"others": np.array([99], np.int32)},
        {"starts": np.zeros(1, np.int64)},
        {"totals": np.zeros(1, np.int64)},
        {"item_ids": ["one"]},
        {"shrinkage": 0.0},
    ],
)
def test_a_table_that_does_not_fit_together_is_damaged(table, tmp_path, damage):
    write_complements(replace(table, **damage), tmp_path / "c")
    with pytest.raises(CheckedFileError, match="damaged"):
        read_complements(tmp_path / "c")


def test_what_is_in_one_basket_is_told_apart_from_what_is_near(tmp_path):
    """Pasta is followed by soap, but never bought with it."""
    users, times = np.repeat(np.arange(30), 3), np.tile([0, 0, DAY], 30)
    pasta, sauce, soap = (IDS.index(item_id) for item_id in ("pasta", "sauce", "soap"))
    table = fit_complements(PurchaseLog(users, np.tile([pasta, sauce, soap], 30), times), IDS)
    assert {one.item_id for one in table.of(["pasta"])} == {"sauce", "soap"}
    assert [one.item_id for one in table.in_basket.of(["pasta"])] == ["sauce"]
    write_complements(table, tmp_path / FILE)
    found = read_complements(tmp_path / FILE)
    assert found.of(["pasta"]) == table.of(["pasta"])
    assert found.in_basket.of(["pasta"]) == table.in_basket.of(["pasta"])
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:-1])
    with pytest.raises(CheckedFileError):
        read_complements(tmp_path / FILE)


def test_a_log_without_baskets_has_none_of_single_baskets(tmp_path):
    users, times = np.repeat(np.arange(30), 2), np.tile([0, DAY], 30)
    table = fit_complements(PurchaseLog(users, np.tile([0, 1], 30), times), IDS)
    assert table.of([IDS[0]])
    assert table.in_basket is None
    write_complements(table, tmp_path / FILE)
    assert read_complements(tmp_path / FILE).in_basket is None


def test_a_table_from_before_baskets_were_counted_apart_is_read(table, tmp_path):
    write_complements(table, tmp_path / "now")
    arrays = load_file(tmp_path / "now")
    before = {name: array for name, array in arrays.items() if not name.startswith("basket_")}
    write_checked(tmp_path / "before", before, "1")
    found = read_complements(tmp_path / "before")
    assert found.of(["pasta"]) == table.of(["pasta"])
    assert found.in_basket is None


def test_nothing_was_bought():
    nothing = np.empty(0, np.int64)
    assert fit_complements(PurchaseLog(nothing, nothing, nothing), IDS).item_ids == []
    assert Complements.empty().of(["pasta"], 3) == []
