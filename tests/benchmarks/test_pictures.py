"""What the pictures of the benchmarks show, and that equal numbers give equal files."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime

import pytest

from benchmarks.pictures import draw_all
from benchmarks.pictures.headlines import HEADLINES, headlines
from benchmarks.pictures.panels import OURS, changes, curves, less_is_better, panels, positions, rows_of
from benchmarks.report import RESULTS, ResultRow, ResultTable

RESULT_FILES = sorted(RESULTS.glob("*.json"))

SHOP = ResultTable(
    "sample_shop",
    "Shop",
    "",
    [
        ResultRow("popularity", {"ndcg@10": 0.2, "hr@10": 0.5}),
        ResultRow("object2vec", {"ndcg@10": 0.3, "hr@10": 0.6}),
        ResultRow("oracle", {"ndcg@10": 0.9}),
        ResultRow("object2vec + ranker", {"ndcg@10": 0.4, "hr@10": 0.7}),
    ],
    {"ndcg@10": 0.4},
)
ABLATION = ResultTable(
    "ablation",
    "Ablation",
    "",
    [
        ResultRow("whole", {"ndcg": 0.5, "mse": 1.0}),
        ResultRow(
            "up",
            {"ndcg": 0.6, "ndcg low": 0.01, "ndcg high": 0.2, "mse": 1.1, "mse low": 0.05, "mse high": 0.2},
        ),
        ResultRow("down", {"ndcg": 0.3, "ndcg low": -0.3, "ndcg high": -0.1, "mse": 1.0}),
        ResultRow("same", {"ndcg": 0.5, "ndcg low": -0.1, "ndcg high": 0.1, "mse": 0.9}),
    ],
)
GROWTH = ResultTable(
    "hybrid_search_growth",
    "Growth",
    "",
    [
        ResultRow(f"{size} items", {"build_s": 1.0, "memory_mb": 2.0, "p50_ms": 3.0, "p99_ms": at})
        for at, size in enumerate(("1,000", "1,000,000"), 1)
    ],
)


@pytest.mark.parametrize(
    ("metric", "less"),
    [
        *((name, True) for name in ("p99_ms", "start_s", "peak_mb_x4", "mse", "of_floor", "vaswani ms")),
        *((name, False) for name in ("ndcg@10", "pairs_per_s", "requests_per_s", "catalog_rows_per_second")),
    ],
)
def test_errors_times_and_memory_are_the_better_the_less(metric, less):
    assert less_is_better(metric) == less


def test_metrics_with_a_goal_have_a_panel_with_the_best_system_on_top():
    [[panel]] = panels(SHOP)
    assert (panel.metric, panel.goal) == ("ndcg@10", 0.4)
    assert {name: mark.role for name, mark in panel.marks.items()} == {
        "oracle": "peer",
        "object2vec + ranker": "shipped",
        "object2vec": "ours",
        "popularity": "peer",
    }
    assert list(panel.marks) == ["oracle", "object2vec + ranker", "object2vec", "popularity"]


def test_panels_of_different_systems_stand_in_rows_of_their_own():
    without_goals = ResultTable("sample_shop", "Shop", "", SHOP.rows)
    assert [[panel.metric for panel in row] for row in panels(without_goals)] == [["ndcg@10"], ["hr@10"]]


def test_notes_tell_systems_of_one_name_apart():
    rows = [ResultRow("object2vec", {"pairs_per_s": n}, note=f"batch 512, {n} thread") for n in (1, 2)]
    labels = [
        label
        for label, _, _ in rows_of(
            ResultTable("throughput", "", "", [*rows, ResultRow("peer", {}, note="ids")])
        )
    ]
    assert labels == ["object2vec, batch 512, 1 thread", "object2vec, batch 512, 2 thread", "peer"]


def test_an_interval_without_nought_is_a_change_for_better_or_worse():
    found = changes(ABLATION)
    effects = {metric: {name: c.effect for name, c in found[metric].items()} for metric in found}
    assert effects == {
        "ndcg": {"up": "better", "down": "worse", "same": "undecided"},
        "mse": {"up": "worse"},
    }
    assert found["ndcg"]["down"].value == pytest.approx(-0.2)


def test_numbers_of_things_make_curves_by_unit():
    assert positions(GROWTH) == [1_000, 1_000_000]
    assert {unit: list(metrics) for unit, metrics in curves(GROWTH).items()} == {
        "s": ["build_s"],
        "mb": ["memory_mb"],
        "ms": ["p50_ms", "p99_ms"],
    }
    assert curves(GROWTH)["ms"]["p99_ms"] == [1, 2]
    assert positions(SHOP) == []


def test_a_headline_sets_what_ships_beside_the_strongest_peer():
    speed = ResultTable(
        "hybrid_search_92k",
        "",
        "",
        [
            ResultRow("handler: filter, facets", {"p99_ms": 16.0}),
            ResultRow("handler: text only", {"p99_ms": 4.0}),
            ResultRow("bare tantivy + faiss", {"p99_ms": 3.0}),
            ResultRow("slow", {"p99_ms": 80.0}),
            ResultRow("slower", {"p99_ms": 90.0}),
        ],
        {"p99_ms": 15.0},
    )
    shop, search = headlines({"sample_shop": SHOP, "hybrid_search_92k": speed})
    assert (shop.ours, shop.peer, shop.goal, shop.reached) == (0.4, ("popularity", 0.2), 0.4, True)
    assert (search.ours, search.peer, search.goal, search.reached) == (16.0, ("slow", 80.0), 15.0, False)


def test_the_slowest_format_speaks_for_the_uploads():
    rows = [
        ResultRow(name, {"catalog_rows_per_second": speed}) for name, speed in (("csv", 3.0), ("jsonl", 2.0))
    ]
    [headline] = headlines({"preprocess": ResultTable("preprocess", "", "", rows)})
    assert (headline.ours, headline.peer) == (2.0, None)


@pytest.mark.parametrize("path", RESULT_FILES, ids=lambda path: path.stem)
def test_our_systems_and_the_overviews_metrics_are_in_the_results(path):
    """A system or metric that is renamed in a benchmark must not vanish from the pictures."""
    table = ResultTable.read(path)
    shown = [metric for name, metric, *_ in HEADLINES if name == table.name]
    assert len(list(headlines({table.name: table}))) == len(shown)
    assert table.name not in OURS or "shipped" in {role for _, role, _ in rows_of(table)}


def test_a_written_table_is_read_as_it_was(tmp_path):
    read = ResultTable.read(SHOP.write(tmp_path))
    assert read == replace(SHOP, measured_at=read.measured_at)
    assert datetime.fromisoformat(read.measured_at)


def test_no_picture_needs_matplotlib_before_it_is_drawn():
    program = "import sys, benchmarks.__main__; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_equal_numbers_give_equal_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    for table in (SHOP, ABLATION, GROWTH):
        table.write(tmp_path)
    first = {path.name: path.read_bytes() for path in draw_all(tmp_path)}
    assert first.keys() == {
        f"{name}.svg" for name in ("sample_shop", "ablation", "hybrid_search_growth", "overview")
    }
    content = json.loads((tmp_path / "ablation.json").read_text())
    (tmp_path / "ablation.json").write_text(json.dumps(content | {"measured_at": "later"}))
    assert {path.name: path.read_bytes() for path in draw_all(tmp_path)} == first
