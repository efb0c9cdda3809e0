"""What people read of the benchmarks is what the files say."""

import pytest

from benchmarks.pages import PAGE, README, results_page, with_numbers
from benchmarks.report import RESULTS, ResultRow, ResultTable, read_results

MARKS = "before\n<!-- numbers -->\nold\n<!-- end of numbers -->\nafter\n"
FILMS = ResultTable(
    "movielens_next",
    "Films",
    "latest left out",
    [
        ResultRow("GRU4Rec", {"ndcg@10": 0.25}, 1234.5),
        ResultRow("object2vec", {"ndcg@10": 0.2, "ndcg@10 low": -0.1, "ndcg@10 high": 0.05}),
    ],
    {"ndcg@10": 0.21},
    "2026-01-02T03:04:05+00:00",
)


def test_the_readme_has_the_numbers_of_the_files():
    text = README.read_text(encoding="utf-8")
    assert with_numbers(text, read_results()) == text, "run python -m benchmarks --renew"


def test_the_page_has_the_numbers_of_the_files():
    assert (RESULTS / PAGE).read_text(encoding="utf-8") == results_page(read_results().values())


def test_the_readme_shows_ours_the_strongest_peer_and_whether_the_goal_was_reached():
    text = with_numbers(MARKS, {FILMS.name: FILMS})
    assert "| Next film, MovieLens (NDCG@10) | 0.200 | **0.250** GRU4Rec | 0.21 missed |" in text
    assert text.startswith("before\n")
    assert text.endswith("<!-- end of numbers -->\nafter\n")
    assert "old" not in text


def test_numbers_want_a_place_in_the_readme():
    with pytest.raises(ValueError, match="numbers"):
        with_numbers("nothing", {})


def test_a_section_has_protocol_date_goals_and_intervals():
    page = results_page([FILMS])
    assert "Latest left out. Measured 2026-01-02; [movielens_next.json](movielens_next.json)." in page
    assert "| to reach | 0.2100 |  |" in page
    assert "| GRU4Rec | 0.2500 | 1,234 |" in page
    assert "| object2vec | 0.2000<br>-0.100 to +0.050 |  |" in page
