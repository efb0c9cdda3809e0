"""The model report, of a shop in which cats' things and cars' things are never bought together."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np

from object2vec.core.step_cost import StepCost
from object2vec.model.retrieval.artefact import ModelManifest, read_artefact
from object2vec.model.retrieval.items import item_sums
from object2vec.release.seed import seed_folder
from object2vec.training.dataset import read_dataset
from object2vec.training.evaluation.systems import features_of
from object2vec.training.report import charts
from object2vec.training.report.content import items_content, report_content
from object2vec.training.report.page import report_html, write_report
from tests.helpers.evaluations import evaluated
from tests.helpers.shops import two_clusters

RESULT = {
    "gate": {"passed": False, "decision": "worse", "reason": "refused: <b>the live model</b> is better."},
    "metrics": {
        "model": {"ndcg@10": 0.2, "last_1_ndcg@10": 0.1},
        "popularity": {"ndcg@10": 0.3, "last_1_ndcg@10": 0.2},
        "live": {"ndcg@10": 0.25, "last_1_ndcg@10": 0.15},
    },
    "intervals": {"model": {"ndcg@10": [0.1, 0.3], "last_1_ndcg@10": [0.05, 0.15]}},
    "counts": {"ndcg@10": 40, "last_1_ndcg@10": 12},
    "data_notes": ["Half of the prices are <missing>."],
    "protocol": {"model": "trained-1", "live": "trained-0"},
}


EARLIER = {
    "model": "trained-0",
    "created_at": "2026-11-01T10:00:00",
    "live": True,
    "metrics": {"ndcg@10": 0.25},
}


class Balanced(HTMLParser):
    """Fails where a section is not closed, or a script is in the document."""

    def __init__(self):
        super().__init__()
        self.open, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in {"section", "main", "table", "details"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in {"section", "main", "table", "details"}:
            assert self.open.pop() == tag


def test_the_decision_the_peers_and_what_was_compared_are_told_and_shop_texts_are_escaped():
    html = report_html(report_content(RESULT))
    document = Balanced()
    document.feed(html)
    assert document.open == []
    assert not {"script", "img", "link"} & document.tags  # one file that asks nobody for anything
    assert "Refused: worse" in html
    assert "&lt;b&gt;the live model&lt;/b&gt;" in html
    assert "Half of the prices are &lt;missing&gt;." in html
    assert "trained-1, compared with trained-0" in html
    assert "0.1000 to 0.3000" in html
    assert "n = 40" in html


def test_a_browser_takes_the_style_of_the_page_and_no_other():
    html = report_html(report_content(RESULT))
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy, _, after = html.partition("<style")
    assert f"style-src 'sha256-{digest}';" in policy
    assert "<svg" in after
    assert not re.search(r"style=|<style|unsafe", after)
    assert 'fill="none"' in after


def test_systems_stand_best_first_and_segments_compare_what_is_served():
    content = report_content(RESULT)
    metric = content["metrics"][0]
    assert [system["name"] for system in metric["systems"]] == ["popularity", "live", "model"]
    (segment,) = content["segments"]
    assert (segment["known"], segment["n"]) == (1, 12)
    assert {name: system["value"] for name, system in segment["systems"].items()} == {
        "model": 0.1,
        "live": 0.15,
        "popularity": 0.2,
    }
    assert segment["systems"]["model"]["interval"] == [0.05, 0.15]


def test_too_few_shoppers_are_said_to_be_so_and_systems_are_explained():
    html = report_html(report_content(RESULT))
    assert "NDCG@10; the bars are 95 % intervals: too few to tell systems apart" in html
    assert "n = 12</tspan>" in html or ">n = 12<" in html
    assert "n = 40; the bars are 95 % intervals</p>" in html
    assert "what sells most, the same list for everybody" in html
    assert "what similar shoppers bought" not in html  # not measured here


def test_a_handful_of_shoppers_is_no_chart():
    """Of one shopper there is no interval at all."""
    content = report_content(RESULT | {"counts": {"ndcg@10": 6, "last_1_ndcg@10": 2}})
    html = report_html(content | {"earlier": [EARLIER]})
    assert "ndcg@10, n = 6: too few to draw; the numbers are in the tables below" in html
    assert "<svg" not in html
    assert "0.1000 to 0.3000" in html


def test_the_axis_of_a_chart_says_what_it_measures():
    chart = charts.compared(
        {"name": "ndcg@10", "systems": [{"name": "model", "value": 0.2, "interval": None}]}
    )
    assert ">ndcg@10</text>" in chart


def test_the_learning_curve_says_of_how_many_its_validation_is():
    epoch = {"epoch": 1, "losses": {"text": 2.0}, "validation": 0.1}
    content = report_content(RESULT) | {"curve": [epoch], "validated": {"shoppers": 1234, "queries": 0}}
    assert "The weights of the best epoch on validation are kept, shoppers: n = 1,234</p>" in report_html(
        content
    )
    content["curve"] = [epoch | {"validation": None}]
    assert "The weights of the last epoch are kept</p>" in report_html(content)


def test_each_sentence_of_the_decision_stands_alone():
    reason = "passed: 40 shoppers were held out. Against words alone (BM25) (0.2) that is +0.1. Good."
    html = report_html(
        report_content(RESULT | {"gate": {"passed": True, "decision": "better", "reason": reason}})
    )
    assert "Released: better than what was live" in html
    assert html.count("<li>", html.index('class="verdict'), html.index("Data and warnings")) == 3


def test_tasks_show_their_share_of_the_weighted_loss():
    losses = ({"text": 2.0, "next_item": 4.0}, {"text": 1.0, "next_item": 3.0})
    metrics = {
        "tasks": {"text": {"weight": 1.0, "pairs": 300}, "next_item": {"weight": 1.0, "pairs": 900}},
        "history": [{"epoch": n, "losses": loss, "validation": 0.1} for n, loss in enumerate(losses, 1)],
    }
    manifest = ModelManifest(2, "trained", "trained-1", 8, [1.0], metrics=metrics)
    content = report_content(RESULT, manifest)
    assert [(task["name"], task["share"]) for task in content["tasks"]] == [
        ("text", 0.25),
        ("next_item", 0.75),
    ]
    assert "<th scope=row>text search</th>" in report_html(content)
    assert "75%" in report_html(content)


def test_a_model_of_before_whose_tasks_nobody_recorded_has_a_report():
    manifest = ModelManifest(2, "trained", "trained-1", 8, [1.0])
    assert "What each task contributes" not in report_html(report_content(RESULT, manifest))


def test_earlier_releases_stand_above_this_one_with_steps_below():
    steps = {"Train": {"seconds": 61.5, "memory_mb": 700.0}}
    html = report_html(report_content(RESULT) | {"earlier": [EARLIER], "steps": steps})
    assert html.index("trained-0 (live)") < html.index("trained-1 (this one)")
    assert "61.5" in html
    document = Balanced()
    document.feed(html)
    assert document.open == []


def test_the_job_writes_a_report_whose_neighbours_are_of_one_kind(tmp_path):
    source = two_clusters(tmp_path / "shop", texts=True)
    dataset = read_dataset(source)
    result = evaluated(dataset, seed_folder(), seed_folder())
    costs = {"Prepare": None, "Train": StepCost(61.5, 700.0)}
    artefact = read_artefact(seed_folder())
    write_report(tmp_path, result, artefact, read_dataset(source), costs=costs, previous=[EARLIER])
    content = json.loads((tmp_path / "report.json").read_bytes())
    assert content["steps"] == {"Train": {"seconds": 61.5, "memory_mb": 700.0}}
    assert content["earlier"] == [EARLIER]
    assert len(content["map"]) == len(dataset.catalogue)
    for item in content["neighbours"]:
        kind = item["name"].split()[0]
        assert all(near["name"].startswith(kind) for near in item["near"])
    html = (tmp_path / "report.html").read_text()
    assert len(re.findall("<circle", html)) >= len(content["map"])
    assert content["model"] == result["protocol"].get("model", read_artefact(seed_folder()).manifest.version)


def test_an_item_the_model_does_not_know_is_not_drawn(tmp_path):
    dataset = read_dataset(two_clusters(tmp_path / "shop", texts=True))
    artefact = read_artefact(seed_folder())
    vectors = np.array(item_sums(artefact.weights, features_of(dataset, artefact)))
    vectors[0] = 0
    content = items_content(dataset.catalogue, vectors, dataset.train.popularity(len(dataset.catalogue)))
    assert len(content["map"]) == len(dataset.catalogue) - 1


def test_an_item_far_from_all_others_does_not_squeeze_them_on_the_map(tmp_path):
    dataset = read_dataset(two_clusters(tmp_path / "shop", texts=True))
    count = len(dataset.catalogue)
    angles = np.linspace(-0.2, 0.2, count)
    vectors = np.array([np.cos(angles), np.sin(angles), angles**2], np.float32).T
    vectors[-1] = [-1, 0, 0]
    places = [(at["x"], at["y"]) for at in items_content(dataset.catalogue, vectors, np.arange(count))["map"]]
    for axis in np.array(places).T:
        assert np.ptp(np.sort(axis)[2:-2]) > 0.25
        assert np.abs(axis).max() <= 1


def test_the_neighbours_of_a_small_shop_are_other_items_that_the_model_knows(tmp_path):
    dataset = read_dataset(two_clusters(tmp_path / "shop", texts=True))
    vectors = np.zeros((len(dataset.catalogue), 2), np.float32)
    vectors[:3] = [[1, 0], [3, 4], [0, 1]]
    content = items_content(dataset.catalogue, vectors, dataset.train.popularity(len(dataset.catalogue)))
    near = {
        item["name"]: [(one["name"], one["cosine"]) for one in item["near"]] for item in content["neighbours"]
    }
    first, second, third = dataset.catalogue.texts[:3]
    assert near[first] == [(second, 0.6), (third, 0.0)]
    assert sorted(near) == sorted([first, second, third])


def test_a_release_that_nothing_could_measure_says_so_once():
    gate = {
        "passed": True,
        "decision": "nothing to tell from",
        "reason": "passed: unmeasured. There is nothing.",
    }
    html = report_html(report_content(RESULT | {"gate": gate}))
    assert "Released: unmeasured, nothing to tell from" in html
    assert "<ul><li>There is nothing.</li></ul>" in html
